"""Many files, one after another or several at a time: each is done or reported, in the order given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")

# What one bad input raises. Anything else is a fault of ours, and is not hidden.
BAD_INPUT = (OSError, ValueError, TypeError, MemoryError)


def run(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    fail: Callable[[Item, Exception], None],
    *,
    jobs: int = 1,
    bar: bool = True,
) -> bool:
    """Do the work for every item in `jobs` threads, and finish it in this thread, in the items' order.

    work: what takes time; finish: what must be in order, such as writing and printing. An item for which either raises
    one of BAD_INPUT goes to `fail`, and the others go on. With several items a progress bar is shown on standard error,
    if that is a terminal. Returns whether no item failed. Whatever else is raised, Ctrl-C too, drops what still waits.
    """

    def attempt(item: Item) -> Result | Exception:
        try:
            return work(item)
        except BAD_INPUT as error:
            return error

    failures = 0
    pool = ThreadPoolExecutor(jobs)
    try:
        hidden = None if bar and len(items) > 1 else True
        done = tqdm(pool.map(attempt, items), total=len(items), file=sys.stderr, disable=hidden, leave=False)
        for item, result in zip(items, done, strict=True):
            with tqdm.external_write_mode():
                failures += not _finish(item, result, finish, fail)
    finally:
        pool.shutdown(cancel_futures=True)
    return failures == 0


def explain(error: Exception) -> str:
    """The error in one line, without Python's decoration."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


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
