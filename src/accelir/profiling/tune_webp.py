"""Stage 0 for WebP, tuning what a task's WebP files share: the Lagrangian, weights of errors by frequency and by
QP-NET's groups, how coarse and how smooth chroma is, the loop filter's strength. The score is PSNR over RGB after
restoration by the networks, at equal bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from accelir.cells.groups import Groups
from accelir.formats.decode import decode_pixels
from accelir.formats.jpeg.effort import get_webp_effort
from accelir.formats.webp import job as webp
from accelir.formats.webp import metadata as webp_container
from accelir.metrics import psnr
from accelir.profile.model import Profile
from accelir.profile.webp_settings import WebpShape
from accelir.profiling.search import descend
from accelir.restoration.network import open_network
from accelir.restoration.pictures import Pixels, degraded
from accelir.restoration.tasks import Task
from accelir.storage.files import sha256

RATES = (0.3, 0.5, 0.9)
EFFORT = 5
MOST_DELTA = 15
"""Of a quantiser index, either way: RFC 6386, section 9.6, has four bits for it."""

ZIGZAG = np.array([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15])
_RADIUS = (ZIGZAG // 4 + ZIGZAG % 4) / 6


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is tuned."""

    rdo: float = 0.08
    """Lagrangian in squared luma steps per bit."""
    chroma: float = 1.5
    """Weight of squared chroma errors over luma's."""
    luma_ramp: float = 0.0
    """Log of the weight of the highest luma frequency over DC's."""
    chroma_ramp: float = 0.0
    """The same for chroma."""
    chroma_delta: float = 0.0
    """Added to the quantiser index for chroma, rounded."""
    luma_dc_delta: float = 0.0
    """Added to the quantiser index for luma DC, rounded."""
    filter: float = 1.0
    """Strength of the loop filter."""
    chroma_smoothing: float = 0.0
    """Of halved chroma; below 0 it is 0."""
    group_ramp: float = 0.0
    """Log of the weight of errors in the last of QP-NET's groups over that in the first."""

    def shape(self, groups: int) -> WebpShape:
        """What a profile of so many groups holds."""
        luma_dc, chroma = (max(-MOST_DELTA, min(round(d), MOST_DELTA)) for d in (self.luma_dc_delta, self.chroma_delta))
        return WebpShape(
            rdo=round(self.rdo, 4),
            luma_weights=_ramp(1.0, self.luma_ramp),
            chroma_weights=_ramp(self.chroma, self.chroma_ramp),
            deltas=(luma_dc, 0, 0, chroma, chroma),
            filter=round(max(self.filter, 0.0), 2),
            chroma_smoothing=round(max(self.chroma_smoothing, 0.0), 3),
            group_weights=_group_weights(groups, self.group_ramp),
        )


STEPS = {
    "filter": 0.5,
    "rdo": 0.5,
    "chroma": 0.5,
    "luma_ramp": 0.5,
    "chroma_delta": 4.0,
    "chroma_ramp": 0.5,
    "luma_dc_delta": 4.0,
    "chroma_smoothing": 0.1,
    "group_ramp": 1.0,
}
LOGARITHMIC = ("rdo", "chroma")
STARTS = {
    "denoise": Settings(
        rdo=0.1,
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


class Bench:
    """Degraded training pictures and the score of settings on them, the mean over pictures, rates and networks."""

    def __init__(self, task: Task | None, networks: tuple[str, ...], pictures: list[Path]) -> None:
        """task: None and no networks for the quality of the decoded picture itself."""
        self.networks, self.paths = [open_network(n, 1) for n in networks], pictures
        pairs = [degraded(p, task, task.webp_side) if task else _as_it_is(p) for p in pictures]
        self.inputs, self.truths = [p[0] for p in pairs], [p[1] for p in pairs]

    def score(self, shape: WebpShape, base: Profile) -> float:
        """Mean PSNR after restoration."""
        profile = dataclasses.replace(base, webp=shape)
        cases = [(i, rate) for i in range(len(self.inputs)) for rate in RATES]
        return float(np.mean([self._restored(i, self.file(i, rate, profile)) for i, rate in cases]))

    def file(self, i: int, rate: float, profile: Profile) -> bytes:
        """The picture's file at a rate in bits per pixel."""
        pixels = self.inputs[i]
        height, width = pixels.shape[:2]
        shares = Groups(pixels, profile.clusters).shares if profile.webp.group_weights else None
        job = webp.make_job(profile, get_webp_effort(EFFORT), (height, width), shares=shares)
        around = webp_container.container(width, height)
        budget = int(rate * height * width / 8)
        picture = webp.convert(np.ascontiguousarray(pixels), profile.webp)
        frame = job.run(picture, max_bytes=webp.frame_budget(budget, around.overhead))
        return around.write(frame.data)

    def pillow(self) -> float:
        """The score of Pillow's WebP, method 6, the largest file within each budget."""
        scores = []
        for i, picture in enumerate(self.inputs):
            files = [_pillow_webp(picture, quality) for quality in range(2, 97)]
            for rate in RATES:
                fitting = [f for f in files if len(f) <= rate * picture.shape[0] * picture.shape[1] / 8]
                scores.append(self._restored(i, max(fitting, key=len) if fitting else files[0]))
        return float(np.mean(scores))

    def _restored(self, i: int, data: bytes) -> float:
        pixels = decode_pixels(data)
        shown = [network(pixels) for network in self.networks] or [pixels]
        return float(np.mean([psnr(picture, self.truths[i]) for picture in shown]))


def tune_webp(
    task: Task | None, networks: tuple[str, ...], pictures: list[Path], base: Profile, work: Path, count: int = 16
) -> tuple[WebpShape, dict[str, Any]]:
    """The task's WebP settings, and how they were found. task: see Bench.

    Tuned on `count` pictures spread over all, validated on as many others.
    """
    groups = 0 if base.clusters is None else base.clusters.network.count
    every = max(len(pictures) // count, 1)
    bench = Bench(task, networks, pictures[every // 6 :: every][:count])
    validation = Bench(task, networks, pictures[every // 2 :: every][:count])
    settings, trace = descend(
        STARTS.get(task.kind if task else "", Settings()),
        {name: step for name, step in STEPS.items() if groups or name != "group_ramp"},
        LOGARITHMIC,
        lambda settings: bench.score(settings.shape(groups), base),
        work / f"tune-webp-{_key(task, bench, base)}.json",
    )
    scores = {
        "pillow, method 6": validation.pillow(),
        "untuned": validation.score(Settings().shape(groups), base),
        "tuned": validation.score(settings.shape(groups), base),
    }
    return settings.shape(groups), {
        "rates": RATES,
        "tuned_on": [p.name for p in bench.paths],
        "validated_on": [p.name for p in validation.paths],
        "validation_psnr": {k: round(v, 3) for k, v in scores.items()},
        "trace": trace,
    }


def _key(task: Task | None, bench: Bench, base: Profile) -> str:
    """Changes with all that decides a score: the task, pictures, networks, and what the encoder writes."""
    digest = hashlib.sha256(str(task).encode())
    profile = dataclasses.replace(base, webp=Settings().shape(0))
    for i, path in enumerate(bench.paths):
        digest.update(sha256(path.read_bytes()).encode() + bench.file(i, 0.5, profile))
    for network in bench.networks:
        digest.update(network.card.sha256.encode())
    if base.clusters is not None:
        digest.update(base.clusters.network.model)
    return digest.hexdigest()[:24]


def _as_it_is(path: Path) -> tuple[Pixels, Pixels]:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))[:256, :256]
    return pixels, pixels


def _pillow_webp(pixels: Pixels, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality, method=6)
    return out.getvalue()
