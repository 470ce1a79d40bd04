"""What QP-NET and the allocator take, and how well they foresee the size: `python benches/planning.py DATA`.

Time: thread time of QP-NET, the allocator, and the rest of effort 5 at a size, noisy Kodak pictures side by side.
Size: the profile's prediction against the file that its modes and base step really give, before the size search, and the
final file against the budget; Kodak by the evaluation protocol, 0.9, 1.2 and 1.8 bpp.
"""

from __future__ import annotations

import argparse
import time
import zlib
from pathlib import Path

import numpy as np
from common import load
from numpy.typing import NDArray

from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.group_plan import plan_modes
from accelir.formats.jpeg.job import analyse, make_job
from accelir.profile.installed import load_profile
from accelir.restoration.tasks import Task

NAME = "denoise-25"
RATES = (0.9, 1.2, 1.8)
SIZES = {0.3: (1, 1), 1: (1, 3), 8: (4, 5)}
"""Megapixels: rows and columns of Kodak pictures."""


def timed(call):
    start = time.thread_time()
    return call(), time.thread_time() - start


def times(picture: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Seconds of QP-NET, the allocator and the rest."""
    profile = load_profile(NAME)
    budget = int(1.2 * picture.shape[0] * picture.shape[1] / 8)
    job = make_job(profile, get_effort(5), picture.shape)
    shares, seen = timed(lambda: Groups(picture, profile.clusters).shares)
    plan, planned = timed(lambda: plan_modes(profile.clusters.curves, shares, budget, "lagrangian"))
    _, coded = timed(lambda: plan.applied_to(job).run(analyse(picture, "4:2:0", profile), max_bytes=budget))
    return seen, planned, coded


def sizes(picture: NDArray[np.uint8], rate: float) -> tuple[float, float]:
    """Predicted over real size, final size over budget."""
    profile = load_profile(NAME)
    budget = int(rate * picture.shape[0] * picture.shape[1] / 8)
    job = make_job(profile, get_effort(5), picture.shape)
    shares = Groups(picture, profile.clusters).shares
    plan = plan_modes(profile.clusters.curves, shares, budget, "lagrangian")
    coefficients = analyse(picture, "4:2:0", profile)
    planned = plan.applied_to(job)
    real = len(planned.run(coefficients, step=plan.step).data)
    return plan.predicted_bytes / real - 1, len(planned.run(coefficients, max_bytes=budget).data) / budget - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    a = parser.parse_args()
    task = Task.parse(NAME)
    noisy = [
        task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
        for stem, truth in load(a.data / "eval" / "kodak").items()
    ]
    wide = [p for p in noisy if p.shape == (512, 768, 3)]
    print("| megapixels | QP-NET, ms | allocator, ms | the rest, ms | share |\n|---|---|---|---|---|")
    for label, (rows, cols) in SIZES.items():
        tiles = [np.hstack([wide[(r * cols + c) % len(wide)] for c in range(cols)]) for r in range(rows)]
        times(wide[0])
        seen, planned, coded = np.median([times(np.vstack(tiles)) for _ in range(3)], axis=0)
        print(
            f"| {label} | {seen * 1e3:.0f} | {planned * 1e3:.0f} | {coded * 1e3:.0f} | {(seen + planned) / coded:.0%} |"
        )
    predicted, final = np.abs([sizes(p, rate) for p in noisy for rate in RATES]).T
    for name, errors in (("predicted over real, before the search", predicted), ("final over budget", final)):
        print(f"{name}: median {np.median(errors):.2%}, 95th percentile {np.percentile(errors, 95):.2%}")


if __name__ == "__main__":
    main()
