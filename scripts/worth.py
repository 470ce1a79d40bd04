"""Measures what a network is worth on files, or one that enlarges on full chroma, and writes it into its card.

    python scripts/worth.py PICTURES NETWORK.onnx [--count 40] [--draws 16] [--side 256]

Of every picture a part is encoded by encoders drawn from a mixture (accelir.training.worth says what is measured).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures, load
from accelir.training.package import write
from accelir.training.worth import curves, full_chroma, measure

MIXTURE = (
    "jpeg:5-99*3,jpeg444:5-99*2,flat:1-80*2,ours:fidelity:0.15-6*3,ours:sr-x4:0.3-6,ours:denoise-25:0.3-4,"
    "webp:1-100*5,ours-webp:fidelity:0.2-5*3"
)


def parts(folder: Path, count: int, side: int) -> Iterator[np.ndarray]:
    """The middles of so many pictures."""
    paths = list_pictures(folder)
    for path in paths[:: max(len(paths) // count, 1)][:count]:
        picture = load(path)
        top, left = (max(0, length - side) // 2 for length in picture.shape[:2])
        yield picture[top : top + side, left : left + side]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("network", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--side", type=int, default=256)
    args = parser.parse_args()
    network = open_network(args.network, threads=1)
    pictures = parts(args.pictures, args.count, args.side)
    if network.card.scale > 1:
        found: dict[str, Any] = {"full_chroma": full_chroma(network, pictures)}
    else:
        found = {"worth": curves(measure(network, pictures, MIXTURE, args.draws))}
    print(args.network.stem, found)
    write(args.network.read_bytes(), replace(network.card, **found), args.network.parent)


if __name__ == "__main__":
    main()
