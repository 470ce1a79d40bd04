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
from common import (
    EFFORT,
    JUDGES,
    QUALITIES,
    Scores,
    bd_rates,
    load,
    means,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    score,
    signed,
)

from accelir.profile.installed import load_profile
from accelir.profile.jpeg import Tables
from accelir.profile.model import Profile

LUMA_CHROMA_STEP = 1.6


def for_luma(profile: Profile) -> Profile:
    steps = np.ones((2, 64), np.float32)
    steps[1] = LUMA_CHROMA_STEP
    weights = np.ones((3, 64), np.float32)
    weights[1:] = LUMA_CHROMA_STEP**-2
    tables = dict.fromkeys(profile.jpeg.tables, Tables(steps, weights))
    return replace(profile, jpeg=replace(profile.jpeg, tables=tables))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--divide", type=int, default=1)
    parser.add_argument("--effort", type=int, default=EFFORT)
    parser.add_argument("--subsampling", default="4:2:0")
    parser.add_argument("--low", type=float, default=0.6)
    parser.add_argument("--high", type=float, default=1.8)
    a = parser.parse_args()
    fidelity = load_profile("fidelity")
    profiles = {"chroma for RGB": fidelity, "chroma for Y": for_luma(fidelity)}
    rates: dict[str, list[Scores]] = {name: [] for name in profiles}
    pictures = load(a.folder, a.divide)
    for picture in pictures.values():
        files = [pillow_jpeg(picture, quality, a.subsampling) for quality in QUALITIES]
        anchor = [score(data, picture) for data in files]
        for name, profile in profiles.items():
            prepared = prepare(picture, profile, effort=a.effort, subsampling=a.subsampling)
            test = [score(prepared.within(len(data)).data, picture) for data in files]
            rates[name].append(bd_rates(anchor, test, a.low, a.high))
    about = f"{a.subsampling}, effort {a.effort}, {a.low}-{a.high} bpp"
    print(f"{a.folder.name} /{a.divide}, {about}, {len(pictures)} pictures")
    print_head("profile", *JUDGES)
    for name, rows in rates.items():
        print_row(name, *signed(means(rows), " %"))


if __name__ == "__main__":
    main()
