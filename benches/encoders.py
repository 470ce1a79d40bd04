"""Other JPEG encoders, each as a function from a picture and a quality to a file.

Pillow is always there; jpegli comes with PyPI's `pyjpegli`, mozjpeg 4.0.3 with PyPI's `jpeglib`.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path

from benches.common import Pixels, pillow_jpeg

Encode = Callable[[Pixels, int], bytes]
"""From pixels (H, W, 3) and a quality, 1 to 100."""
MOZJPEG = "mozjpeg403"
"""What `jpeglib` calls it."""


def mozjpeg(picture: Pixels, quality: int) -> bytes:
    """By its defaults: 4:2:0, progressive, trellis."""
    import jpeglib

    jpeglib.version.set(MOZJPEG)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.jpg")
        jpeglib.from_spatial(picture).write_spatial(str(path), qt=quality)
        return path.read_bytes()


def jpegli(picture: Pixels, quality: int) -> bytes:
    """By its defaults: 4:2:0, progressive, adaptive quantisation."""
    import pyjpegli

    data: bytes = pyjpegli.encode(picture.tobytes(), picture.shape[1], picture.shape[0], quality)
    return data


def installed_encoders() -> dict[str, Encode]:
    """Those that can be run here, by name."""
    found: dict[str, Encode] = {"Pillow": pillow_jpeg}
    if importlib.util.find_spec("jpeglib"):
        found["mozjpeg"] = mozjpeg
    if importlib.util.find_spec("pyjpegli"):
        found["jpegli"] = jpegli
    return found
