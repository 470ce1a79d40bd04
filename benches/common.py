"""What the benches share: pictures, Pillow's files and ours, scores, times, memory, tables for people, and BD-rate
(Bjontegaard, VCEG-M33, with PCHIP interpolation).
"""

from __future__ import annotations

import bisect
import csv
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import PchipInterpolator

from accelir.formats.decode import decode_pixels
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics import PSNR_FLAT, PSNR_RGB, PSNR_Y, SSIMULACRA2, Metric
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.restoration.network import Network
from accelir.restoration.pictures import degraded, list_pictures
from accelir.restoration.tasks import Task

Pixels = NDArray[np.uint8]
T = TypeVar("T")

EFFORT = 5
WHOLE = 1 << 16
"""More than any picture's side: nothing is cut off."""
CEILING = 138.0
"""What a lossless file counts, dB: a curve can't be drawn through an infinite value."""
JUDGES: dict[str, Metric] = {
    "RGB": replace(PSNR_RGB, ceiling=CEILING),
    "Y": replace(PSNR_Y, ceiling=CEILING),
    "SSIMULACRA2": SSIMULACRA2,
    "flat Y": replace(PSNR_FLAT, ceiling=CEILING),
}
"""What every table has a column of: PSNR, dB; SSIMULACRA 2, points; PSNR of luma where the truth is flat, dB."""
Scores = NDArray[np.float64]
"""One of each judge, (4,); nan for a picture that has no flat area."""
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Logarithms of rates, rising, and scores."""
QUALITIES = (22, 30, 38, 46, 54, 62, 69, 75, 80, 84, 88, 91, 94)
PEER_TASKS = {"sr4": Task("sr", 4), "denoise25": Task("denoise", 25), "deblur1.5": Task("deblur", 1.5)}
"""Tasks by their names in data/peers."""


@dataclass(frozen=True, eq=False)
class Case:
    """One picture by the evaluation protocol."""

    picture: Pixels
    """What is encoded."""
    truth: Pixels
    """What the restored picture should be."""


@dataclass(frozen=True)
class Score:
    """One file against its original."""

    bpp: float
    by_judge: dict[str, float]


def spread(items: Sequence[T], count: int) -> Sequence[T]:
    """At most so many of them, evenly spaced."""
    return items[:: max(len(items) // count, 1)][:count]


def cases(folder: Path, task: Task, count: int = WHOLE) -> dict[str, Case]:
    """Pictures of a folder, `count` at most, by the names of their files."""
    return {path.stem: Case(*degraded(path, task, WHOLE)) for path in spread(list_pictures(folder), count)}


def load(folder: Path, divide: int = 1) -> dict[str, Pixels]:
    """Pictures of a folder by name, as they are or downscaled by the protocol."""
    return {name: case.picture for name, case in cases(folder, Task("sr", divide)).items()}


def open_rgb(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def peer_files(data: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Rows of data/peers/manifest.csv, and the files that they tell of."""
    with open(data / "peers" / "manifest.csv", newline="") as manifest:
        for row in csv.DictReader(manifest):
            yield row, (data / "peers" / row["file"]).read_bytes()


def prepare(
    picture: Pixels,
    profile: str | Profile,
    format: str = "jpeg",
    effort: int = EFFORT,
    qp_map: NDArray[np.int32] | None = None,
    **settings: Any,
) -> Any:
    """A PreparedJpeg or PreparedWebp, by the format. profile: a value or an installed one's name; settings: of
    EncoderSettings.
    """
    known = load_profile(profile) if isinstance(profile, str) else profile
    return FORMATS[format].prepare(Request(picture, EncoderSettings(known, effort, **settings), qp_map=qp_map))


def pillow_jpeg(picture: Pixels | Image.Image, quality: int, subsampling: str = "4:2:0") -> bytes:
    return saved(picture, "JPEG", quality=quality, optimize=True, subsampling=subsampling)


def pillow_webp(picture: Pixels, quality: int, method: int = 6) -> bytes:
    return saved(picture, "WEBP", quality=quality, method=method)


def saved(picture: Pixels | Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(out, format, **options)
    return out.getvalue()


def quality_within(make: Callable[[int], bytes], max_bytes: int, qualities: range = range(1, 96)) -> int | None:
    """The highest quality whose file isn't above the budget, None without one; sizes rise with it but for a few bytes.

    make: writes a file of a quality.
    """
    fitting = bisect.bisect_right(qualities, max_bytes, key=lambda quality: len(make(quality)))
    return qualities[fitting - 1] if fitting else None


def largest_within(make: Callable[[int], bytes], max_bytes: int, qualities: range = range(1, 96)) -> bytes | None:
    """The file of that quality."""
    quality = quality_within(make, max_bytes, qualities)
    return None if quality is None else make(quality)


def scores(picture: Pixels, truth: Pixels) -> Scores:
    return np.array([judge.score(picture, truth) for judge in JUDGES.values()])


def score(data: bytes, original: Pixels) -> Score:
    found = scores(decode_pixels(data), original).tolist()
    return Score(len(data) * 8 / (original.shape[0] * original.shape[1]), dict(zip(JUDGES, found, strict=True)))


def restored_scores(network: Network, data: bytes, truth: Pixels) -> Scores:
    """Of a file that was decoded and restored."""
    return scores(network(decode_pixels(data)), truth)


def both_scores(network: Network, data: bytes, case: Case) -> tuple[Scores, Scores]:
    """Of a file that was decoded and restored, and of the decoded file against what was encoded."""
    decoded = decode_pixels(data)
    return scores(network(decoded), case.truth), scores(decoded, case.picture)


def means(rows: Sequence[Any]) -> NDArray[np.float64]:
    """Over pictures, those left out of which a judge says nothing; nan where that is so of all."""
    values = np.array(rows, np.float64)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))


def signed(gains: Scores, unit: str = "") -> list[str]:
    """Differences as cells of a table."""
    return ["–" if np.isnan(gain) else f"{gain:+.2f}{unit}" for gain in gains]


def known(figure: float | None) -> str:
    """A figure as a cell of a table, which may not have been found."""
    return "–" if figure is None else f"{figure:.1f}"


def bd_rates(anchor: list[Score], test: list[Score], low: float, high: float) -> Scores:
    """Mean difference in rate at equal scores, in %, by judge, where the anchor has low to high bits per pixel; nan
    where no score is common to both.
    """
    return np.array([_bd_rate(anchor, test, judge, low, high) for judge in JUDGES])


def _bd_rate(anchor: list[Score], test: list[Score], judge: str, low: float, high: float) -> float:
    curves = _both_curves(anchor, test, judge)
    if curves is None:
        return np.nan
    (rate_a, psnr_a), (rate_t, psnr_t) = curves
    at = PchipInterpolator(rate_a, psnr_a)
    start = max(float(at(max(np.log(low), rate_a[0]))), psnr_t[0])
    end = min(float(at(min(np.log(high), rate_a[-1]))), psnr_t[-1])
    x = np.linspace(start, end, 200)
    difference = PchipInterpolator(psnr_t, rate_t)(x) - PchipInterpolator(psnr_a, rate_a)(x)
    return float(100 * np.expm1(np.mean(difference))) if start < end else np.nan


def bd_scores(anchor: list[Score], test: list[Score], low: float, high: float) -> Scores:
    """Mean difference in score at equal rates from low to high bits per pixel, by judge, where both have files."""
    return np.array([_bd_score(anchor, test, judge, low, high) for judge in JUDGES])


def _bd_score(anchor: list[Score], test: list[Score], judge: str, low: float, high: float) -> float:
    curves = _both_curves(anchor, test, judge)
    if curves is None:
        return np.nan
    (rate_a, psnr_a), (rate_t, psnr_t) = curves
    start, end = max(np.log(low), rate_a[0], rate_t[0]), min(np.log(high), rate_a[-1], rate_t[-1])
    x = np.linspace(start, end, 200)
    difference = PchipInterpolator(rate_t, psnr_t)(x) - PchipInterpolator(rate_a, psnr_a)(x)
    return float(np.mean(difference)) if start < end else np.nan


def _both_curves(anchor: list[Score], test: list[Score], judge: str) -> tuple[Curve, Curve] | None:
    """None where the judge says nothing of a file, or nothing gets better with size."""
    if any(np.isnan(each.by_judge[judge]) for each in (*anchor, *test)):
        return None
    curves = _curve(anchor, judge), _curve(test, judge)
    return None if min(len(rates) for rates, _ in curves) < 2 else curves


def _curve(files: list[Score], judge: str) -> Curve:
    """Log rates and scores of the files that are better than all smaller ones."""
    rising: list[tuple[float, float]] = []
    for file in sorted(files, key=lambda file: file.bpp):
        if not rising or (file.by_judge[judge] > rising[-1][1] and np.log(file.bpp) > rising[-1][0]):
            rising.append((np.log(file.bpp), file.by_judge[judge]))
    rates, found = np.array(rising).T
    return rates, found


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a call returns, and its seconds of the calling thread, in which other work on the machine counts little."""
    start = time.thread_time()
    return call(), time.thread_time() - start


def least_seconds(call: Callable[[], object], runs: int) -> float:
    """Of several runs."""
    return min(timed(call)[1] for _ in range(runs))


def repeated(picture: Pixels, height: int, width: int) -> Pixels:
    """A larger picture, of tiles; nothing else of its size is held meanwhile, as peaks of memory are measured."""
    large = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, picture.shape[0]):
        for left in range(0, width, picture.shape[1]):
            part = large[top : top + picture.shape[0], left : left + picture.shape[1]]
            part[:] = picture[: part.shape[0], : part.shape[1]]
    return large


def peak_bytes() -> int:
    """The most that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def numbers_of(script: str, *arguments: str) -> list[int]:
    """What a bench prints when it is run in a fresh process."""
    command = [sys.executable, script, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [int(number) for number in done.stdout.split()]


def print_head(*names: object) -> None:
    """The first two lines of a Markdown table."""
    print_row(*names)
    print("|" + "---|" * len(names))


def print_row(*cells: object) -> None:
    print("|", " | ".join(map(str, cells)), "|", flush=True)
