"""Stage 0, tuning what a whole file shares, by measuring restored quality at equal bytes.

That is how steep the luma and the chroma table are, how coarse and how smooth chroma is, how strong the rate-distortion
optimisation, and when 4:4:4 pays. The score is the mean PSNR over RGB of training pictures that were degraded, encoded
to a budget, decoded, and restored. Coordinate descent with halved steps; every measurement is kept. The ladder of modes
is that of the profile `fidelity`, scaled to the RDO strength found.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import accelir
from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import analyse, make_job
from accelir.metrics import psnr
from accelir.profile.model import Profile, TableShape
from accelir.profiling.search import descend
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded
from accelir.restoration.tasks import Task, judged
from accelir.storage.files import sha256

STARTS = {
    "sr": (-0.5, 0.8, 0.9, 0.06, 1.35, 0.75, 0.05),
    "denoise": (1.8, 1.5, 1.5, 0.165, 0.6, 1.0, 0.12),
    "deblur": (0.4, 1.2, 0.5, 0.06, 1.0, 1.0, 0.0),
}
"""Where the search begins: near to where former ones on training pictures ended, but for deblurring."""
STEPS = {
    "luma_ramp": 0.4,
    "chroma": 0.25,
    "chroma_ramp": 0.4,
    "rdo": 0.5,
    "power": 0.3,
    "trust": 0.25,
    "chroma_smoothing": 0.06,
}
LOGARITHMIC = ("chroma", "rdo", "power")
_RADIUS = (ZIGZAG // 8 + ZIGZAG % 8) / 14


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is tuned."""

    luma_ramp: float
    """Log of the highest frequency's luma step over the lowest's."""
    chroma: float
    """Chroma steps over those that weigh RGB errors evenly."""
    chroma_ramp: float
    """Log of the further growth of chroma steps towards the highest frequency."""
    rdo: float
    """Lagrangian in squared base steps per bit."""
    power: float
    """Of the frequency in both ramps: 1 grows evenly, more grows late."""
    trust: float
    """How far the trellis weighs errors as the table does: 0 as luma's PSNR would, 1 by the squared inverse steps."""
    chroma_smoothing: float
    """Of halved chroma; below 0 it is 0."""

    def shape(self, subsampling: str) -> TableShape:
        """Steps and weights of a subsampling."""
        chroma = (
            self.chroma
            / np.sqrt(rgb_weights(subsampling)[1:].mean(axis=0))
            * np.exp(self.chroma_ramp * _RADIUS**self.power)
        )
        luma = np.exp(self.luma_ramp * _RADIUS**self.power)
        steps = np.stack([luma, chroma]).clip(0.05, 16).round(4).astype(np.float32)
        return TableShape(steps, (steps[[0, 1, 1]] ** (-2 * self.trust)).round(4).astype(np.float32))

    def profile(self, base: Profile) -> Profile:
        """`base` with these tables and this Lagrangian, as exactly as profile.json keeps them."""
        ladder = base.ladder.copy()
        ladder["rdo"] = (ladder["rdo"] * (self.rdo / ladder["rdo"][0])).round(5)
        smoothing = round(max(float(self.chroma_smoothing), 0.0), 4)
        return dataclasses.replace(
            base, shapes={s: self.shape(s) for s in SUBSAMPLINGS}, ladder=ladder, chroma_smoothing=smoothing
        )


def rates_of(task: Task) -> tuple[float, ...]:
    """Bits per pixel that count for a task. Raises ValueError for one that has none."""
    if not task.rates:
        kinds = ", ".join(kind.name for kind in judged())
        raise ValueError(f"{task} has no rates to be judged at; profiles are built for {kinds}")
    return task.rates


class Bench:
    """Degraded training pictures and the score of a profile on them, the mean over pictures, rates and networks."""

    def __init__(self, task: Task, networks: tuple[str, ...], pictures: list[Path]) -> None:
        self.task, self.networks, self.pictures = task, [open_network(n, 1) for n in networks], pictures
        pairs = [degraded(p, task, task.side) for p in pictures]
        self.inputs, self.truths = [p[0] for p in pairs], [p[1] for p in pairs]

    def score(self, profile: Profile, subsampling: str = "4:2:0") -> float:
        """Mean PSNR after restoration."""
        cases = [(i, rate) for i in range(len(self.pictures)) for rate in self.task.rates]
        return float(np.mean([self.restored(i, self._file(i, rate, profile, subsampling)) for i, rate in cases]))

    def _file(self, i: int, rate: float, profile: Profile, subsampling: str, effort: int = 5) -> bytes:
        pixels = self.inputs[i]
        job = make_job(profile, get_effort(effort), pixels.shape)
        budget = int(rate * pixels.shape[0] * pixels.shape[1] / 8)
        return job.run(analyse(pixels, subsampling, profile), max_bytes=budget).data

    def full_chroma_margin(self, profile: Profile) -> float:
        """The margin, in dB of decoded PSNR, from which on 4:4:4 pays after restoration; up to rates where chroma is
        cheap.
        """
        gains = []
        for i, picture in enumerate(self.inputs):
            for rate in (*self.task.rates, 2.5, 4.0):
                files = [self._file(i, rate, profile, s, effort=0) for s in ("4:2:0", "4:4:4")]
                before = [psnr(accelir.decode(data, network=None), picture) for data in files]
                after = [self.restored(i, data) for data in files]
                gains.append((before[1] - before[0], after[1] - after[0]))
        before_gain, after_gain = np.array(sorted(gains, reverse=True)).T
        total = np.concatenate([[0.0], np.cumsum(after_gain)])
        best = int(np.argmax(total))
        return float(before_gain[best - 1]) if best else 100.0

    def pillow(self) -> float:
        """The score of Pillow's optimized JPEG, the largest file within each budget."""
        scores = []
        for i, picture in enumerate(self.inputs):
            files = []
            for quality in range(5, 96):
                out = io.BytesIO()
                Image.fromarray(picture).save(out, "JPEG", quality=quality, optimize=True)
                files.append(out.getvalue())
            for rate in self.task.rates:
                budget = rate * picture.shape[0] * picture.shape[1] / 8
                scores.append(self.restored(i, max((f for f in files if len(f) <= budget), key=len)))
        return float(np.mean(scores))

    def restored(self, i: int, data: bytes) -> float:
        """PSNR of a file after restoration, the mean over networks."""
        pixels = accelir.decode(data, network=None)
        return float(np.mean([psnr(network(pixels), self.truths[i]) for network in self.networks]))


def tune_profile(
    task: Task, networks: tuple[str, ...], pictures: list[Path], base: Profile, work: Path, count: int = 12
) -> tuple[Profile, dict[str, Any]]:
    """A profile with the task's tables and Lagrangian, and how they were found. Takes a few minutes.

    Tuned on `count` pictures spread over all, validated on as many others. Raises ValueError for a task without rates.
    """
    rates = rates_of(task)
    every = max(len(pictures) // count, 1)
    bench = Bench(task, networks, pictures[every // 6 :: every][:count])
    validation = Bench(task, networks, pictures[every // 2 :: every][:count])
    settings, trace = descend(
        Settings(*STARTS[task.kind]),
        STEPS,
        LOGARITHMIC,
        lambda settings: bench.score(settings.profile(base)),
        work / f"tune-{_key(bench, base)}.json",
    )
    tuned = settings.profile(base)
    tuned = dataclasses.replace(tuned, full_chroma_margin=round(bench.full_chroma_margin(tuned), 2))
    scores = {
        "pillow optimized": validation.pillow(),
        base.name: validation.score(base),
        "tuned, 4:2:0": validation.score(tuned),
        "tuned, 4:4:4": validation.score(tuned, "4:4:4"),
    }
    return tuned, {
        "rates": rates,
        "tuned_on": [p.name for p in bench.pictures],
        "validated_on": [p.name for p in validation.pictures],
        "validation_psnr": {k: round(v, 3) for k, v in scores.items()},
        "trace": trace,
    }


def _key(bench: Bench, base: Profile) -> str:
    """Changes with all that decides a score: the task, pictures, networks, and what the encoder writes."""
    digest = hashlib.sha256(str(bench.task).encode())
    settings = Settings(*STARTS[bench.task.kind]).profile(base)
    for i, picture in enumerate(bench.pictures):
        digest.update(sha256(picture.read_bytes()).encode() + bench._file(i, 1.0, settings, "4:2:0"))
    for network in bench.networks:
        digest.update(network.card.sha256.encode())
    return digest.hexdigest()[:24]
