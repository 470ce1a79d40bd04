"""Stage 8: how well plans by groups foretell sizes, so that what is wrong on the average can be put right."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from accelir.formats.budget import bytes_at
from accelir.formats.jpeg.planning import plan_cells
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.profile.model import Profile
from accelir.profiling.tuning_bench import EFFORT
from accelir.restoration.pictures import Pixels, degraded
from accelir.restoration.tasks import Task

RATES = (0.45, 0.6, 0.9, 1.2, 1.8, 2.4, 3.4, 4.5)
"""Bits per pixel: from what curves begin with to where files are nearly lossless."""
SUBSAMPLING = "4:2:0"


def with_foretold(profile: Profile, task: Task, pictures: Sequence[Path], side: int) -> Profile:
    """The profile with the ratio of foretold sizes to real ones by rate, medians over pictures; a profile without
    groups foretells none, and stays as it is.
    """
    if profile.groups is None:
        return profile
    bare = _with(profile, ())
    seen = [[ratio(prepared(bare, degraded(path, task, side)[0]), rate) for rate in RATES] for path in pictures]
    pairs = zip(RATES, np.array(seen, np.float64).T, strict=True)
    found = [(rate, round(float(np.nanmedian(row)), 4)) for rate, row in pairs if not np.isnan(row).all()]
    return _with(profile, tuple(found))


def prepared(profile: Profile, pixels: Pixels) -> Any:
    """A picture, analysed for plans by groups. No name of a network is in the file, as it is in no plan."""
    unnamed = dataclasses.replace(profile, network=None)
    settings = EncoderSettings(unnamed, EFFORT, subsampling=SUBSAMPLING, allocator="lagrangian")
    return FORMATS["jpeg"].prepare(Request(pixels, settings))


def ratio(ready: Any, rate: float) -> float:
    """Bytes that a plan foretells over those of its file; nan where the budget is below the groups' curves."""
    budget = bytes_at(rate, ready.request.pixels.shape)
    coefficients = ready.coefficients(SUBSAMPLING)
    plan = plan_cells(ready.request, coefficients, ready.job, ready.groups, budget)
    if plan is None:
        return float("nan")
    return float(plan.predicted_bytes / len(plan.applied_to(ready.job).run(coefficients, step=plan.step).data))


def _with(profile: Profile, foretold: tuple[tuple[float, float], ...]) -> Profile:
    return dataclasses.replace(profile, jpeg=dataclasses.replace(profile.jpeg, foretold=foretold))
