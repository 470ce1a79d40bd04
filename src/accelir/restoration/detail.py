"""Detail: a network's result blended with that of its twin, which was trained for looks and not for squared error.

Of all estimates the mean has the least squared error and the least detail. A second decoder of the same file gives
detail, at up to twice that error (3 dB), and the line between the two results trades the one for the other: the encoder
stays the one that is best for squared error (Blau and Michaeli, ICML 2019; Yan et al., ICML 2021).
"""

from __future__ import annotations

import numbers
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from accelir.restoration.installed import find, installed
from accelir.restoration.network import Network, Pixels, open_network
from accelir.restoration.providers import CPU
from accelir.restoration.tasks import Task
from accelir.storage.text import printable

SUFFIX = "-detail"
"""Of a twin's name, behind that of its network or its task's."""


def check_detail(detail: float) -> float:
    """Raises ValueError for what is no number from 0 to 1."""
    if isinstance(detail, bool) or not (isinstance(detail, numbers.Real) and 0 <= detail <= 1):
        raise ValueError(f"detail is a number from 0 to 1, got {detail!r}")
    return float(detail)


def twin_of(network: str | os.PathLike[str]) -> Path:
    """The ONNX file of a network's twin: beside it, of the same name and SUFFIX, or its task's.

    Raises ValueError where there is none, and as `find` does.
    """
    path = find(network)
    beside = path.with_name(path.stem + SUFFIX + path.suffix)
    if beside.is_file():
        return beside
    card = open_network(path).card
    task = Task(card.task, card.strength)
    if (shared := installed(f"{task}{SUFFIX}")) is not None:
        return shared
    raise ValueError(
        f"{printable(card.name)} has no twin for detail: neither {printable(beside.name)} nor {task}{SUFFIX} is there; "
        "leave detail at 0"
    )


def with_detail(
    restored: Pixels,
    network: str | os.PathLike[str],
    detail: float,
    restore: Callable[[Network], Pixels],
    threads: int | None = None,
    provider: str = CPU,
) -> Pixels:
    """What a network restored, blended with what `restore` makes by its twin: 0 the one, 1 the other.

    Raises ValueError as `twin_of` does, and for a twin of another scale.
    """
    if detail == 0:
        return restored
    other = restore(open_network(twin_of(network), threads, provider))
    if other.shape != restored.shape:
        raise ValueError(f"the twin gave {other.shape} where the network gave {restored.shape}; their scales differ")
    return blended(restored, other, detail)


def blended(restored: Pixels, other: Pixels, detail: float) -> Pixels:
    """The picture at `detail`, 0 to 1, of the way from one to the other."""
    blend = restored + np.float32(detail) * (other.astype(np.float32) - restored)
    return np.rint(blend).astype(np.uint8)
