"""All stages in their order: pictures and networks in, a profile's folder out."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from accelir._version import __version__
from accelir.cells.curves import Curves
from accelir.cells.groups import GroupModel
from accelir.cells.qpnet import QpNet
from accelir.profile.checks import network_name
from accelir.profile.files import write_profile
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.profiling import qpnet
from accelir.profiling.choose import choose_allocator, try_allocators
from accelir.profiling.curves import fit_curves
from accelir.profiling.evaluate import accuracy, certain, confusion, gains
from accelir.profiling.foretold import with_foretold
from accelir.profiling.measure import Measurement, MeasurementPlan, join, mean
from accelir.profiling.parallel import measure_all
from accelir.profiling.tune_jpeg import rates_of, tune_jpeg
from accelir.profiling.tune_webp import tune_webp
from accelir.profiling.tuning_bench import PSNR
from accelir.profiling.utilities import GROUPS, group_edges, groups_of, ranks_of, utilities
from accelir.restoration.installed import installed
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded, list_pictures, split
from accelir.restoration.tasks import Task
from accelir.storage.files import write_atomically

HELD_OUT_EVERY = 5
TRIED = 12
"""Held-out pictures on which allocators are compared by real files."""


@dataclass(frozen=True)
class BuildRequest:
    """What to build; see `accelir-profile build --help`."""

    task: Task
    networks: tuple[str, ...]
    format: str = "jpeg"
    base: str | None = None
    """Installed profile, or a folder, whose tables and lambda are taken; None tunes them."""
    quality: str = "mse"
    groups: int = GROUPS
    side: int = 512
    recipe: qpnet.QpNetRecipe = field(default_factory=qpnet.QpNetRecipe)
    jobs: int = 1
    dask: str | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: dict(PSNR))
    """What a dB, or a point, of each metric counts where tables and Lagrangian are tuned."""
    receiver: str | None = None
    """Name of the network that files ask receivers for; None: the task's, if it is installed."""

    def __post_init__(self) -> None:
        network_name(self.receiver)


@dataclass(frozen=True)
class Part:
    """Some of the pictures, and what was measured of them."""

    pictures: list[Path]
    measurements: list[Measurement]


def build(folder: Path, out: Path, work: Path, request: BuildRequest) -> dict[str, Any]:
    """Build a profile from the pictures in a folder and below it; returns its figures.

    Everything that takes long is kept in `work`, and taken from there the next time. Raises ValueError for what can't
    be built, FileNotFoundError for a folder without pictures.
    """
    rates_of(request.task)
    pictures = list_pictures(folder)
    work.mkdir(parents=True, exist_ok=True)
    if request.format == "webp":
        profile = _for_webp(pictures, work, request)
        write_profile(out, profile)
        return dict(profile.provenance["webp"]["validation"])
    profile, tuning = _shared(pictures, work, request)
    plans = [MeasurementPlan.of(request.task, n, profile, side=request.side) for n in request.networks]
    rows = measure_all(pictures, plans, work, jobs=request.jobs, dask=request.dask)
    measured = {picture: mean(row) for picture, row in zip(pictures, rows, strict=True)}
    train, held = (Part(p, [measured[x] for x in p]) for p in split(pictures, HELD_OUT_EVERY))
    cells = join(train.measurements)
    utility = utilities(cells, request.quality)
    edges = group_edges(utility, request.groups)
    curves = fit_curves(cells, groups_of(utility, edges), edges, plans[0])
    model = _qpnet(train, utility, work, request)
    figures = judge(
        held, curves, fit_curves(cells, np.zeros(len(utility), np.int64), edges[:0], plans[0]), model, request
    )
    profile = dataclasses.replace(profile, groups=GroupModel(curves, QpNet(model, curves.groups)))
    figures["allocators_db"] = try_allocators(
        profile,
        request.task,
        [open_network(n, 1) for n in request.networks],
        held.pictures[:TRIED],
        rates_of(request.task),
        request.side,
    )
    profile = choose_allocator(profile, figures["allocators_db"])
    profile = with_foretold(profile, request.task, train.pictures[:TRIED], request.side)
    profile = dataclasses.replace(profile, provenance=_provenance(pictures, held, figures, tuning, request))
    write_profile(out, profile)
    return figures


def tune(folder: Path, out: Path, work: Path, request: BuildRequest, count: int) -> dict[str, Any]:
    """Write a profile that treats cells alike: tables and Lagrangian tuned on `count` of a folder's pictures.

    Returns the validation's scores: of each encoder by every metric. Raises as `build` does.
    """
    rates_of(request.task)
    work.mkdir(parents=True, exist_ok=True)
    base = load_profile(request.base or "fidelity")
    tuned, tuning = tune_jpeg(request.task, request.networks, list_pictures(folder), base, work, count, request.metrics)
    made = {
        "made": datetime.date.today().isoformat(),
        "command": "accelir-profile tune",
        "networks": _networks(request),
        "tuning": tuning,
    }
    write_profile(out, dataclasses.replace(_without_groups(_named(tuned, request)), provenance=made))
    return dict(tuning["validation"])


def _for_webp(pictures: list[Path], work: Path, request: BuildRequest) -> Profile:
    """The base profile with WebP's settings tuned; its JPEG half is taken over."""
    base = load_profile(request.base or "fidelity")
    settings, tuning = tune_webp(request.task, request.networks, pictures, base, work, metrics=request.metrics)
    made = {"made": datetime.date.today().isoformat(), "command": "accelir-profile build", **tuning}
    named = _named(base, request)
    return dataclasses.replace(named, webp=settings, provenance={**base.provenance, "webp": made})


def _named(profile: Profile, request: BuildRequest) -> Profile:
    text = f"{request.task}: {', '.join(request.metrics)} after restoration"
    receiver = request.receiver or (str(request.task) if installed(str(request.task)) else None)
    return dataclasses.replace(profile, name=str(request.task), task=text, network=receiver)


def _shared(pictures: list[Path], work: Path, request: BuildRequest) -> tuple[Profile, dict[str, Any]]:
    """What the whole file shares, and how that was found."""
    if request.base is not None:
        profile = load_profile(request.base)
        tuning = profile.provenance.get("tuning", profile.provenance)
    else:
        base = load_profile("fidelity")
        profile, tuning = tune_jpeg(request.task, request.networks, pictures, base, work, metrics=request.metrics)
    return _without_groups(_named(profile, request)), tuning


def _without_groups(profile: Profile) -> Profile:
    """Weights of groups in WebP files go with the groups they were tuned for; `build --format webp` finds new ones."""
    webp = dataclasses.replace(profile.webp, group_weights=())
    jpeg = dataclasses.replace(profile.jpeg, allocator="uniform")
    return dataclasses.replace(profile, groups=None, jpeg=jpeg, webp=webp)


def _qpnet(train: Part, utility: np.ndarray, work: Path, request: BuildRequest) -> bytes:
    """Train QP-NET, or take what an earlier build trained on just this."""
    ranks = ranks_of(utility, utility, request.groups)
    starts = np.cumsum([0, *(len(m.values) for m in train.measurements)])
    maps = [
        ranks[start : start + len(m.values)].reshape(m.shape)
        for start, m in zip(starts, train.measurements, strict=False)
    ]
    images = [degraded(p, request.task, request.side)[0] for p in train.pictures]
    digest = hashlib.sha256(repr((request.recipe, request.groups)).encode() + ranks.tobytes())
    for image in images:
        digest.update(image.tobytes())
    kept = work / f"qpnet-{digest.hexdigest()[:24]}.onnx"
    if not kept.exists():
        write_atomically(kept, qpnet.to_onnx(qpnet.train(images, maps, request.groups, request.recipe)))
    return kept.read_bytes()


def judge(held: Part, curves: Curves, alike: Curves, model: bytes, request: BuildRequest) -> dict[str, Any]:
    """Figures on pictures that nothing was fitted to: QP-NET's accuracy, and PSNR gained at equal bits, in dB."""
    network, rates = QpNet(model, curves.groups), rates_of(request.task)
    matrix = np.zeros((curves.groups, curves.groups), np.int64)
    rows: list[dict[str, np.ndarray]] = []
    for picture, cells in zip(held.pictures, held.measurements, strict=True):
        truth = groups_of(utilities(cells, request.quality), curves.utility_edges)
        shares = network.shares(degraded(picture, request.task, request.side)[0]).reshape(-1, curves.groups)
        guess = shares.argmax(axis=1)
        matrix += confusion(truth, guess, curves.groups)
        rows.append(
            {
                "one mode": gains(cells, alike, certain(np.zeros_like(truth), 1), rates),
                "likeliest": gains(cells, curves, certain(guess, curves.groups), rates),
                "shares": gains(cells, curves, shares, rates),
                "true groups": gains(cells, curves, certain(truth, curves.groups), rates),
                "oracle": gains(cells, curves, None, rates),
            }
        )
    return {
        "accuracy": round(accuracy(matrix), 4),
        "accuracy_within_one": round(accuracy(matrix, 1), 4),
        "confusion": matrix.tolist(),
        "rates": list(rates),
        "gain_db": {name: _mean([row[name] for row in rows]) for name in rows[0]},
        "pictures": len(held.pictures),
        "cells": int(matrix.sum()),
    }


def _mean(rows: list[np.ndarray]) -> list[float | None]:
    """Over the pictures that can have the rate; None where none can."""
    table = np.array(rows)
    reached = np.isfinite(table)
    sums, counts = np.where(reached, table, 0).sum(axis=0), reached.sum(axis=0)
    return [round(float(s / n), 4) if n else None for s, n in zip(sums, counts, strict=True)]


def _provenance(
    pictures: list[Path], held: Part, figures: dict[str, Any], tuning: dict[str, Any], request: BuildRequest
) -> dict[str, Any]:
    return {
        "made": datetime.date.today().isoformat(),
        "command": "accelir-profile build",
        "accelir": __version__,
        "format": request.format,
        "networks": _networks(request),
        "quality": request.quality,
        "side": request.side,
        "pictures": [p.name for p in pictures],
        "held_out": [p.name for p in held.pictures],
        "qpnet": dataclasses.asdict(request.recipe),
        "figures": figures,
        "tuning": tuning,
    }


def _networks(request: BuildRequest) -> list[dict[str, str]]:
    cards = [open_network(n, 1).card for n in request.networks]
    return [{"name": card.name, "sha256": card.sha256} for card in cards]
