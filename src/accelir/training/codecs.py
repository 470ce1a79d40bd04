"""The codec in the loop: mixtures of real encoders at random rates that every training picture passes through.

A mixture is written as items with optional weights, for instance "jpeg:10-100*3,flat:4-40*2,webp:20-95,none":

    jpeg:LOW-HIGH       Pillow's JPEG, standard tables, 4:2:0, quality drawn evenly
    jpeg444:LOW-HIGH    the same at 4:4:4
    flat:LOW-HIGH       Pillow's JPEG with one step for all luma frequencies, drawn evenly in its logarithm, and chroma
                        steps 0.6 to 1 of it: the tables that this project's encoder uses for super-resolution
    webp:LOW-HIGH       Pillow's lossy WebP, quality drawn evenly
    ours:PROFILE:LOW-HIGH   accelir.encode with that profile, bits per pixel drawn evenly in the logarithm
    ours-webp:PROFILE:LOW-HIGH  the same as WebP
    steered:PROFILE:LOW-HIGH    as ours, steered by the profile's installed network towards the truth
    none                no codec

Items joined by + are encoders that a picture passes through one after another, each on a grid of its own, shifted by
0 to 7 pixels each way: "jpeg:10-60+jpeg:70-98" are files that were cut and saved again. Steered files aren't joined.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

RANGES = {
    "jpeg": (1, 100),
    "jpeg444": (1, 100),
    "flat": (1, 255),
    "webp": (0, 100),
    "ours": (0.02, 24.0),
    "ours-webp": (0.02, 24.0),
    "steered": (0.02, 24.0),
}
STEERED_EFFORT = 3
"""Asks the network's gradient twice; `scale=` does so three times at effort 5."""


def by_pillow(picture: np.ndarray, format: str, **options: object) -> bytes:
    """Pillow's file of uint8 H x W x 3."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class Codec:
    """One encoder and the range its rate is drawn from."""

    name: str
    """Name of the encoder: jpeg, jpeg444, flat, webp, ours, ours-webp, steered or none."""
    low: float = 0.0
    """Lowest quality (jpeg, jpeg444, webp), step (flat) or rate in bits per pixel (ours, ours-webp, steered)."""
    high: float = 0.0
    """Highest quality, step or rate, in the same unit."""
    profile: str = ""
    """Profile of `ours`, `ours-webp` and `steered`; "" for all others."""
    weight: float = 1.0
    """Frequency relative to the other codecs of a mixture, above 0."""
    before: Codec | None = None
    """Codec that a picture passes through before this one, whose grid is then shifted; None: this is the first."""

    def __call__(self, picture: np.ndarray, rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
        """What a decoder gets back of a picture, uint8 H x W x 3 -> the same shape.

        truth: what it was made from, uint8 sH x sW x 3 of the task's scale; steered files alone look at it.
        """
        if self.before is None:
            return self._once(picture, rng, truth)
        down, right = (int(shift) for shift in rng.integers(0, 8, 2))
        shifted = np.pad(self.before(picture, rng, truth), ((down, 0), (right, 0), (0, 0)), mode="edge")
        return self._once(shifted, rng, truth)[down:, right:]

    def file(self, picture: np.ndarray, rng: np.random.Generator, truth: np.ndarray) -> bytes | None:
        """This encoder's file of a picture; None for `none`. Parameters are those of a call."""
        if self.name == "none":
            return None
        if self.name in ("jpeg", "jpeg444"):
            subsampling = "4:4:4" if self.name == "jpeg444" else "4:2:0"
            return by_pillow(picture, "JPEG", quality=self._quality(rng), subsampling=subsampling)
        if self.name == "webp":
            return by_pillow(picture, "WEBP", quality=self._quality(rng), method=2)
        rate = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        if self.name == "flat":
            luma, chroma = (max(1, min(255, round(step))) for step in (rate, rate * rng.uniform(0.6, 1.0)))
            return by_pillow(picture, "JPEG", qtables=[[luma] * 64, [chroma] * 64], subsampling="4:2:0")
        if self.name == "steered":
            return self._ours(picture, rate, reference=truth, effort=STEERED_EFFORT)
        return self._ours(picture, rate, format="webp" if self.name == "ours-webp" else "jpeg")

    def _once(self, picture: np.ndarray, rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
        data = self.file(picture, rng, truth)
        return picture if data is None else np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def _quality(self, rng: np.random.Generator) -> int:
        return int(rng.integers(int(self.low), int(self.high) + 1))

    def _ours(self, picture: np.ndarray, bpp: float, **options: Any) -> bytes:
        import accelir

        try:
            return accelir.encode(picture, bpp=bpp, profile=self.profile, **options)
        except accelir.BudgetError as error:  # a picture too rich for so few bytes
            return accelir.encode(picture, max_bytes=error.smallest, profile=self.profile, **options)


def _parse_one(item: str) -> Codec:
    body, _, weight = item.strip().partition("*")
    try:
        codec, *others = map(_parse_encoder, body.split("+"))
        if others and "steered" in {one.name for one in (codec, *others)}:
            raise ValueError
        for other in others:
            codec = replace(other, before=codec)
        codec = replace(codec, weight=float(weight) if weight else 1.0)
        if codec.weight > 0:
            return codec
    except (KeyError, IndexError, ValueError):
        pass
    raise ValueError(
        f"cannot read the codec {item!r}; write jpeg:10-100, jpeg444:10-100, flat:4-40, webp:20-95, "
        "ours:PROFILE:0.5-2, ours-webp:PROFILE:0.5-2, steered:PROFILE:0.5-2 or none, some of them, but not steered, "
        "joined by + for one after another, each with an optional weight such as *2, separated by commas"
    )


def _parse_encoder(text: str) -> Codec:
    """One encoder without weight. Raises KeyError, IndexError or ValueError for anything else."""
    name, *fields = text.strip().split(":")
    if name == "none" and not fields:
        return Codec(name)
    is_ours = name == "steered" or name.startswith("ours")
    profile = fields.pop(0) if is_ours and len(fields) == 2 else ""
    low, high = (float(x) for x in fields[0].split("-"))
    least, most = RANGES[name]
    if len(fields) != 1 or not least <= low <= high <= most or (is_ours and not profile):
        raise ValueError
    return Codec(name, low, high, profile)


def parse_mixture(text: str) -> tuple[Codec, ...]:
    """Read a mixture (see the top of this file). Raises ValueError that says what is taken."""
    return tuple(_parse_one(item) for item in text.split(","))


def draw(mixture: tuple[Codec, ...], rng: np.random.Generator) -> Codec:
    """A codec of the mixture, drawn by weight."""
    weights = np.array([codec.weight for codec in mixture])
    return mixture[int(rng.choice(len(mixture), p=weights / weights.sum()))]
