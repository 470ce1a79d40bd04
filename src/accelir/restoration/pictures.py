"""Ground truths that networks are trained and profiles measured on: finding, opening, cutting and degrading them."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.restoration.tasks import Task

Pixels = NDArray[np.uint8]

SUFFIXES = (".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".ppm")


def list_pictures(folder: str | Path) -> list[Path]:
    """Every picture in a folder and below it, sorted by path. Raises FileNotFoundError if there is none."""
    found = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    if not found:
        raise FileNotFoundError(f"no picture in {folder}; taken are {', '.join(SUFFIXES)}")
    return found


def split(paths: Sequence[Path], every: int = 20) -> tuple[list[Path], list[Path]]:
    """(train, validation): each `every`-th picture validates; with fewer pictures than that, one does both."""
    held = list(paths[every - 1 :: every])
    train = [p for i, p in enumerate(paths) if i % every != every - 1]
    return train, held or list(paths[-1:])


def crop_to_multiple(picture: Pixels, scale: int) -> Pixels:
    """The top-left part with sides that are multiples of `scale`."""
    height, width = (side - side % scale for side in picture.shape[:2])
    return picture[:height, :width]


@functools.lru_cache(maxsize=512)
def load(path: Path) -> Pixels:
    """A picture as uint8 H x W x 3. The last 512 are kept, for training, which takes many crops of each."""
    return _open(path)


def degraded(path: Path, task: Task, side: int) -> tuple[Pixels, Pixels]:
    """A picture's input for the encoder and the ground truth, HxWx3 and sHxsWx3.

    The truth is cut at the top left to at most `side` pixels a side and to multiples of the task's scale. Noise is
    drawn from the CRC-32 of the file's stem.
    """
    truth = crop_to_multiple(_open(path)[:side, :side], task.scale)
    return task.degrade(truth, np.random.default_rng(zlib.crc32(path.stem.encode()))), truth


def _open(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
