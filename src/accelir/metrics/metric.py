"""What a metric is: a score of a whole picture against a reference, and where in the picture the error is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg

CELL: int = jpeg.CELL
"""Side of a cell in coded pixels, 32."""


class Judge(ABC):
    """A metric that has the reference at hand, for many pictures of its shape."""

    @abstractmethod
    def score(self, picture: NDArray[Any]) -> float:
        """`Metric.score` against the reference."""

    @abstractmethod
    def error_by_cell(self, picture: NDArray[Any], scale: int = 1, side: int = CELL) -> NDArray[np.float64]:
        """`Metric.error_by_cell` against the reference."""


@dataclass(frozen=True)
class Metric(ABC):
    """A measure of how near a picture comes to a reference of the same shape.

    Pictures are HxWx3 RGB or HxW gray, uint8 or floating point, 0 to 255.
    """

    name: str
    """Name in METRICS."""
    unit: str
    """Unit of a score, "dB" for instance; "" for a plain number."""
    more_is_better: bool = True
    """Whether the nearer of two pictures has the higher score. False for distances, which are 0 for equal pictures."""

    @abstractmethod
    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """The score of the whole picture. Raises ValueError for pictures of two shapes."""

    @abstractmethod
    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """The error of each cell of a coded picture of HxW pixels, (ceil(H/side), ceil(W/side)).

        picture, reference: what became of the coded picture and what should have become of it, sHxsW pixels. scale: s,
        their pixels per coded pixel along a side. side: of a cell in coded pixels, a power of 2. Errors are 0 or more,
        0 where both agree, and add up: the less they are in all, the better is the score. Raises ValueError for
        pictures of two shapes.
        """

    @abstractmethod
    def distance(self, score: float) -> float:
        """How far a score is from that of equal pictures, 0 or more, so that it falls about as a power of the size.

        Where one searches for the size of a score, the logarithms of both are nearly on a line.
        """

    def against(self, reference: NDArray[Any]) -> Judge:
        """The same metric with the reference at hand; metrics that analyse one do it here, once."""
        return _Plain(self, reference)


class _Plain(Judge):
    def __init__(self, metric: Metric, reference: NDArray[Any]) -> None:
        self._metric, self._reference = metric, reference

    def score(self, picture: NDArray[Any]) -> float:
        return self._metric.score(picture, self._reference)

    def error_by_cell(self, picture: NDArray[Any], scale: int = 1, side: int = CELL) -> NDArray[np.float64]:
        return self._metric.error_by_cell(picture, self._reference, scale, side)


def sum_by_cell(values: NDArray[Any], scale: int = 1, side: int = CELL) -> NDArray[np.float64]:
    """Sums over what each cell of a coded picture becomes, (ceil(H/side), ceil(W/side)); sums are float64.

    values: sHxsW for a coded picture of HxW pixels; at the right and lower border cells may be cut. scale: s. side: of
    a cell in coded pixels.
    """
    side *= scale
    for axis in (0, 1):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], side), axis=axis, dtype=np.float64)
    return np.asarray(values)


def check_shapes(picture: NDArray[Any], reference: NDArray[Any] | tuple[int, ...]) -> None:
    """Raises ValueError for pictures of two shapes, which NumPy would stretch to one where it can.

    reference: a picture, or the shape of one.
    """
    shape = reference if isinstance(reference, tuple) else reference.shape
    if picture.shape != shape:
        raise ValueError(f"pictures of {picture.shape} and {shape} can't be compared; give two of one shape")
