"""npz files of plain numbers, read so that nothing in them can run code or take more memory than allowed."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.storage.text import printable

MOST_BYTES = 64 * 2**20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes. The decompressors of others fail in ways of their own, and take memory of their own."""


def write_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """An npz file; the same arrays give the same bytes."""
    out = io.BytesIO()
    named: dict[str, Any] = {**arrays}
    np.savez_compressed(out, **named)
    return out.getvalue()


def read_arrays(data: bytes, most_bytes: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file, all together at most `most_bytes`. Raises ValueError for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if (size := sum(entry.file_size for entry in entries)) > most_bytes:
                raise ValueError(f"arrays of {size:,} bytes; at most {most_bytes:,} are taken")
            if others := {entry.compress_type for entry in entries} - {*METHODS}:
                raise ValueError(f"compressed by method {min(others)}; 0 (stored) and 8 (deflated) are taken")
            return {entry.filename.removesuffix(".npy"): read_array(archive.read(entry)) for entry in entries}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ValueError(f"not an npz file: {printable(error)}") from None


def read_array(data: bytes) -> NDArray[Any]:
    """The array of an npy file. Raises ValueError for anything else, and for one that could run code.

    NumPy's own reader would allocate whatever the header says before it looks at the data.
    """
    file = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("an npy file of another version than 1.0")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        fits = not dtype.hasobject and math.prod(shape) * dtype.itemsize == len(data) - file.tell()
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # its header is Python's text, which a parser of many errors reads
        raise ValueError(f"an npy file with a damaged header: {printable(error)}") from None
    if not fits:
        raise ValueError(f"an npy file that does not hold what its header says: {printable(dtype)}, {printable(shape)}")
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order="F" if fortran else "C")
