"""How close each allocation method comes to the optimum, and how long it takes.

    python benches/allocate.py FOLDER        # a folder of pictures that Pillow opens

Every cell of 32x32 pixels of --pictures of them (no more than 512x384 of each) is coded alone by Pillow's JPEG at QP 15
to 95, headers not counted, and the cells are cut into ten groups by utility; the curves are the groups' means. A test
picture is so many cells drawn at random. The gap is the share of the attainable gain in quality over all-lowest that a
method misses: against the exact optimum up to 100 cells, against the Lagrangian bound above.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import CEILING, Pixels, least_seconds, open_rgb, pillow_jpeg, print_head, print_row, spread
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import Bounds, LinearConstraint, milp, minimize_scalar

from accelir.cells.allocation import METHODS, allocate
from accelir.cells.grid import CELL
from accelir.metrics.psnr import decibels
from accelir.restoration.pictures import list_pictures

QPS = range(15, 100, 5)
SHARES = (0.03, 0.1, 0.3, 0.6)  # budgets, from all-lowest (0) to all-highest (1)

Floats = NDArray[np.float64]


def coded(cell: Pixels, qp: int) -> tuple[int, float]:
    """Bytes of scan data, and the mean squared error over RGB."""
    data = pillow_jpeg(cell, qp)
    scan = len(data) - data.rfind(b"\xff\xda") - 16  # less the scan header and EOI
    error = np.asarray(Image.open(io.BytesIO(data)), float) - cell
    return scan, float(np.square(error).mean())


def cells_of(picture: Pixels) -> Iterator[Pixels]:
    for top in range(0, min(picture.shape[0], 384) - CELL + 1, CELL):
        for left in range(0, min(picture.shape[1], 512) - CELL + 1, CELL):
            yield picture[top : top + CELL, left : left + CELL]


def measure(paths: list[Path]) -> tuple[Floats, Floats, Floats]:
    """Bytes and squared errors, (cells, 17), and luma variances, (cells,)."""
    cells = [cell for path in paths for cell in cells_of(open_rgb(path))]
    points = np.array([[coded(cell, qp) for qp in QPS] for cell in cells])
    variances = [np.var(np.asarray(Image.fromarray(cell).convert("L"), float)) for cell in cells]
    return points[..., 0], points[..., 1], np.array(variances)


def group(size: Floats, error: Floats, count: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Groups of equal number by utility: their mean bytes and errors, (groups, 17), and every cell's group."""
    utility = (error[:, 0] - error[:, -1]) / np.maximum(size[:, -1] - size[:, 0], 1)
    labels = utility.argsort().argsort() * count // len(utility)
    mean_size, mean_error = (np.array([curve[labels == g].mean(0) for g in range(count)]) for curve in (size, error))
    return mean_size, mean_error, labels


def optimum(size: Floats, quality: Floats, counts: NDArray[np.intp], budget: float) -> float:
    rows = np.kron(np.eye(len(size)), np.ones(size.shape[1]))
    limits = [LinearConstraint(rows, counts, counts), LinearConstraint(size.reshape(1, -1), -np.inf, budget)]
    found = milp(
        -quality.ravel(),
        integrality=np.ones(size.size),
        bounds=Bounds(0, np.inf),
        constraints=limits,
        options={"mip_rel_gap": 0},
    )
    return -found.fun


def lagrangian_bound(size: Floats, quality: Floats, counts: NDArray[np.intp], budget: float) -> float:
    dual = minimize_scalar(
        lambda price: price * budget + counts @ (quality - price * size).max(1),
        bounds=(0, 1e3),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    return dual.fun


def budget_at(share: float, size: Floats, counts: NDArray[np.intp]) -> float:
    return counts @ (size[:, 0] + share * (size[:, -1] - size[:, 0]))


def gaps(
    size: Floats, quality: Floats, labels: NDArray[np.intp], variance: Floats, cells: int, pictures: int
) -> dict[str, list[float]]:
    """Shares of the attainable gain that each method leaves, over pictures and budgets."""
    found = {method: [] for method in METHODS}
    best = optimum if cells <= 100 else lagrangian_bound
    for seed in range(pictures):
        drawn = np.random.default_rng(seed).integers(0, len(labels), (1, cells))
        groups = labels[drawn]
        counts = np.bincount(groups.ravel(), minlength=len(size))
        for share in SHARES:
            budget = budget_at(share, size, counts)
            least, most = counts @ quality[:, 0], best(size, quality, counts, budget)
            for method in METHODS:
                got = allocate(size, quality, groups, budget, method=method, variance=variance[drawn])
                found[method].append((most - got.predicted_quality) / (most - least))
    return found


def milliseconds(size: Floats, quality: Floats, groups: NDArray[np.intp], method: str) -> float:
    """The longest over the budgets of the fastest of seven runs."""
    counts = np.bincount(groups.ravel(), minlength=len(size))
    variance = np.random.default_rng(1).exponential(500, groups.shape)

    def seconds(share: float) -> float:
        budget = budget_at(share, size, counts)
        return least_seconds(lambda: allocate(size, quality, groups, budget, method=method, variance=variance), 7)

    return 1e3 * max(seconds(share) for share in (*SHARES, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=12)
    arguments = parser.parse_args()
    paths = spread(list_pictures(arguments.folder), arguments.pictures)
    cell_size, cell_error, variance = measure(paths)
    size, error, labels = group(cell_size, cell_error, 10)
    print(f"{len(paths)} pictures, {len(labels)} cells\n\ngap, % of the attainable gain: mean / worst")
    print_head("quality", "cells", *METHODS)
    for name, quality in (("-MSE", -error), ("PSNR", np.minimum(decibels(error), CEILING))):
        for count in (6, 24, 96, 1000, 8000):
            found = gaps(size, quality, labels, variance, count, 20)
            print_row(name, count, *(f"{100 * np.mean(g):.3f} / {100 * np.max(g):.3f}" for g in found.values()))
    print("\ntime, ms")
    print_head("MP", "cells", "groups", *METHODS)
    rng = np.random.default_rng(0)
    for megapixels, count in ((0.3, 300), (1, 1000), (8, 8000), (40, 40_000)):
        groups = rng.choice(labels, (count // 20, 20))
        print_row(megapixels, count, 10, *(f"{milliseconds(size, -error, groups, method):.2f}" for method in METHODS))
    own = rng.integers(0, len(labels), 8000)  # as an oracle would: a curve for every cell
    size, error, groups = cell_size[own], cell_error[own], np.arange(8000)[None]
    print_row(8, 8000, 8000, *(f"{milliseconds(size, -error, groups, method):.2f}" for method in METHODS))


if __name__ == "__main__":
    main()
