"""What an emulated codec reports: each 32x32 cell a JPEG file of its own; beside it the same allocation in a file."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.cells.allocation import allocate
from accelir.cells.grid import CELL, grid_of
from accelir.errors import BudgetError
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    Pixels,
    largest_within,
    means,
    pillow_jpeg,
    prepare,
    saved,
    scores,
    signed,
)
from benches.paper.pictures import case_of, pictures_of, task_units
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak",)
QUALITIES = range(1, 96)
HALVINGS = 12
"""Of the range of budgets in which the one is looked for whose cells add up to the size wanted."""
TRIED = 0.2, 5.0
"""That range, over the size wanted: curves count our encoder's bits, not Pillow's."""
REAL = {"real, uniform": "uniform", "real, by groups": "qp-reward", "real, profile": "auto"}
"""Allocators of our files."""
COMPARED = {
    "emulated: by groups over one quality": ("emulated, by groups", "emulated, one quality"),
    "real: by groups over uniform, our encoder": ("real, by groups", "real, uniform"),
    "real: our profile over Pillow": ("real, profile", "Pillow"),
}


class Emulation:
    """A picture as a mosaic of small JPEG files by Pillow."""

    def __init__(self, picture: Pixels) -> None:
        self.picture = picture
        self.coded = functools.cache(self._coded)

    def _coded(self, row: int, column: int, quality: int) -> tuple[int, Pixels]:
        """Bytes of a cell's scan, without headers, and its pixels."""
        top, left = row * CELL, column * CELL
        data = saved(self.picture[top : top + CELL, left : left + CELL], "JPEG", quality=quality)
        scan = data.rfind(b"\xff\xda")
        header = int.from_bytes(data[scan + 2 : scan + 4], "big")
        with Image.open(io.BytesIO(data)) as cell:
            return len(data) - scan - 2 - header - 2, np.asarray(cell)

    def size(self, qualities: NDArray[np.integer]) -> int:
        """Bytes of all cells. qualities: of each cell, (ceil(H/32), ceil(W/32))."""
        return sum(self.coded(*place, int(quality))[0] for place, quality in np.ndenumerate(qualities))

    def pixels(self, qualities: NDArray[np.integer]) -> Pixels:
        """The pasted picture."""
        out = np.empty_like(self.picture)
        for (row, column), quality in np.ndenumerate(qualities):
            cell = self.coded(row, column, int(quality))[1]
            out[row * CELL :, column * CELL :][: cell.shape[0], : cell.shape[1]] = cell
        return out


def units(options: Options) -> Iterator[Unit]:
    return task_units(options, SETS, compare)


def compare(task: Task, path: Path) -> list[Record]:
    """Differences at each of the task's rates."""
    case, network = case_of(path, task), open_network(str(task), 1)
    emulation = Emulation(case.picture)
    made = {name: prepare(case.picture, str(task), allocator=allocator) for name, allocator in REAL.items()}
    found = []
    for rate in task.rates:
        budget = bytes_at(rate, case.picture.shape)
        even = one_quality(emulation, budget)
        spread = by_groups(emulation, made["real, by groups"], emulation.size(even))
        peer = largest_within(partial(pillow_jpeg, case.picture), budget)
        if spread is None or peer is None:
            continue
        seen = {"emulated, one quality": emulation.pixels(even), "emulated, by groups": emulation.pixels(spread)}
        seen["Pillow"] = decode_pixels(peer)
        seen |= {name: decode_pixels(ready.within(len(peer)).data) for name, ready in made.items()}
        judged = {name: scores(network(pixels), case.truth) for name, pixels in seen.items()}
        gains = {label: (judged[a] - judged[b]).tolist() for label, (a, b) in COMPARED.items()}
        found.append({"task": str(task), "rate": rate, "gains": gains})
    return found


def one_quality(emulation: Emulation, max_bytes: int) -> NDArray[np.int64]:
    """The highest quality for all cells that keeps to a size, or the lowest there is."""
    grid = grid_of(emulation.picture.shape)
    maps = [np.full(grid, quality) for quality in QUALITIES]
    low, high = 0, len(maps)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if emulation.size(maps[middle]) <= max_bytes else (low, middle)
    return maps[low]


def by_groups(emulation: Emulation, ready: PreparedJpeg, max_bytes: int) -> NDArray[np.int32] | None:
    """Qualities by QP-NET's groups and their curves, as the paper has them, that come nearest to a size from below."""
    low, high = np.log(np.array(TRIED) * max_bytes)
    best = None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        qualities = allocated(ready, float(np.exp(middle)))
        if qualities is not None and emulation.size(qualities) <= max_bytes:
            best, low = qualities, middle
        elif qualities is None:
            low = middle
        else:
            high = middle
    return best


def allocated(ready: PreparedJpeg, room: float) -> NDArray[np.int32] | None:
    """None where the curves have nothing so small."""
    model = ready.request.settings.profile.groups
    assert model is not None, "a profile with groups is wanted"
    curves = model.curves
    try:
        spent = allocate(curves.bits / 8, -curves.error, ready.groups.map, room, method="reward")
    except BudgetError:
        return None
    return np.asarray(curves.qps[spent.options])


def rows(records: Sequence[Record]) -> list[Row]:
    keys = dict.fromkeys((each["task"], each["rate"]) for each in records)
    return [row for key in keys for row in rows_of(*key, records)]


def rows_of(task: str, rate: float, records: Sequence[Record]) -> Iterator[Row]:
    gains = [each["gains"] for each in records if (each["task"], each["rate"]) == (task, rate)]
    for label in COMPARED:
        judged = dict(zip(JUDGES, signed(means([gain[label] for gain in gains])), strict=True))
        yield {"task": task, "bpp": f"{rate}", "pictures": len(gains), "compared": label, **judged}


TABLE = Table(
    name="emulation",
    title="What an emulated codec reports, beside real files",
    about="""
The official evaluation of AccelIR saves every cell of 32x32 pixels as a JPEG file of its own, pastes the decoded cells,
and adds up sizes without headers. "Emulated" is that with Pillow: one quality for all cells, the highest within the
rate, and at its bytes qualities by QP-NET's groups and the reward of the paper. "Real: by groups" is the same
allocation in a file, each quality realised by the mode that comes nearest, over our uniform file; "our profile" is what
the profile does by itself, over Pillow (optimize=True, 4:2:0), both at the bytes of Pillow's file. Differences in
scores after the task's own network: dB, points for SSIMULACRA 2. Where the lowest quality of the groups' curves, 15, is
too much for a rate, the picture is left out there.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
