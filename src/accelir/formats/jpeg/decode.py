"""From a JPEG to its pixels: by libjpeg-turbo's own interface where it is installed, else by Pillow."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg
from accelir.formats.jpeg.parse import parse
from accelir.formats.jpeg.structure import Frame
from accelir.formats.pillow import check_pixels, decode_with_pillow, require_memory
from accelir.storage.text import printable

LIBJPEG_BYTES = 6
"""Memory of libjpeg and its callers for a sample of a component: its 16-bit level, and pixels."""


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
    """Pixels, uint8 HxWx3, or HxW for gray. Raises ValueError for damage and for too many pixels, MemoryError."""
    structure = parse(data)
    frame = structure.frame
    check_pixels(frame.width, frame.height, len(data))
    data = structure.without_stray(data)
    # libjpeg makes gray or noise of a damaged scan, and no error; our own reader tells.
    padding = jpeg.check_scans(data) if frame.core_checks else 0
    try:
        return _pixels(data, frame, padding)
    except ValueError:
        # What libjpeg says when it lacks memory can't be told from damage.
        require_memory(LIBJPEG_BYTES * 64 * frame.blocks([c.id for c in frame.components]))
        raise


def _pixels(data: bytes, frame: Frame, padding: int) -> NDArray[np.uint8]:
    """Pixels of a file that was looked through. padding: zeros behind its scans, of which PyTurboJPEG would warn."""
    # libturbojpeg neither turns CMYK into RGB nor gives more than 8 bits; Pillow does the one and refuses the other.
    decode = turbo() if frame.precision == 8 and len(frame.components) in (1, 3) and not padding else None
    if decode is None:
        return decode_with_pillow(data, "JPEG")
    try:
        pixels = decode(data, len(frame.components) == 1)
    except (OSError, Warning) as error:
        raise ValueError(f"damaged JPEG: {printable(error)}") from error
    return pixels if pixels.shape[2] == 3 else pixels[..., 0]
