"""The name of the receivers' network in a file: whether it may be said, given what it takes."""

from __future__ import annotations

LARGEST_SHARE = 0.002
"""The name is left out where it would take a larger share of the file than this."""


def may_name(cost: int, max_bytes: int) -> bool:
    """Whether a file of at most `max_bytes` shall spend `cost` bytes on its network's name."""
    return cost <= LARGEST_SHARE * max_bytes
