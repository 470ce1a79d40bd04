"""Transparency: which pixels are hidden, and what stands in their place where nobody can see it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ALPHA_MODES = ("LA", "PA", "RGBA", "RGBa", "La")

_MACROBLOCK = 16


def alpha_of(image: Image.Image) -> NDArray[np.uint8] | None:
    """A Pillow image's transparency, uint8 HxW, 255 opaque; None where nothing is transparent.

    It may be a channel, in the palette, or a colour that info["transparency"] names; what can't be that is ignored.
    """
    alpha = _alpha_plane(image)
    return None if alpha is None or (alpha == 255).all() else alpha


def is_left_over(image: Image.Image) -> bool:
    """Whether a transparency is a colour's name alone that a conversion left in `info`, as Pillow does.

    In a picture that comes straight from a file it is the file's.
    """
    return image.format is None and image.mode not in (*ALPHA_MODES, "P")


def flatten(image: Image.Image, background: Any) -> Image.Image:
    """A Pillow image on a background of a colour that PIL.ImageColor takes: L or RGB, with the image's info."""
    alpha = alpha_of(image)
    colors = without_alpha(image)
    if alpha is None:
        return colors
    if colors.mode not in ("L", "RGB"):
        colors = colors.convert("RGB")
    flat = Image.new(colors.mode, image.size, background)
    flat.paste(colors, mask=Image.fromarray(alpha))
    flat.info = dict(colors.info)
    return flat


def without_alpha(image: Image.Image) -> Image.Image:
    """A Pillow image's colours, undivided by transparency: a mode without it, and `info` without the key."""
    if image.mode == "P" or (image.mode == "PA"):
        colors = image.convert("RGBA").convert("RGB")
    elif image.mode in ("La", "RGBa"):
        colors = image.convert(image.mode.upper()).convert("L" if image.mode == "La" else "RGB")
    elif image.mode in ALPHA_MODES:
        colors = image.convert(image.mode.removesuffix("A"))
    elif "transparency" in image.info:
        colors = image.copy()
    else:
        return image
    colors.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return colors


def hidden_macroblocks(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which macroblocks of 16x16 pixels have no pixel that is seen, (ceil(H/16), ceil(W/16)). alpha: uint8 HxW."""
    rows = np.arange(0, alpha.shape[0], _MACROBLOCK)
    columns = np.arange(0, alpha.shape[1], _MACROBLOCK)
    seen = np.maximum.reduceat(np.maximum.reduceat(alpha, rows, axis=0), columns, axis=1)
    return np.asarray(seen == 0)


def fill_hidden(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture whose hidden pixels, of alpha 0, continue what is seen around them.

    pixels: uint8 HxWx3 or HxW; alpha: uint8 HxW. A hidden pixel gets the mean of what is seen in the smallest of the
    aligned squares of 2, 4, 8, ... pixels a side around it that has any, each square of 2 counting its halves alike.
    """
    seen = alpha > 0
    if seen.all() or not seen.any():
        return pixels
    planes = np.where(seen[..., None], pixels.reshape(*seen.shape, -1), np.uint8(0))
    coarse = np.rint(_halved_and_filled(planes, seen)).astype(np.uint8)
    np.copyto(planes, _doubled(coarse, seen.shape), where=~seen[..., None])
    return planes.reshape(pixels.shape)


def enlarge_alpha(alpha: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Transparency for a picture of a shape, (H, W, ...), by bicubic interpolation."""
    height, width = shape[:2]
    if alpha.shape == (height, width):
        return alpha
    return np.asarray(Image.fromarray(alpha).resize((width, height), Image.Resampling.BICUBIC))


def _halved_and_filled(planes: NDArray[Any], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Means of what is seen in squares of 2x2, (ceil(H/2), ceil(W/2), c). planes: (H, W, c), 0 where not seen."""
    counts, means = _halved(seen[..., None]), _halved(planes)
    means /= np.maximum(counts, 1)
    found = counts[..., 0] > 0
    if not found.all():
        np.copyto(means, _doubled(_halved_and_filled(means, found), found.shape), where=~found[..., None])
    return means


def _halved(values: NDArray[Any]) -> NDArray[np.float32]:
    """Sums of squares of 2x2, (H, W, c) to (ceil(H/2), ceil(W/2), c)."""
    height, width, channels = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    squares = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2, channels)
    return squares.sum(axis=(1, 3), dtype=np.float32)


def _doubled(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Each value for a square of 2x2, (ceil(H/2), ceil(W/2), c) to the shape (H, W)."""
    return values.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]]


def _alpha_plane(image: Image.Image) -> NDArray[np.uint8] | None:
    if image.mode in ("LA", "RGBA"):
        return np.asarray(image.getchannel("A"))
    if image.mode in ("PA", "La", "RGBa"):
        return np.asarray(image.convert("LA" if image.mode == "La" else "RGBA").getchannel("A"))
    if image.mode == "P" and image.has_transparency_data:
        return np.asarray(image.convert("RGBA").getchannel("A"))
    if "transparency" in image.info:
        return _keyed(image, image.info["transparency"])
    return None


def _keyed(image: Image.Image, color: Any) -> NDArray[np.uint8] | None:
    """0 where the image has the colour, 255 elsewhere; None for what is no colour of its mode."""
    try:
        values, wanted = np.asarray(image), np.asarray(color)
        if values.dtype == np.bool_:
            wanted = wanted > 0
        if wanted.dtype.kind not in "iub" or wanted.shape != values.shape[2:]:
            return None
    except (TypeError, ValueError):
        return None
    same = values == wanted
    return np.where(same.all(axis=2) if same.ndim == 3 else same, 0, 255).astype(np.uint8)
