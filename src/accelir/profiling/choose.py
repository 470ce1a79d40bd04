"""Stage 6, choosing: which allocator makes the best files, on pictures that nothing was fitted to."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics import psnr
from accelir.profile.jpeg import ALLOCATORS, ClosedLoop
from accelir.profile.model import Profile
from accelir.profiling.tuning_bench import EFFORT
from accelir.restoration.installed import installed
from accelir.restoration.network import Network
from accelir.restoration.pictures import Pixels, degraded
from accelir.restoration.tasks import Task

LOOP = ClosedLoop(lambdas=(0.5, 1.0, 2.0, 8.0), step=0.88, effort=5)
"""Measured for denoising at 0.9 to 1.8 bpp: more modes, or other steps from 0.83 to 0.93, gained at most 0.01 dB."""

WORTH, WORTH_WAITING = 0.02, 0.05
"""Gain in dB for which an allocator is taken; and the loop, which takes ten times as long, at the default effort."""

_LATE = 7
"""The effort from which a loop that isn't worth waiting for is taken."""


def try_allocators(
    profile: Profile, task: Task, networks: list[Network], pictures: list[Path], rates: tuple[float, ...], side: int
) -> dict[str, list[float]]:
    """dB of PSNR after restoration over a uniform file of the same budget, by allocator and rate, mean over pictures
    and networks. Real files at effort 5. The loop is tried where the receivers' network is installed.
    """
    profile = _with(profile, closed_loop=LOOP)
    names = list(ALLOCATORS) if profile.groups is not None else ["uniform"]
    if profile.network is not None and installed(profile.network) is not None:
        names.append("closed-loop")
    scores = np.zeros((len(names), len(rates), len(pictures)))
    for p, path in enumerate(pictures):
        pixels, truth = degraded(path, task, side)
        for r, rate in enumerate(rates):
            budget = bytes_at(rate, pixels.shape)
            for n, name in enumerate(names):
                decoded = decode_pixels(_file(pixels, profile, budget, name))
                scores[n, r, p] = np.mean([psnr(network(decoded), truth) for network in networks])
    gains = (scores - scores[0]).mean(axis=2)
    return {name: [round(float(g), 4) for g in row] for name, row in zip(names, gains, strict=True)}


def _file(pixels: Pixels, profile: Profile, budget: int, allocator: str) -> bytes:
    settings = EncoderSettings(profile, EFFORT, subsampling="4:2:0", allocator=allocator)
    return FORMATS["jpeg"].prepare(Request(pixels, settings)).within(budget).data


def _with(profile: Profile, **changes: Any) -> Profile:
    """The profile with other entries in its JPEG section."""
    return dataclasses.replace(profile, jpeg=dataclasses.replace(profile.jpeg, **changes))


def choose_allocator(profile: Profile, gains: dict[str, list[float]]) -> Profile:
    """The profile with the best of the groups' allocators, and with the loop if it gains over that."""
    means = {name: float(np.mean(row)) for name, row in gains.items()}
    best = max((name for name in means if name != "closed-loop"), key=lambda name: means[name])
    allocator = best if means[best] >= WORTH else "uniform"
    worth = means.get("closed-loop", -np.inf) - means[allocator]
    loop = None
    if worth >= WORTH:
        loop = dataclasses.replace(LOOP, effort=LOOP.effort if worth >= WORTH_WAITING else _LATE)
    return _with(profile, allocator=allocator, closed_loop=loop)
