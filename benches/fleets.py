"""What the runner of fleets costs: pictures a second, against processes of their own, and memory over the number.

python benches/fleets.py PICTURES [--count 400] [--side 256] [--jobs 2]
python benches/fleets.py PICTURES --memory 1000 10000 --side 64
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import Pixels, open_rgb, print_head, print_row, saved, spread

from accelir.restoration.pictures import list_pictures

BPP = 1.0
SHARD = 100
"""Pictures."""


@dataclass(frozen=True)
class Cost:
    """Of processes that ran side by side."""

    wall: float
    """Seconds until the last was done."""
    cpu: float
    """Seconds of processors, of all."""
    peak: int
    """Bytes of memory of the largest."""


def run(calls: Sequence[Sequence[str]]) -> Cost:
    """Processes side by side. Raises subprocess.CalledProcessError for one that failed."""
    start = time.perf_counter()
    running = [subprocess.Popen(list(call), stdout=subprocess.DEVNULL) for call in calls]
    cpu, peak = 0.0, 0
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise subprocess.CalledProcessError(status, process.args)
        cpu, peak = cpu + usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss * 1024)
    return Cost(time.perf_counter() - start, cpu, peak)


def fleet(shards: Sequence[Path], out: Path, *options: str) -> list[str]:
    """A call of the runner."""
    named = [word for shard in shards for word in ("--shards", str(shard))]
    return [sys.executable, "-m", "accelir", "encode", *named, "--out", str(out), "--profile", "fidelity", *options]


LOOP = """
import io, sys, tarfile, accelir
from PIL import Image
encoder = accelir.Encoder(profile="fidelity")
for shard in sys.argv[2:]:
    with tarfile.open(shard) as tar:
        for entry in tar:
            encoder.encode(Image.open(io.BytesIO(tar.extractfile(entry).read())), bpp=float(sys.argv[1]))
"""
"""What an independent process does: encode the pictures, and no more."""


def write_shards(folder: Path, pictures: Sequence[Pixels], count: int, side: int) -> list[Path]:
    """Tars of crops, at places that differ from picture to picture."""
    rng, shards = np.random.default_rng(0), []
    for first in range(0, count, SHARD):
        shards.append(folder / f"{first:08}.tar")
        with tarfile.open(shards[-1], "w") as tar:
            for number in range(first, min(first + SHARD, count)):
                picture = pictures[number % len(pictures)]
                top, left = (int(rng.integers(0, max(edge - side, 0) + 1)) for edge in picture.shape[:2])
                data = saved(np.ascontiguousarray(picture[top : top + side, left : left + side]), "PNG")
                entry = tarfile.TarInfo(f"{number:08}.png")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return shards


def measure_speed(folder: Path, shards: Sequence[Path], count: int, jobs: int) -> None:
    parts = [shards[i::jobs] for i in range(jobs)]
    ways = {
        f"{jobs} processes that encode and no more": [
            [sys.executable, "-c", LOOP, str(BPP), *map(str, part)] for part in parts
        ],
        f"{jobs} runners": [fleet(part, folder / f"a{i}", "--bpp", str(BPP)) for i, part in enumerate(parts)],
        f"one runner, --jobs {jobs}": [fleet(shards, folder / "b", "--bpp", str(BPP), "--jobs", str(jobs))],
        "the same, --as-set": [fleet(shards, folder / "c", "--bpp", str(BPP), "--as-set", "--jobs", str(jobs))],
    }
    print_head("", "wall s", "CPU s", "pictures per CPU s", "pictures per wall s", "peak MB")
    for name, calls in ways.items():
        cost = run(calls)
        rates = f"{count / cost.cpu:.1f}", f"{count / cost.wall:.1f}"
        print_row(name, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", *rates, f"{cost.peak / 1e6:.0f}")


def measure_memory(folder: Path, pictures: Sequence[Pixels], counts: Sequence[int], side: int) -> None:
    print_head("pictures", "pass", "peak MB", "pictures per CPU s")
    for count in counts:
        inside = folder / f"in{count}"
        inside.mkdir()
        write_shards(inside, pictures, count, side)
        for name, option in (("one", []), ("two, under one total", ["--as-set"])):
            cost = run([fleet([inside], folder / f"{name}{count}", "--bpp", str(BPP), *option)])
            print_row(count, name, f"{cost.peak / 1e6:.0f}", f"{count / cost.cpu:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--memory", type=int, nargs="+", metavar="COUNT", help="numbers of pictures")
    options = parser.parse_args()
    pictures = [open_rgb(path) for path in spread(list_pictures(options.pictures), 40)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.memory:
            measure_memory(folder, pictures, options.memory, options.side)
            return
        (folder / "in").mkdir()
        shards = write_shards(folder / "in", pictures, options.count, options.side)
        measure_speed(folder, shards, options.count, options.jobs)


if __name__ == "__main__":
    main()
