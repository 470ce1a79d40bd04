"""Settings and pictures that all tests share."""

import signal

import numpy as np
import pytest
from helpers import PHOTO_CROPS, photo
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

# The same examples in every run: a failure that somebody sees can be had again. Busy machines are slow at moments, so
# there is no deadline for an example.
settings.register_profile("accelir", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("accelir")


@pytest.fixture(scope="session", params=PHOTO_CROPS)
def crop(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    """A 192x192 RGB crop of the example photograph; a test that asks for it runs once for each crop."""
    return photo(request.param)


@pytest.fixture
def _ctrl_c_acts():
    """Shells let the processes that they start in the background, and all theirs, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
