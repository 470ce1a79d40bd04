"""Size and error of a cell of each group: the tables that the allocator reads. NumPy alone."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.modes import MODE, ModeArray, check_modes
from accelir.cells.qp import exact_qp

Floats = NDArray[np.float64]

LEAST, MOST = 1e-9, 1e9
"""Bounds of bits and squared errors, far outside of what is measured, so that no product of them overflows."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Measured through the encoder; g groups of cells, q QPs, s base steps, m modes.

    A cell that the border cuts counts with its share. Errors are those of the restored picture.
    """

    utility_edges: Floats
    """Utilities at which one group ends and the next begins, rising, (g - 1,)."""
    qps: NDArray[np.int32]
    """QPs of uniform files, rising, (q,)."""
    bits: Floats
    """Bits of a cell in a uniform file, rising with the QP, (g, q)."""
    error: Floats
    """Squared RGB error of a cell in a uniform file, the mean over its values, falling with the QP, (g, q)."""
    base_qps: NDArray[np.int32]
    """QPs of uniform files with the base steps at which modes were measured, rising, (s,)."""
    modes: ModeArray
    """Modes that were measured, (m,)."""
    mode_bits: Floats
    """Bits of a cell on the grid of a base step under a mode, (s, g, m)."""
    mode_error: Floats
    """Squared RGB error of a cell on the grid of a base step under a mode, the mean over its values, (s, g, m)."""
    on_hull: NDArray[np.bool_]
    """Whether the mode is on the group's lower convex hull of squared error over bits, (s, g, m)."""
    mode_of_qp: NDArray[np.int32]
    """Index of the mode on the hull that comes nearest to a group's QP in size, (s, g, q)."""

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.bits)

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Curves:
        """Check and build. Raises ValueError for arrays that are missing, unknown, or not as described above."""
        if set(arrays) != (names := {f.name for f in fields(cls)}):
            raise ValueError(f"curves are {', '.join(sorted(names))}; got {', '.join(sorted(arrays))}")
        curves = cls(**arrays)
        curves._check()
        return curves

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What from_arrays takes."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def _check(self) -> None:
        g, q, s, m = len(self.bits), len(self.qps), len(self.base_qps), len(self.modes)
        wanted: dict[str, tuple[tuple[int, ...], Any]] = {
            "utility_edges": ((g - 1,), np.float64),
            "qps": ((q,), np.int32),
            "bits": ((g, q), np.float64),
            "error": ((g, q), np.float64),
            "base_qps": ((s,), np.int32),
            "modes": ((m,), MODE),
            "mode_bits": ((s, g, m), np.float64),
            "mode_error": ((s, g, m), np.float64),
            "on_hull": ((s, g, m), np.bool_),
            "mode_of_qp": ((s, g, q), np.int32),
        }
        for name, (shape, dtype) in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{name} is {array.dtype} {array.shape}; wanted is {np.dtype(dtype)} {shape}")
        if g < 1 or q < 2 or s < 2 or m < 1:
            raise ValueError(f"curves of {g} groups, {q} QPs, {s} base steps and {m} modes; at least 1, 2, 2 and 1")
        for name in ("bits", "error", "mode_bits", "mode_error"):
            array = getattr(self, name)
            if not (array.min() >= LEAST and array.max() <= MOST):
                raise ValueError(f"{name} must be from {LEAST:g} to {MOST:g} everywhere")
        for name in ("utility_edges", "qps", "base_qps"):
            if not (np.diff(getattr(self, name)) > 0).all():
                raise ValueError(f"{name} must rise")
        if self.mode_of_qp.min() < 0 or self.mode_of_qp.max() >= m or not self.on_hull.any(axis=2).all():
            raise ValueError(f"mode_of_qp must lie in 0..{m - 1}, and every group have a mode on its hull")
        check_modes(self.modes)

    def at_step(self, step: float) -> tuple[Floats, Floats]:
        """Bits and squared errors of every group under every mode, (g, m) each, at any base step; beyond those
        measured the nearest counts.
        """
        qp = exact_qp(step)
        bits, error = self._tables
        return bits.at(qp), error.at(qp)

    @functools.cached_property
    def _tables(self) -> tuple[ModeTable, ModeTable]:
        return (
            ModeTable(self.qps, self.bits, self.base_qps, np.moveaxis(self.mode_bits, 0, 1)),
            ModeTable(self.qps, self.error, self.base_qps, np.moveaxis(self.mode_error, 0, 1)),
        )


class ModeTable:
    """Modes between the base steps at which they were measured; steps are given by their QPs.

    Modes change with the step much as uniform files do, so what is interpolated is the logarithm of their ratio: a few
    base steps suffice.
    """

    def __init__(self, qps: NDArray[np.int32], uniform: Floats, base_qps: NDArray[np.int32], modes: Floats) -> None:
        """uniform: at each QP, (n, q); modes: at each base step, (n, s, m); all above 0."""
        self._qps, self._uniform, self._base_qps = qps, uniform, base_qps
        self._ratios = modes / np.stack([_between(base, qps, uniform) for base in base_qps], axis=1)[..., None]

    def at(self, qp: float) -> Floats:
        """(n, m); beyond the base steps measured the nearest counts."""
        qp = float(np.clip(qp, *self._base_qps[[0, -1]]))
        return _between(qp, self._qps, self._uniform)[:, None] * _between(qp, self._base_qps, self._ratios)


def _between(qp: float, qps: NDArray[np.int32], table: Floats) -> Floats:
    """A table, (n, q, ...), at any QP, (n, ...): its logarithm is linear between those measured, the last go on."""
    qp = min(max(float(qp), float(qps[0])), float(qps[-1]))
    right = min(max(int(np.searchsorted(qps, qp)), 1), len(qps) - 1)
    share = (qp - qps[right - 1]) / (qps[right] - qps[right - 1])
    return table[:, right - 1] ** (1 - share) * table[:, right] ** share


def lower_hull(bits: Floats, error: Floats) -> NDArray[np.intp]:
    """Indices of the points on the lower convex hull of error over size, by rising size, from the smallest point to
    the best: the only ones worth buying. bits, error: (n,). Of equal points the first counts.
    """
    hull: list[int] = []
    for i in np.lexsort((np.arange(len(bits)), error, bits)):
        if hull and error[i] >= error[hull[-1]]:
            continue
        while len(hull) > 1 and _slope(bits, error, hull[-2], hull[-1]) >= _slope(bits, error, hull[-1], i):
            hull.pop()
        hull.append(int(i))
    return np.array(hull)


def _slope(bits: Floats, error: Floats, a: int, b: int) -> float:
    return float((error[b] - error[a]) / (bits[b] - bits[a]))
