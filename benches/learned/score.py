"""Learned files of a few pictures, and files of other kinds that are as large, judged and timed."""

from __future__ import annotations

import csv
import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from accelir.formats.decode import decode_pixels
from accelir.restoration.pictures import list_pictures
from benches.common import (
    JUDGES,
    Pixels,
    means,
    open_rgb,
    pillow_jpeg,
    pillow_webp,
    prepare,
    quality_within,
    scores,
)
from benches.learned.codec import decode, encode, seen_by_encoder
from benches.learned.network import Autoencoder, load
from benches.paper.pictures import evenly
from benches.paper.results import write_result
from benches.paper.store import work_through
from benches.paper.table import Record, Row, Unit

T = TypeVar("T")
COUNTS = {"kodak": 8, "clic2025": 4}
"""Pictures of each set, evenly spaced."""
LEARNED = "learned"
OURS = {
    "JPEG `fidelity`": ("fidelity", "jpeg"),
    "JPEG `perceptual`": ("perceptual", "jpeg"),
    "WebP `fidelity`": ("fidelity", "webp"),
}
PILLOW = {"JPEG, Pillow": (pillow_jpeg, range(1, 96)), "WebP, Pillow": (pillow_webp, range(101))}
NOTHING = "–"
POINTS = 12
"""Of each learning curve."""
NAME, CURVE = "learned-codec", "learned-codec-training"
ABOUT = """
A convolutional autoencoder with hard shrinkage as its activation and a hyperprior (`benches/learned/network.py`),
trained once for each rate; its files are real ones, and their pictures were checked to be those that the encoder
foresaw, pixel by pixel. The rows below each are of files of the same pictures that are at most as large: ours, and
Pillow's of the highest quality that fits. Means over pictures: PSNR in dB over RGB and luma, SSIMULACRA 2 in points,
PSNR of luma where the truth is flat; "learned ahead" says in how many pictures the learned file's RGB is higher.
Seconds are of CPU, for a megapixel: with the search for the size for ours, without it for Pillow's; the learned codec
runs in float32 on one thread.
"""
CURVE_ABOUT = """
Means over the 100 steps up to the one named, of crops of the training photographs, before each step; bits are as the
model reckons them with noise in the place of rounding. In the first thousand steps only that model learns.
"""


def score(data: Path, runs: Sequence[Path], work: Path) -> None:
    """Write docs/results. data: the folder with eval/. runs: folders of trainings. work: where findings are kept."""
    torch.set_num_threads(1)
    found = work_through(list(units(data, runs)), work / f"{NAME}.jsonl")
    facts = {
        "command": f"python -m benches.learned score DATA {' '.join(run.name for run in runs)}",
        "data": ", ".join(f"{count} of eval/{name}" for name, count in COUNTS.items()) + ", evenly spaced",
        "training": "crops of data/train; " + "; ".join(f"{run.name}: {trained(run)}" for run in runs),
        "packages": f"torch {torch.__version__}, constriction {importlib.metadata.version('constriction')}",
        "time": f"{found.seconds / 60:.0f} minutes of CPU",
    }
    write_result(NAME, "A learned codec beside JPEG and WebP", ABOUT, facts, rows(found.records))
    curves = [row for run in runs for row in curve(run)]
    own = {
        "command": "python -m benches.learned train DATA/train RUN --weight W --minutes M",
        "training": facts["training"],
    }
    write_result(CURVE, "Training of the learned codec", CURVE_ABOUT, own, curves, draw)


def units(data: Path, runs: Sequence[Path]) -> Iterator[Unit]:
    for run in runs:
        network = load(run / "checkpoint.pt")
        for name, count in COUNTS.items():
            for path in evenly(list_pictures(data / "eval" / name), count):
                yield Unit(f"{run.name} {name} {path.stem}", partial(compare, network, run.name, name, path))


def compare(network: Autoencoder, run: str, set_name: str, path: Path) -> list[Record]:
    """Raises ValueError if a learned file doesn't decode to what its encoder foresaw."""
    picture = open_rgb(path)
    record = partial(judged, picture, run=run, set=set_name)
    data, seconds = timed(lambda: encode(network, picture))
    records = [record(LEARNED, data, seconds, lambda data: decode(network, data))]
    if not np.array_equal(decode(network, data), seen_by_encoder(network, picture)):
        raise ValueError(f"{path.name}: the file's picture is not the encoder's; it has to be, on one machine")
    for name, (profile, format) in OURS.items():
        ours, seconds = timed(lambda p=profile, f=format: prepare(picture, p, f).within(len(data)).data)
        records.append(record(name, ours, seconds, decode_pixels))
    for name, (make, qualities) in PILLOW.items():
        quality = quality_within(partial(make, picture), len(data), qualities) or qualities[0]
        theirs, seconds = timed(lambda m=make, q=quality: m(picture, q))
        records.append(record(name, theirs, seconds, decode_pixels))
    return records


def judged(
    picture: Pixels, file: str, data: bytes, encoding: float, read: Callable[[bytes], Pixels], **about: str
) -> Record:
    decoded, decoding = timed(lambda: read(data))
    size = picture.shape[0] * picture.shape[1]
    return {
        **about,
        "file": file,
        "bpp": len(data) * 8 / size,
        "scores": scores(decoded, picture).tolist(),
        "seconds": [encoding * 1e6 / size, decoding * 1e6 / size],
    }


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a call returns, and its seconds of CPU, of all threads."""
    start = time.process_time()
    return call(), time.process_time() - start


def rows(records: Sequence[Record]) -> list[Row]:
    """Of each set and training, a row a kind of file."""
    groups = dict.fromkeys((each["set"], each["run"]) for each in records)
    files = dict.fromkeys(each["file"] for each in records)
    return [
        row(file, [each for each in records if (each["set"], each["run"]) == group], group)
        for group in groups
        for file in files
    ]


def row(file: str, records: Sequence[Record], group: tuple[str, str]) -> Row:
    own = [each for each in records if each["file"] == file]
    learned = [each for each in records if each["file"] == LEARNED]
    ahead = sum(one["scores"][0] > each["scores"][0] for one, each in zip(learned, own, strict=True))
    judges = dict(zip(JUDGES, (f"{value:.2f}" for value in means([each["scores"] for each in own])), strict=True))
    encoding, decoding = (f"{seconds:.3f}" for seconds in means([each["seconds"] for each in own]))
    return {
        **{"set": group[0], "rate": group[1], "file": file, "pictures": len(own)},
        "bpp": f"{means([[each['bpp']] for each in own])[0]:.3f}",
        **judges,
        "learned ahead": NOTHING if file == LEARNED else f"{ahead} of {len(own)}",
        **{"encode s/MP": encoding, "decode s/MP": decoding},
    }


def trained(run: Path) -> str:
    """What a training was, for people."""
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    recipe, progress = state["recipe"], state["progress"]
    return (
        f"{progress['step']} steps of {recipe['batch']} crops of {recipe['patch']} x {recipe['patch']}, weight of the"
        f" error {recipe['weight']}, {progress['cpu'] / 60:.0f} minutes of CPU ({progress['seconds'] / 60:.0f} on the"
        " clock, one thread of a busy machine, bfloat16)"
    )


def curve(run: Path) -> list[Row]:
    """Evenly spaced lines of the learning curve, the last among them."""
    with open(run / "curve.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    places = sorted({round(part * (len(lines) - 1)) for part in np.linspace(0, 1, POINTS)})
    return [curve_row(run.name, lines[place]) for place in places]


def curve_row(run: str, line: dict[str, str]) -> Row:
    psnr = NOTHING if line["PSNR"] == "nan" else line["PSNR"]
    minutes = {f"{name} minutes": float(line[key]) / 60 for name, key in (("clock", "seconds"), ("CPU", "CPU seconds"))}
    return {"rate": run, "step": line["step"], **minutes, "bpp": line["bpp"], "PSNR": psnr}


def draw(rows: list[Row], figure: Any) -> None:
    axes = figure.subplots(1, 2)
    for run in dict.fromkeys(row["rate"] for row in rows):
        own = [row for row in rows if row["rate"] == run]
        for each, column in zip(axes, ("PSNR", "bpp"), strict=True):
            each.plot([int(row["step"]) for row in own], [number(row[column]) for row in own], label=run)
    for each, label in zip(axes, ("PSNR of crops, dB", "bits per pixel"), strict=True):
        each.set(xlabel="steps", ylabel=label)
        each.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)


def number(cell: str | int | float) -> float:
    return np.nan if cell == NOTHING else float(cell)
