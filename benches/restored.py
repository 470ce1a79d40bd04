"""Restored quality at equal bytes, the same network for all: `python benches/restored.py DATA [--tasks sr-x4 ...]`.

DATA holds eval/ and peers/. By the evaluation protocol: pictures are degraded, encoded by Pillow (optimize=True,
4:2:0, the largest file within the rate) and, at that file's bytes, by ours with `fidelity` and with the task's
profile; all are decoded and restored by the task's network. Where mozjpeg's files exist ours are encoded again to
their bytes. PSNR
over RGB,
dB.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from pathlib import Path

import numpy as np
from common import load, pillow_jpeg
from numpy.typing import NDArray

import accelir
from accelir.metrics import psnr
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

PEERS = {"sr-x4": "sr4", "denoise-25": "denoise25", "deblur-1.5": "deblur1.5"}


class Bench:
    def __init__(self, task: Task, network: str) -> None:
        self.task, self.network = task, open_network(network, 1)
        self.ours = {p: accelir.Encoder(profile=p) for p in ("fidelity", str(task))}

    def score(self, data: bytes, truth: NDArray[np.uint8]) -> tuple[float, float]:
        """PSNR after the network and before it; for super-resolution there is no before."""
        decoded = accelir.decode(data, network=None)
        after = psnr(self.network(decoded), truth)
        return after, psnr(decoded, self.picture)

    def degrade(self, truth: NDArray[np.uint8], stem: str) -> NDArray[np.uint8]:
        self.picture = self.task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
        return self.picture

    def against(self, peer: bytes, truth: NDArray[np.uint8]) -> dict[str, tuple[float, float]]:
        scores = {"peer": self.score(peer, truth)}
        for name, encoder in self.ours.items():
            scores[name] = self.score(encoder.encode(self.picture, max_bytes=len(peer)).data, truth)
        return scores


def largest_within(picture: NDArray[np.uint8], budget: float) -> bytes | None:
    """Pillow's largest file not above the budget; its size rises with quality but for a few bytes."""
    best, low, high = None, 1, 95
    while low <= high:
        middle = (low + high) // 2
        data = pillow_jpeg(picture, middle, "4:2:0")
        if len(data) <= budget:
            best, low = data, middle + 1
        else:
            high = middle - 1
    return best


def print_row(label: str, rows: list[dict[str, tuple[float, float]]], profile: str) -> None:
    mean = {k: np.mean([r[k] for r in rows], axis=0) for k in rows[0]}
    peer = mean["peer"]
    cells = [f"{mean[k][0] - peer[0]:+.2f}" for k in ("fidelity", profile)] + [f"{mean[profile][1] - peer[1]:+.2f}"]
    print(f"| {label} | {len(rows)} | {peer[0]:.2f} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(PEERS))
    parser.add_argument("--sets", nargs="+", default=["kodak"])
    parser.add_argument("--network")
    a = parser.parse_args()
    for name in a.tasks:
        task = Task.parse(name)
        bench = Bench(task, a.network or name)
        truths = {(s, stem): p for s in a.sets for stem, p in load(a.data / "eval" / s).items()}
        truths = {
            k: p[: p.shape[0] // task.scale * task.scale, : p.shape[1] // task.scale * task.scale]
            for k, p in truths.items()
        }
        print(
            f"\n{name}, network {bench.network.card.name}, {' '.join(a.sets)}: PSNR of the peer restored, and differences"
        )
        print(
            "| peer | pictures | restored | fidelity | "
            + name
            + " | "
            + name
            + " before restoration |\n|---|---|---|---|---|---|"
        )
        rows: dict[str, list] = {}
        for (_, stem), truth in truths.items():
            picture = bench.degrade(truth, stem)
            for rate in task.rates:
                peer = largest_within(picture, rate * picture.shape[0] * picture.shape[1] / 8)
                if peer:
                    rows.setdefault(f"Pillow, {rate} bpp", []).append(bench.against(peer, truth))
        with open(a.data / "peers" / "manifest.csv", newline="") as manifest:
            for entry in csv.DictReader(manifest):
                if entry["task"] == PEERS.get(name) and entry["set"] in a.sets:
                    truth = truths[entry["set"], entry["image"]]
                    bench.degrade(truth, entry["image"])
                    peer = (a.data / "peers" / entry["file"]).read_bytes()
                    rows.setdefault(f"{entry['encoder']}, {entry['bpp']} bpp", []).append(bench.against(peer, truth))
        for label in sorted(rows):
            print_row(label, rows[label], name)


if __name__ == "__main__":
    main()
