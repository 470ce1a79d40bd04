"""What the benches share: pictures, scores, Pillow's files, BD-rate (Bjontegaard, VCEG-M33, with PCHIP
interpolation).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import PchipInterpolator

from accelir.metrics.psnr import PSNR_RGB, PSNR_Y

CEILING = 138.0
"""What a lossless file counts, dB: a curve can't be drawn through an infinite value."""
QUALITIES = (22, 30, 38, 46, 54, 62, 69, 75, 80, 84, 88, 91, 94)


@dataclass(frozen=True)
class Score:
    """One file against its original."""

    bpp: float
    rgb: float
    """PSNR over RGB, dB."""
    luma: float
    """PSNR of BT.601 luma, dB."""


def load(folder: Path, divide: int = 1) -> dict[str, NDArray[np.uint8]]:
    """Pictures of a folder by name, as they are or downscaled by the protocol: cropped to a multiple, Pillow's
    BICUBIC.
    """
    pictures = {}
    for path in sorted(folder.glob("*.webp")):
        picture = Image.open(path).convert("RGB")
        width, height = picture.width // divide, picture.height // divide
        if divide > 1:
            picture = picture.crop((0, 0, width * divide, height * divide)).resize(
                (width, height), Image.Resampling.BICUBIC
            )
        pictures[path.stem] = np.asarray(picture)
    return pictures


def score(data: bytes, original: NDArray[np.uint8]) -> Score:
    decoded = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    rgb, luma = (replace(metric, ceiling=CEILING).score(decoded, original) for metric in (PSNR_RGB, PSNR_Y))
    return Score(len(data) * 8 / (original.shape[0] * original.shape[1]), rgb, luma)


def pillow_jpeg(picture: NDArray[np.uint8], quality: int, subsampling: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality, optimize=True, subsampling=subsampling)
    return out.getvalue()


def bd_rate(anchor: list[Score], test: list[Score], metric: str, low: float, high: float) -> float:
    """Mean difference in rate at equal PSNR, in %, where the anchor has low to high bits per pixel."""
    rate_a, psnr_a = _curve(anchor, metric)
    rate_t, psnr_t = _curve(test, metric)
    at = PchipInterpolator(rate_a, psnr_a)
    start = max(float(at(max(np.log(low), rate_a[0]))), psnr_t[0])
    end = min(float(at(min(np.log(high), rate_a[-1]))), psnr_t[-1])
    x = np.linspace(start, end, 200)
    difference = PchipInterpolator(psnr_t, rate_t)(x) - PchipInterpolator(psnr_a, rate_a)(x)
    return float(100 * np.expm1(np.mean(difference)))


def _curve(scores: list[Score], metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = sorted((getattr(s, metric), np.log(s.bpp)) for s in scores)
    rising = [p for i, p in enumerate(points) if i == 0 or p[0] > points[i - 1][0]]
    psnrs, rates = np.array(rising).T
    return rates, psnrs
