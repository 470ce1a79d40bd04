"""What QP-NET and the allocator take, and how well they foresee the size: `python benches/planning.py DATA`.

Time: thread time of QP-NET, the allocator, and the rest of effort 5 at a size, noisy Kodak pictures side by side.
Size: the profile's prediction against the file that its modes and base step really give, before the size search, and
the final file against the budget; Kodak by the evaluation protocol, 0.9, 1.2 and 1.8 bpp.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import Pixels, cases, prepare, print_head, print_row, timed

from accelir.formats.budget import bytes_at
from accelir.formats.jpeg.cell_plan import CellPlan
from accelir.formats.jpeg.planning import plan_cells
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.profile.installed import load_profile
from accelir.restoration.tasks import Task

NAME = "denoise-25"
SUBSAMPLING = "4:2:0"
SIZES = {0.3: (1, 1), 1: (1, 3), 8: (4, 5)}
"""Megapixels: rows and columns of Kodak pictures."""


def prepared(picture: Pixels) -> PreparedJpeg:
    """Ready for files that name no network: its name is in no prediction."""
    unnamed = replace(load_profile(NAME), network=None)
    return prepare(picture, unnamed, subsampling=SUBSAMPLING, allocator="lagrangian")


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


def sizes(picture: Pixels, rate: float) -> tuple[float, float]:
    """Predicted over real size, final size over budget."""
    budget, ready = bytes_at(rate, picture.shape), prepared(picture)
    found = plan(ready, budget)
    real = len(found.applied_to(ready.job).run(ready.coefficients(SUBSAMPLING), step=found.step).data)
    return found.predicted_bytes / real - 1, len(ready.within(budget).data) / budget - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    a = parser.parse_args()
    task = Task.parse(NAME)
    noisy = [case.picture for case in cases(a.data / "eval" / "kodak", task).values()]
    print_times(noisy)
    predicted, final = np.abs([sizes(picture, rate) for picture in noisy for rate in task.rates]).T
    for name, errors in (("predicted over real, before the search", predicted), ("final over budget", final)):
        print(f"{name}: median {np.median(errors):.2%}, 95th percentile {np.percentile(errors, 95):.2%}")


def print_times(noisy: list[Pixels]) -> None:
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
