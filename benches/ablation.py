"""What each step adds to the restored quality: `python benches/ablation.py DATA [--tasks denoise-25 ...] [--count 8]`.

By the evaluation protocol on Kodak, 4:2:0 throughout: scores after the task's network over those of Pillow's
optimized JPEG of the same size, which is the standard table with plain rounding. Cells have one figure for each rate.
The steps:

    tuned table      the profile's tables, levels rounded to the nearest, chroma halved by plain least squares
    + smooth chroma  chroma halved with the profile's smoothing
    + RDO            the trellis: the profile's uniform file
    VAQ              QPs by the cells' variance
    + cell QPs       QPs by QP-NET's groups and the reward, as AccelIR has it, each as the mode nearest to it
    + reward         modes by QP-NET's groups, by the reward
    + Lagrangian     modes by QP-NET's groups, by the Lagrangian
    + trial          the closed loop: modes that the encoder tries and restores itself
    oracle           a trial of eight lambdas with the truth in its hands

With --network, a network that was trained on other encoders' files restores all of these, and a last row has the file
of the profile's own choice restored by the task's network, which was trained on ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import (
    JUDGES,
    Case,
    Scores,
    cases,
    largest_within,
    means,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    restored_scores,
    signed,
)

from accelir.cells.modes import make_modes
from accelir.formats.budget import bytes_at
from accelir.formats.format import Prepared
from accelir.formats.jpeg.closed_loop import estimate
from accelir.profile.installed import load_profile
from accelir.profile.jpeg import ClosedLoop
from accelir.profile.ladder import Ladder
from accelir.profile.model import Profile
from accelir.profiling.choose import LOOP
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

GROUPED = {
    "VAQ": "variance",
    "+ cell QPs": "qp-reward",
    "+ reward": "reward",
    "+ Lagrangian": "lagrangian",
}
WIDE = ClosedLoop((0.25, 0.5, 1, 2, 4, 8, 16, 64), LOOP.step, LOOP.effort)
VIEWS = 2
"""Orientations in which the picture is restored for the trial's goal."""
ROUNDING = Ladder(np.zeros(1), make_modes())


class Steps:
    """The files of one picture, by step."""

    def __init__(self, task: str, network: str) -> None:
        self.network, self.own_network = open_network(network, 1), open_network(task, 1)
        profile = replace(load_profile(task), network=network)
        self.chosen = "+ Lagrangian" if profile.jpeg.allocator == "lagrangian" else "+ RDO"
        rounded = _with(profile, ladder=ROUNDING)
        self.profiles = {
            "tuned table": (_with(rounded, chroma_smoothing=0.0), "uniform"),
            "+ smooth chroma": (rounded, "uniform"),
            "+ RDO": (profile, "uniform"),
        }
        if profile.groups is not None:
            self.profiles |= {step: (profile, allocator) for step, allocator in GROUPED.items()}
        self.profiles |= {
            "+ trial": (_with(profile, closed_loop=LOOP), "closed-loop"),
            "oracle": (_with(profile, closed_loop=WIDE), "closed-loop"),
        }

    def prepare(self, case: Case) -> dict[str, Prepared]:
        goals = {"+ trial": estimate(case.picture, self.network, VIEWS), "oracle": case.truth.astype(np.float32)}
        return {
            step: prepare(case.picture, profile, subsampling="4:2:0", allocator=allocator).replaced(
                goal=goals.get(step)
            )
            for step, (profile, allocator) in self.profiles.items()
        }

    def gains(self, case: Case, prepared: dict[str, Prepared], peer: bytes) -> dict[str, Scores]:
        """Scores after restoration over that of another encoder's file, of whose size ours are, by step."""
        base = restored_scores(self.network, peer, case.truth)
        files = {step: each.within(len(peer)).data for step, each in prepared.items()}
        gains = {step: restored_scores(self.network, data, case.truth) - base for step, data in files.items()}
        if self.own_network is not self.network:
            own = restored_scores(self.own_network, files[self.chosen], case.truth)
            gains["+ network trained on ours"] = own - base
        return gains


def _with(profile: Profile, **changes: Any) -> Profile:
    """The profile with other entries in its JPEG section."""
    return replace(profile, jpeg=replace(profile.jpeg, **changes))


def measure(steps: Steps, task: Task, case: Case) -> Iterator[tuple[float, dict[str, Scores]]]:
    """Rates, and the gains at them."""
    prepared = steps.prepare(case)
    for rate in task.rates:
        peer = largest_within(partial(pillow_jpeg, case.picture), bytes_at(rate, case.picture.shape))
        if peer is not None:
            yield rate, steps.gains(case, prepared, peer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=["sr-x4", "denoise-25", "deblur-1.5"])
    parser.add_argument("--network", help="a name or .onnx file, instead of the task's")
    parser.add_argument("--count", type=int, default=24, help="pictures, evenly spaced")
    a = parser.parse_args()
    print_head("task, bits per pixel", "step", *JUDGES)
    for name in a.tasks:
        task, steps = Task.parse(name), Steps(name, a.network or name)
        pictures = cases(a.data / "eval" / "kodak", task, a.count)
        rows: dict[str, dict[float, list[Scores]]] = {}
        for case in pictures.values():
            for rate, gains in measure(steps, task, case):
                for step, gain in gains.items():
                    rows.setdefault(step, {rate: [] for rate in task.rates})[rate].append(gain)
        label = f"{name}, {' / '.join(map(str, task.rates))}"
        for step, row in rows.items():
            by_rate = [signed(means(gains)) for gains in row.values()]
            print_row(label, step, *(" / ".join(by_judge) for by_judge in zip(*by_rate, strict=True)))


if __name__ == "__main__":
    main()
