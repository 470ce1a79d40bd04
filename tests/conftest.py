"""Settings and pictures that all tests share."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import PHOTO_CROPS, photo
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

# The same examples in every run: a failure that somebody sees can be had again. Busy machines are slow at moments, so
# there is no deadline for an example.
settings.register_profile("accelir", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("accelir")


@pytest.fixture(scope="session", autouse=True)
def _no_networks_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither seen nor changed; processes that are started inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("user_data")))
        yield


@pytest.fixture(scope="session", params=PHOTO_CROPS)
def crop(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    """A 192x192 RGB crop of the example photograph; a test that asks for it runs once for each crop."""
    return photo(request.param)


@pytest.fixture(scope="module")
def s3(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a module's own bucket of an S3 server in this process."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    bucket = request.path.stem.replace("_", "-")
    server.start()
    host, port = server.get_host_and_port()
    before = fsspec.config.conf.get("s3")
    fsspec.config.conf["s3"] = {"key": "k", "secret": "s", "endpoint_url": f"http://{host}:{port}"}
    try:
        fsspec.filesystem("s3").mkdir(bucket)
        yield f"s3://{bucket}"
    finally:
        fsspec.config.conf.pop("s3") if before is None else fsspec.config.conf.update(s3=before)
        server.stop()


@pytest.fixture
def _ctrl_c_acts():
    """Shells let the processes that they start in the background, and all theirs, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def benches_can_be_imported() -> Iterator[None]:
    """The package `benches` stands beside the tests, not among what is installed."""
    root = str(Path(__file__).parents[1])
    sys.path.insert(0, root)
    yield
    sys.path.remove(root)
