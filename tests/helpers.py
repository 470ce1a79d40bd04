"""What several test modules need: pictures, levels, independent decoders, and a reader of JPEG's markers."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from accelir.core import jpeg as core

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
PHOTO_CROPS = ("cup", "table", "cloth")
# Top and left corners of 192x192 crops of examples/photo.png with different content, at odd offsets so that no block
# grid of an earlier compression lines up.
_CORNERS = {"cup": (101, 203), "table": (5, 3), "cloth": (203, 397)}


@functools.cache
def photo(crop: str | None = None) -> NDArray[np.uint8]:
    """The example photograph, or one of its crops: read-only RGB."""
    with Image.open(Path(__file__).parents[1] / "examples" / "photo.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    if crop is not None:
        top, left = _CORNERS[crop]
        pixels = np.ascontiguousarray(pixels[top : top + 192, left : left + 192])
        assert pixels.shape == (192, 192, 3)
    pixels.flags.writeable = False
    return pixels


def noise(height: int, width: int, channels: int | None = 3, seed: int = 0) -> NDArray[np.uint8]:
    """Uniform noise, the hardest picture there is; channels None makes it gray."""
    shape = (height, width) if channels is None else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(height: int, width: int, channels: int | None = 3) -> NDArray[np.uint8]:
    """Slow waves, different in each channel."""
    y, x = np.mgrid[:height, :width]
    planes = [127.5 + 60 * np.sin(x / (17 + 3 * c)) + 60 * np.cos(y / (23 - 4 * c)) for c in range(channels or 1)]
    pixels = np.stack(planes, axis=-1).astype(np.uint8)
    return pixels[..., 0] if channels is None else pixels


def save_waves(folder: Path, count: int, height: int, width: int) -> Path:
    """Pictures of stripes and smooth colour for trainings, 0.png and so on; returns the folder."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    for i in range(count):
        waves = [np.sin(rng.uniform(-0.7, 0.7) * x + rng.uniform(-0.7, 0.7) * y + c) for c in range(3)]
        Image.fromarray((128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)).save(folder / f"{i}.png")
    return folder


def psnr(a: ArrayLike, b: ArrayLike) -> float:
    """Peak signal-to-noise ratio in dB over all values."""
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    error = float(np.mean(difference**2))
    return 10 * np.log10(255**2 / error) if error else float("inf")


def by_pillow(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def by_turbo(data: bytes) -> NDArray[np.uint8]:
    """By libjpeg-turbo itself; a warning of it is an error."""
    if simplejpeg.decode_jpeg_header(data)[2] == "Gray":
        return simplejpeg.decode_jpeg(data, "GRAY", strict=True)[..., 0]
    return simplejpeg.decode_jpeg(data, "RGB", strict=True)


def decode_both(data: bytes) -> NDArray[np.uint8]:
    """The pixels, having checked that both decoders take the file without complaint and agree."""
    pixels = by_pillow(data)
    np.testing.assert_array_equal(by_turbo(data), pixels)
    return pixels


def pillow_jpeg(pixels: NDArray[np.uint8], **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def block_shapes(width: int, height: int, subsampling: str) -> list[tuple[int, int, int, int]]:
    """Shapes of a picture's level arrays, straight from ITU-T T.81, A.1.1 and A.1.2."""
    luma = (ceil_div(height, 8), ceil_div(width, 8), 8, 8)
    if subsampling == "gray":
        return [luma]
    across, down = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}[subsampling]
    chroma = (ceil_div(ceil_div(height, down), 8), ceil_div(ceil_div(width, across), 8), 8, 8)
    return [luma, chroma, chroma]


def random_levels(
    rng: np.random.Generator, shapes: list[tuple[int, int, int, int]], kind: str = "sparse"
) -> list[NDArray[np.int16]]:
    """Levels of a kind: "zero", "sparse", "dense" (all places, small), "wide" (all sizes) or "extreme" (the bounds)."""
    return [_random_component(rng, shape, kind) for shape in shapes]


def _random_component(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> NDArray[np.int16]:
    if kind == "zero":
        return np.zeros(shape, np.int16)
    if kind == "sparse":
        levels = rng.integers(-9, 10, shape) * (rng.random(shape) < 0.1)
    elif kind == "dense":
        levels = rng.choice([-3, -2, -1, 1, 2, 3], shape)
    elif kind == "wide":
        levels = rng.choice([-1, 1], shape) * (rng.integers(512, 1024, shape) >> rng.integers(0, 11, shape))
    else:
        levels = rng.choice([-1023, 0, 1023], shape)
        levels[..., 0, 0] = rng.choice([-1024, 1023], shape[:2])
    return levels.astype(np.int16)


def write_levels(
    levels: list[NDArray[np.int16]],
    tables: NDArray[np.uint8],
    width: int,
    height: int,
    subsampling: str = "4:2:0",
    progressive: bool = False,
    restart_interval: int = 0,
    segments: bytes = b"",
) -> bytes:
    """The core's file of levels, (rows, cols, 8, 8) a component."""
    kept = core.Levels.from_arrays(levels, width, height, subsampling)
    return core.write(kept, tables, progressive=progressive, restart_interval=restart_interval, segments=segments)


def read_levels(data: bytes) -> list[NDArray[np.int16]]:
    """What the core reads of a file, (rows, cols, 8, 8) a component."""
    return core.read(data).levels.arrays()


class Segment(NamedTuple):
    """A marker with its payload; `coded` is what follows an SOS, stuffing and restart markers included."""

    marker: int
    payload: bytes
    coded: bytes = b""


def segments_of(data: bytes) -> list[Segment]:
    """All marker segments between SOI and EOI."""
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    out, at = [], 2
    while data[at : at + 2] != b"\xff\xd9":
        assert data[at] == 0xFF
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        payload = data[at + 4 : end]
        at = end
        if marker == 0xDA:
            while not (data[end] == 0xFF and data[end + 1] != 0 and not 0xD0 <= data[end + 1] <= 0xD7):
                end += 1
        out.append(Segment(marker, payload, data[at:end]))
        at = end
    assert at == len(data) - 2
    return out
