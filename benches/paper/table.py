"""What a table is made of: units of work that find records, and rows that are made of all records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]
"""What a unit found, in types that JSON has."""
Row = dict[str, str | int | float]
"""A row by the names of its columns; fractions are written with two digits, text as it is."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: Path
    """Folder with eval/ and peers/."""
    runs: Path | None = None
    """Folder of networks that were trained at several widths, RUNS/NAME/NAME.onnx with cards beside them."""
    count: int = 8
    """Pictures of each set, evenly spaced."""


@dataclass(frozen=True)
class Unit:
    """Work whose result is kept: seconds to a few minutes."""

    key: str
    """What tells the unit from all others of the table."""
    run: Callable[[], list[Record]]
    """Does the work."""


@dataclass(frozen=True)
class Table:
    """One table or figure of the evaluation."""

    name: str
    """Stem of its files in docs/results, and what --table takes."""
    title: str
    """One line, the heading of its page."""
    about: str
    """What was done and what the columns are, as paragraphs."""
    units: Callable[[Options], Iterator[Unit]]
    """Work to be done."""
    rows: Callable[[Sequence[Record]], list[Row]]
    """Rows from the records of all units, in the order of the units."""
    draw: Callable[[list[Row], Any], None] | None = None
    """Draws the rows into a matplotlib figure; None: no picture."""
    facts: Callable[[Options], dict[str, str]] = lambda options: {}
    """What else the head of the results says, such as the data and what networks were trained on."""
