"""From a JPEG to its pixels: by libjpeg-turbo's own interface where it is installed, else by Pillow."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg
from accelir.formats.jpeg.parse import parse
from accelir.formats.pillow import check_pixels, decode_with_pillow


@functools.cache
def turbo() -> Callable[[bytes, bool], NDArray[np.uint8]] | None:
    """PyTurboJPEG's decoder, (data, gray) -> HxWx3 or HxWx1; None where the module or a libturbojpeg is missing."""
    try:
        module = importlib.import_module("turbojpeg")
        decoder = module.TurboJPEG()
    except (ImportError, RuntimeError, OSError, AttributeError):
        return None

    def decode(data: bytes, gray: bool) -> NDArray[np.uint8]:
        kind = module.TJPF_GRAY if gray else module.TJPF_RGB
        pixels: NDArray[np.uint8] = decoder.decode(data, pixel_format=kind, flags=module.TJFLAG_ACCURATEDCT)
        return pixels

    return decode


def decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    """Pixels, uint8 HxWx3, or HxW for gray. Raises ValueError for damage and for too many pixels."""
    frame = parse(data).frame
    check_pixels(frame.width, frame.height)
    # libjpeg makes gray or noise of a damaged scan, and no error; our own reader tells.
    if frame.core_reads:
        jpeg.check_scans(data)
    # libturbojpeg neither turns CMYK into RGB nor gives more than 8 bits; Pillow does the one and refuses the other.
    decode = turbo() if frame.precision == 8 and len(frame.components) in (1, 3) else None
    if decode is None:
        return decode_with_pillow(data, "JPEG")
    try:
        pixels = decode(data, len(frame.components) == 1)
    except (OSError, Warning) as error:
        raise ValueError(f"damaged JPEG: {error}") from error
    return pixels if pixels.shape[2] == 3 else pixels[..., 0]
