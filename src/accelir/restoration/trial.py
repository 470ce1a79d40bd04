"""Whether a network restores anything: its scores on degraded pictures, beside what there is without it.

Networks that enlarge are tried on pictures that were downscaled, and on the same as JPEG files; others on pictures
with noise, blurred, and as JPEG files: what they gain most on is their task. Scores are PSNR and SSIMULACRA 2, as
networks that were trained for eyes lose PSNR.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.metrics import PSNR_RGB, SSIMULACRA2
from accelir.restoration.network import Network
from accelir.restoration.pictures import crop_to_multiple
from accelir.restoration.tasks import Task

Pixels = NDArray[np.uint8]

SIDE = 256
"""Pixels of each side of what is restored, at most."""
QUALITY = 30
"""Of JPEG files that are restored."""
TASKS = ("denoise-15", "denoise-25", "denoise-50", "deblur-1.5", "deblur-3", "dejpeg")
"""Tasks that networks which don't enlarge are tried on."""
LEAST_GAIN = {"psnr": 0.05, "ssimulacra2": 0.5}
"""What counts as a gain, by metric."""
UNLIKE = 8.0
"""PSNR in dB below what there is without a network from which on a result is another picture."""


@dataclass(frozen=True)
class TaskTrial:
    """Mean scores on some pictures of a task."""

    task: str
    """Task, as accelir.restoration.tasks writes it; with " of JPEG" for downscaled pictures that were JPEG files."""
    before: dict[str, float]
    """By metric, without a network: decoded, and enlarged by Pillow's bicubic filter if need be."""
    after: dict[str, float]
    """By metric, restored."""

    @property
    def gains(self) -> bool:
        """Whether a metric sees one."""
        return any(self.after[name] > self.before[name] + least for name, least in LEAST_GAIN.items())

    @property
    def is_alike(self) -> bool:
        """Whether the restored pictures show what the pictures show."""
        return self.after["psnr"] > self.before["psnr"] - UNLIKE

    def __str__(self) -> str:
        """One line for people."""
        psnr, eyes = (f"{self.before[name]:.2f} -> {self.after[name]:.2f}" for name in LEAST_GAIN)
        return f"{self.task}: PSNR {psnr} dB, SSIMULACRA 2 {eyes}"


def trials(network: Network, pictures: Sequence[Pixels], task: str | None = None) -> list[TaskTrial]:
    """Try a network. pictures: uint8 HxWx3. task: the one that it is for, None to try all.

    Raises ValueError for a task that it can't be for, for results that are no numbers, and without SciPy for blur.
    """
    scale = network.card.scale
    usual = (f"sr-x{scale}",) if scale > 1 else TASKS
    names = usual if task is None else (task,)
    if (wanted := Task.parse(names[0]).scale) != scale:
        raise ValueError(f"it enlarges by {scale} and {names[0]} wants {wanted}")
    found = [_trial(network, pictures, name, jpeg=name == "dejpeg") for name in names]
    return [*found, _trial(network, pictures, names[0], jpeg=True)] if scale > 1 else found


def best(found: Sequence[TaskTrial]) -> TaskTrial:
    """The one with the largest gain in PSNR, that in SSIMULACRA 2 counting a tenth of a dB a point."""
    return max(found, key=lambda t: sum(w * (t.after[n] - t.before[n]) for n, w in (("psnr", 1), ("ssimulacra2", 0.1))))


def _trial(network: Network, pictures: Sequence[Pixels], name: str, *, jpeg: bool) -> TaskTrial:
    scores: list[tuple[dict[str, float], dict[str, float]]] = []
    for number, picture in enumerate(pictures):
        truth = crop_to_multiple(picture[: network.card.scale * SIDE, : network.card.scale * SIDE], network.card.scale)
        small = Task.parse(name).degrade(truth, np.random.default_rng(number))
        small = _as_jpeg(small) if jpeg else small
        scores.append((_scores(network(small, amount=0.0), truth), _scores(network(small), truth)))
    before, after = (
        {key: float(np.mean([s[key] for s in each])) for key in LEAST_GAIN} for each in zip(*scores, strict=True)
    )
    return TaskTrial(f"{name} of JPEG" if jpeg and name != "dejpeg" else name, before, after)


def _as_jpeg(picture: Pixels) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(buffer))


def _scores(picture: Pixels, truth: Pixels) -> dict[str, float]:
    return {metric.name: metric.score(picture, truth) for metric in (PSNR_RGB, SSIMULACRA2)}
