"""EXIF changed in place: orientation, size and GPS. All else keeps its bytes, and so its place.

EXIF is a TIFF file without a picture (Exif 3.0, 4.6): directories of entries of 12 bytes, whose values stand in the
entry or elsewhere. Makers' notes refer to places in it that nobody else knows, which writing it anew would break.
Whatever is damaged is left as it is, and read as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from PIL import Image

ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
PIXELS_ACROSS, PIXELS_DOWN = 0xA002, 0xA003

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value, by the number of its type."""

_DESCRIBING = (
    *(0x010E, 0x010F, 0x0110, ORIENTATION, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B),
    *(0x4746, 0x4749, 0x8298, EXIF_IFD, GPS_IFD, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F),
)
"""Tags of a TIFF's directory that tell of the photograph, and not of how the TIFF stores it."""


_MOST_ENTRIES = 500
"""Of a directory that is read: twice as many as there are tags in Exif. What is done with them takes its square."""


@dataclass(frozen=True)
class _Entry:
    at: int
    """Where the entry stands."""
    tag: int
    type: int
    count: int
    place: int
    """Where its values stand."""

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return _SIZES.get(self.type, 0) * self.count


class _Tiff:
    """The directories of an EXIF block."""

    def __init__(self, data: bytes) -> None:
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
        if order is None:
            raise ValueError("no TIFF header")
        self.data = bytearray(data)
        self._order = order
        self.root = self.number(4, 4)

    @property
    def _byte_order(self) -> Literal["little", "big"]:
        return "little" if self._order == "<" else "big"

    def number(self, at: int, size: int) -> int:
        if at + size > len(self.data):
            raise ValueError("a directory leads out of the block")
        return int.from_bytes(self.data[at : at + size], self._byte_order)

    def put(self, at: int, size: int, value: int) -> None:
        self.data[at : at + size] = value.to_bytes(size, self._byte_order)

    def entries(self, directory: int) -> Iterator[_Entry]:
        count = self.number(directory, 2)
        if count > _MOST_ENTRIES:
            raise ValueError(f"a directory of {count:,} entries")
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, type, count = self.number(at, 2), self.number(at + 2, 2), self.number(at + 4, 4)
            entry = _Entry(at, tag, type, count, at + 8)
            yield entry if entry.size <= 4 else _Entry(at, tag, type, count, self.number(at + 8, 4))

    def find(self, directory: int, tag: int) -> _Entry | None:
        return next((entry for entry in self.entries(directory) if entry.tag == tag), None)

    def below(self, tag: int) -> int | None:
        """Where the directory begins that a tag of the first one points to."""
        entry = self.find(self.root, tag)
        return None if entry is None else self.number(entry.place, 4)

    def value(self, entry: _Entry) -> int:
        return self.number(entry.place, 2 if entry.type == 3 else 4)

    def set_value(self, entry: _Entry, value: int) -> None:
        if entry.type in (3, 4) and entry.count == 1:
            self.put(entry.place, 2 if entry.type == 3 else 4, min(value, 0xFFFF if entry.type == 3 else 0xFFFFFFFF))

    def remove(self, directory: int, entry: _Entry) -> None:
        """The entries behind it move up, and so does the link to the next directory."""
        count = self.number(directory, 2)
        end = directory + 2 + 12 * count + 4
        self.data[entry.at : end] = self.data[entry.at + 12 : end] + bytes(12)
        self.put(directory, 2, count - 1)

    def erase(self, directory: int) -> None:
        """Zeros in the place of a directory and of all its values."""
        for entry in list(self.entries(directory)):
            if entry.place + entry.size <= len(self.data):
                self.data[entry.place : entry.place + entry.size] = bytes(entry.size)
        size = min(2 + 12 * self.number(directory, 2), len(self.data) - directory)
        self.data[directory : directory + size] = bytes(size)


def orientation_of(exif: bytes) -> int:
    """1 to 8, as Exif counts; 1, upright, where it isn't said."""
    try:
        tiff = _Tiff(exif)
        entry = tiff.find(tiff.root, ORIENTATION)
        value = 1 if entry is None else tiff.value(entry)
    except ValueError:
        return 1
    return value if 1 <= value <= 8 else 1


def changed(exif: bytes, size: tuple[int, int], *, upright: bool) -> bytes:
    """EXIF for a picture of so many pixels across and down, which was resized or, if `upright`, turned.

    Where it was turned, the thumbnail of the picture as it stood is no longer referred to.
    """
    try:
        tiff = _Tiff(exif)
        _set(tiff, tiff.root, {0x0100: size[0], 0x0101: size[1], **({ORIENTATION: 1} if upright else {})})
        _set(tiff, tiff.below(EXIF_IFD), {PIXELS_ACROSS: size[0], PIXELS_DOWN: size[1]})
        link = tiff.root + 2 + 12 * tiff.number(tiff.root, 2)
        if upright and tiff.number(link, 4):
            tiff.put(link, 4, 0)
    except ValueError:
        return exif
    return bytes(tiff.data)


def _set(tiff: _Tiff, directory: int | None, values: dict[int, int]) -> None:
    for entry in tiff.entries(directory) if directory is not None else ():
        if entry.tag in values:
            tiff.set_value(entry, values[entry.tag])


def without_gps(exif: bytes) -> bytes:
    """EXIF that tells no place; nothing at all where its directories can't be read, and the place may be anywhere."""
    try:
        tiff = _Tiff(exif)
        while (entry := tiff.find(tiff.root, GPS_IFD)) is not None:
            place = tiff.number(entry.place, 4)
            tiff.remove(tiff.root, entry)
            tiff.erase(place)
    except ValueError:
        return b""
    return bytes(tiff.data)


def exif_of_tiff(image: Image.Image) -> bytes:
    """What the directory of an open TIFF tells of the photograph, as EXIF without a prefix; it may be nothing."""
    found, kept = image.getexif(), Image.Exif()
    for tag in _DESCRIBING:
        if tag in found:
            kept[tag] = found[tag]
    for tag in (EXIF_IFD, GPS_IFD):
        if values := found.get_ifd(tag):
            kept[tag] = values
    told = set(kept) - {0x011A, 0x011B, 0x0128}  # a resolution alone is the density
    return kept.tobytes().removeprefix(b"Exif\0\0") if told else b""
