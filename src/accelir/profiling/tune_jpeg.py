"""Stage 0, tuning what a whole file shares, by measuring restored quality at equal bytes.

That is how steep the luma and the chroma table are, how coarse and how smooth chroma is, how strong the rate-distortion
optimisation, and when 4:4:4 pays. The score is the mean PSNR over RGB of training pictures that were degraded, encoded
to a budget, decoded, and restored. Coordinate descent with halved steps; every measurement is kept. The ladder of modes
is that of the profile `fidelity`, scaled to the RDO strength found.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.formats.decode import decode_pixels
from accelir.metrics import psnr
from accelir.profile.jpeg import Tables
from accelir.profile.model import Profile
from accelir.profiling.search import descend
from accelir.profiling.tuning_bench import TuningBench, halves
from accelir.restoration.tasks import Task, judged

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
    "lambda_": 0.5,
    "power": 0.3,
    "trust": 0.25,
    "chroma_smoothing": 0.06,
}
LOGARITHMIC = ("chroma", "lambda_", "power")
_RADIUS = (ZIGZAG // 8 + ZIGZAG % 8) / 14


@dataclasses.dataclass(frozen=True)
class JpegTuning:
    """Numbers that decide what a task's JPEG files share."""

    luma_ramp: float
    """Logarithm of the highest frequency's luma step over the lowest's."""
    chroma: float
    """Chroma steps over those that weigh RGB errors evenly."""
    chroma_ramp: float
    """Logarithm of the further growth of chroma steps towards the highest frequency."""
    lambda_: float
    """Lambda in squared base steps per bit."""
    power: float
    """Exponent of the frequency in both ramps: 1 grows evenly, more grows late."""
    trust: float
    """Exponent of the inverse squared steps in the trellis' weights: 0 as luma's PSNR would, 1 as the table does."""
    chroma_smoothing: float
    """Smoothing of halved chroma; below 0 it is 0."""

    def tables(self, subsampling: str) -> Tables:
        """Relative steps and weights of a subsampling."""
        chroma = (
            self.chroma
            / np.sqrt(rgb_weights(subsampling)[1:].mean(axis=0))
            * np.exp(self.chroma_ramp * _RADIUS**self.power)
        )
        luma = np.exp(self.luma_ramp * _RADIUS**self.power)
        steps = np.stack([luma, chroma]).clip(0.05, 16).round(4).astype(np.float32)
        return Tables(steps, (steps[[0, 1, 1]] ** (-2 * self.trust)).round(4).astype(np.float32))

    def profile(self, base: Profile) -> Profile:
        """`base` with these tables and this lambda, as exactly as profile.json keeps them."""
        modes = base.jpeg.ladder.modes.copy()
        modes["lambda"] = (modes["lambda"] * (self.lambda_ / modes["lambda"][0])).round(5)
        jpeg = dataclasses.replace(
            base.jpeg,
            tables={s: self.tables(s) for s in SUBSAMPLINGS},
            ladder=dataclasses.replace(base.jpeg.ladder, modes=modes),
            chroma_smoothing=round(max(float(self.chroma_smoothing), 0.0), 4),
        )
        return dataclasses.replace(base, jpeg=jpeg)


def rates_of(task: Task) -> tuple[float, ...]:
    """Bits per pixel that count for a task. Raises ValueError for one that has none."""
    if not task.rates:
        kinds = ", ".join(kind.name for kind in judged())
        raise ValueError(f"{task} has no rates to be judged at; profiles are built for {kinds}")
    return task.rates


UNIFORM: dict[str, Any] = {"format": "jpeg", "allocator": "uniform"}


def full_chroma_margin(bench: TuningBench, profile: Profile) -> float:
    """The margin, in dB of decoded PSNR, from which on 4:4:4 pays after restoration."""
    gains = []
    for i, picture in enumerate(bench.inputs):
        for rate in (*bench.rates, 2.5, 4.0):  # up to where chroma is cheap
            files = [bench.file(i, rate, profile, effort=0, subsampling=s, **UNIFORM) for s in ("4:2:0", "4:4:4")]
            before = [psnr(decode_pixels(data), picture) for data in files]
            after = [bench.restored(i, data) for data in files]
            gains.append((before[1] - before[0], after[1] - after[0]))
    before_gain, after_gain = np.array(sorted(gains, reverse=True)).T
    total = np.concatenate([[0.0], np.cumsum(after_gain)])
    best = int(np.argmax(total))
    return float(before_gain[best - 1]) if best else 100.0


def tune_jpeg(
    task: Task, networks: tuple[str, ...], pictures: list[Path], base: Profile, work: Path, count: int = 12
) -> tuple[Profile, dict[str, Any]]:
    """A profile with the task's tables and lambda, and how they were found. Takes a few minutes.

    Tuned on `count` pictures spread over all, validated on as many others. Raises ValueError for a task without rates.
    """
    rates = rates_of(task)
    bench, validation = (TuningBench(task, networks, half, rates, task.side) for half in halves(pictures, count))
    start = JpegTuning(*STARTS[task.kind])
    key = bench.key(start.profile(base), 1.0, subsampling="4:2:0", **UNIFORM)
    tuning, trace = descend(
        start,
        STEPS,
        LOGARITHMIC,
        lambda tuning: bench.score(tuning.profile(base), subsampling="4:2:0", **UNIFORM),
        work / f"tune-{key}.json",
    )
    tuned = tuning.profile(base)
    margin = round(full_chroma_margin(bench, tuned), 2)
    tuned = dataclasses.replace(tuned, jpeg=dataclasses.replace(tuned.jpeg, full_chroma_margin=margin))
    scores = {
        "pillow optimized": validation.pillow("JPEG", range(5, 96), optimize=True),
        base.name: validation.score(base, subsampling="4:2:0", **UNIFORM),
        "tuned, 4:2:0": validation.score(tuned, subsampling="4:2:0", **UNIFORM),
        "tuned, 4:4:4": validation.score(tuned, subsampling="4:4:4", **UNIFORM),
    }
    return tuned, {
        "rates": rates,
        "tuned_on": [p.name for p in bench.paths],
        "validated_on": [p.name for p in validation.paths],
        "validation_psnr": {k: round(v, 3) for k, v in scores.items()},
        "trace": trace,
    }
