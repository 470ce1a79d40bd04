"""Where 4:4:4 overtakes 4:2:0 in PSNR-RGB, and how often "auto" finds the better one: `python benches/subsampling.py
FOLDER`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import load, score

import accelir

RATES = (0.4, 0.6, 0.9, 1.2, 1.5, 1.8, 2.4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--effort", type=int, default=5)
    a = parser.parse_args()
    pictures = list(load(a.folder).values())
    pictures = pictures[:: max(len(pictures) // a.count, 1)][: a.count]
    encoders = {
        s: accelir.Encoder(profile="fidelity", effort=a.effort, subsampling=s) for s in ("4:2:0", "4:4:4", "auto")
    }
    print("| bpp | 4:4:4 is better for | by, mean | auto below the better one, mean |\n|---|---|---|---|")
    for bpp in RATES:
        rows = []
        for picture in pictures:
            rgb = {s: score(e.encode(picture, bpp=bpp).data, picture).rgb for s, e in encoders.items()}
            rows.append((rgb["4:4:4"] - rgb["4:2:0"], max(rgb["4:2:0"], rgb["4:4:4"]) - rgb["auto"]))
        gain, loss = np.array(rows).T
        print(f"| {bpp} | {np.mean(gain > 0):.0%} | {gain.mean():+.2f} dB | {loss.mean():.3f} dB |")


if __name__ == "__main__":
    main()
