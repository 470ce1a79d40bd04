"""The JPEG section of a profile."""

from __future__ import annotations

import itertools
import reprlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import SUBSAMPLINGS
from accelir.cells.modes import ModeArray
from accelir.profile.checks import number
from accelir.profile.ladder import Ladder

ALLOCATORS = ("uniform", "reward", "lagrangian", "qp-reward", "variance")
"""How a profile alone can tell how cells share a budget (formats/jpeg/planning.py)."""


TOWARDS_CHROMA = 0.2
"""Share of chroma's steps, in the logarithm, in a table for all components."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Quantisation tables of one subsampling, whatever the size of the file."""

    relative_steps: NDArray[np.float32]
    """Steps of luma and chroma over the base step, (2, 64), zigzag order, above 0 and at most 16."""
    weights: NDArray[np.float32]
    """Costs of a squared error of a Y, Cb or Cr coefficient over luma's DC, (3, 64), zigzag order, 0 to 1e6."""

    @classmethod
    def from_document(cls, entry: dict[str, Any]) -> Tables:
        """Raises KeyError, TypeError and ValueError."""
        steps = np.array([entry["luma"], entry["chroma"]], dtype=np.float32)
        weights = np.array(entry["weights"], dtype=np.float32)
        if steps.shape != (2, 64) or weights.shape != (3, 64):
            raise ValueError(f"tables take 2 x 64 steps and 3 x 64 weights, not {steps.shape} and {weights.shape}")
        if not (np.all((steps > 0) & (steps <= 16)) and np.all((weights >= 0) & (weights <= 1e6))):
            raise ValueError("tables' relative steps must be above 0 and at most 16, their weights 0 to 1e6")
        return cls(steps, weights)

    def scaled(self, factors: NDArray[np.float32], trust: float = 0.5) -> Tables:
        """Tables of other steps.

        factors: of those of Y, Cb and Cr, (3, 64) in zigzag order, chroma's alike. trust: how far the costs follow, 0
        not at all, 1 as the squares of the steps.
        """
        return Tables(self.relative_steps * factors[:2], (self.weights * factors ** (-2 * trust)).astype(np.float32))

    def as_one(self) -> Tables:
        """One table for all components: luma's, finer where chroma's is finer. The costs of errors stay."""
        luma, chroma = self.relative_steps
        steps = np.minimum(luma, luma ** (1 - TOWARDS_CHROMA) * chroma**TOWARDS_CHROMA)
        return Tables(np.stack([steps, steps]), self.weights)

    def to_document(self) -> dict[str, Any]:
        """What from_document takes."""
        luma, chroma = (_rounded(row) for row in self.relative_steps)
        return {"luma": luma, "chroma": chroma, "weights": [_rounded(row) for row in self.weights]}


@dataclass(frozen=True)
class ClosedLoop:
    """Files that the encoder tries and restores itself (formats/jpeg/closed_loop.py)."""

    lambdas: tuple[float, ...]
    """Lambda of each file over the uniform file's, 1 to 16 factors above 0 and at most 1000."""
    step: float
    """Base step of all of them over the uniform file's, 0.1 to 2."""
    effort: int
    """Effort, 0 to 9, from which on an encoder that isn't told its allocator takes the loop."""

    def modes(self, uniform: ModeArray) -> ModeArray:
        """One mode for each lambda. uniform: (1,)."""
        modes = np.repeat(uniform, len(self.lambdas))
        modes["lambda"] *= np.array(self.lambdas, np.float32)
        return modes

    @classmethod
    def from_document(cls, entry: dict[str, Any]) -> ClosedLoop:
        """Raises KeyError, TypeError and ValueError."""
        factors = tuple(float(f) for f in entry["lambdas"])
        loop = cls(factors, float(entry["step"]), int(entry["effort"]))
        if not (1 <= len(factors) <= 16 and all(0 < f <= 1e3 for f in factors)):
            raise ValueError(f"its closed loop takes 1 to 16 factors of 0 to 1000, not {reprlib.repr(factors)}")
        if not (0.1 <= loop.step <= 2 and 0 <= loop.effort <= 9):
            raise ValueError(
                f"its closed loop takes a step of 0.1 to 2 and an effort, not {loop.step} and {loop.effort}"
            )
        return loop

    def to_document(self) -> dict[str, Any]:
        """What from_document takes."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class JpegSettings:
    """What a task's JPEG files have in common."""

    tables: dict[str, Tables]
    """Tables by subsampling: "4:4:4", "4:2:2", "4:2:0"."""
    ladder: Ladder
    """Modes for lower QPs; the first rung is the mode of uniform files."""
    full_chroma_margin: float
    """Decibels by which 4:4:4 must be better than 4:2:0, as decoded RGB, for subsampling="auto" to take it."""
    chroma_smoothing: float = 0.0
    """Smoothing of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1."""
    flat_weight: float = 1.0
    """Cost of a squared error in flat blocks over that in busy ones, 0.1 to 10."""
    allocator: str = "uniform"
    """Allocator, of ALLOCATORS, for encoders that aren't told one and don't take the closed loop."""
    closed_loop: ClosedLoop | None = None
    """Files to try; None where that doesn't pay."""
    foretold: tuple[tuple[float, float], ...] = ()
    """Bits per pixel, rising, and what sizes foretold by groups' plans are there over real ones, 0.5 to 2; () where
    nobody looked."""

    one_table_bytes: int = 0
    """Files of at most so many bytes have one table for all components: in small files the 65 bytes of a second one are
    worth more than its steps. 0 to 1e9."""

    def within(self, max_bytes: int) -> JpegSettings:
        """Settings of a file of at most so many bytes."""
        return self.with_one_table() if max_bytes <= self.one_table_bytes else self

    def with_one_table(self) -> JpegSettings:
        """The same with one table for all components, whatever the size."""
        return replace(self, tables={name: tables.as_one() for name, tables in self.tables.items()})

    def foretold_at(self, bpp: float) -> float:
        """That ratio at a rate; 1 where nobody looked."""
        return float(np.interp(bpp, *np.transpose(self.foretold))) if self.foretold else 1.0

    @classmethod
    def from_document(cls, section: dict[str, Any]) -> JpegSettings:
        """From a profile's "jpeg" object. Raises KeyError, TypeError and ValueError."""
        loop = section["closed_loop"]
        if section["allocator"] not in ALLOCATORS:
            found = reprlib.repr(section["allocator"])
            raise ValueError(f"its allocator is {found}, not one of {', '.join(ALLOCATORS)}")
        return cls(
            tables={s: Tables.from_document(section["tables"][s]) for s in SUBSAMPLINGS},
            ladder=Ladder.from_document(section["ladder"]),
            full_chroma_margin=number("full_chroma_margin", section["full_chroma_margin"], -100, 100),
            chroma_smoothing=number("chroma_smoothing", section["chroma_smoothing"], 0, 1),
            flat_weight=number("flat_weight", section.get("flat_weight", 1.0), 0.1, 10),
            allocator=section["allocator"],
            closed_loop=None if loop is None else ClosedLoop.from_document(loop),
            foretold=_foretold(section.get("foretold", [])),
            one_table_bytes=int(number("one_table_bytes", section.get("one_table_bytes", 0), 0, 1e9)),
        )

    def to_document(self) -> dict[str, Any]:
        """What from_document takes."""
        return {
            "full_chroma_margin": self.full_chroma_margin,
            "chroma_smoothing": self.chroma_smoothing,
            "flat_weight": self.flat_weight,
            "allocator": self.allocator,
            "closed_loop": None if self.closed_loop is None else self.closed_loop.to_document(),
            "foretold": self.foretold,
            "one_table_bytes": self.one_table_bytes,
            "tables": {name: tables.to_document() for name, tables in self.tables.items()},
            "ladder": self.ladder.to_document(),
        }


def _foretold(pairs: list[Any]) -> tuple[tuple[float, float], ...]:
    found = tuple((number("foretold", bpp, 0, 100), number("foretold", ratio, 0.5, 2)) for bpp, ratio in pairs)
    if any(left >= right for (left, _), (right, _) in itertools.pairwise(found)):
        raise ValueError("the rates of foretold must rise")
    return found


def _rounded(row: NDArray[np.float32]) -> list[float]:
    return [round(float(value), 4) for value in row]
