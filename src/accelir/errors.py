"""The exceptions that are accelir's own; every other mistake of a caller is a plain TypeError or ValueError."""

from __future__ import annotations

import math


class BudgetError(ValueError):
    """The budget is below the smallest file that the picture can have.

    `smallest` is the size in bytes that would have been enough.
    """

    def __init__(self, message: str, smallest: int) -> None:
        super().__init__(message, smallest)
        self.smallest = smallest

    def __str__(self) -> str:
        return str(self.args[0])


def budget_error(budget: int, smallest: int, shape: tuple[int, ...], format: str) -> BudgetError:
    """For a picture of a shape, (height, width, ...), of which the smallest file in a format is above the budget."""
    size = f"{shape[1]} x {shape[0]}"
    bpp = math.ceil(smallest * 8 / (shape[0] * shape[1]) * 1e4) / 1e4
    return BudgetError(
        f"a budget of {budget:,} bytes can't be met: the smallest {format} of this {size} picture has "
        f"{smallest:,} bytes ({bpp} bpp) with its metadata; ask for that much, or make the picture smaller",
        smallest,
    )


class ProfileError(ValueError):
    """A profile that is missing, damaged, or made for another version of accelir."""
