"""What `reference=` gains: files with and without it at equal bytes, as several networks show them. With --auto the
encoder doesn't get the originals.

Rows are means over pictures: what the steered file has more, in dB (RGB, Y, flat Y: luma where the original is flat)
and points of SSIMULACRA 2, by what receivers run; the gain in RGB of the picture that gains least; and the encoder's
seconds of the processor for a megapixel of the original.

python -m benches.steering PICTURES --count 12 --profile sr-x4 --judge other.onnx --effort 5 9 --format jpeg webp
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import accelir
from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from accelir.metrics import PSNR_FLAT, PSNR_RGB, PSNR_Y, SSIMULACRA2
from accelir.profile.installed import load_profile
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded, list_pictures, split
from accelir.restoration.tasks import Task
from benches.common import WHOLE, Case, Pixels, means, peak_bytes, print_head, print_row, signed, spread
from benches.paper.published import SCALE, published

Judge = Callable[[Pixels], Pixels]

SUFFIX = ".onnx"
METRICS = (PSNR_RGB, PSNR_Y, PSNR_FLAT, SSIMULACRA2)
NAMES = ("RGB", "Y", "flat Y", "SSIMULACRA2")
RATES = (0.9, 1.2, 1.8)


def gains(
    case: Case, encoder: accelir.Encoder, bpp: float, auto: bool, judges: list[Judge]
) -> tuple[list[list[float]], float]:
    """By judge and metric; the processor's seconds that the steered file took, a megapixel of the original."""
    budget = int(bpp * case.picture.shape[0] * case.picture.shape[1] / 8)
    blind = encoder.encode(case.picture, max_bytes=budget)
    start = time.process_time()
    steered = encoder.encode(case.picture, max_bytes=budget, reference="auto" if auto else case.truth)
    seconds = time.process_time() - start
    files = [decode_pixels(made.data) for made in (blind, steered)]
    found = []
    for judge in judges:
        before, after = (judge(pixels) for pixels in files)
        found.append([metric.score(after, case.truth) - metric.score(before, case.truth) for metric in METRICS])
    return found, seconds / (case.truth.shape[0] * case.truth.shape[1] / 1e6)


def judges_of(profile: str, scale: int, others: list[str]) -> dict[str, Judge]:
    """What receivers run: the profile's network, others, published ones where they are installed, and bicubic
    interpolation."""
    own = load_profile(profile).network
    assert own is not None, "a profile with a network is wanted"
    named: dict[str, Judge] = {f"{Path(own).name.removesuffix(SUFFIX)}, asked": open_network(own, 1)}
    named |= {Path(path).stem: open_network(path, 1) for path in others}
    return named | (published() if scale == SCALE else {}) | {"bicubic": partial(enlarged, scale=scale)}


def pictures_of(folder: Path, task: Task, count: int, held: bool) -> list[Case]:
    """Of a folder; held: those that the shipped networks were not trained on."""
    paths = list_pictures(folder)
    chosen = spread(split(paths)[1] if held else paths, count)
    return [Case(*degraded(path, task, WHOLE)) for path in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--held", action="store_true", help="every 20th of the training pictures alone")
    parser.add_argument("--profile", default="sr-x4")
    parser.add_argument("--auto", action="store_true", help="without the originals")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--effort", type=int, nargs="+", default=[5])
    parser.add_argument("--format", nargs="+", default=["jpeg"], choices=("jpeg", "webp"))
    parser.add_argument("--judge", action="append", default=[], help="an ONNX network with its card; repeatable")
    options = parser.parse_args()
    task = Task.parse(options.profile)
    judges = judges_of(options.profile, task.scale, options.judge)
    pictures = pictures_of(options.pictures, task, options.count, options.held)
    print_head("format, effort", "bpp", "pictures", "seen by", *NAMES, "least RGB", "s/MP")
    for format, effort, bpp in itertools.product(options.format, options.effort, options.rates):
        encoder = accelir.Encoder(profile=options.profile, effort=effort, format=format)
        made = [gains(case, encoder, bpp, options.auto, list(judges.values())) for case in pictures]
        found, seconds = zip(*made, strict=True)
        for i, name in enumerate(judges):
            rows = np.array(found)[:, i]
            least = f"{rows[:, 0].min():+.2f}"
            row = (f"{format}, {effort}", bpp, len(pictures), name, *signed(means(rows)), least)
            print_row(*row, f"{np.mean(seconds):.1f}")
    print(f"peak memory {peak_bytes() / 1e6:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
