"""Pictures of the evaluation protocol, and what results say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from accelir.restoration.pictures import degraded, list_pictures
from accelir.restoration.tasks import Task
from benches.common import PEER_TASKS, WHOLE, Case
from benches.paper.table import Options, Record, Unit

T = TypeVar("T")
LARGE = {"clic2025": 4}
"""How many times fewer pictures are taken of sets whose pictures are so many times larger."""
SETS = ("kodak", "urban100", "clic2025")


def picture_paths(options: Options, sets: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Names of sets and files in them, evenly spaced ones of each set."""
    for name in sets:
        paths = list_pictures(options.data / "eval" / name)
        yield from ((name, path) for path in evenly(paths, count_of(name, options)))


def task_units(options: Options, sets: Sequence[str], work: Callable[[Task, Path], list[Record]]) -> Iterator[Unit]:
    """A unit of work for each of the protocol's tasks and each picture of sets."""
    for task in PEER_TASKS.values():
        for set_name, path in picture_paths(options, sets):
            yield Unit(f"{task} {set_name} {path.stem}", partial(work, task, path))


def count_of(name: str, options: Options) -> int:
    """How many pictures of a set are taken at most."""
    return -(-options.count // LARGE.get(name, 1))


def evenly(items: Sequence[T], count: int) -> list[T]:
    """So many of them, or all, from the first on."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def case_of(path: Path, task: Task, side: int = WHOLE) -> Case:
    """side: what the truth is cut to at the top left, pixels."""
    return Case(*degraded(path, task, side))


def pictures_of(options: Options, sets: Sequence[str]) -> dict[str, str]:
    """What results say of their data."""
    found = [name for name, _ in picture_paths(options, sets)]
    counted = ", ".join(f"{found.count(name)} of {name}" for name in sets)
    return {"data": f"eval sets of the protocol, evenly spaced pictures: {counted}"}
