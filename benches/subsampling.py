"""Where 4:4:4 overtakes 4:2:0 in PSNR-RGB, and how often "auto" finds the better one: `python benches/subsampling.py
FOLDER`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import EFFORT, Pixels, load, prepare, print_head, print_row, score, spread

from accelir.formats.budget import bytes_at

RATES = (0.4, 0.6, 0.9, 1.2, 1.5, 1.8, 2.4)


def measure(picture: Pixels, effort: int) -> list[tuple[float, float]]:
    """At each rate: what 4:4:4 gains over 4:2:0, and what "auto" loses over the better one, dB."""
    prepared = {s: prepare(picture, "fidelity", effort=effort, subsampling=s) for s in ("4:2:0", "4:4:4", "auto")}
    rows = []
    for rate in RATES:
        budget = bytes_at(rate, picture.shape)
        rgb = {s: score(each.within(budget).data, picture).by_judge["RGB"] for s, each in prepared.items()}
        rows.append((rgb["4:4:4"] - rgb["4:2:0"], max(rgb["4:2:0"], rgb["4:4:4"]) - rgb["auto"]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--effort", type=int, default=EFFORT)
    a = parser.parse_args()
    found = np.array([measure(picture, a.effort) for picture in spread(list(load(a.folder).values()), a.count)])
    print_head("bpp", "4:4:4 is better for", "by, mean", "auto below the better one, mean")
    for rate, (gain, loss) in zip(RATES, found.transpose(1, 2, 0), strict=True):
        print_row(rate, f"{np.mean(gain > 0):.0%}", f"{gain.mean():+.2f} dB", f"{loss.mean():.3f} dB")


if __name__ == "__main__":
    main()
