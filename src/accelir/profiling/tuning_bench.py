"""Degraded training pictures on which a profile's files are scored: PSNR over RGB after restoration, at equal bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics import psnr
from accelir.profile.model import Profile
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded
from accelir.restoration.tasks import Task
from accelir.storage.files import sha256

EFFORT = 5


class TuningBench:
    """Scores are means over pictures, rates and networks."""

    def __init__(
        self, task: Task | None, networks: tuple[str, ...], pictures: list[Path], rates: tuple[float, ...], side: int
    ) -> None:
        """task: None, and no networks, for the decoded picture itself. rates: bits per pixel. side: of the truths."""
        self.task, self.rates, self.paths = task, rates, pictures
        self.networks = [open_network(n, 1) for n in networks]
        pairs = [degraded(p, task, side) if task else _as_it_is(p, side) for p in pictures]
        self.inputs, self.truths = [p[0] for p in pairs], [p[1] for p in pairs]

    def score(self, profile: Profile, **settings: Any) -> float:
        """Mean PSNR in dB after restoration. settings: as `file` takes them."""
        cases = [(i, rate) for i in range(len(self.inputs)) for rate in self.rates]
        return float(np.mean([self.restored(i, self.file(i, rate, profile, **settings)) for i, rate in cases]))

    def file(
        self, i: int, rate: float, profile: Profile, format: str = "jpeg", effort: int = EFFORT, **settings: Any
    ) -> bytes:
        """A picture's file of so many bits per pixel, without a network's name. settings: of EncoderSettings."""
        unnamed = dataclasses.replace(profile, network=None)
        request = Request(self.inputs[i], EncoderSettings(unnamed, effort, **settings))
        return FORMATS[format].prepare(request).within(bytes_at(rate, self.inputs[i].shape)).data

    def pillow(self, format: str, qualities: Iterable[int], **options: Any) -> float:
        """The score of Pillow's files, the largest within each budget, or the smallest of all."""
        scores = []
        for i, picture in enumerate(self.inputs):
            files = [_saved(picture, format, quality=quality, **options) for quality in qualities]
            for rate in self.rates:
                fitting = [f for f in files if len(f) <= bytes_at(rate, picture.shape)]
                scores.append(self.restored(i, max(fitting or files[:1], key=len)))
        return float(np.mean(scores))

    def restored(self, i: int, data: bytes) -> float:
        """PSNR in dB of a file after restoration, the mean over networks; without any, of the decoded file."""
        pixels = decode_pixels(data)
        shown = [network(pixels) for network in self.networks] or [pixels]
        return float(np.mean([psnr(picture, self.truths[i]) for picture in shown]))

    def key(self, profile: Profile, rate: float, **settings: Any) -> str:
        """24 digits that change with all that decides a score: pictures, networks, and what the encoder writes."""
        digest = hashlib.sha256(str(self.task).encode())
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
