"""From a file to its pixels, whatever its format."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accelir.formats.network_name import NetworkName
from accelir.formats.registry import find_format, format_of
from accelir.restoration.card import Card
from accelir.restoration.installed import installed
from accelir.restoration.worth import Share, amount

Source = bytes | bytearray | memoryview | str | os.PathLike[str]


def decode_pixels(data_or_path: Source) -> NDArray[np.uint8]:
    """Decode a JPEG or WebP file.

    data_or_path: the file's bytes (bytes, bytearray or memoryview) or its path (str or os.PathLike).
    Returns uint8, HxW for a gray JPEG, else HxWx3 RGB; transparency is dropped, of an animation the first frame is
    decoded, EXIF orientation is not applied. A JPEG gives the same pixels with and without PyTurboJPEG: accurate
    integer DCT and triangle ("fancy") upsampling of the chroma.

    Raises TypeError for any other input, OSError when the path cannot be read, and ValueError saying what is wrong when
    the data is neither JPEG nor WebP, is cut short, breaks the format, or holds more pixels than Pillow lets through
    (twice PIL.Image.MAX_IMAGE_PIXELS).
    """
    data = read_source(data_or_path)
    return format_of(data).decode(data)


def decode_alpha(data: bytes) -> NDArray[np.uint8] | None:
    """Transparency of a file, uint8 HxW, 255 opaque; None for a file without. Raises as `decode_pixels` does."""
    return format_of(data).decode_alpha(data)


def name_of(data: bytes) -> NetworkName | None:
    """What a file says of its receivers, or None. Raises ValueError for a damaged file."""
    found = find_format(data)
    return None if found is None else found.name_of(data)


def network_of(data: bytes) -> str | None:
    """The network that a file names, or None. Raises ValueError for a damaged file."""
    name = name_of(data)
    return None if name is None else name.network


def worth_on(data: bytes, card: Card) -> Share:
    """What a network's card says that a file is worth of its correction; all of chroma's, if it was made for it.

    Raises ValueError for damage.
    """
    found, named = format_of(data), network_of(data)
    of_all = amount(card.worth, found.name, found.luma_step(data) if card.worth else None)
    path = None if named is None else installed(named)
    return Share(of_all, 1.0 if path is not None and path.stem == card.name else None)


def has_stale_name(data: bytes) -> bool:
    """Whether a file kept a network's name from another of which it was made. Raises ValueError for a damaged file."""
    found = find_format(data)
    return found is not None and found.has_stale_name(data)


def read_source(data_or_path: Source) -> bytes:
    """The bytes themselves, or those of the file at the path. Raises TypeError and OSError."""
    if isinstance(data_or_path, bytes | bytearray | memoryview):
        return bytes(data_or_path)
    if isinstance(data_or_path, str | os.PathLike):
        return Path(data_or_path).read_bytes()
    raise TypeError(
        f"got {type(data_or_path).__name__}; give the file's bytes (bytes, bytearray, memoryview) or its path"
    )
