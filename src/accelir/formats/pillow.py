"""Pillow as a decoder: its errors, and its limit on the size of pictures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError


def decode_with_pillow(data: bytes, name: str) -> NDArray[np.uint8]:
    """Pixels of a file in a format that Pillow knows by this name, uint8 HxWx3 or HxW. Raises ValueError."""
    with pillow_at_work(f"damaged {name}"), Image.open(io.BytesIO(data), formats=[name]) as image:
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
        raise ValueError(f"{failure}: {str(error) or type(error).__name__}") from error


def check_pixels(width: int, height: int) -> None:
    """Raises ValueError for a picture that is larger than Pillow lets through, twice PIL.Image.MAX_IMAGE_PIXELS."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > 2 * limit:
        raise TooManyPixels(
            width, height, int(2 * limit), "raise PIL.Image.MAX_IMAGE_PIXELS if the file can be trusted"
        )
