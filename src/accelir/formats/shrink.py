"""Smaller pictures to code in the place of large ones, and how receivers get the large one's size back.

Where a side is no multiple of the scale, its edge is repeated first; receivers cut off what the network makes of that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

SCALES = (1, 2, 4)
"""A side of the picture over the coded picture's."""

FILTER = Image.Resampling.BICUBIC
"""The filter that networks which enlarge are trained on (restoration/tasks.py). After sr-x2-light, before steering,
Lanczos' is 0.0 to 0.1 dB better where half size doesn't pay, and up to 0.1 dB worse where it does (docs/tried.md)."""


def read_scale(scale: object) -> tuple[int, ...]:
    """The scales that are meant by 1, 2, 4 or "auto". Raises TypeError and ValueError."""
    if scale == "auto":
        return SCALES
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer | str):
        raise TypeError(f"scale is 1, 2, 4 or 'auto', not {scale!r}")
    if scale not in SCALES:
        raise ValueError(f"scale is 1, 2 or 4, for a picture coded at 1/scale of its sides, or 'auto'; not {scale!r}")
    return (int(scale),)


def padded(pixels: Pixels, scale: int) -> Pixels:
    """A picture, HxWx3 or HxW, with edges repeated to a multiple of the scale."""
    more = [(0, -side % scale) for side in pixels.shape[:2]] + [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, more, mode="edge") if any(after for _, after in more) else pixels


def shrunk(pixels: Pixels, scale: int) -> Pixels:
    """A picture of a multiple of the scale, HxWx3 or HxW, at 1/scale of its sides."""
    if scale == 1:
        return pixels
    size = pixels.shape[1] // scale, pixels.shape[0] // scale
    return np.asarray(Image.fromarray(pixels).resize(size, FILTER))


def enlarged(pixels: Pixels, scale: int) -> Pixels:
    """A picture, HxWx3 or HxW, at so many times its sides, as it looks without a network."""
    if scale == 1:
        return pixels
    size = pixels.shape[1] * scale, pixels.shape[0] * scale
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def cropped(restored: NDArray[Any], size: tuple[int, int], coded: tuple[int, ...]) -> NDArray[Any]:
    """What a network made of a coded picture, at the size that the file names.

    size: width and height. coded: shape of the coded picture, (H, W, ...). What is no multiple of that, but for the
    repeated edges, is left as it is: a name is no reason to make pictures of any size.
    """
    fits = [
        0 <= got - wanted < got // own for got, wanted, own in zip(restored.shape[:2], size[::-1], coded, strict=False)
    ]
    return restored[: size[1], : size[0]] if all(fits) else restored
