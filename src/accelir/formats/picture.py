"""What counts as a picture: uint8 arrays and Pillow images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.formats.format import Format

_CONVERTED_MODES = {"1": "L", "P": "RGB"}


def as_pixels(image: Any, format: Format) -> NDArray[np.uint8]:
    """An image's pixels, uint8 HxWx3 RGB or HxW gray, C-contiguous (a view where it can be).

    image: such an array (any strides), or a Pillow image of mode L, RGB, 1 or P. format: what it shall be encoded as.
    Raises TypeError for other types and dtypes, ValueError for other shapes, modes and sizes.
    """
    if isinstance(image, Image.Image):
        image = _from_pillow(image, format)
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"an image must be a uint8 array of shape (height, width, 3) or (height, width), or a Pillow image, "
            f"not {type(image).__name__}"
        )
    if image.dtype != np.uint8:
        raise TypeError(
            f"an image array must be of dtype uint8 with values 0 to 255, not {image.dtype}; scale and cast it"
        )
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"an image array has the shape (height, width, 3) or (height, width), not {image.shape}")
    if not all(1 <= side <= format.longest_side for side in image.shape[:2]):
        raise ValueError(
            f"a {format.label} picture is 1 to {format.longest_side} pixels wide and high, "
            f"not {image.shape[1]} x {image.shape[0]}"
        )
    return np.ascontiguousarray(image)


def split_alpha(image: Any) -> tuple[Any, NDArray[np.uint8] | None]:
    """A Pillow image's colors, and its transparency if it has any, uint8 HxW, 255 opaque. Others pass through."""
    if not isinstance(image, Image.Image) or not _has_alpha(image):
        return image, None
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return image.convert("RGBA").convert("L" if image.mode in ("LA", "La", "L") else "RGB"), alpha


def _has_alpha(image: Image.Image) -> bool:
    return "transparency" in image.info or image.mode in ("LA", "PA", "RGBA", "RGBa", "La")


def _from_pillow(image: Image.Image, format: Format) -> NDArray[np.uint8]:
    if _has_alpha(image):
        raise ValueError(
            f"{format.label} has no transparency and the image (mode {image.mode}) may; paste it on a background "
            "first: Image.alpha_composite(background, image.convert('RGBA')).convert('RGB')"
        )
    if image.mode in _CONVERTED_MODES:
        image = image.convert(_CONVERTED_MODES[image.mode])
    if image.mode not in ("L", "RGB"):
        raise ValueError(f"an image must be of mode L, RGB, 1 or P, not {image.mode}; convert it: image.convert('RGB')")
    return np.asarray(image)
