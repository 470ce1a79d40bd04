"""BD-rate of the profile fidelity against Pillow's optimized JPEG in the same subsampling, whole files.

python benches/bd_rate.py EVAL_FOLDER [--divide 4] [--effort 5] [--subsampling 4:2:0]

EVAL_FOLDER holds the pictures (data/eval/kodak). For each of Pillow's files ours is encoded to at most its bytes. Two
rows: the profile as it is (chroma steps chosen for RGB), and with flat chroma at 1.6 times luma's step, which is best
for Y.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import QUALITIES, Score, bd_rate, load, pillow_jpeg, score

import accelir
from accelir.profile.model import Profile

LUMA_CHROMA_STEP = 1.6


def for_luma(profile: Profile) -> Profile:
    steps = np.ones((2, 64), np.float32)
    steps[1] = LUMA_CHROMA_STEP
    weights = np.ones((3, 64), np.float32)
    weights[1:] = LUMA_CHROMA_STEP**-2
    return replace(profile, shapes=dict.fromkeys(profile.shapes, TableShape(steps, weights)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--divide", type=int, default=1)
    parser.add_argument("--effort", type=int, default=5)
    parser.add_argument("--subsampling", default="4:2:0")
    parser.add_argument("--low", type=float, default=0.6)
    parser.add_argument("--high", type=float, default=1.8)
    a = parser.parse_args()
    encoder = accelir.Encoder(profile="fidelity", effort=a.effort, subsampling=a.subsampling)
    luma_encoder = accelir.Encoder(profile="fidelity", effort=a.effort, subsampling=a.subsampling)
    luma_encoder.settings = replace(encoder.settings, profile=for_luma(encoder.settings.profile))
    rates: dict[str, list[tuple[float, float]]] = {"chroma for RGB": [], "chroma for Y": []}
    for picture in load(a.folder, a.divide).values():
        files = [pillow_jpeg(picture, q, a.subsampling) for q in QUALITIES]
        anchor = [score(data, picture) for data in files]
        for name, e in (("chroma for RGB", encoder), ("chroma for Y", luma_encoder)):
            test: list[Score] = [score(e.encode(picture, max_bytes=len(data)).data, picture) for data in files]
            rates[name].append(
                (bd_rate(anchor, test, "luma", a.low, a.high), bd_rate(anchor, test, "rgb", a.low, a.high))
            )
    print(
        f"{a.folder.name} /{a.divide}, {a.subsampling}, effort {a.effort}, {a.low}-{a.high} bpp, {len(rates['chroma for Y'])} pictures"
    )
    for name, pairs in rates.items():
        luma, rgb = np.mean(pairs, axis=0)
        print(f"| {name} | {luma:.1f} % Y | {rgb:.1f} % RGB |")


if __name__ == "__main__":
    main()
