"""Checks of a profile's entries, whose errors name the entry, what it is and what it may be."""

from __future__ import annotations

import reprlib
from typing import Any

from accelir.metrics import METRICS


def number(name: str, value: Any, least: float, most: float) -> float:
    """A finite number within bounds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"its {name} is {reprlib.repr(value)}, not a number from {least} to {most}")
    return float(value)


def network_name(name: Any) -> str | None:
    """A name that files can carry, or None. Raises ValueError for what can't be named in them."""
    if name is None or (isinstance(name, str) and name.isascii() and name.isprintable() and 0 < len(name) <= 200):
        return name
    raise ValueError(
        f"the receivers' network is {reprlib.repr(name)}, not null or a name of up to 200 printable ASCII characters"
    )


def metric_name(name: Any) -> str:
    """A name in METRICS. Raises ValueError."""
    if isinstance(name, str) and name in METRICS:
        return name
    raise ValueError(f"its metric is {reprlib.repr(name)}, not one of {', '.join(METRICS)}")
