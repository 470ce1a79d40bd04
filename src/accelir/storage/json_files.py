"""JSON from files that somebody else may have written: whatever is wrong with it becomes one ValueError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from accelir.storage.text import printable

MAX_BYTES = 1 << 26
"""Larger files are refused unread; the largest profile that ships has 22 kB."""


def parse_json(text: str | bytes, origin: str) -> Any:
    """A JSON document (RFC 8259; so neither NaN nor Infinity). Raises ValueError that starts with `origin`."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ValueError(f"{origin}: not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"{origin}: its JSON is nested too deeply") from None


def read_json(path: Path) -> Any:
    """The document in a file. Raises ValueError that starts with the path, OSError for a file that can't be read."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{printable(path)}: {size:,} bytes are more JSON than is read, {MAX_BYTES:,}")
    return parse_json(path.read_bytes(), printable(path))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
