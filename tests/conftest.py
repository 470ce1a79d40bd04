"""Settings and pictures that all tests share."""

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
