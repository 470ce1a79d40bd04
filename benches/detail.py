"""Perception against distortion: one file restored with `detail` from 0 to 1, by several judges.

    python -m benches.detail PICTURES [--count 12] [--tasks sr-x4 sr-x2 dejpeg] [--plot OUT.png]

Files are of the task's profile (`fidelity` for dejpeg) at three rates. "gradients" is the mean magnitude of the
restored luma's Laplacian over the truth's: 1 where there is as much fine detail as in the truth, right or wrong.
ColorVideoVDP judges as well where its package, cvvdp, is installed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import laplace

import accelir
from accelir.formats.decode import decode_pixels, worth_on
from accelir.metrics import METRICS
from accelir.metrics.luma import luma_of
from accelir.metrics.metric import Metric
from accelir.metrics.optional import optional_metrics
from accelir.restoration.detail import blended, twin_of
from accelir.restoration.network import open_network
from accelir.restoration.restore import restore_as_worth
from accelir.restoration.tasks import Task
from benches.common import Pixels, cases, print_head, print_row

RATES = {"sr-x4": (0.9, 1.2, 1.8), "sr-x2": (0.6, 1.0, 1.6), "dejpeg": (0.3, 0.5, 0.8)}
DETAILS = (0.0, 0.25, 0.5, 0.75, 1.0)
JUDGES = ("psnr", "psnr-y", "ms-ssim", "ssimulacra2")
FOREIGN = "cvvdp"


def gradients(picture: Pixels, truth: Pixels) -> float:
    energy = [float(np.abs(laplace(luma_of(each).astype(np.float32))).mean()) for each in (picture, truth)]
    return energy[0] / energy[1]


def judged(data: bytes, truth: Pixels, task: str, more: Sequence[Metric] = ()) -> np.ndarray:
    """By JUDGES, gradients and more, of each detail."""
    decoded = decode_pixels(data)
    network, twin = open_network(task, 1), open_network(twin_of(task), 1)
    worth = worth_on(data, network.card)
    ends = [restore_as_worth(each, decoded, worth) for each in (network, twin)]
    shown = [blended(*ends, detail) for detail in DETAILS]
    return np.array([scores(each, truth, more) for each in shown])


def scores(shown: Pixels, truth: Pixels, more: Sequence[Metric]) -> list[float]:
    known = [METRICS[name].score(shown, truth) for name in JUDGES]
    return [*known, gradients(shown, truth), *(metric.score(shown, truth) for metric in more)]


def draw(found: dict[str, dict[float, np.ndarray]], figure: Any) -> None:
    """PSNR across, SSIMULACRA 2 and gradients up, a line for each rate; found: rows of JUDGES and gradients."""
    axes = figure.subplots(2, len(found), squeeze=False)
    for column, (task, by_rate) in enumerate(found.items()):
        for row, (judge, name) in enumerate(((3, "SSIMULACRA 2"), (4, "gradients over the truth's"))):
            axes[row][column].set(title=task, xlabel="PSNR, dB", ylabel=name)
            for rate, rows in by_rate.items():
                axes[row][column].plot(rows[:, 0], rows[:, judge], "o-", label=f"{rate} bpp")
            if row == 0:
                axes[row][column].legend(frameon=False)


def plot(found: dict[str, dict[float, np.ndarray]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(found), 6), layout="constrained")
    draw(found, figure)
    figure.savefig(path, dpi=100)


def profile_of(task: str) -> str:
    """What a task's files are encoded by."""
    return "fidelity" if task == "dejpeg" else task


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--tasks", nargs="+", default=list(RATES))
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    found: dict[str, dict[float, np.ndarray]] = {}
    more = [metric for name, metric in optional_metrics().found.items() if name == FOREIGN]
    print_head("", "bpp", "detail", *JUDGES, "gradients", *(metric.name for metric in more))
    for task in options.tasks:
        encoder = accelir.Encoder(profile=profile_of(task))
        chosen = list(cases(options.pictures, Task.parse(task), options.count).values())
        for rate in RATES[task]:
            files = [encoder.encode(case.picture, bpp=rate).data for case in chosen]
            rows = np.mean([judged(d, c.truth, task, more) for d, c in zip(files, chosen, strict=True)], axis=0)
            found.setdefault(task, {})[rate] = rows
            for detail, row in zip(DETAILS, rows, strict=True):
                print_row(task, rate, detail, *(f"{x:.3f}" if i == 2 else f"{x:.2f}" for i, x in enumerate(row)))
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()
