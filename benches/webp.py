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
import io
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import bd_rate, load, score
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir import _codec
from accelir.formats.jpeg.effort import get_webp_effort
from accelir.formats.webp import job as webp
from accelir.metrics import psnr
from accelir.profile.model import load_profile
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

QUALITIES = (8, 16, 24, 32, 40, 50, 60, 68, 75, 80, 84, 88, 91, 94)
LOW, HIGH = 0.25, 1.35
MEMORY_SHAPE = (5000, 6000, 3)


def by_pillow(picture: NDArray[np.uint8], quality: int, method: int = 6) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "WEBP", quality=quality, method=method)
    return out.getvalue()


def by_cwebp(picture: NDArray[np.uint8], quality: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.png"), Path(folder, "out.webp")
        Image.fromarray(picture).save(source, compress_level=1)
        options = ["-quiet", "-m", "6", "-sns", "0", "-segments", "1", "-af", "-q", str(quality)]
        subprocess.run(["cwebp", *options, str(source), "-o", str(made)], check=True)
        return made.read_bytes()


def rate(a: argparse.Namespace) -> None:
    peer = by_cwebp if a.peer == "cwebp" else by_pillow
    encoder = accelir.Encoder(profile=a.profile, format="webp", effort=a.effort)
    rows = []
    for name, picture in list(load(a.folder).items())[:: a.every]:
        files = [peer(picture, q) for q in QUALITIES]
        sizes = [len(f) * 8 / (picture.shape[0] * picture.shape[1]) for f in files]
        files = [f for f, bpp in zip(files, sizes, strict=True) if LOW / 1.5 < bpp < HIGH * 1.5]
        anchor = [score(f, picture) for f in files]
        ours = [score(encoder.encode(picture, max_bytes=len(f)).data, picture) for f in files]
        rows.append([bd_rate(anchor, ours, metric, LOW, HIGH) for metric in ("luma", "rgb")])
        print(f"{name}: {rows[-1][0]:+.1f} % Y, {rows[-1][1]:+.1f} % RGB", flush=True)
    luma, rgb = np.mean(rows, axis=0)
    print(
        f"| {a.folder.name}, {len(rows)} pictures, {a.profile}, effort {a.effort}, {a.peer} | {luma:+.1f} % Y | {rgb:+.1f} % RGB |"
    )


def largest_within(picture: NDArray[np.uint8], budget: float) -> bytes:
    """Pillow's largest file not above the budget; its size rises with quality but for a few bytes."""
    best, low, high = by_pillow(picture, 0), 1, 100
    while low <= high:
        middle = (low + high) // 2
        data = by_pillow(picture, middle)
        if len(data) <= budget:
            best, low = data, middle + 1
        else:
            high = middle - 1
    return best


def restored(a: argparse.Namespace) -> None:
    task = Task.parse(a.task)
    network = open_network(a.network or a.task, 1)
    encoders = {
        p: accelir.Encoder(profile=p, format="webp", effort=a.effort) for p in dict.fromkeys(("fidelity", a.task))
    }
    rows = []
    for stem, full in list(load(a.folder).items())[:: a.every]:
        truth = full[: full.shape[0] // task.scale * task.scale, : full.shape[1] // task.scale * task.scale]
        picture = task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
        peer = largest_within(picture, a.rate * picture.shape[0] * picture.shape[1] / 8)
        files = [peer, *(e.encode(picture, max_bytes=len(peer)).data for e in encoders.values())]
        rows.append([psnr(network(accelir.decode(f, network=None)), truth) for f in files])
    mean = np.mean(rows, axis=0)
    gains = ", ".join(f"{p} {g:+.3f}" for p, g in zip(encoders, mean[1:] - mean[0], strict=True))
    print(
        f"| {a.task}, {a.folder.name}, {len(rows)} pictures, {a.rate} bpp | Pillow {mean[0]:.2f} dB | {gains} |",
        flush=True,
    )


def seconds(call: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)


def speed(a: argparse.Namespace) -> None:
    picture = np.asarray(Image.open(a.picture).convert("RGB"))
    encoder = accelir.Encoder(profile="fidelity", format="webp", effort=a.effort)
    job = webp.make_job(encoder.settings.profile, get_webp_effort(a.effort), picture.shape)
    for quality in (50, 75, 90):
        size = len(by_pillow(picture, quality, 4))
        base = int(encoder.encode(picture, max_bytes=size).table[0])
        peer = seconds(lambda q=quality: by_pillow(picture, q, 4))
        fixed = seconds(lambda b=base: job.run(_codec.Vp8Picture.from_pixels(picture), quantizer=b))
        sized = seconds(lambda s=size: encoder.encode(picture, max_bytes=s))
        print(
            f"quality {quality}: {peer / fixed:.2f} of Pillow's speed at quantiser {base}, {peer / sized:.2f} at {size:,} bytes"
        )


def squared_error(encoding: _codec.Vp8Encoding, picture: NDArray[np.uint8], half: slice) -> float:
    luma = _codec.vp8_planes(picture)[0][: picture.shape[0], : picture.shape[1]].astype(np.float64)
    return float(np.mean((encoding.reconstruction()[0] - luma)[:, half] ** 2))


def segments(a: argparse.Namespace) -> None:
    """The right half's QP is lowered; what a whole file of its quantiser has is the ideal."""
    profile, effort = load_profile("fidelity"), get_webp_effort(a.effort)
    fixed = {"quantizer": 20, "keep_reconstruction": True, "filter": 0.0}
    print(
        "| QP drop | squared error | of a whole file | bytes saved, of what a whole file saves in that half |\n|---|---|---|---|"
    )
    for drop in (4, 8, 16, 24, 32, 48):
        rows = []
        for picture in list(load(a.folder).values())[:: a.every]:
            picture = np.ascontiguousarray(picture[:, : picture.shape[1] // 64 * 64])
            core, middle = _codec.Vp8Picture.from_pixels(picture), picture.shape[1] // 2
            qp_map = np.full([-(-side // 32) for side in picture.shape[:2]], 95)
            even = webp.make_job(profile, effort, picture.shape)
            finest = even.run(core, **fixed)
            qp_map[:, middle // 32 :] -= drop
            mixed = webp.make_job(profile, effort, picture.shape, qp_map=qp_map).run(core, **fixed)
            coarse = even.run(core, **(fixed | {"quantizer": mixed.quantizers[-1]}))
            right = [squared_error(e, picture, slice(middle, None)) for e in (finest, mixed, coarse)]
            saved = [len(finest.data) - len(e.data) for e in (mixed, coarse)]
            rows.append([right[1] / right[0], right[2] / right[0], 2 * saved[0] / saved[1]])
        error, ideal, saving = np.mean(rows, axis=0)
        print(f"| {drop} | x{error:.2f} | x{ideal:.2f} | {100 * saving:.0f} % |", flush=True)


def memory(a: argparse.Namespace) -> None:
    if a.child:
        return print_peak(a)
    pixels = MEMORY_SHAPE[0] * MEMORY_SHAPE[1]
    for kind in ("photograph", "noise"):
        command = [sys.executable, __file__, "memory", str(a.picture), "--effort", str(a.effort), "--child", kind]
        before, peak = map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        beside = (peak - before) / pixels
        print(
            f"{kind}: peak {peak / 1e6:.0f} MB, {(peak - 50e6) / pixels:.1f} bytes a pixel above 50 MB, {beside:.1f} of them ours"
        )


def print_peak(a: argparse.Namespace) -> None:
    """Peak resident bytes before and after encoding."""
    if a.child == "noise":
        large = np.random.default_rng(0).integers(0, 256, MEMORY_SHAPE, dtype=np.uint8)
    else:
        picture = np.asarray(Image.open(a.picture).convert("RGB"))
        more = [(0, wanted - side) for wanted, side in zip(MEMORY_SHAPE, picture.shape, strict=True)]
        large = np.pad(picture, more, mode="wrap")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rate = {"noise": 1000.0, "photograph": 0.5}[a.child]
    accelir.Encoder(profile="fidelity", format="webp", effort=a.effort).encode(large, bpp=rate)
    print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for run in (rate, restored, speed, segments, memory):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        command.add_argument("picture" if run in (speed, memory) else "folder", type=Path)
        command.add_argument("--effort", type=int, default=5)
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
