"""A Dask cluster as the place where joblib, or a function for each item, works."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class ClusterError(Exception):
    """There is no working with the cluster; says why."""


class ClusterLost(ClusterError):
    """The scheduler went away while the cluster worked."""


@contextlib.contextmanager
def cluster(address: str) -> Iterator[None]:
    """Within the block joblib.Parallel works on all cores of the cluster.

    address: of Dask's scheduler, for instance tcp://10.0.0.1:8786. Raises ClusterError when nobody answers there, and
    without the extra "cluster".
    """
    with _connected(address) as client:
        from joblib import parallel_config

        with parallel_config(backend="dask", client=client, n_jobs=-1):
            yield


def on_cluster(
    address: str, work: Callable[[Item], Result], items: Sequence[Item]
) -> Generator[Result | OSError, None, None]:
    """The work's result for every item, in their order; what still waits when the generator is closed is dropped.

    work and items are pickled. An item whose workers died gives an OSError, as a value. Raises ClusterError as
    `cluster` does, ClusterLost when the scheduler goes away, and what work raises.
    """
    with _quiet(), _connected(address) as client:
        from distributed import CancelledError, KilledWorker
        from distributed.comm.core import CommClosedError

        futures = []
        try:
            futures = client.map(work, items, pure=False)
            for future in futures:
                try:
                    yield future.result()
                except KilledWorker:
                    yield OSError("the worker that did it died, several times; perhaps it had too little memory")
        except (CancelledError, CommClosedError):
            raise ClusterLost(f"the Dask scheduler at {address} was lost") from None
        finally:
            with contextlib.suppress(Exception):  # where it was lost there is nothing to cancel
                client.cancel(futures)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
        from joblib import parallel_config  # noqa: F401
    except ImportError:
        raise ClusterError("a cluster needs Dask: pip install 'accelir[cluster]'") from None
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's log of lost connections, which are told by ClusterLost."""
    with contextlib.suppress(ImportError):
        import distributed  # noqa: F401  (its loggers get levels when it is imported)
    loggers = [logging.getLogger(name) for name in [*logging.root.manager.loggerDict] if name.startswith("distributed")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
