"""Pillow's encoders and ours on one picture at equal bytes, restored by one network: what `accelir compare` shows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.api import DEFAULT_PROFILE
from accelir.comparison.encoders import Maker, our_makers, pillow_makers, scaled_makers
from accelir.errors import BudgetError
from accelir.formats.budget import budget_of
from accelir.formats.decode import decode_pixels, worth_on
from accelir.metrics import METRICS, Judge, Metric
from accelir.profile.installed import load_profile
from accelir.restoration.network import Network, open_network
from accelir.restoration.restore import restore_as_worth
from accelir.restoration.tasks import Task

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class File:
    """One encoder's file, decoded and restored."""

    data: bytes = field(repr=False)
    setting: str
    """Words for how the size was reached."""
    seconds: float
    """Seconds that encoding took, the search for the size included."""
    scores: dict[str, float]
    """Scores of the decoded file, or of what receivers see, against the picture that was encoded, by metric; nan where
    one says nothing."""
    restored: Pixels | None
    """Picture restored by the network; None without one."""
    restored_seconds: float
    restored_scores: dict[str, float] | None
    """Scores of the restored picture against the original; None where there is none."""
    maps: dict[str, NDArray[Any]]
    """Maps of the cells by what they show, each (ceil(H/32), ceil(W/32))."""
    shown: Pixels | None = None
    """What receivers see, where that isn't the file's own picture."""

    @property
    def psnr(self) -> float:
        """PSNR over RGB of the decoded file, dB."""
        return self.scores["psnr"]

    @property
    def restored_psnr(self) -> float | None:
        """PSNR over RGB of the restored picture, dB."""
        return None if self.restored_scores is None else self.restored_scores["psnr"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """One picture, at one size, by several encoders."""

    original: Pixels | None
    """Ground truth; None where the picture was encoded as it is."""
    picture: Pixels
    """Picture that was encoded, uint8 HxWx3 RGB."""
    task: str
    """Name of the task that says what was done to the original; "" for nothing."""
    profile: str
    network: str | None
    scale: int
    """Scale of the network."""
    max_bytes: int
    files: dict[str, File | str]
    """Files by the encoder's name; in the place of one that can't fit the reason."""


@dataclass(frozen=True, eq=False)
class Measures:
    """What files are measured with."""

    decoded: dict[str, Judge]
    """Have the picture that is encoded."""
    restored: dict[str, Judge] | None
    """Have the original; None without one."""
    network: Network | None
    """Restores."""


def compare(
    photo: Pixels,
    *,
    bpp: float | None = None,
    max_bytes: int | None = None,
    profile: str = DEFAULT_PROFILE,
    network: str | None = None,
    effort: int = 5,
    degrade: bool = True,
    seed: int = 0,
    metrics: Mapping[str, Metric] = METRICS,
) -> Comparison:
    """Encode a picture with Pillow's encoders and ours, each as large as fits into the budget, and restore the files.

    photo: uint8 HxWx3 RGB. bpp or max_bytes: of the picture that is encoded. network: None takes the profile's.
    degrade: encode what the network's task makes of the photo (smaller, noisy or blurred), so that restored files can
    be measured against the photo itself; else encode the photo. seed: of the noise. metrics: by name, "psnr" and
    "ssimulacra2" among them.
    Where there is no network, ours come once more with scale="auto", as receivers see them.
    Raises ValueError and TypeError as Encoder, `restore` and Task.degrade do.
    """
    name = network or load_profile(profile).network
    opened = None if name is None else open_network(name)
    original, picture, task = _degraded(photo, opened, seed) if degrade else (None, photo, "")
    budget = budget_of(bpp, max_bytes, picture.shape)
    makers = {**pillow_makers(picture), **our_makers(picture, profile, effort)}
    if opened is None:
        makers |= scaled_makers(picture, profile, effort)
    decoded, restored = _judges(metrics, picture), None
    if original is not None:
        restored = decoded if original is picture else _judges(metrics, original)
    measures = Measures(decoded, restored, opened)
    return Comparison(
        original,
        picture,
        task,
        profile,
        None if opened is None else opened.card.name,
        1 if opened is None else opened.card.scale,
        budget,
        {encoder: _file(make, budget, measures) for encoder, make in makers.items()},
    )


def _degraded(photo: Pixels, network: Network | None, seed: int) -> tuple[Pixels, Pixels, str]:
    """The ground truth, what becomes of it before it is encoded, and the name of that."""
    if network is None:
        return photo, photo, ""
    task = Task(network.card.task, network.card.strength)
    height, width = (side // task.scale * task.scale for side in photo.shape[:2])
    if not (height and width):
        raise ValueError(f"a picture of {photo.shape[1]} x {photo.shape[0]} pixels is too small for {task}")
    original = photo[:height, :width]
    try:
        return original, task.degrade(original, np.random.default_rng(seed)), str(task)
    except ImportError as error:
        raise ValueError(f"degrading for {task} needs a package that is not installed: {error}") from None


def _judges(metrics: Mapping[str, Metric], reference: Pixels) -> dict[str, Judge]:
    return {name: metric.against(reference) for name, metric in metrics.items()}


def _scores(judges: dict[str, Judge], picture: Pixels) -> dict[str, float]:
    return {name: judge.score(picture) for name, judge in judges.items()}


def _file(make: Maker, budget: int, measures: Measures) -> File | str:
    begin = time.perf_counter()
    try:
        made = make(budget)
    except BudgetError as error:
        return str(error)
    encoded = time.perf_counter()
    decoded = decode_pixels(made.data) if made.shown is None else made.shown
    begin_restoring = time.perf_counter()
    restored = None if measures.network is None else _restored(measures.network, decoded, made.data)
    restored_in = time.perf_counter() - begin_restoring
    return File(
        data=made.data,
        setting=made.setting,
        seconds=encoded - begin,
        scores=_scores(measures.decoded, decoded),
        restored=restored,
        restored_seconds=restored_in,
        restored_scores=None if restored is None or measures.restored is None else _scores(measures.restored, restored),
        maps=made.maps,
        shown=made.shown,
    )


def _restored(network: Network, decoded: Pixels, data: bytes) -> Pixels:
    """A decoded file as `decode` restores it."""
    return restore_as_worth(network, decoded, worth_on(data, network.card))
