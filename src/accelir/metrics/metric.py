"""What a metric is: a score of a whole picture, and where in the picture the error is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg


@dataclass(frozen=True)
class Metric(ABC):
    """A measure of how near a picture comes to another of the same shape.

    Pictures are HxWx3 RGB or HxW gray, uint8 or floating point, 0 to 255.
    """

    name: str
    """Name in METRICS."""
    unit: str
    """Unit of a score, "dB" for instance; "" for a plain number."""
    more_is_better: bool = True
    """Whether the nearer of two pictures has the higher score. False for distances, which are 0 for equal pictures."""

    @abstractmethod
    def score(self, a: NDArray[Any], b: NDArray[Any]) -> float:
        """The score of the whole picture. Raises ValueError for pictures of two shapes."""

    @abstractmethod
    def error_by_cell(self, a: NDArray[Any], b: NDArray[Any], scale: int = 1) -> NDArray[np.float64]:
        """The error of each 32x32 cell of a coded picture of HxW pixels, (ceil(H/32), ceil(W/32)).

        a, b: what became of the coded picture and what should have become of it, sHxsW pixels. scale: s, their pixels
        per coded pixel along a side. Errors are 0 or more, 0 where both agree, and add up: the less they are in all,
        the better is the score. Raises ValueError for pictures of two shapes.
        """


def sum_by_cell(values: NDArray[Any], scale: int = 1) -> NDArray[np.float64]:
    """Sums over what each 32x32 cell of a coded picture becomes, (ceil(H/32), ceil(W/32)); sums are float64.

    values: sHxsW for a coded picture of HxW pixels; at the right and lower border cells may be cut.
    """
    side = jpeg.CELL * scale
    for axis in (0, 1):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], side), axis=axis, dtype=np.float64)
    return np.asarray(values)


def check_shapes(a: NDArray[Any], b: NDArray[Any]) -> None:
    """Raises ValueError for pictures of two shapes, which NumPy would stretch to one where it can."""
    if a.shape != b.shape:
        raise ValueError(f"pictures of {a.shape} and {b.shape} can't be compared; give two of one shape")
