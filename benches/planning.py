"""What QP-NET and the allocator take: `python benches/planning.py DATA`.

Thread time of QP-NET, the allocator, and the rest of effort 5 at a size, noisy Kodak pictures side by side. How well
they foresee the size: `python -m benches.paper --table size-accuracy`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import Pixels, cases, prepare, print_head, print_row, timed

from accelir.formats.budget import bytes_at
from accelir.formats.jpeg.cell_plan import CellPlan
from accelir.formats.jpeg.planning import plan_cells
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.restoration.tasks import Task

NAME = "denoise-25"
SUBSAMPLING = "4:2:0"
SIZES = {0.3: (1, 1), 1: (1, 3), 8: (4, 5)}
"""Megapixels: rows and columns of Kodak pictures."""


def prepared(picture: Pixels) -> PreparedJpeg:
    return prepare(picture, NAME, subsampling=SUBSAMPLING, allocator="lagrangian")


def plan(ready: PreparedJpeg, budget: int) -> CellPlan:
    found = plan_cells(ready.request, ready.coefficients(SUBSAMPLING), ready.job, ready.groups, budget)
    if found is None:
        raise SystemExit(f"{budget} bytes are below what the curves know")
    return found


def times(picture: Pixels) -> tuple[float, float, float]:
    """Seconds of QP-NET, the allocator and the rest."""
    budget, ready = bytes_at(1.2, picture.shape), prepared(picture)
    coefficients, analysed = timed(lambda: ready.coefficients(SUBSAMPLING))
    _, seen = timed(lambda: ready.groups.shares)
    found, planned = timed(lambda: plan(ready, budget))
    _, spent = timed(lambda: found.applied_to(ready.job).run(coefficients, max_bytes=budget))
    return seen, planned, analysed + spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    a = parser.parse_args()
    noisy = [case.picture for case in cases(a.data / "eval" / "kodak", Task.parse(NAME)).values()]
    wide = [picture for picture in noisy if picture.shape == noisy[0].shape]
    times(wide[0])
    print_head("megapixels", "QP-NET, ms", "allocator, ms", "the rest, ms", "share")
    for label, (rows, columns) in SIZES.items():
        tiles = [[wide[(row * columns + column) % len(wide)] for column in range(columns)] for row in range(rows)]
        picture = np.vstack([np.hstack(row) for row in tiles])
        seen, planned, coded = np.median([times(picture) for _ in range(3)], axis=0)
        milliseconds = (f"{seconds * 1e3:.0f}" for seconds in (seen, planned, coded))
        print_row(label, *milliseconds, f"{(seen + planned) / coded:.0%}")


if __name__ == "__main__":
    main()
