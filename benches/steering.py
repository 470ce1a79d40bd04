"""What `reference=` gains: files with and without it at equal bytes, restored by several networks, RGB and luma.

Through the own network flat areas and SSIMULACRA 2 are told, too.

python benches/steering.py PICTURES --count 12 --profile sr-x4 --judge other.onnx --effort 5 --format webp
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from common import Case, Pixels, cases, peak_bytes

import accelir
from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from accelir.metrics import PSNR_FLAT, PSNR_RGB, PSNR_Y, SSIMULACRA2
from accelir.profile.installed import load_profile
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

Judge = Callable[[Pixels], Pixels]


METRICS = (PSNR_RGB, PSNR_Y)
OWN = (PSNR_FLAT, SSIMULACRA2)
"""What the own network's pictures are also judged by."""


def gains(case: Case, encoder: accelir.Encoder, bpp: float, judges: dict[str, Judge]) -> tuple[list[float], float]:
    """By judge, of METRICS, and the own network's of OWN, too; the processor's seconds that the steered file took."""
    budget = int(bpp * case.picture.shape[0] * case.picture.shape[1] / 8)
    blind = encoder.encode(case.picture, max_bytes=budget)
    start = time.process_time()
    steered = encoder.encode(case.picture, max_bytes=budget, reference=case.truth)
    seconds = time.process_time() - start
    files = [decode_pixels(made.data) for made in (blind, steered)]
    found = []
    for name, judge in judges.items():
        before, after = (judge(pixels) for pixels in files)
        metrics = METRICS + OWN if name == "own" else METRICS
        found += [metric.score(after, case.truth) - metric.score(before, case.truth) for metric in metrics]
    return found, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--profile", default="sr-x4")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.9, 1.2, 1.8])
    parser.add_argument("--effort", type=int, default=5)
    parser.add_argument("--format", default="jpeg", choices=("jpeg", "webp"))
    parser.add_argument("--judge", action="append", default=[], help="an ONNX network with its card; repeatable")
    options = parser.parse_args()
    network = load_profile(options.profile).network
    assert network is not None, "a profile with a network is wanted"
    task = Task.parse(options.profile)
    judges: dict[str, Judge] = {"own": open_network(network, 1), "bicubic": partial(enlarged, scale=task.scale)}
    judges |= {Path(path).stem: open_network(path, 1) for path in options.judge}
    encoder = accelir.Encoder(profile=options.profile, effort=options.effort, format=options.format)
    names = [name + (" RGB/Y/flat/SSIMULACRA 2" if name == "own" else " RGB/Y") for name in judges]
    print("bpp", *names, "s/MP of the original", sep="\t")
    for bpp in options.rates:
        rows = []
        for case in cases(options.pictures, task, options.count).values():
            found, seconds = gains(case, encoder, bpp, judges)
            rows.append([*found, seconds / (case.truth.shape[0] * case.truth.shape[1] / 1e6)])
        mean = np.nanmean(rows, axis=0)  # pictures without flat areas have none
        own = len(METRICS + OWN)
        parts = [mean[:own], *np.reshape(mean[own:-1], (-1, len(METRICS)))]
        shown = ["/".join(f"{gain:+.3f}" for gain in part) for part in parts]
        print(bpp, *shown, f"{mean[-1]:.2f}", f"worst own {min(row[0] for row in rows):+.3f}", sep="\t", flush=True)
    print(f"peak memory {peak_bytes() / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
