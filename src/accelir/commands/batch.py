"""Many files, one after another, several at a time or on a cluster: each is done or reported, in the order given."""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import TypeVar

from accelir.formats.pillow import TooManyPixels
from accelir.storage.cluster import ClusterLost, on_cluster

Item = TypeVar("Item")
Result = TypeVar("Result")
Attempt = TypeVar("Attempt")

# What one bad input raises. Anything else is a fault of ours, and is not hidden.
BAD_INPUT = (OSError, ValueError, TypeError, MemoryError)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, and how far the batch had come: items that were done, that failed, and the rest of them."""

    def __init__(self, done: int, failed: int, left: Sequence[object]) -> None:
        super().__init__(f"interrupted: {done} done, {failed} failed, {len(left)} not done")
        self.done, self.failed, self.left = done, failed, left


def run(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    fail: Callable[[Item, Exception], None],
    *,
    jobs: int = 1,
    dask: str | None = None,
    bar: bool = True,
    lost: Callable[[ClusterLost], None] = lambda error: None,
) -> bool:
    """Do the work for every item in `jobs` threads, and finish it in this thread, in the items' order.

    work: what takes time; finish: what must be in order, such as writing and printing. An item for which either raises
    one of BAD_INPUT goes to `fail`, and the others go on. dask: the address of a Dask scheduler whose workers do the
    work instead; work and items are pickled then. Where that scheduler is lost on the way, `lost` is told, and the rest
    is worked at here. With several items a progress bar is shown on standard error, if that
    is a terminal. Returns whether no item failed. Whatever else is raised drops what still waits; Ctrl-C becomes
    Interrupted.
    """
    attempt = functools.partial(_attempt, work)
    results = _in_threads(attempt, items, jobs) if dask is None else _on_dask(attempt, items, dask, jobs, lost)
    bar = bar and len(items) > 1 and sys.stderr is not None
    done = failed = 0
    try:
        with contextlib.closing(results):
            shown, beside = _with_bar(results, len(items)) if bar else (results, contextlib.nullcontext)
            for item, result in zip(items, shown, strict=True):
                with beside(), ctrl_c_waits():
                    fine = _finish(item, result, finish, fail)
                    done, failed = done + fine, failed + (not fine)
    except KeyboardInterrupt:
        raise Interrupted(done, failed, items[done + failed :]) from None
    return failed == 0


def explain(error: BaseException) -> str:
    """The error in one line, in words, without Python's decoration."""
    if isinstance(error, MemoryError):
        return "it takes more memory than there is; make the picture smaller, or run fewer --jobs at a time"
    if isinstance(error, TooManyPixels):
        return f"{error.width} x {error.height} pixels are more than {error.limit:,}; --max-pixels takes larger ones"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or f"it failed without saying why ({type(error).__name__})"


def _with_bar(
    results: Iterable[Attempt], total: int
) -> tuple[Iterable[Attempt], Callable[[], contextlib.AbstractContextManager[object]]]:
    """Results under a progress bar, if standard error is a terminal; and what clears it while something is printed."""
    from tqdm import tqdm

    return tqdm(results, total=total, file=sys.stderr, disable=None, leave=False), tqdm.external_write_mode


def _attempt(work: Callable[[Item], Result], item: Item) -> Result | Exception:
    try:
        return work(item)
    except BAD_INPUT as error:
        return error


def _in_threads(attempt: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Generator[Result]:
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(attempt, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _on_dask(
    attempt: Callable[[Item], Result],
    items: Sequence[Item],
    address: str,
    jobs: int,
    lost: Callable[[ClusterLost], None],
) -> Generator[Result | OSError]:
    done = 0
    try:
        for result in on_cluster(address, attempt, items):
            yield result
            done += 1
    except ClusterLost as error:
        lost(error)
        yield from _in_threads(attempt, items[done:], jobs)


@contextlib.contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Lets Ctrl-C act behind the block, so that what is said of an item is true; a second one acts at once."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _in_main_thread():
        yield
        return
    came = False

    def wait(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            raise KeyboardInterrupt
        came = True

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _finish(
    item: Item,
    result: Result | Exception,
    finish: Callable[[Item, Result], None],
    fail: Callable[[Item, Exception], None],
) -> bool:
    try:
        if isinstance(result, Exception):
            raise result
        finish(item, result)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no fault of the item, and no point in going on.
        raise
    except BAD_INPUT as error:
        fail(item, error)
        return False
    return True
