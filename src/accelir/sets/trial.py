"""What is known of a picture before it is encoded: sizes that it could have, and how wrong it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accelir.cells.qp import THEORY
from accelir.formats.format import Prepared

STEPS = (4.0, 12.5, 39.0, 120.0, 384.0)
"""Base steps that estimates are made at: of photographs from about 3 bits a pixel to the smallest file. Eight of them,
a factor of 2 apart, share no better: 16 pictures at 0.4 and 1 bpp differ by less than 0.01 dB."""


@dataclass(frozen=True)
class Trial:
    """One file of a picture, made or estimated."""

    size: float
    """Bytes of the whole file."""
    error: float
    """Mean squared error over all values, in squared 8-bit levels."""
    distance: float | None = None
    """Of the score from that of equal pictures, by the objective's metric; None where there is none."""


@dataclass(frozen=True)
class Survey:
    """Files that a picture could have."""

    width: int
    height: int
    trials: tuple[Trial, ...]

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def as_json(self) -> dict[str, Any]:
        """For `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Survey:
        """Raises KeyError and TypeError for what is no survey."""
        return cls(values["width"], values["height"], tuple(Trial(**trial) for trial in values["trials"]))


def estimated(prepared: Prepared, shape: tuple[int, ...], more: int = 0) -> Survey:
    """A survey by estimates alone, which takes about as long as one file.

    shape: of the picture, (H, W) or (H, W, 3). more: bytes of metadata, in every file. Errors are of quantisation
    alone, so that their slopes are right and not their sums: what halving chroma adds hardly depends on the size.
    """
    values = shape[0] * shape[1] * (shape[2] if len(shape) == 3 else 1)
    found = [prepared.estimate(THEORY * step * step) for step in STEPS]
    trials = (Trial(estimate.bytes + more, estimate.error / values) for estimate in reversed(found))
    return Survey(shape[1], shape[0], tuple(trials))
