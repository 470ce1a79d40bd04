"""What was written of a shard's pictures: JSON lines, one a picture, which appear whole and last of all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from accelir.storage import locations

Record = Mapping[str, Any]


def write_lines(name: str, records: Iterable[Record]) -> None:
    """Raises OSError."""
    locations.write(name, "".join(json.dumps(record) + "\n" for record in records).encode())


def read_lines(name: str) -> list[dict[str, Any]]:
    """Raises OSError, and ValueError for what isn't from `write_lines`."""
    return [json.loads(line) for line in locations.read(name).splitlines()]
