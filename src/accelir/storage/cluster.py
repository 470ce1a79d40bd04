"""A Dask cluster as the place where joblib works."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class ClusterError(Exception):
    """There is no working with the cluster; says why."""


@contextlib.contextmanager
def cluster(address: str) -> Iterator[None]:
    """Within the block joblib.Parallel works on all cores of the cluster.

    address: of Dask's scheduler, for instance tcp://10.0.0.1:8786. Raises ClusterError when nobody answers there, and
    without the extra "cluster".
    """
    try:
        from distributed import Client
        from joblib import parallel_config
    except ImportError:
        raise ClusterError("a cluster needs Dask: pip install 'accelir[cluster]'") from None
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from None
    with client, parallel_config(backend="dask", client=client, n_jobs=-1):
        yield
