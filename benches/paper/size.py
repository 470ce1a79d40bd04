"""Size accuracy from 0.45 to 4.5 bpp: what the profile predicts before the size search, and the final file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from accelir.formats.budget import bytes_at
from accelir.profile.installed import load_profile
from accelir.profiling.foretold import RATES, SUBSAMPLING, prepared, ratio
from accelir.restoration.tasks import Task
from benches.paper.pictures import case_of, picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak",)
PROFILE = "denoise-25"
PAPER = {"predicted, median": 2.7, "predicted, 95 %": 9.7}
"""What AccelIR reports, %."""


def units(options: Options) -> Iterator[Unit]:
    for set_name, path in picture_paths(options, SETS):
        yield Unit(f"{set_name} {path.stem}", partial(measure, path))


def measure(path: Path) -> list[Record]:
    """Predicted over real and final over allowed bytes, at each rate. No name of a network is in the files, as it is
    in no prediction.
    """
    picture = case_of(path, Task.parse(PROFILE)).picture
    ready = prepared(load_profile(PROFILE), picture)
    found = []
    for rate in RATES:
        budget = bytes_at(rate, picture.shape)
        if math.isnan(predicted := ratio(ready, rate)):
            raise ValueError(f"{path.stem}: {budget} bytes are below what the curves know")
        found.append({"rate": rate, "predicted": predicted - 1, "final": len(ready.within(budget).data) / budget - 1})
    return found


def rows(records: Sequence[Record]) -> list[Row]:
    by_rate = [row(f"{rate}", [each for each in records if each["rate"] == rate]) for rate in RATES]
    paper = {"rate": "AccelIR", "files": "–", "predicted, bias": "–"} | {k: f"{v:.1f}" for k, v in PAPER.items()}
    return [*by_rate, row("all", records), {**dict.fromkeys(by_rate[0], "–"), **paper}]


def row(label: str, records: Sequence[Record]) -> Row:
    predicted, final = (100 * np.array([each[kind] for each in records]) for kind in ("predicted", "final"))
    return {
        "rate": label,
        "files": len(records),
        "predicted, bias": f"{np.median(predicted):+.1f}",
        "predicted, median": f"{np.median(np.abs(predicted)):.1f}",
        "predicted, 95 %": f"{np.percentile(np.abs(predicted), 95):.1f}",
        "final, median": float(np.median(np.abs(final))),
        "final, 95 %": float(np.percentile(np.abs(final), 95)),
        "above budget": int((final > 0).sum()),
    }


TABLE = Table(
    name="size-accuracy",
    title="Size accuracy: predicted before the size search, and final",
    about=f"""
Noisy pictures, profile `{PROFILE}`, {SUBSAMPLING}, effort 5. "Predicted" is the size that the allocator foresees for
its modes and base step, from the profile's curves, QP-NET's groups and one estimate of a uniform file, beside the file
that they really give, in %: the median of the signed difference, and median and 95th percentile of its size. "Final" is
how far the file that is written lies from its budget, in %.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
