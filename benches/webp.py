"""WebP against libwebp at equal bytes, whole files.

python benches/webp.py rate FOLDER [--effort 5] [--peer pillow|cwebp] [--profile fidelity]
    BD-rate over 0.25-1.35 bpp. pillow: method 6, default settings; cwebp (Debian's webp): -m 6 -sns 0 -segments 1 -af.
python benches/webp.py restored FOLDER TASK [--rate 0.5] [--effort 5]
    PSNR over RGB after the task's network, Pillow's method 6 within the rate and ours at its bytes.
python benches/webp.py speed PICTURE [--effort 5]
    Thread time at the same size over that of Pillow's method 4: at a fixed quantiser and at a size target.
python benches/webp.py segments FOLDER
    What a QP map does to the half of the picture that has the lower QP: squared error and bytes.
python benches/webp.py memory PICTURE [--effort 5]
    Peak memory of a fresh process for 30 MP: the picture repeated, and noise at the finest quantiser.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from common import (
    EFFORT,
    JUDGES,
    Pixels,
    bd_rates,
    cases,
    largest_within,
    least_seconds,
    load,
    means,
    numbers_of,
    open_rgb,
    peak_bytes,
    pillow_webp,
    prepare,
    print_head,
    print_row,
    repeated,
    restored_scores,
    score,
    signed,
)
from PIL import Image

import accelir
from accelir.cells.grid import CELL, grid_of
from accelir.core import vp8
from accelir.formats.budget import bytes_at
from accelir.formats.webp.prepare import PreparedWebp
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

QUALITIES = (8, 16, 24, 32, 40, 50, 60, 68, 75, 80, 84, 88, 91, 94)
LOW, HIGH = 0.25, 1.35
MEMORY_SHAPE = (5000, 6000, 3)
FINE_QUANTIZER = 20
RUNS = 5


def by_cwebp(picture: Pixels, quality: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.png"), Path(folder, "out.webp")
        Image.fromarray(picture).save(source, compress_level=1)
        options = ["-quiet", "-m", "6", "-sns", "0", "-segments", "1", "-af", "-q", str(quality)]
        subprocess.run(["cwebp", *options, str(source), "-o", str(made)], check=True)
        return made.read_bytes()


def rate(a: argparse.Namespace) -> None:
    peer = by_cwebp if a.peer == "cwebp" else pillow_webp
    print_head("picture", *JUDGES)
    rows = []
    for name, picture in list(load(a.folder).items())[:: a.every]:
        files = [peer(picture, quality) for quality in QUALITIES]
        known = [score(data, picture) for data in files]
        anchor = [(data, of) for data, of in zip(files, known, strict=True) if LOW / 1.5 < of.bpp < HIGH * 1.5]
        prepared = prepare(picture, a.profile, "webp", a.effort)
        ours = [score(prepared.within(len(data)).data, picture) for data, _ in anchor]
        rows.append(bd_rates([of for _, of in anchor], ours, LOW, HIGH))
        print_row(name, *signed(rows[-1], " %"))
    about = f"{a.folder.name}, {len(rows)} pictures, {a.profile}, effort {a.effort}, {a.peer}"
    print_row(about, *signed(means(rows), " %"))


def restored(a: argparse.Namespace) -> None:
    task, network = Task.parse(a.task), open_network(a.network or a.task, 1)
    profiles = tuple(dict.fromkeys(("fidelity", a.task)))
    rows = []
    for case in list(cases(a.folder, task).values())[:: a.every]:
        make, budget = partial(pillow_webp, case.picture), bytes_at(a.rate, case.picture.shape)
        peer = largest_within(make, budget, range(101)) or make(0)
        ours = [prepare(case.picture, profile, "webp", a.effort).within(len(peer)).data for profile in profiles]
        rows.append([restored_scores(network, data, case.truth) for data in (peer, *ours)])
    pillow, *mean = means(rows)
    print(f"{a.task}, {a.folder.name}, {len(rows)} pictures, {a.rate} bpp")
    print_head("profile", *JUDGES)
    print_row("Pillow", *(f"{value:.2f}" for value in pillow))
    for profile, each in zip(profiles, mean, strict=True):
        print_row(profile, *signed(each - pillow))


def at_quantizer(picture: Pixels, effort: int, quantizer: int) -> bytes:
    prepared = prepare(picture, "fidelity", "webp", effort)
    return prepared.job.run(prepared.picture, quantizer=quantizer).data


def speed(a: argparse.Namespace) -> None:
    picture = open_rgb(a.picture)
    encoder = accelir.Encoder(profile="fidelity", format="webp", effort=a.effort)
    for quality in (50, 75, 90):
        size = len(pillow_webp(picture, quality, 4))
        base = int(encoder.encode(picture, max_bytes=size).table[0])
        peer = least_seconds(partial(pillow_webp, picture, quality, 4), RUNS)
        fixed = peer / least_seconds(partial(at_quantizer, picture, a.effort, base), RUNS)
        sized = peer / least_seconds(partial(encoder.encode, picture, max_bytes=size), RUNS)
        print(f"quality {quality}: {fixed:.2f} of Pillow's speed at quantiser {base}, {sized:.2f} at {size:,} bytes")


def encode_at(prepared: PreparedWebp, quantizer: int) -> vp8.Encoding:
    settings = prepared.job.for_core(prepared.picture.macroblocks)
    return vp8.encode(prepared.picture, settings, quantizer=quantizer, keep_reconstruction=True)


def squared_error(encoding: vp8.Encoding, picture: Pixels, half: slice) -> float:
    luma = vp8.Picture.from_pixels(picture).planes()[0][: picture.shape[0], : picture.shape[1]].astype(np.float64)
    return float(np.mean((encoding.reconstruction()[0] - luma)[:, half] ** 2))


def compare_segments(picture: Pixels, profile: Profile, drop: int, effort: int) -> tuple[float, float, float]:
    """Squared error of the right half over that without a drop: of the map's file, and of a whole file of the lower
    half's quantiser; and the share of the latter's savings in that half that the map has.
    """
    middle = picture.shape[1] // 2
    qp_map = np.full(grid_of(picture.shape), 95, np.int32)
    qp_map[:, middle // CELL :] -= drop
    even = prepare(picture, profile, "webp", effort)
    finest = encode_at(even, FINE_QUANTIZER)
    mixed = encode_at(prepare(picture, profile, "webp", effort, qp_map), FINE_QUANTIZER)
    coarse = encode_at(even, mixed.quantizers[-1])
    before, error, ideal = (squared_error(e, picture, slice(middle, None)) for e in (finest, mixed, coarse))
    saved, most = (len(finest.data) - len(e.data) for e in (mixed, coarse))
    return error / before, ideal / before, 2 * saved / most


def segments(a: argparse.Namespace) -> None:
    """The right half's QP is lowered; what a whole file of its quantiser has is the ideal."""
    fidelity = load_profile("fidelity")
    unfiltered = replace(fidelity, webp=replace(fidelity.webp, filter=0.0))
    pictures = [picture[:, : picture.shape[1] // 64 * 64] for picture in list(load(a.folder).values())[:: a.every]]
    saving_head = "bytes saved, of what a whole file saves in that half"
    print_head("QP drop", "squared error", "of a whole file", saving_head)
    for drop in (4, 8, 16, 24, 32, 48):
        rows = [compare_segments(np.ascontiguousarray(p), unfiltered, drop, a.effort) for p in pictures]
        error, ideal, saving = np.mean(rows, axis=0)
        print_row(drop, f"x{error:.2f}", f"x{ideal:.2f}", f"{100 * saving:.0f} %")


def memory(a: argparse.Namespace) -> None:
    if a.child:
        return print_peaks(a)
    pixels = MEMORY_SHAPE[0] * MEMORY_SHAPE[1]
    for kind in ("photograph", "noise"):
        before, peak = numbers_of(__file__, "memory", str(a.picture), "--effort", str(a.effort), "--child", kind)
        above, ours = (peak - 50e6) / pixels, (peak - before) / pixels
        print(f"{kind}: peak {peak / 1e6:.0f} MB, {above:.1f} bytes a pixel above 50 MB, {ours:.1f} of them ours")


def print_peaks(a: argparse.Namespace) -> None:
    """Peak resident bytes before and after encoding."""
    if a.child == "noise":
        large = np.random.default_rng(0).integers(0, 256, MEMORY_SHAPE, dtype=np.uint8)
    else:
        large = repeated(open_rgb(a.picture), *MEMORY_SHAPE[:2])
    before = peak_bytes()
    rate = {"noise": 1000.0, "photograph": 0.5}[a.child]
    accelir.Encoder(profile="fidelity", format="webp", effort=a.effort).encode(large, bpp=rate)
    print(before, peak_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for run in (rate, restored, speed, segments, memory):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        command.add_argument("picture" if run in (speed, memory) else "folder", type=Path)
        command.add_argument("--effort", type=int, default=EFFORT)
        command.add_argument("--every", type=int, default=1)
        if run is rate:
            command.add_argument("--peer", choices=("pillow", "cwebp"), default="pillow")
            command.add_argument("--profile", default="fidelity")
        if run is memory:
            command.add_argument("--child", help=argparse.SUPPRESS)
        if run is restored:
            command.add_argument("task")
            command.add_argument("--rate", type=float, default=0.5)
            command.add_argument("--network")
    a = parser.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
