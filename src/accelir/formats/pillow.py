"""Pillow as a decoder: its errors, and its limit on the size of pictures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from accelir.storage.text import printable

PILLOWS_LIMIT = 89_478_485
"""PIL.Image.MAX_IMAGE_PIXELS as Pillow has it."""
FREE_PIXELS = 64_000_000
"""Pixels that a file of any size may have: a picture of one colour takes next to no bytes."""
PIXELS_PER_BYTE = 256
"""Further pixels that a file may have for each of its bytes. A decoder takes up to 25 ns for one."""


def decode_with_pillow(data: bytes, name: str) -> NDArray[np.uint8]:
    """Pixels of a file in a format that Pillow knows by this name, uint8 HxWx3 or HxW.

    Raises ValueError, and MemoryError where Pillow says that it lacks memory.
    """
    with pillow_at_work(f"damaged {name}"), Image.open(io.BytesIO(data), formats=[name]) as image:
        if isinstance(image, ImageFile.ImageFile):
            # All at once: libjpeg can't go on with arithmetic codes where a piece of a file ends.
            image.decodermaxblock = max(image.decodermaxblock, len(data))
        return np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))


class TooManyPixels(ValueError):
    """A picture of more pixels than are decoded."""

    def __init__(self, width: int, height: int, limit: int, advice: str) -> None:
        super().__init__(f"{width} x {height} pixels are more than the {limit:,} that are decoded; {advice}")
        self.width, self.height, self.limit = width, height, limit


def alpha_with_pillow(data: bytes, name: str) -> NDArray[np.uint8] | None:
    """Transparency of such a file, uint8 HxW, 255 opaque; None for a file without. Raises ValueError."""
    with pillow_at_work(f"damaged {name}"), Image.open(io.BytesIO(data), formats=[name]) as image:
        return np.array(image.getchannel("A")) if "A" in image.getbands() else None


@contextlib.contextmanager
def pillow_at_work(failure: str) -> Iterator[None]:
    """Turns what damaged data makes Pillow raise, SyntaxError and struct.error among others, into one ValueError."""
    try:
        yield
    except UnidentifiedImageError:
        raise ValueError(f"{failure}: Pillow cannot read it") from None
    except (MemoryError, TooManyPixels):
        raise
    except Exception as error:
        if isinstance(error, OSError) and "out of memory" in str(error):
            raise MemoryError(str(error)) from error
        raise ValueError(f"{failure}: {printable(error) or type(error).__name__}") from error


def require_memory(size: int) -> None:
    """Raises MemoryError where so many bytes can't be had now."""
    try:
        np.empty(size, np.uint8)
    except MemoryError:
        raise MemoryError(f"the picture takes some {size:,} bytes to decode, more than there are") from None


def most_pixels(size: int) -> int:
    """Pixels that are decoded of a file of so many bytes."""
    return FREE_PIXELS + PIXELS_PER_BYTE * size


def check_pixels(width: int, height: int, size: int | None = None) -> None:
    """Raises TooManyPixels for a picture that is larger than Pillow lets through, twice PIL.Image.MAX_IMAGE_PIXELS.

    size: bytes of its file; then also for one of more pixels than so few bytes may have, unless the user has raised
    Pillow's limit.
    """
    limit = Image.MAX_IMAGE_PIXELS
    if limit is None:
        return
    if width * height > 2 * limit:
        raise TooManyPixels(
            width, height, int(2 * limit), "raise PIL.Image.MAX_IMAGE_PIXELS if the file can be trusted"
        )
    if size is not None and limit <= PILLOWS_LIMIT and width * height > most_pixels(size):
        advice = f"in a file of {size:,} bytes; raise PIL.Image.MAX_IMAGE_PIXELS if it can be trusted"
        raise TooManyPixels(width, height, most_pixels(size), advice)
