"""Budgets: from bits per pixel to bytes, and what is said of one that can't be met."""

from __future__ import annotations

import math
import numbers
import operator

from accelir.errors import BudgetError

_LOSSLESS_BPP = 1 << 20
"""More than any file of a picture takes; larger budgets are the same."""


def bytes_at(bpp: float, shape: tuple[int, ...]) -> int:
    """Bytes of a file of so many bits per pixel of a picture of a shape, (H, W, ...), rounded down."""
    return int(min(bpp, _LOSSLESS_BPP) * shape[0] * shape[1] / 8)


def budget_of(bpp: float | None, max_bytes: int | None, shape: tuple[int, ...]) -> int:
    """The whole file's bytes, from exactly one of the two. Raises TypeError and ValueError."""
    if (bpp is None) == (max_bytes is None):
        raise TypeError("give exactly one of bpp and max_bytes" + ("" if bpp is None else ", not both"))
    if max_bytes is not None:
        return _checked_bytes(max_bytes)
    if isinstance(bpp, bool) or not isinstance(bpp, numbers.Real):
        raise TypeError(f"bpp must be a number, not {type(bpp).__name__}")
    if not 0 < bpp < math.inf:
        raise ValueError(f"bpp must be a finite number above 0, not {bpp}")
    return bytes_at(float(min(bpp, _LOSSLESS_BPP)), shape)  # an int may be too large for a float


def _checked_bytes(max_bytes: int) -> int:
    if isinstance(max_bytes, bool):
        raise TypeError("max_bytes must be an integer, not bool")
    try:
        budget = operator.index(max_bytes)
    except TypeError:
        raise TypeError(f"max_bytes must be an integer, not {type(max_bytes).__name__}") from None
    if budget < 1:
        raise ValueError(f"max_bytes must be at least 1, not {budget}")
    return min(budget, 2**63 - 1)


def budget_error(budget: int, smallest: int, shape: tuple[int, ...], label: str) -> BudgetError:
    """For a picture of a shape, (H, W, ...), of which the smallest file in a format is above the budget."""
    size = f"{shape[1]} x {shape[0]}"
    bpp = math.ceil(smallest * 8 / (shape[0] * shape[1]) * 1e4) / 1e4
    return BudgetError(
        f"a budget of {budget:,} bytes can't be met: the smallest {label} of this {size} picture has "
        f"{smallest:,} bytes ({bpp} bpp) with its metadata; ask for that much, or make the picture smaller",
        smallest,
    )
