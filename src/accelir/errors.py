"""The exceptions that are accelir's own; every other mistake of a caller is a plain TypeError or ValueError."""

from __future__ import annotations


class BudgetError(ValueError):
    """The budget is below the smallest file that the picture can have.

    `smallest` is the size in bytes that would have been enough.
    """

    def __init__(self, message: str, smallest: int) -> None:
        super().__init__(message, smallest)
        self.smallest = smallest

    def __str__(self) -> str:
        return str(self.args[0])


class TargetError(ValueError):
    """No file of the picture reaches the target, whatever its size.

    `reached` is the score of the finest file.
    """

    def __init__(self, message: str, reached: float) -> None:
        super().__init__(message, reached)
        self.reached = reached

    def __str__(self) -> str:
        return str(self.args[0])


class ProfileError(ValueError):
    """A profile that is missing, damaged, or made for another version of accelir."""
