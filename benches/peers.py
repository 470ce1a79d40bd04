"""PSNR at equal bytes against other encoders' files made beforehand: `python benches/peers.py DATA_FOLDER [--effort
5]`.

DATA_FOLDER holds eval/ and peers/ with its manifest.csv. Decoded pictures are compared with what was encoded, before any
restoration.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
from common import load, score
from numpy.typing import NDArray

import accelir
from accelir.restoration.tasks import Task

TASKS = {"sr4": Task("sr", 4), "denoise25": Task("denoise", 25), "deblur1.5": Task("deblur", 1.5)}


def inputs(data: Path, task: Task, name: str) -> dict[str, NDArray[np.uint8]]:
    """What the peers encoded, by the evaluation protocol."""
    pictures = {}
    for stem, truth in load(data / "eval" / name).items():
        height, width = (side // task.scale * task.scale for side in truth.shape[:2])
        noise = np.random.default_rng(zlib.crc32(stem.encode()))
        pictures[stem] = task.degrade(truth[:height, :width], noise)
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--effort", type=int, default=5)
    parser.add_argument("--subsampling", default="auto")
    a = parser.parse_args()
    encoder = accelir.Encoder(profile="fidelity", effort=a.effort, subsampling=a.subsampling)
    pictures: dict[tuple[str, str], dict[str, NDArray[np.uint8]]] = {}
    gains: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    with open(a.data / "peers" / "manifest.csv", newline="") as manifest:
        for row in csv.DictReader(manifest):
            key = row["task"], row["set"]
            if key not in pictures:
                pictures[key] = inputs(a.data, TASKS[row["task"]], row["set"])
            picture = pictures[key][row["image"]]
            peer = (a.data / "peers" / row["file"]).read_bytes()
            theirs, ours = score(peer, picture), score(encoder.encode(picture, max_bytes=len(peer)).data, picture)
            gains[row["task"], row["encoder"], row["set"], row["bpp"]].append(
                (ours.rgb - theirs.rgb, ours.luma - theirs.luma)
            )
    print("| task | peer | set | bpp | pictures | RGB | Y |\n|---|---|---|---|---|---|---|")
    for key, values in sorted(gains.items()):
        rgb, luma = np.mean(values, axis=0)
        print(f"| {' | '.join(key)} | {len(values)} | {rgb:+.2f} dB | {luma:+.2f} dB |")


if __name__ == "__main__":
    main()
