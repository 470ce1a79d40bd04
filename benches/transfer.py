"""Gains with networks that a profile has never seen: `python benches/transfer.py DATA --networks a.onnx b.onnx ...`.

Kodak by the evaluation protocol: PSNR over RGB after each network, in dB over Pillow's optimized JPEG of the same size and
restored by the same network. Rows are networks, columns profiles; a profile of another task is shown for what it is.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
from common import load, psnr
from restored import RATES, largest_within

import accelir
from accelir.decoding import decode_pixels
from accelir.restoring import open_network
from accelir.tasks import Task


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--networks", nargs="+", required=True, help="names or .onnx files, of any of the tasks")
    parser.add_argument("--profiles", nargs="+", default=["fidelity", "sr-x4", "denoise-25", "deblur-1.5"])
    parser.add_argument("--count", type=int, default=12, help="pictures, evenly spaced")
    a = parser.parse_args()
    truths = list(load(a.data / "eval" / "kodak").items())
    truths = truths[:: max(1, len(truths) // a.count)][: a.count]
    encoders = {p: accelir.Encoder(profile=p, subsampling="4:2:0") for p in a.profiles}
    networks = [open_network(n, 1) for n in a.networks]
    tasks = [Task(n.card.task, n.card.strength) for n in networks]
    for task in dict.fromkeys(tasks):
        same = [n for n, its in zip(networks, tasks, strict=True) if its == task]
        gains = np.zeros((len(same), len(encoders), len(RATES[task.kind]), len(truths)))
        for p, (stem, truth) in enumerate(truths):
            truth = truth[: truth.shape[0] // task.scale * task.scale, : truth.shape[1] // task.scale * task.scale]
            picture = task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
            for r, rate in enumerate(RATES[task.kind]):
                peer = largest_within(picture, rate * picture.shape[0] * picture.shape[1] / 8)
                files = [peer, *(e.encode(picture, max_bytes=len(peer)).data for e in encoders.values())]
                decoded = [decode_pixels(f) for f in files]
                for n, network in enumerate(same):
                    scores = [psnr(network(d).astype(np.float64) - truth) for d in decoded]
                    gains[n, :, r, p] = np.array(scores[1:]) - scores[0]
        rates = " / ".join(map(str, RATES[task.kind]))
        print(f"\n{task} at {rates} bpp, {len(truths)} pictures")
        print("| network | " + " | ".join(encoders) + " |\n|---|" + "---|" * len(encoders))
        for network, rows in zip(same, gains.mean(axis=3), strict=True):
            cells = [" / ".join(f"{g:+.2f}" for g in row) for row in rows]
            print(f"| {network.card.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
