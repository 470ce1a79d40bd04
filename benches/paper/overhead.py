"""Figures 5 and 6: how long encoding takes beside Pillow's, at 360p, 540p and 1080p."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import accelir
from accelir.formats.budget import bytes_at
from accelir.restoration.pictures import list_pictures
from benches.common import Pixels, largest_within, least_seconds, open_rgb, pillow_jpeg, quality_within
from benches.paper.pictures import evenly
from benches.paper.table import Options, Record, Row, Table, Unit

SIZES = {"360p": (640, 360), "540p": (960, 540), "1080p": (1920, 1080)}
SET = "clic2025"
"""Its pictures are large enough for all sizes."""
BPP = 1.2
RUNS = 3
PILLOW, SEARCHING = "Pillow", "Pillow, bisecting for the size"
OURS = {
    "fidelity, effort 0": ("fidelity", 0),
    "fidelity": ("fidelity", 5),
    "sr-x4": ("sr-x4", 5),
    "denoise-25": ("denoise-25", 5),
    "deblur-1.5": ("deblur-1.5", 5),
}
"""Profiles and efforts; sr-x4's files are uniform, denoise-25 runs QP-NET and the allocator."""


def units(options: Options) -> Iterator[Unit]:
    for path in evenly(list_pictures(options.data / "eval" / SET), options.count):
        for size in SIZES:
            yield Unit(f"{path.stem} {size}", partial(measure, path, size))


def measure(path: Path, size: str) -> list[Record]:
    picture = fitted(open_rgb(path), SIZES[size])
    make, budget = partial(pillow_jpeg, picture), bytes_at(BPP, picture.shape)
    quality = quality_within(make, budget)
    assert quality is not None, "no file of Pillow's is so small"
    calls: dict[str, Callable[[], object]] = {
        PILLOW: partial(make, quality),
        SEARCHING: partial(largest_within, make, budget),
    }
    for name, (profile, effort) in OURS.items():
        encoder = accelir.Encoder(profile=profile, effort=effort)
        calls[name] = partial(encoder.encode, picture, max_bytes=budget)
    return [{"size": size, "encoder": name, "seconds": least_seconds(call, RUNS)} for name, call in calls.items()]


def fitted(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """A picture of that size: cut to its shape, then scaled."""
    width, height = size
    factor = min(picture.shape[1] / width, picture.shape[0] / height)
    box = 0, 0, width * factor, height * factor
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, box=box))


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(size, encoder, records) for size in SIZES for encoder in (PILLOW, SEARCHING, *OURS)]


def row(size: str, encoder: str, records: Sequence[Record]) -> Row:
    ours, peers = (seconds_of(records, size, name) for name in (encoder, PILLOW))
    ratios = [our / peer for our, peer in zip(ours, peers, strict=True)]
    return {
        "size": size,
        "encoder": encoder,
        "pictures": len(ours),
        "ms": f"{1000 * np.median(ours):.1f}",
        "over Pillow, ms": f"{1000 * (np.median(ours) - np.median(peers)):+.1f}",
        "times Pillow's": f"{np.median(ratios):.2f}",
    }


def seconds_of(records: Sequence[Record], size: str, encoder: str) -> list[float]:
    return [record["seconds"] for record in records if (record["size"], record["encoder"]) == (size, encoder)]


def draw(rows: list[Row], figure: Any) -> None:
    axes = figure.subplots()
    names = list(dict.fromkeys(row["encoder"] for row in rows))
    for index, name in enumerate(names):
        heights = [float(row["ms"]) for row in rows if row["encoder"] == name]
        axes.bar(np.arange(len(SIZES)) + (index - len(names) / 2) * 0.12, heights, 0.11, label=name)
    axes.set_xticks(np.arange(len(SIZES)), list(SIZES))
    axes.set_yscale("log")
    axes.set_ylabel("milliseconds of one core")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


TABLE = Table(
    name="figure-5",
    title="Figures 5 and 6: encoding overhead at 360p, 540p and 1080p",
    about=f"""
CPU time of encoding pictures as JPEG at {BPP} bpp, the least of {RUNS} runs, the median over pictures. Pillow
(`optimize=True`, 4:2:0) is told the quality; "bisecting" finds it by trying. Ours find the size themselves, by effort 5
where none is named, without an original. Energy is left out: no counter of this machine tells it.
""",
    units=units,
    rows=rows,
    draw=draw,
    facts=lambda options: {"data": f"{options.count} pictures of {SET}, cut and scaled"},
)
