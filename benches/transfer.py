"""Gains with networks that a profile has never seen: `python benches/transfer.py DATA --networks a.onnx b.onnx ...`.

Kodak by the evaluation protocol: scores after each network over those of Pillow's optimized JPEG of the same size and
restored by the same network. Rows are networks and judges, columns profiles; a profile of another task is shown for
what it is. With --tune PICTURES the last column is what is to be had at all with cells treated alike: for each network
tables, chroma and lambda are tuned on it alone, on pictures of that folder (minutes a network).
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from common import (
    JUDGES,
    Case,
    cases,
    largest_within,
    means,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    restored_scores,
    scores,
    signed,
)
from numpy.typing import NDArray

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.profiling.tune_jpeg import tune_jpeg
from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures
from accelir.restoration.tasks import Task


def tuned(network: str, task: Task, pictures: Path, count: int) -> Profile:
    """A profile for this network alone."""
    with tempfile.TemporaryDirectory() as work:
        base = load_profile("fidelity")
        return tune_jpeg(task, (network,), list_pictures(pictures), base, Path(work), count)[0]


def gains_of(
    networks: list[str], task: Task, pictures: list[Case], shared: list[Profile], own: list[Profile]
) -> NDArray[np.float64]:
    """(networks, profiles and perhaps the tuned one, rates, pictures, judges). own: one for each network, or none."""
    opened = [open_network(n, 1) for n in networks]
    gains = np.zeros((len(networks), len(shared) + bool(own), len(task.rates), len(pictures), len(JUDGES)))
    for p, case in enumerate(pictures):
        ready = {profile: prepare(case.picture, profile, subsampling="4:2:0") for profile in (*shared, *own)}
        for r, rate in enumerate(task.rates):
            peer = largest_within(partial(pillow_jpeg, case.picture), bytes_at(rate, case.picture.shape))
            if peer is None:
                raise SystemExit(f"no file of Pillow's is within {rate} bpp")
            decoded = {profile: decode_pixels(each.within(len(peer)).data) for profile, each in ready.items()}
            for n, network in enumerate(opened):
                base = restored_scores(network, peer, case.truth)
                chosen = (*shared, *own[n : n + 1])
                gains[n, :, r, p] = [scores(network(decoded[profile]), case.truth) - base for profile in chosen]
    return gains


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--networks", nargs="+", required=True, help="names or .onnx files, of any of the tasks")
    parser.add_argument("--profiles", nargs="+", default=["fidelity", "sr-x4", "denoise-25", "deblur-1.5"])
    parser.add_argument("--tune", type=Path, metavar="PICTURES")
    parser.add_argument("--tuned-on", type=int, default=8, help="pictures of those, evenly spaced")
    parser.add_argument("--count", type=int, default=12, help="pictures, evenly spaced")
    a = parser.parse_args()
    cards = {n: open_network(n, 1).card for n in a.networks}
    tasks = {n: Task(card.task, card.strength) for n, card in cards.items()}
    shared = [load_profile(profile) for profile in a.profiles]
    for task in dict.fromkeys(tasks.values()):
        networks = [n for n in a.networks if tasks[n] == task]
        pictures = list(cases(a.data / "eval" / "kodak", task, a.count).values())
        own = [tuned(n, task, a.tune, a.tuned_on) for n in networks] if a.tune else []
        gains = means(np.moveaxis(gains_of(networks, task, pictures, shared, own), 3, 0))
        print(f"\n{task} at {' / '.join(map(str, task.rates))} bpp, {len(pictures)} pictures")
        print_head("network", "judge", *a.profiles, *(["tuned on itself"] if a.tune else []))
        for name, rows in zip(networks, gains, strict=True):
            for judge, by_profile in zip(JUDGES, np.moveaxis(rows, -1, 0), strict=True):
                print_row(cards[name].name, judge, *(" / ".join(signed(by_rate)) for by_rate in by_profile))


if __name__ == "__main__":
    main()
