"""Stage 0 for WebP, tuning what a task's WebP files share: the Lagrangian, weights of errors by frequency and by
QP-NET's groups, how coarse and how smooth chroma is, the loop filter's strength. The score is a weighted sum of metrics
after restoration by the networks, at equal bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from accelir.profile.model import Profile
from accelir.profile.webp import WebpSettings
from accelir.profiling.search import Numbers, descend
from accelir.profiling.tuning_bench import PSNR, TuningBench, halves
from accelir.restoration.tasks import Task
from accelir.storage.files import sha256

RATES = (0.3, 0.5, 0.9)
SIDE_AS_IT_IS = 256
MOST_DELTA = 15
"""Largest difference of a quantiser index, either way: RFC 6386, section 9.6, has four bits for it."""

ZIGZAG = np.array([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15])
_RADIUS = (ZIGZAG // 4 + ZIGZAG % 4) / 6


@dataclasses.dataclass(frozen=True)
class WebpTuning:
    """Numbers that decide what a task's WebP files share."""

    lambda_: float = 0.08
    """Lambda in squared luma steps per bit."""
    chroma: float = 1.5
    """Weight of squared chroma errors over luma's."""
    luma_ramp: float = 0.0
    """Logarithm of the weight of the highest luma frequency over DC's."""
    chroma_ramp: float = 0.0
    """Logarithm of the weight of the highest chroma frequency over DC's."""
    chroma_delta: float = 0.0
    """Difference of the quantiser index of chroma, rounded."""
    luma_dc_delta: float = 0.0
    """Difference of the quantiser index of luma DC, rounded."""
    y2_delta: float = 0.0
    """Difference of the quantiser index of Y2, the DC values of macroblocks with one luma mode, rounded."""
    chroma_dc_delta: float = 0.0
    """Difference of the quantiser index of chroma DC beyond chroma's, rounded."""
    filter: float = 1.0
    """Strength of the loop filter."""
    chroma_smoothing: float = 0.0
    """Smoothing of halved chroma; below 0 it is 0."""
    luma_fit: float = 0.0
    """What luma makes up for beside halved chroma, from the error of RGB, 0, to that of luma, 1; clipped to that."""
    group_ramp: float = 0.0
    """Logarithm of the weight of errors in the last of QP-NET's groups over that in the first."""

    def settings(self, groups: int) -> WebpSettings:
        """What a profile of so many groups holds."""
        luma_dc, y2, chroma_dc, chroma = (
            max(-MOST_DELTA, min(round(d), MOST_DELTA))
            for d in (self.luma_dc_delta, self.y2_delta, self.chroma_delta + self.chroma_dc_delta, self.chroma_delta)
        )
        return WebpSettings(
            lambda_=round(self.lambda_, 4),
            luma_weights=_ramp(1.0, self.luma_ramp),
            chroma_weights=_ramp(self.chroma, self.chroma_ramp),
            deltas=(luma_dc, y2, y2, chroma_dc, chroma),
            filter=round(max(self.filter, 0.0), 2),
            chroma_smoothing=round(max(self.chroma_smoothing, 0.0), 3),
            luma_fit=round(min(max(self.luma_fit, 0.0), 1.0), 2),
            group_weights=_group_weights(groups, self.group_ramp),
        )


STEPS = {
    "filter": 0.5,
    "lambda_": 0.5,
    "chroma": 0.5,
    "luma_ramp": 0.5,
    "chroma_delta": 4.0,
    "chroma_ramp": 0.5,
    "luma_dc_delta": 4.0,
    "y2_delta": 4.0,
    "chroma_dc_delta": 4.0,
    "chroma_smoothing": 0.1,
    "luma_fit": 0.5,
    "group_ramp": 1.0,
}
LOGARITHMIC = ("lambda_", "chroma")
STARTS = {
    "denoise": WebpTuning(
        lambda_=0.1,
        chroma=3.0,
        luma_ramp=-2.0,
        chroma_ramp=-4.5,
        chroma_delta=-6.0,
        filter=0.0,
        chroma_smoothing=0.2,
        group_ramp=2.5,
    )
}
"""Where the search begins, if not at the defaults: from those, denoising ends 0.05 to 0.08 dB lower."""


def _ramp(first: float, ramp: float) -> tuple[float, ...]:
    return tuple(round(float(w), 4) for w in first * np.exp(ramp * _RADIUS))


def _group_weights(groups: int, ramp: float) -> tuple[float, ...]:
    """Rising evenly in the logarithm around 1."""
    if groups < 2 or ramp == 0:
        return ()
    return tuple(round(float(w), 4) for w in np.exp(ramp * np.linspace(-0.5, 0.5, groups)))


def tune_webp(
    task: Task | None,
    networks: tuple[str, ...],
    pictures: list[Path],
    base: Profile,
    work: Path,
    count: int = 16,
    metrics: Mapping[str, float] = PSNR,
    start: WebpTuning | None = None,
    rates: tuple[float, ...] | None = None,
) -> tuple[WebpSettings, dict[str, Any]]:
    """The task's WebP settings, and how they were found.

    task, metrics: see TuningBench. start: None begins at STARTS. rates: bits per pixel; None: RATES. Tuned on `count`
    pictures spread over all, validated on as many others.
    """
    groups = 0 if base.groups is None else base.groups.count
    side, rates = task.webp_side if task else SIDE_AS_IT_IS, rates or RATES
    bench, validation = (TuningBench(task, networks, half, rates, side, metrics) for half in halves(pictures, count))

    def profile(numbers: Numbers) -> Profile:
        return dataclasses.replace(base, webp=WebpTuning(**numbers).settings(groups))

    untuned = dataclasses.replace(base, webp=WebpTuning().settings(0))
    key = bench.key(untuned, 0.5, format="webp") + ("" if base.groups is None else sha256(base.groups.network.model))
    begin = start or STARTS.get(task.kind if task else "", WebpTuning())
    tuning, trace = descend(
        dataclasses.asdict(begin),
        {name: step for name, step in STEPS.items() if groups or name != "group_ramp"},
        LOGARITHMIC,
        lambda tuning: bench.score(profile(tuning), format="webp"),
        work / f"tune-webp-{sha256(key.encode())[:24]}.json",
    )
    scores = {
        "pillow, method 6": validation.pillow("WEBP", range(2, 97), method=6),
        "untuned": validation.by_metric(untuned, format="webp"),
        "tuned": validation.by_metric(profile(tuning), format="webp"),
    }
    return WebpTuning(**tuning).settings(groups), {
        "rates": rates,
        "metrics": dict(metrics),
        "tuned_on": [p.name for p in bench.paths],
        "validated_on": [p.name for p in validation.paths],
        "validation": scores,
        "trace": trace,
    }
