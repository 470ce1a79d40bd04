"""From a JPEG or WebP file to its pixels: by libjpeg-turbo's own interface where it is installed, else by Pillow."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from accelir import jpeg_markers, webp_chunks
from accelir.core import jpeg as core

Source = bytes | bytearray | memoryview | str | os.PathLike[str]


def decode_pixels(data_or_path: Source) -> NDArray[np.uint8]:
    """Decode a JPEG or WebP file.

    data_or_path: the file's bytes (bytes, bytearray or memoryview) or its path (str or os.PathLike).
    Returns uint8, HxW for a gray JPEG, else HxWx3 RGB; transparency is dropped, of an animation the first frame is
    decoded, EXIF orientation is not applied. A JPEG gives the same pixels with and without PyTurboJPEG: accurate
    integer DCT and triangle ("fancy") upsampling of the chroma.

    Raises TypeError for any other input, OSError when the path cannot be read, and ValueError saying what is wrong when
    the data is neither JPEG nor WebP, is cut short, breaks the format, or holds more pixels than Pillow lets through
    (twice PIL.Image.MAX_IMAGE_PIXELS).
    """
    data = read_source(data_or_path)
    if jpeg_markers.is_jpeg(data):
        return _decode_jpeg(data)
    if webp_chunks.is_webp(data):
        return _decode_webp(data)
    found = data[:8].hex(" ").upper() or "nothing"
    raise ValueError(f"neither JPEG nor WebP: the data ({len(data):,} bytes) starts with {found}")


def read_source(data_or_path: Source) -> bytes:
    """The bytes themselves, or those of the file at the path. Raises TypeError and OSError."""
    if isinstance(data_or_path, bytes | bytearray | memoryview):
        return bytes(data_or_path)
    if isinstance(data_or_path, str | os.PathLike):
        return Path(data_or_path).read_bytes()
    raise TypeError(
        f"got {type(data_or_path).__name__}; give the file's bytes (bytes, bytearray, memoryview) or its path"
    )


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


def _decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    frame = jpeg_markers.parse(data).frame
    _check_pixels(frame.width, frame.height)
    # libjpeg makes gray or noise of a damaged scan, and no error; our own reader tells.
    if frame.core_reads:
        core.check_scans(data)
    # libturbojpeg neither turns CMYK into RGB nor gives more than 8 bits; Pillow does the one and refuses the other.
    decode = turbo() if frame.precision == 8 and len(frame.components) in (1, 3) else None
    if decode is None:
        return _decode_with_pillow(data, "JPEG")
    try:
        pixels = decode(data, len(frame.components) == 1)
    except (OSError, Warning) as error:
        raise ValueError(f"damaged JPEG: {error}") from error
    return pixels if pixels.shape[2] == 3 else pixels[..., 0]


def _decode_webp(data: bytes) -> NDArray[np.uint8]:
    structure = webp_chunks.parse(data)
    _check_pixels(structure.width, structure.height)
    return _decode_with_pillow(data, "WEBP")


def _decode_with_pillow(data: bytes, name: str) -> NDArray[np.uint8]:
    with pillow_at_work(f"damaged {name}"), Image.open(io.BytesIO(data), formats=[name]) as image:
        return np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))


@contextlib.contextmanager
def pillow_at_work(failure: str) -> Iterator[None]:
    """Turns what damaged data makes Pillow raise, SyntaxError and struct.error among others, into one ValueError."""
    try:
        yield
    except UnidentifiedImageError:
        raise ValueError(f"{failure}: Pillow cannot read it") from None
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{failure}: {error}") from error


def _check_pixels(width: int, height: int) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > 2 * limit:
        raise ValueError(
            f"{width} x {height} pixels are more than the {2 * limit:,} that are decoded; "
            "raise PIL.Image.MAX_IMAGE_PIXELS if the file can be trusted"
        )
