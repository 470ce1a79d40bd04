"""Files on disk: sizes read as people write them, files written whole or not at all, checksums."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from decimal import Decimal
from pathlib import Path

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]i?)?b?", re.IGNORECASE | re.ASCII)


def parse_size(text: str) -> int:
    """Bytes from "78643", "120k" (1,000), "120Ki" (1,024), "1.5M", each with or without a "B" behind; rounded down.

    Raises ValueError for anything else and for less than one byte.
    """
    match = _SIZE.fullmatch(text.strip())
    size = int(Decimal(match[1]) * _UNITS[(match[2] or "").lower()]) if match else 0
    if size < 1:
        raise ValueError(f"{text!r} is no size in bytes; write one as 78643, 120k, 120Ki or 1.5M")
    return size


def sha256(data: bytes) -> str:
    """64 hexadecimal digits, lower case, as cards and profiles keep them."""
    return hashlib.sha256(data).hexdigest()


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that under its name there is either all of it or what was there before.

    A temporary file in the same folder is written, synchronised and renamed; on any failure, Ctrl-C included, it is
    removed. A link keeps pointing where it did. What is no regular file (/dev/stdout, a pipe) is written to directly.
    Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    temporary = target.with_name(f".accelir-{secrets.token_hex(8)}.tmp")
    try:
        _write_new(temporary, data)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write_new(path: Path, data: bytes) -> None:
    # Mode "x" lets the system apply the umask, as it would for the final name.
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
