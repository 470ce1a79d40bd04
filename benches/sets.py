"""What sharing one total over a set gains, by files; and how near the Lagrangian is to the exact optimum, by curves.

python -m benches.sets PICTURES... [--count 16] [--side 512] [--rates 0.4 0.7 1.0] [--profile fidelity] [--format jpeg]
python -m benches.sets PICTURES --gap 100 --side 256
python -m benches.sets PICTURES --count 12 --side 256 --behind denoise-25:0.9 deblur-1.5:0.6 sr-x4:0.9
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import accelir
from accelir.formats.decode import decode_pixels, network_of
from accelir.metrics import SSIMULACRA2
from accelir.metrics.psnr import decibels
from accelir.restoration.installed import installed
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded, list_pictures
from accelir.restoration.tasks import Task
from accelir.sets.choices import Choices, choices_of
from accelir.sets.encode_set import survey_of
from accelir.sets.exact import solve
from accelir.sets.goal import MSE, set_psnr
from accelir.sets.share import least_sum
from benches.common import Pixels, open_rgb, prepare, print_head, print_row, spread

Files = list[bytes]
_HALVINGS = 12
"""Of the step in search of one quality: to a thousandth of the total."""
_GIVEN_UP = 0.3
"""PSNR in dB that the least loss for eyes may cost under a bound."""


def seen(file: bytes) -> Pixels:
    """What a receiver shows: what a network makes of a file that names one, as a smaller picture's does."""
    return accelir.decode(file) if network_of(file) else decode_pixels(file)


def errors(pictures: Sequence[Pixels], files: Sequence[bytes]) -> list[float]:
    pairs = zip(pictures, files, strict=True)
    return [float(np.mean((seen(file).astype(np.float32) - picture) ** 2)) for picture, file in pairs]


def one_quality(pictures: Sequence[Pixels], total: int, format: str) -> Files:
    """One base step for all, as fine as the total allows."""
    assert format == "jpeg", "one base step is asked of JPEG's core alone"
    prepared = [prepare(picture, "fidelity") for picture in pictures]

    def at(step: float) -> Files:
        return [each.job.run(each.coefficients("4:2:0"), step=step).data for each in prepared]

    low, high = 1.0, 256.0
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if sum(map(len, at(middle))) <= total else (middle, high)
    return at(high)


def scores(pictures: Sequence[Pixels], files: Sequence[bytes]) -> list[float]:
    """PSNR of the mean of squared errors over the set, of its worst picture, the mean PSNR, and SSIMULACRA 2's mean."""
    found = errors(pictures, files)
    for_eyes = [SSIMULACRA2.score(seen(file), picture) for picture, file in zip(pictures, files, strict=True)]
    by_picture = decibels(found)
    return [set_psnr(found), float(by_picture.min()), float(by_picture.mean()), float(np.mean(for_eyes))]


def total_of(pictures: Sequence[Pixels], bpp: float) -> int:
    """Bytes of a set at so many bits a pixel."""
    return int(bpp * sum(picture.shape[0] * picture.shape[1] for picture in pictures) / 8)


def ways(pictures: Sequence[Pixels], bpp: float, profile: str, format: str) -> Iterator[tuple[str, Files, float]]:
    """Files of a set under one total by each way to share it, and the CPU seconds that they took."""
    total, encoder = total_of(pictures, bpp), accelir.Encoder(profile=profile, format=format)

    def shared(**goal: Any) -> Files:
        made = accelir.encode_set(pictures, total_bytes=total, profile=profile, format=format, network=None, **goal)
        return [file.data for file in made]

    def timed(name: str, make: Callable[[], Files]) -> tuple[str, Files, float]:
        start = time.process_time()
        return name, make(), time.process_time() - start

    yield timed("equal bpp", lambda: [encoder.encode(picture, bpp=bpp).data for picture in pictures])
    if format == "jpeg" and profile == "fidelity":
        yield timed("one quality", lambda: one_quality(pictures, total, format))
    best = timed("mse", partial(shared, objective="mse"))
    yield best
    for name in ("worst", "psnr", "ssimulacra2"):
        yield timed(name, partial(shared, objective=name))
    bound = set_psnr(errors(pictures, best[1])) - _GIVEN_UP
    yield timed(f"ssimulacra2, `min_psnr` {bound:.2f}", partial(shared, objective="ssimulacra2", min_psnr=bound))
    yield timed('mse, `scale="auto"`', partial(shared, objective="mse", scale="auto"))


def compare(pictures: Sequence[Pixels], bpp: float, options: argparse.Namespace) -> None:
    total = total_of(pictures, bpp)
    for name, files, seconds in ways(pictures, bpp, options.profile, options.format):
        used = 100 * sum(map(len, files)) / total
        figures = (f"{score:.2f}" for score in scores(pictures, files))
        print_row(bpp, name, *figures, f"{used:.2f} %", f"{seconds:.1f}")
        assert used <= 100, f"{name} is above the total"


def behind(paths: Sequence[Path], side: int, profile: str, bpp: float) -> list[float]:
    """PSNR of the mean squared error behind the profile's light network: of equal bits a pixel, of one total that is
    shared by errors of plain files, and of one by errors behind that network.
    """
    pairs = [degraded(path, Task.parse(profile), side) for path in paths]
    pictures = [picture for picture, _ in pairs]
    light = installed(f"{profile}-light")
    assert light is not None
    network, encoder = open_network(light, 1), accelir.Encoder(profile=profile)
    shared = partial(accelir.encode_set, pictures, total_bytes=total_of(pictures, bpp), profile=profile)
    equal = [encoder.encode(picture, bpp=bpp) for picture in pictures]
    found = []
    for files in (equal, shared(network=None), shared(network=light)):
        pixels = [network(decode_pixels(file.data)).astype(np.float32) for file in files]
        found.append(set_psnr([float(np.mean((a - b) ** 2)) for a, (_, b) in zip(pixels, pairs, strict=True)]))
    return found


def gap(choices: Sequence[Choices], total: float) -> tuple[float, float]:
    """dB that the Lagrangian has over the exact choice among the same sizes, and exactly those that it may take."""
    best = solve(choices, total)
    assert best is not None
    sizes = least_sum([each.curve() for each in choices], total)
    kept = [each.sizes[np.searchsorted(each.sizes, size + 1e-6) - 1] for each, size in zip(choices, sizes, strict=True)]
    by_way = [[each.error(size) for each, size in zip(choices, way, strict=True)] for way in (best, sizes, kept)]
    exact, between, among = map(set_psnr, by_way)
    return between - exact, among - exact


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, nargs="+", help="folders")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--side", type=int, default=512, help="of the top left crop")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.4, 0.7, 1.0])
    parser.add_argument("--profile", default="fidelity")
    parser.add_argument("--format", default="jpeg")
    parser.add_argument("--gap", type=int, help="compare with the exact optimum on so many pictures' curves")
    parser.add_argument("--behind", nargs="+", metavar="PROFILE:BPP", help="share by errors behind networks")
    options = parser.parse_args()
    paths = spread(
        [path for folder in options.pictures for path in list_pictures(folder)], options.gap or options.count
    )
    if options.behind:
        print_head("profile, bpp", "equal bpp", "shares by plain errors", "by errors behind the network")
        for profile, bpp in (each.split(":") for each in options.behind):
            print_row(f"{profile}, {bpp}", *(f"{f:.2f}" for f in behind(paths, options.side, profile, float(bpp))))
        return
    pictures = [np.ascontiguousarray(open_rgb(path)[: options.side, : options.side]) for path in paths]
    if options.gap is None:
        print(f"{len(pictures)} pictures, {options.profile}, {options.format}\n")
        print_head("bpp", "", "PSNR of the mean MSE", "worst", "mean PSNR", "SSIMULACRA 2", "used", "CPU s")
        for bpp in options.rates:
            compare(pictures, bpp, options)
        return
    encoder = accelir.Encoder(profile=options.profile, format=options.format)
    surveys = [survey_of(encoder, picture) for picture in pictures]
    print_head("bpp", "Lagrangian - exact, dB", "Lagrangian at the solver's sizes - exact, dB", "CPU s of both")
    for bpp in options.rates:
        ends = [(survey.trials[0].size, 4 * survey.trials[-1].size) for survey in surveys]
        choices = [choices_of([survey], MSE, 1.0, *end) for survey, end in zip(surveys, ends, strict=True)]
        start = time.process_time()
        found = gap(choices, bpp * sum(survey.pixels for survey in surveys) / 8)
        print_row(bpp, *(f"{each:+.4f}" for each in found), f"{time.process_time() - start:.1f}")


if __name__ == "__main__":
    main()
