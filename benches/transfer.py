"""Gains with networks that a profile has never seen: `python benches/transfer.py DATA --networks a.onnx b.onnx ...`.

Kodak by the evaluation protocol: PSNR over RGB after each network, in dB over Pillow's optimized JPEG of the same size and
restored by the same network. Rows are networks, columns profiles; a profile of another task is shown for what it is. With
--tune PICTURES the last column is what is to be had at all with blocks treated alike: for each network tables, chroma and
Lagrangian are tuned on it alone, on pictures of that folder (minutes a network).
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from pathlib import Path

import numpy as np
from accelir.profiling.tune import tune_profile
from common import load, psnr
from restored import RATES, largest_within

import accelir
from accelir.formats.decode import decode_pixels
from accelir.profile.files import write_profile
from accelir.profile.installed import load_profile
from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures
from accelir.restoration.tasks import Task

TUNED_ON = 8


def tuned(network: str, task: Task, pictures: Path, work: Path) -> accelir.Encoder:
    """An encoder for this network alone."""
    profile, _ = tune_profile(task, (network,), list_pictures(pictures), load_profile("fidelity"), work, TUNED_ON)
    folder = work / Path(network).stem
    write_profile(folder, profile)
    return accelir.Encoder(profile=folder, subsampling="4:2:0")


def gains_of(
    networks: list[str], task: Task, truths: list[tuple[str, np.ndarray]], a: argparse.Namespace
) -> np.ndarray:
    """dB, (networks, profiles and perhaps the tuned one, rates, pictures)."""
    opened = [open_network(n, 1) for n in networks]
    shared = [accelir.Encoder(profile=p, subsampling="4:2:0") for p in a.profiles]
    with tempfile.TemporaryDirectory() as work:
        own = [[tuned(n, task, a.tune, Path(work))] if a.tune else [] for n in networks]
        gains = np.zeros((len(networks), len(shared) + bool(a.tune), len(RATES[task.kind]), len(truths)))
        for p, (stem, truth) in enumerate(truths):
            truth = truth[: truth.shape[0] // task.scale * task.scale, : truth.shape[1] // task.scale * task.scale]
            picture = task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
            for r, rate in enumerate(RATES[task.kind]):
                peer = largest_within(picture, rate * picture.shape[0] * picture.shape[1] / 8)
                same = [decode_pixels(f) for f in (peer, *(_file(e, picture, peer) for e in shared))]
                for n, network in enumerate(opened):
                    decoded = same + [decode_pixels(_file(e, picture, peer)) for e in own[n]]
                    scores = np.array([psnr(network(d).astype(np.float64) - truth) for d in decoded])
                    gains[n, :, r, p] = scores[1:] - scores[0]
    return gains


def _file(encoder: accelir.Encoder, picture: np.ndarray, peer: bytes) -> bytes:
    return encoder.encode(picture, max_bytes=len(peer)).data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--networks", nargs="+", required=True, help="names or .onnx files, of any of the tasks")
    parser.add_argument("--profiles", nargs="+", default=["fidelity", "sr-x4", "denoise-25", "deblur-1.5"])
    parser.add_argument("--tune", type=Path, metavar="PICTURES")
    parser.add_argument("--count", type=int, default=12, help="pictures, evenly spaced")
    a = parser.parse_args()
    truths = list(load(a.data / "eval" / "kodak").items())
    truths = truths[:: max(1, len(truths) // a.count)][: a.count]
    cards = {n: open_network(n, 1).card for n in a.networks}
    tasks = {n: Task(card.task, card.strength) for n, card in cards.items()}
    for task in dict.fromkeys(tasks.values()):
        networks = [n for n in a.networks if tasks[n] == task]
        gains = gains_of(networks, task, truths, a).mean(axis=3)
        columns = [*a.profiles, *(["tuned on itself"] if a.tune else [])]
        print(f"\n{task} at {' / '.join(map(str, RATES[task.kind]))} bpp, {len(truths)} pictures")
        print("| network | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
        for name, rows in zip(networks, gains, strict=True):
            cells = [" / ".join(f"{g:+.2f}" for g in row) for row in rows]
            print(f"| {cards[name].name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
