"""Training pictures, degraded as the evaluation protocol does."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.restoration.tasks import Task
from accelir.training.data import crop_to_multiple

Pixels = NDArray[np.uint8]


def degraded(path: Path, task: Task, side: int) -> tuple[Pixels, Pixels]:
    """A picture's input for the encoder and the ground truth, HxWx3 and sHxsWx3.

    The truth is cut at the top left to at most `side` pixels a side and to multiples of the task's scale; noise is
    drawn from the CRC-32 of the file's stem.
    """
    with Image.open(path) as image:
        truth = crop_to_multiple(np.asarray(image.convert("RGB"))[:side, :side], task.scale)
    return task.degrade(truth, np.random.default_rng(zlib.crc32(path.stem.encode()))), truth
