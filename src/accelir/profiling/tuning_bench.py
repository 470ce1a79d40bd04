"""Training pictures, degraded, on which a profile's files are scored after restoration, at equal bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics import METRICS, Metric
from accelir.profile.model import Profile
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded
from accelir.restoration.tasks import Task
from accelir.storage.files import sha256

EFFORT = 5


PSNR = {"psnr": 1.0}


class TuningBench:
    """Scores are means over pictures, rates and networks of the metrics' weighted sums."""

    def __init__(
        self,
        task: Task | None,
        networks: tuple[str, ...],
        pictures: list[Path],
        rates: tuple[float, ...],
        side: int,
        metrics: Mapping[str, float] = PSNR,
    ) -> None:
        """task: None, and no networks, for the decoded picture itself. rates: bits per pixel. side: of the truths.

        metrics: what a dB, or a point, of each metric of METRICS counts. Raises ValueError for other names.
        """
        if unknown := set(metrics) - set(METRICS):
            raise ValueError(f"no metric is called {sorted(unknown)[0]!r}; there are {', '.join(METRICS)}")
        self.metrics = {METRICS[name]: weight for name, weight in metrics.items()}
        self.task, self.rates, self.paths = task, rates, pictures
        self.networks = [open_network(n, 1) for n in networks]
        pairs = [degraded(p, task, side) if task else _as_it_is(p, side) for p in pictures]
        self.inputs, self.truths = [p[0] for p in pairs], [p[1] for p in pairs]
        self._judges = [{metric: metric.against(truth) for metric in METRICS.values()} for truth in self.truths]

    def score(self, profile: Profile, **settings: Any) -> float:
        """Mean over all pictures and rates. settings: as `file` takes them."""
        return float(np.mean([self.judged(i, data) for i, data in self._files(profile, **settings)]))

    def by_metric(self, profile: Profile, **settings: Any) -> dict[str, float]:
        """The mean of every metric there is, whatever it counts: what is won beside what is lost."""
        return self._means(self._files(profile, **settings))

    def _files(self, profile: Profile, **settings: Any) -> Iterable[tuple[int, bytes]]:
        for i in range(len(self.inputs)):
            for rate in self.rates:
                yield i, self.file(i, rate, profile, **settings)

    def _means(self, files: Iterable[tuple[int, bytes]]) -> dict[str, float]:
        rows = []
        for i, data in files:
            shown = self._shown(data)
            rows.append([self._mean(i, shown, metric) for metric in METRICS.values()])
        return {name: round(float(mean), 3) for name, mean in zip(METRICS, np.nanmean(rows, axis=0), strict=True)}

    def file(
        self, i: int, rate: float, profile: Profile, format: str = "jpeg", effort: int = EFFORT, **settings: Any
    ) -> bytes:
        """A picture's file of so many bits per pixel, without a network's name. settings: of EncoderSettings."""
        unnamed = dataclasses.replace(profile, network=None)
        request = Request(self.inputs[i], EncoderSettings(unnamed, effort, **settings))
        return FORMATS[format].prepare(request).within(bytes_at(rate, self.inputs[i].shape)).data

    def pillow(self, format: str, qualities: Iterable[int], **options: Any) -> dict[str, float]:
        """by_metric of Pillow's files, the largest within each budget, or the smallest of all."""
        return self._means(self._pillow(format, list(qualities), **options))

    def _pillow(self, format: str, qualities: list[int], **options: Any) -> Iterable[tuple[int, bytes]]:
        for i, picture in enumerate(self.inputs):
            files = [_saved(picture, format, quality=quality, **options) for quality in qualities]
            for rate in self.rates:
                fitting = [f for f in files if len(f) <= bytes_at(rate, picture.shape)]
                yield i, max(fitting or files[:1], key=len)

    def judged(self, i: int, data: bytes) -> float:
        """The weighted sum of the metrics of a file after restoration, the mean over networks."""
        shown = self._shown(data)
        return sum(weight * self._mean(i, shown, metric) for metric, weight in self.metrics.items())

    def _shown(self, data: bytes) -> list[NDArray[np.uint8]]:
        """What each network makes of a file; without any, the decoded file."""
        pixels = decode_pixels(data)
        return [network(pixels) for network in self.networks] or [pixels]

    def _mean(self, i: int, shown: list[NDArray[np.uint8]], metric: Metric) -> float:
        return float(np.mean([self._judges[i][metric].score(picture) for picture in shown]))

    def key(self, profile: Profile, rate: float, **settings: Any) -> str:
        """24 digits that change with all that decides a score: pictures, networks, and what the encoder writes."""
        weights = {metric.name: weight for metric, weight in self.metrics.items()}
        digest = hashlib.sha256(f"{self.task} {weights}".encode())
        for i, path in enumerate(self.paths):
            digest.update(sha256(path.read_bytes()).encode() + self.file(i, rate, profile, **settings))
        for network in self.networks:
            digest.update(network.card.sha256.encode())
        return digest.hexdigest()[:24]


def halves(pictures: list[Path], count: int) -> tuple[list[Path], list[Path]]:
    """Pictures to tune on and others to validate on, `count` each at most, both spread over all."""
    every = max(len(pictures) // count, 1)
    return pictures[every // 6 :: every][:count], pictures[every // 2 :: every][:count]


def _as_it_is(path: Path, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    with Image.open(path) as image:
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:side, :side])
    return pixels, pixels


def _saved(pixels: NDArray[np.uint8], format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format, **options)
    return out.getvalue()
