"""PSNR at equal bytes against other encoders' files made beforehand: `python benches/peers.py DATA_FOLDER [--effort
5]`.

DATA_FOLDER holds eval/ and peers/ with its manifest.csv. Only super-resolution inputs (downscaled by 4) and deblurring
inputs are compared, before any restoration.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from common import load, score
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

import accelir


def blurred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = gaussian_filter(picture.astype(np.float64), (1.5, 1.5, 0))
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def inputs(data: Path, task: str, name: str) -> dict[str, NDArray[np.uint8]]:
    if task == "sr4":
        return load(data / "eval" / name, 4)
    return {stem: blurred(p) for stem, p in load(data / "eval" / name).items()}


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
            if row["task"] == "denoise25":
                continue
            if key not in pictures:
                pictures[key] = inputs(a.data, *key)
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
