"""Figure 1: how unevenly cells of 32x32 pixels gain, by the network and by our files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import CELL
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from accelir.metrics import PSNR_RGB
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import Case, Pixels, largest_within, pillow_jpeg, prepare
from benches.paper.pictures import case_of, pictures_of, task_units
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak",)
NETWORK, OURS = "network, dB", "our file, dB"
TITLES = {NETWORK: "The network, on Pillow's file", OURS: "Our file over Pillow's, after the network"}
SHARES = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100)
"""Percentiles."""
FLOOR = 0.1
"""Added to every cell's mean squared error, so that gains of a perfect cell stay finite: 58 dB."""


def units(options: Options) -> Iterator[Unit]:
    return task_units(options, SETS, measure)


def measure(task: Task, path: Path) -> list[Record]:
    """Gains of every cell, at the middle of the task's rates."""
    case, network = case_of(path, task), open_network(str(task), 1)
    peer = largest_within(partial(pillow_jpeg, case.picture), bytes_at(task.rates[1], case.picture.shape))
    assert peer is not None, "no file of Pillow's is so small"
    ours = prepare(case.picture, str(task)).within(len(peer)).data
    decoded = decode_pixels(peer)
    seen = enlarged(decoded, task.scale), network(decoded), network(decode_pixels(ours))
    plain, theirs, restored = (errors(picture, case, task.scale) for picture in seen)
    return [{"task": str(task), NETWORK: gains(plain, theirs), OURS: gains(theirs, restored)}]


def errors(picture: Pixels, case: Case, scale: int) -> NDArray[np.float64]:
    """Mean squared errors of the coded picture's cells; those that the border cuts count as if whole."""
    return PSNR_RGB.error_by_cell(picture, case.truth, scale) / (3 * (CELL * scale) ** 2)


def gains(before: NDArray[np.float64], after: NDArray[np.float64]) -> list[float]:
    """In dB, by cell."""
    found: list[float] = np.round(10 * np.log10((before + FLOOR) / (after + FLOOR)), 3).ravel().tolist()
    return found


def rows(records: Sequence[Record]) -> list[Row]:
    tasks = list(dict.fromkeys(record["task"] for record in records))
    columns = {f"{task}, {what}": values_of(records, task, what) for what in (NETWORK, OURS) for task in tasks}
    shares = [{"cells": f"{share} %", **_formatted(columns, share)} for share in SHARES]
    return [*shares, {"cells": "cells in all", **{name: str(values.size) for name, values in columns.items()}}]


def _formatted(columns: dict[str, NDArray[np.float64]], share: int) -> Row:
    return {name: f"{np.percentile(values, share):+.2f}" for name, values in columns.items()}


def values_of(records: Sequence[Record], task: str, what: str) -> NDArray[np.float64]:
    return np.array([value for record in records if record["task"] == task for value in record[what]])


def draw(rows: list[Row], figure: Any) -> None:
    shares = rows[:-1]
    heights = [int(str(row["cells"]).removesuffix(" %")) for row in shares]
    for axes, what in zip(figure.subplots(1, 2, sharey=True), (NETWORK, OURS), strict=True):
        for name in (name for name in rows[0] if name.endswith(what)):
            axes.plot([float(row[name]) for row in shares], heights, marker=".", label=name.partition(",")[0])
        axes.axvline(0, color="gray", linewidth=0.8)
        axes.set_title(TITLES[what], fontsize=10)
        axes.set_xlabel("dB at most")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.axes[0].set_ylabel("% of the cells gain")


TABLE = Table(
    name="figure-1",
    title="Figure 1: how unevenly cells gain",
    about="""
Gains of PSNR over RGB of each cell, 32x32 pixels of the coded picture, at the middle of the task's rates (1.2 bpp, for
deblurring 0.8). "network": what the task's network makes of Pillow's file, over the decoded file (enlarged by a bicubic
filter). "our file": what our file of the task's profile, of the same bytes, has more after the network than Pillow's. A
row says how much the cells gain that are at this place in the order of all: half of them gain less than the row 50 %.
""",
    units=units,
    rows=rows,
    draw=draw,
    facts=lambda options: pictures_of(options, SETS),
)
