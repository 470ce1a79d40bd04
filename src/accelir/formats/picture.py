"""What counts as a picture: arrays and Pillow images, in the order transparency, depth, colours, size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.formats.color import MODES, to_gray_or_rgb
from accelir.formats.depth import is_deep, scaled, shallow
from accelir.formats.format import Format
from accelir.formats.metadata import as_bytes
from accelir.formats.transparency import alpha_of, fill_hidden, is_left_over, without_alpha


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as a format takes it."""

    pixels: NDArray[np.uint8]
    """Colours, HxWx3 RGB or HxW gray, C-contiguous; a view where it can be."""
    alpha: NDArray[np.uint8] | None = None
    """Transparency, HxW, 255 opaque; None: nothing is transparent."""
    icc_profile: bytes = b""
    """ICC profile of the colours; b"" for none."""


def read_picture(image: Any, format: Format, icc_profile: object = None, exact: bool = False) -> Picture:
    """A picture as a format takes it.

    image: a uint8 or uint16 array, HxWx3 RGB or HxW gray, of any strides; or a Pillow image of one of color.MODES.
    icc_profile: bytes; None: a Pillow image's own; b"": none. exact: whether colours stay that a transparency hides.
    Raises TypeError for other types and dtypes, ValueError for other shapes, modes and sizes, and for transparency
    where the format has none. Warns (UserWarning) of an ICC profile that is left out.
    """
    if isinstance(image, Image.Image):
        picture = _from_pillow(image, format, icc_profile)
    else:
        picture = _from_array(image, format, as_bytes(icc_profile, "icc_profile"))
    _check_size(picture.pixels, format)
    if picture.alpha is None or exact:
        return picture
    return Picture(fill_hidden(picture.pixels, picture.alpha), picture.alpha, picture.icc_profile)


def as_pixels(image: Any, format: Format) -> NDArray[np.uint8]:
    """A picture's colours alone, uint8 HxWx3 RGB or HxW gray. Raises as `read_picture` does."""
    return read_picture(image, format).pixels


def _from_array(image: Any, format: Format, icc_profile: bytes) -> Picture:
    pixels = _checked_array(image)
    if pixels.dtype != np.uint8:
        pixels = scaled(pixels)
    if icc_profile and pixels.size:
        # Where the profile doesn't fit a gray or RGB file, the colours go through it as an image's do.
        converted, icc_profile = to_gray_or_rgb(Image.fromarray(pixels), icc_profile, format.has_gray)
        pixels = np.asarray(converted)
    return Picture(np.ascontiguousarray(pixels), None, icc_profile)


def _checked_array(image: Any) -> NDArray[Any]:
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"an image must be a uint8 array of shape (height, width, 3) or (height, width), or a Pillow image, "
            f"not {type(image).__name__}"
        )
    if image.dtype.kind != "u" or image.dtype.itemsize > 2:
        raise TypeError(
            f"an image array must be of dtype uint8 with values 0 to 255, or uint16 with values 0 to 65,535, not "
            f"{image.dtype}; scale and cast it"
        )
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"an image array has the shape (height, width, 3) or (height, width), not {image.shape}")
    return image


def _from_pillow(image: Image.Image, format: Format, icc_profile: object) -> Picture:
    _load(image)
    if icc_profile is None:
        icc_profile = image.info.get("icc_profile")
    alpha = alpha_of(image)
    if not format.has_transparency:
        if alpha is not None and not is_left_over(image):
            raise ValueError(
                f"{format.label} has no transparency and the image (mode {image.mode}) has; write a WebP, or put "
                "it on a background first: Image.alpha_composite(background, image.convert('RGBA')).convert('RGB')"
            )
        alpha = None
    colors = without_alpha(image)
    if is_deep(colors):
        colors = Image.fromarray(shallow(colors))
    colors, kept = to_gray_or_rgb(colors, as_bytes(icc_profile, "icc_profile"), format.has_gray)
    return Picture(np.asarray(colors), alpha, kept)


def _load(image: Image.Image) -> None:
    """Raises ValueError for a closed image and for a mode that isn't taken, OSError for a damaged file."""
    if image.mode not in MODES and not is_deep(image):
        raise ValueError(f"an image of mode {image.mode} isn't taken; taken are {', '.join(MODES)}")
    try:
        image.load()
    except (AssertionError, AttributeError, ValueError) as error:
        # Pillow's AssertionError says nothing; another ValueError is about a damaged file.
        if isinstance(error, ValueError) and "closed" not in str(error):
            raise
        raise ValueError(
            "the image is closed, or its file is: load it before (image.load()), or encode it inside the `with` block"
        ) from error


def _check_size(pixels: NDArray[np.uint8], format: Format) -> None:
    if not all(1 <= side <= format.longest_side for side in pixels.shape[:2]):
        raise ValueError(
            f"a {format.label} picture is 1 to {format.longest_side} pixels wide and high, "
            f"not {pixels.shape[1]} x {pixels.shape[0]}"
        )
