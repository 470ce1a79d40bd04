"""How close each allocation method comes to the optimum, and how long it takes.

    python benches/allocate.py FOLDER        # a folder of pictures that Pillow opens

Every 32x32 block of --pictures of them (no more than 512x384 of each) is coded alone by Pillow's JPEG at QP 15 to 95,
headers not counted, and the blocks are cut into ten clusters by utility; the curves are the clusters' means. A test
picture is so many blocks drawn at random. The gap is the share of the attainable gain in quality over all-lowest that a
method misses: against the exact optimum up to 100 blocks, against the Lagrangian bound above.
"""

import argparse
import io
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image
from scipy.optimize import Bounds, LinearConstraint, milp, minimize_scalar

from accelir.cells.allocation import METHODS, allocate
from accelir.metrics.psnr import decibels

QPS = range(15, 100, 5)
SHARES = (0.03, 0.1, 0.3, 0.6)  # budgets, from all-lowest (0) to all-highest (1)


def coded(block, qp):
    """-> bytes of scan data, MSE over RGB."""
    file = io.BytesIO()
    block.save(file, "JPEG", quality=qp, optimize=True)
    scan = len(file.getvalue()) - file.getvalue().rfind(b"\xff\xda") - 16  # less the scan header and EOI
    error = np.asarray(Image.open(file), float) - np.asarray(block, float)
    return scan, np.square(error).mean()


def measure(paths):
    """-> (n_blocks, 17) bytes, (n_blocks, 17) MSE, (n_blocks,) luma variance."""
    points, variances = [], []
    for path in paths:
        picture = Image.open(path).convert("RGB")
        for top in range(0, min(picture.height, 384) - 31, 32):
            for left in range(0, min(picture.width, 512) - 31, 32):
                block = picture.crop((left, top, left + 32, top + 32))
                points.append([coded(block, qp) for qp in QPS])
                variances.append(np.var(np.asarray(block.convert("L"), float)))
    size, mse = np.moveaxis(np.array(points), -1, 0)
    return size, mse, np.array(variances)


def group(size, mse, n_clusters):
    """Clusters of equal number by utility: -> mean size, mean MSE (n_clusters, 17), and every block's cluster."""
    utility = (mse[:, 0] - mse[:, -1]) / np.maximum(size[:, -1] - size[:, 0], 1)
    labels = utility.argsort().argsort() * n_clusters // len(utility)
    means = [[curve[labels == cluster].mean(0) for cluster in range(n_clusters)] for curve in (size, mse)]
    return *map(np.array, means), labels


def optimum(size, quality, counts, budget):
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


def lagrangian_bound(size, quality, counts, budget):
    dual = minimize_scalar(
        lambda price: price * budget + counts @ (quality - price * size).max(1),
        bounds=(0, 1e3),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    return dual.fun


def gaps(size, quality, labels, variance, n_blocks, n_pictures):
    """-> {method: shares of the attainable gain that it leaves}, over pictures and budgets."""
    found = {method: [] for method in METHODS}
    best = optimum if n_blocks <= 100 else lagrangian_bound
    for seed in range(n_pictures):
        drawn = np.random.default_rng(seed).integers(0, len(labels), (1, n_blocks))
        clusters = labels[drawn]
        counts = np.bincount(clusters.ravel(), minlength=len(size))
        for share in SHARES:
            budget = counts @ (size[:, 0] + share * (size[:, -1] - size[:, 0]))
            least, most = counts @ quality[:, 0], best(size, quality, counts, budget)
            for method in METHODS:
                got = allocate(size, quality, clusters, budget, method=method, variance=variance[drawn])
                found[method].append((most - got.predicted_quality) / (most - least))
    return found


def milliseconds(size, quality, clusters, method, repeats=7):
    """The longest over the budgets of the fastest of the repeats."""
    counts = np.bincount(clusters.ravel(), minlength=len(size))
    variance = np.random.default_rng(1).exponential(500, clusters.shape)
    slowest = 0.0
    for share in (*SHARES, 1.0):
        budget, times = counts @ (size[:, 0] + share * (size[:, -1] - size[:, 0])), []
        for _ in range(repeats):
            start = perf_counter()
            allocate(size, quality, clusters, budget, method=method, variance=variance)
            times.append(perf_counter() - start)
        slowest = max(slowest, min(times))
    return 1e3 * slowest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=12)
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.iterdir() if path.suffix in {".png", ".webp", ".ppm", ".tif"})
    paths = paths[:: max(1, len(paths) // arguments.pictures)][: arguments.pictures]
    block_size, block_mse, variance = measure(paths)
    size, mse, labels = group(block_size, block_mse, 10)
    print(f"{len(paths)} pictures, {len(labels)} blocks\n\ngap, % of the attainable gain: mean / worst")
    print("| quality | blocks |", " | ".join(METHODS), "|")
    for name, quality in (("-MSE", -mse), ("PSNR", decibels(mse))):
        for n_blocks in (6, 24, 96, 1000, 8000):
            found = gaps(size, quality, labels, variance, n_blocks, 20)
            cells = (f"{100 * np.mean(gap):.3f} / {100 * np.max(gap):.3f}" for gap in found.values())
            print(f"| {name} | {n_blocks} |", " | ".join(cells), "|")
    print("\ntime, ms\n| MP | blocks | clusters |", " | ".join(METHODS), "|")
    rng = np.random.default_rng(0)
    for megapixels, n_blocks in ((0.3, 300), (1, 1000), (8, 8000), (40, 40_000)):
        clusters = rng.choice(labels, (n_blocks // 20, 20))
        cells = (f"{milliseconds(size, -mse, clusters, method):.2f}" for method in METHODS)
        print(f"| {megapixels} | {n_blocks} | 10 |", " | ".join(cells), "|")
    own = rng.integers(0, len(labels), 8000)  # as an oracle would: a curve for every block
    size, mse, clusters = block_size[own], block_mse[own], np.arange(8000)[None]
    cells = (f"{milliseconds(size, -mse, clusters, method):.2f}" for method in METHODS)
    print("| 8 | 8000 | 8000 |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
