"""SSIMULACRA 2: how near a picture looks to a reference, for eyes (Jon Sneyers, Cloudinary; csrc/metrics)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import metrics as core
from accelir.metrics.metric import CELL, Judge, Metric, check_shapes


@dataclass(frozen=True)
class Ssimulacra2(Metric):
    """Scores of at most 100, which equal pictures have; below 0 for those far apart.

    About 90 is visually lossless, 70 high, 50 medium, 30 low quality. It isn't symmetric: edges that a picture has and
    the reference hasn't count otherwise than edges that are lost. Every picture with a side below 8 pixels scores 100,
    as none of the metric's scales is left there.
    """

    def against(self, reference: NDArray[Any]) -> Ssimulacra2Judge:
        """The reference, analysed once: 48 bytes of memory a pixel. A score takes half the time then."""
        return Ssimulacra2Judge(reference)

    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """The score of a picture, 100 at most."""
        check_shapes(picture, reference)
        return self.against(reference).score(picture)

    def distance(self, score: float) -> float:
        """Points below 100."""
        return 100 - score

    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """What each cell adds to the weighted sum of means and 4-norms, from which the score is made.

        A mean has as much of a cell as its pixels' sum has, a 4-norm as the sum of their 4th powers has: that is its
        value times its derivative (Euler), so that the errors add up to the sum. A pixel of the
        coarser scales belongs to the cell that it lies in, or to those that it covers in equal parts.
        """
        check_shapes(picture, reference)
        return self.against(reference).error_by_cell(picture, scale, side)


class Ssimulacra2Judge(Judge):
    """SSIMULACRA 2 against one reference. Threads may share it."""

    def __init__(self, reference: NDArray[Any]) -> None:
        """reference: HxWx3 RGB or HxW gray, uint8 or floating point, 0 to 255."""
        self._shape = reference.shape
        self._core = core.Ssimulacra2(to_linear(reference))

    def score(self, picture: NDArray[Any]) -> float:
        check_shapes(picture, self._shape)
        return self._core.score(to_linear(picture))

    def error_by_cell(self, picture: NDArray[Any], scale: int = 1, side: int = CELL) -> NDArray[np.float64]:
        check_shapes(picture, self._shape)
        return self._core.errors(to_linear(picture), scale * side)


def to_linear(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Linear light of sRGB (IEC 61966-2-1), HxWx3, 0 to 1. picture: RGB or gray, uint8 or floating point, 0 to 255."""
    linear = _LINEAR[picture] if picture.dtype == np.uint8 else _curve(picture.astype(np.float32) / np.float32(255))
    return linear if linear.ndim == 3 else np.repeat(linear[..., None], 3, axis=2)


def _curve(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4)


_LINEAR = _curve(np.arange(256) / 255).astype(np.float32)

SSIMULACRA2 = Ssimulacra2("ssimulacra2", "")
