"""What there is in a WebP file: RIFF chunks, as `parse.parse` finds them (RFC 9649)."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("headers", "image", "metadata", "other", "trailing")

_PART_OF = {
    "VP8 ": "image",
    "VP8L": "image",
    "ALPH": "image",
    "ANMF": "image",
    "VP8X": "headers",
    "ANIM": "headers",
    "ICCP": "metadata",
    "EXIF": "metadata",
    "XMP ": "metadata",
}


@dataclass(frozen=True)
class Chunk:
    """One RIFF chunk."""

    name: str
    offset: int
    size: int  # bytes, with the chunk's header of 8 and its padding


@dataclass(frozen=True)
class WebpStructure:
    """What `parse` finds."""

    size: int
    width: int
    height: int
    chunks: tuple[Chunk, ...]
    trailing_size: int

    def bytes_by_part(self) -> dict[str, int]:
        """The bytes of each of PARTS; they add up to the file's size."""
        parts = dict.fromkeys(PARTS, 0)
        parts["headers"] = 12
        for chunk in self.chunks:
            parts["headers"] += 8
            parts[_PART_OF.get(chunk.name, "other")] += chunk.size - 8
        parts["trailing"] = self.trailing_size
        return parts
