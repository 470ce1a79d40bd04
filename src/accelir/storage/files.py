"""Files on disk: sizes read as people write them, files written whole or not at all, checksums."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from decimal import Decimal
from pathlib import Path

from accelir.storage.temporary import remove_abandoned_once, temporary_name

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


def write_atomically(
    path: str | os.PathLike[str], data: bytes, *, mode: int = 0o666, like: os.stat_result | None = None
) -> None:
    """Write a file so that under its name there is either all of it or what was there before.

    A temporary file in the same folder is written, synchronised and renamed; on any failure, Ctrl-C included, it is
    removed, and one that a killed process left in that folder is removed by the next. A file that exists keeps its mode
    and, where the system lets us, its owner. A link keeps pointing where it did. What is no regular file (/dev/stdout,
    a pipe) is written to directly.

    mode: permissions of a new file, from which the umask takes its part. like: the file gets the permissions and the
    times of this one instead, be it new or not. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    remove_abandoned_once(target.parent)
    temporary = target.with_name(temporary_name())
    try:
        _write_new(temporary, data, mode, _status(target), like)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _write_new(
    path: Path, data: bytes, mode: int, replaced: os.stat_result | None, like: os.stat_result | None
) -> None:
    # The system applies the umask, as it would for the final name; nobody else may open what replaces a private file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, (mode if replaced is None else 0o600) & 0o777), "wb") as file:
        file.write(data)
        file.flush()
        if replaced is not None:
            _give(path, replaced)
            os.chmod(path, stat.S_IMODE(replaced.st_mode))
        if like is not None:
            os.chmod(path, stat.S_IMODE(like.st_mode) & 0o777)
        os.fsync(file.fileno())
    if like is not None:
        os.utime(path, ns=(like.st_atime_ns, like.st_mtime_ns))


def _give(path: Path, replaced: os.stat_result) -> None:
    """To the owner and group of the file that was there; who may not give files away keeps it."""
    ours = path.stat()
    if hasattr(os, "chown") and (replaced.st_uid, replaced.st_gid) != (ours.st_uid, ours.st_gid):
        with contextlib.suppress(OSError):
            os.chown(path, replaced.st_uid, replaced.st_gid)
