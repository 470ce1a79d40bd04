"""Stage 0, tuning what a whole file shares, by measuring quality at equal bytes.

That is the shape of the luma and the chroma tables, where chroma is halved and where it isn't, how smooth halved
chroma is, how strong the rate-distortion optimisation, when 4:4:4 pays, and up to which size one table does for all
components. The score is a weighted sum of metrics of training pictures that were degraded, encoded to a budget,
decoded, and restored by every network. Coordinate descent with halved steps; every measurement is kept. The ladder of
modes is that of the base profile, scaled to the RDO strength found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.metrics import psnr
from accelir.profile.jpeg import Tables
from accelir.profile.model import Profile
from accelir.profiling.search import Numbers, descend
from accelir.profiling.tuning_bench import PSNR, TuningBench, halves
from accelir.restoration.tasks import Task, judged

_RADIUS = np.hypot(ZIGZAG // 8, ZIGZAG % 8)
LUMA_RADII = (0.0, 1.0, 1.6, 2.5, 4.0, 6.0, 9.9)
"""Distances from DC, in half cycles a block, at which luma's steps are tuned."""
CHROMA_RADII = (0.0, 1.0, 3.5, 9.9)
"""The same for chroma's steps."""
RATES_FOR_EYES = (0.5, 0.9, 1.6)
"""Bits per pixel at which profiles without a network are judged."""
SIDE_FOR_EYES = 512


@dataclasses.dataclass(frozen=True)
class JpegTuning:
    """Numbers that decide what a task's JPEG files share."""

    luma: tuple[float, ...]
    """Logarithms of luma's steps over the base step at LUMA_RADII, linear between."""
    chroma: tuple[float, ...]
    """Logarithms of chroma's steps over those that weigh RGB errors evenly, at CHROMA_RADII, where chroma is halved."""
    full_chroma: tuple[float, ...]
    """The same for 4:4:4."""
    lambda_: float
    """Lambda in squared base steps per bit."""
    trust: float
    """Exponent of the inverse squared steps in the trellis' weights: 0 as luma's PSNR would, 1 as the table does."""
    chroma_smoothing: float
    """Smoothing of halved chroma; below 0 it is 0."""

    def numbers(self) -> Numbers:
        """All of them by name, as the search takes them."""
        return {
            **{f"luma {r:g}": v for r, v in zip(LUMA_RADII, self.luma, strict=True)},
            **{f"chroma {r:g}": v for r, v in zip(CHROMA_RADII, self.chroma, strict=True)},
            **{f"full chroma {r:g}": v for r, v in zip(CHROMA_RADII, self.full_chroma, strict=True)},
            "lambda": self.lambda_,
            "trust": self.trust,
            "chroma smoothing": self.chroma_smoothing,
        }

    @classmethod
    def from_numbers(cls, numbers: Numbers) -> JpegTuning:
        """What `numbers` gave."""
        return cls(
            luma=tuple(numbers[f"luma {r:g}"] for r in LUMA_RADII),
            chroma=tuple(numbers[f"chroma {r:g}"] for r in CHROMA_RADII),
            full_chroma=tuple(numbers[f"full chroma {r:g}"] for r in CHROMA_RADII),
            lambda_=numbers["lambda"],
            trust=numbers["trust"],
            chroma_smoothing=numbers["chroma smoothing"],
        )

    def tables(self, subsampling: str) -> Tables:
        """Relative steps and weights of a subsampling."""
        knots = self.full_chroma if subsampling == "4:4:4" else self.chroma
        chroma = _steps(CHROMA_RADII, knots) / np.sqrt(rgb_weights(subsampling)[1:].mean(axis=0))
        steps = np.stack([_steps(LUMA_RADII, self.luma), chroma]).clip(0.05, 16).round(4).astype(np.float32)
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


def _steps(radii: tuple[float, ...], knots: tuple[float, ...]) -> NDArray[np.float64]:
    return np.exp(np.interp(_RADIUS, radii, knots))


def _ramp(top: float, power: float, radii: tuple[float, ...], first: float = 1.0) -> tuple[float, ...]:
    """Logarithms that grow from the first step's with a power of the radius to `top` more at the highest."""
    return tuple(float(np.log(first) + top * (r / radii[-1]) ** power) for r in radii)


def _start(
    luma: float, chroma: float, growth: float, lambda_: float, power: float, trust: float, smoothing: float
) -> JpegTuning:
    halved = _ramp(growth, power, CHROMA_RADII, chroma)
    return JpegTuning(_ramp(luma, power, LUMA_RADII), halved, halved, lambda_, trust, smoothing)


STARTS = {
    "sr": _start(-0.5, 0.8, 0.9, 0.06, 1.35, 0.75, 0.05),
    "denoise": _start(1.8, 1.5, 1.5, 0.165, 0.6, 1.0, 0.12),
    "deblur": _start(0.4, 1.2, 0.5, 0.06, 1.0, 1.0, 0.0),
    "eyes": JpegTuning(
        luma=(-0.6, -0.43, 0.07, 0.5, 0.55, 1.0, 1.1),
        chroma=(0.05, 0.2, 1.1, 0.7),
        full_chroma=(-0.35, 0.45, 1.5, 1.25),
        lambda_=0.05,
        trust=1.15,
        chroma_smoothing=0.0,
    ),
}
"""Where the search begins, by kind of task: near to where former ones ended, but for deblurring."""
STEPS = {
    "luma 0": 0.2,
    "luma 1": 0.2,
    "luma 1.6": 0.2,
    "luma 2.5": 0.2,
    "luma 4": 0.2,
    "luma 6": 0.2,
    "luma 9.9": 0.3,
    "chroma 0": 0.25,
    "chroma 1": 0.25,
    "chroma 3.5": 0.3,
    "chroma 9.9": 0.4,
    "lambda": 0.3,
    "trust": 0.2,
    "chroma smoothing": 0.06,
}
FULL_CHROMA_STEPS = {"full chroma 0": 0.25, "full chroma 1": 0.25, "full chroma 3.5": 0.3, "full chroma 9.9": 0.4}
LOGARITHMIC = ("lambda",)


def rates_of(task: Task | None) -> tuple[float, ...]:
    """Bits per pixel that count for a task. Raises ValueError for one that has none."""
    if task is None:
        return RATES_FOR_EYES
    if not task.rates:
        kinds = ", ".join(kind.name for kind in judged())
        raise ValueError(f"{task} has no rates to be judged at; profiles are built for {kinds}")
    return task.rates


PARTS = (8, 4, 2, 1)
_LEAST_BYTES = 700
"""One table is tried on these parts of a picture's side, in files of at least so many bytes; half of a smaller one is
headers."""

UNIFORM: dict[str, Any] = {"format": "jpeg", "allocator": "uniform"}


def full_chroma_margin(bench: TuningBench, profile: Profile) -> float:
    """The margin, in dB of decoded PSNR, from which on 4:4:4 pays after restoration."""
    gains = []
    for i, picture in enumerate(bench.inputs):
        for rate in (*bench.rates, 2.5, 4.0):  # up to where chroma is cheap
            files = [bench.file(i, rate, profile, effort=0, subsampling=s, **UNIFORM) for s in ("4:2:0", "4:4:4")]
            before = [psnr(decode_pixels(data), picture) for data in files]
            after = [bench.judged(i, data) for data in files]
            gains.append((before[1] - before[0], after[1] - after[0]))
    before_gain, after_gain = np.array(sorted(gains, reverse=True)).T
    best = _best_cut(after_gain)
    return float(before_gain[best - 1]) if best else 100.0


def one_table_bytes(benches: Iterable[TuningBench], profile: Profile) -> int:
    """Bytes up to which files with one table for all components are better after restoration.

    benches: of several sizes of pictures; what is found is at most the size of the largest file, 0 where all are too
    small to tell. profile: one whose files have two tables.
    """
    one = dataclasses.replace(profile, jpeg=profile.jpeg.with_one_table())
    gains = []
    for bench in benches:
        for i, picture in enumerate(bench.inputs):
            for rate in (rate for rate in bench.rates if bytes_at(rate, picture.shape) >= _LEAST_BYTES):
                two, merged = (bench.file(i, rate, p, subsampling="4:2:0", **UNIFORM) for p in (profile, one))
                gains.append((len(two), bench.judged(i, merged) - bench.judged(i, two)))
    sizes, gained = np.array(sorted(gains)).reshape(-1, 2).T
    best = _best_cut(gained)
    return int(sizes[best - 1]) if best else 0


def _best_cut(gains: NDArray[np.float64]) -> int:
    """How many of the first gains have the largest sum."""
    return int(np.argmax(np.concatenate([[0.0], np.cumsum(gains)])))


def tune_jpeg(
    task: Task | None,
    networks: tuple[str, ...],
    pictures: list[Path],
    base: Profile,
    work: Path,
    count: int = 12,
    metrics: Mapping[str, float] = PSNR,
) -> tuple[Profile, dict[str, Any]]:
    """A profile with the task's tables and lambda, and how they were found. Takes a few minutes.

    task, metrics: see TuningBench. Tuned on `count` pictures spread over all, validated on as many others. Raises
    ValueError for a task without rates.
    """
    rates, side = rates_of(task), SIDE_FOR_EYES if task is None else task.side
    ours, others = halves(pictures, count)
    bench = TuningBench(task, networks, ours, rates, side, metrics)
    fine = TuningBench(task, networks, ours, (rates[-1], 2 * rates[-1]), side, metrics)  # where 4:4:4 may pay
    validation = TuningBench(task, networks, others, rates, side, metrics)
    start = STARTS["eyes" if task is None else task.kind]
    base = dataclasses.replace(base, jpeg=dataclasses.replace(base.jpeg, one_table_bytes=0))  # chroma's own steps count
    key = bench.key(start.profile(base), 1.0, subsampling="4:2:0", **UNIFORM)
    numbers, trace = start.numbers(), []
    for judges, steps, subsampling in ((bench, STEPS, "4:2:0"), (fine, FULL_CHROMA_STEPS, "4:4:4")):

        def score(numbers: Numbers, judges: TuningBench = judges, subsampling: str = subsampling) -> float:
            tuned = JpegTuning.from_numbers(numbers).profile(base)
            return judges.score(tuned, subsampling=subsampling, **UNIFORM)

        kept = work / f"tune-{key}-{subsampling.replace(':', '')}.json"
        numbers, found = descend(numbers, steps, LOGARITHMIC, score, kept)
        trace += found
    tuned = JpegTuning.from_numbers(numbers).profile(base)
    margin = round(full_chroma_margin(bench, tuned), 2)
    tuned = dataclasses.replace(tuned, jpeg=dataclasses.replace(tuned.jpeg, full_chroma_margin=margin))
    parts = (TuningBench(task, networks, ours, rates, side // part, metrics) for part in PARTS)
    final = dataclasses.replace(tuned.jpeg, one_table_bytes=one_table_bytes(parts, tuned))
    return dataclasses.replace(tuned, jpeg=final), {
        "rates": rates,
        "metrics": dict(metrics),
        "tuned_on": [p.name for p in bench.paths],
        "validated_on": [p.name for p in validation.paths],
        "validation": {
            "pillow optimized": validation.pillow("JPEG", range(5, 96), optimize=True),
            base.name: validation.by_metric(base, subsampling="4:2:0", **UNIFORM),
            "tuned, 4:2:0": validation.by_metric(tuned, subsampling="4:2:0", **UNIFORM),
            "tuned, 4:4:4": validation.by_metric(tuned, subsampling="4:4:4", **UNIFORM),
        },
        "trace": trace,
    }
