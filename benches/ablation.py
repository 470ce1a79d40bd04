"""What each step adds to the restored quality: `python benches/ablation.py DATA [--tasks denoise-25 ...] [--count 8]`.

By the evaluation protocol on Kodak, 4:2:0 throughout: PSNR over RGB after the task's network, in dB over Pillow's
optimized JPEG of the same size, which is the standard table with plain rounding. The steps:

    tuned table      the profile's tables, levels rounded to the nearest, chroma halved by plain least squares
    + smooth chroma  chroma halved with the profile's smoothing
    + RDO            the trellis: the profile's uniform file
    VAQ              QPs by the blocks' variance
    + block QPs      QPs by QP-NET's groups and the reward, as AccelIR has it, each as the mode nearest to it
    + reward         modes by QP-NET's groups, by the reward
    + Lagrangian     modes by QP-NET's groups, by the Lagrangian
    + trial          the closed loop: modes that the encoder tries and restores itself
    oracle           a trial of eight Lagrangians with the truth in its hands

With --network, a network that was trained on other encoders' files restores all of these, and a last row has the file
of the profile's own choice restored by the task's network, which was trained on ours.
"""

from __future__ import annotations

import argparse
import dataclasses
import zlib
from pathlib import Path

import numpy as np
from common import load, psnr
from numpy.typing import NDArray
from restored import RATES, largest_within

from accelir.cells.modes import without_rdo
from accelir.formats.decode import decode_pixels
from accelir.formats.jpeg.closed_loop import estimate, plan_by_trial
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import Job, analyse, make_job
from accelir.profile.installed import load_profile
from accelir.profiling.choose import LOOP
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task

GROUPED = {
    "VAQ": "variance",
    "+ block QPs": "qp-reward",
    "+ reward": "reward",
    "+ Lagrangian": "lagrangian",
}


class Steps:
    """The files of one picture at one size, by step."""

    def __init__(self, task: str, network: str) -> None:
        self.profile, self.network, self.ours = load_profile(task), open_network(network, 1), open_network(task, 1)

    def files(self, picture: NDArray[np.uint8], truth: NDArray[np.uint8], budget: int) -> dict[str, bytes]:
        coefficients = analyse(picture, "4:2:0", self.profile)
        sharp = analyse(picture, "4:2:0", dataclasses.replace(self.profile, chroma_smoothing=0.0))
        job = make_job(self.profile, get_effort(5), picture.shape)
        plain = Job(self.profile, job.effort, job.progressive, without_rdo(job.modes), job.mode_map)
        plain.modes["deadzone"] = 0.5
        files = {"tuned table": plain.run(sharp, max_bytes=budget).data}
        files["+ smooth chroma"] = plain.run(coefficients, max_bytes=budget).data
        files["+ RDO"] = job.run(coefficients, max_bytes=budget).data
        plans = {}
        if self.profile.clusters is not None:
            groups = Groups(picture, self.profile.clusters)
            for step, allocator in GROUPED.items():
                plans[step] = plan_blocks(picture, coefficients, job, groups, budget, allocator)
        plans["+ trial"] = plan_by_trial(
            coefficients, job, budget, self.network, LOOP, estimate(picture, self.network, 2)
        )
        wide = Loop((0.25, 0.5, 1, 2, 4, 8, 16, 64), LOOP.step, 9)
        plans["oracle"] = plan_by_trial(coefficients, job, budget, self.network, wide, truth.astype(np.float32))
        for step, plan in plans.items():
            files[step] = (job if plan is None else plan.applied_to(job)).run(coefficients, max_bytes=budget).data
        return files

    def scores(self, picture: NDArray[np.uint8], truth: NDArray[np.uint8], budget: int) -> dict[str, float]:
        """PSNR after restoration, by step."""
        files = self.files(picture, truth, budget)
        scores = {step: self.score(data, truth) for step, data in files.items()}
        if self.ours is not self.network:
            own = files["+ Lagrangian" if self.profile.allocator == "lagrangian" else "+ RDO"]
            scores["+ network trained on ours"] = psnr(self.ours(decode_pixels(own)).astype(np.float64) - truth)
        return scores

    def score(self, data: bytes, truth: NDArray[np.uint8]) -> float:
        return psnr(self.network(decode_pixels(data)).astype(np.float64) - truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=["sr-x4", "denoise-25", "deblur-1.5"])
    parser.add_argument("--network", help="a name or .onnx file, instead of the task's")
    parser.add_argument("--count", type=int, default=24, help="pictures, evenly spaced")
    a = parser.parse_args()
    truths = list(load(a.data / "eval" / "kodak").items())
    truths = truths[:: max(1, len(truths) // a.count)][: a.count]
    for name in a.tasks:
        task, steps = Task.parse(name), Steps(name, a.network or name)
        rates = RATES[task.kind]
        rows: dict[str, list[list[float]]] = {}
        for stem, truth in truths:
            truth = truth[: truth.shape[0] // task.scale * task.scale, : truth.shape[1] // task.scale * task.scale]
            picture = task.degrade(truth, np.random.default_rng(zlib.crc32(stem.encode())))
            for r, rate in enumerate(rates):
                peer = largest_within(picture, rate * picture.shape[0] * picture.shape[1] / 8)
                if peer is None:
                    continue
                base = steps.score(peer, truth)
                for step, score in steps.scores(picture, truth, len(peer)).items():
                    rows.setdefault(step, [[] for _ in rates])[r].append(score - base)
        print(f"\n{name}, {len(truths)} pictures")
        print("| step | " + " | ".join(f"{rate} bpp" for rate in rates) + " |\n|---|" + "---|" * len(rates))
        for step, gains in rows.items():
            print(f"| {step} | " + " | ".join(f"{np.mean(g):+.3f}" for g in gains) + " |", flush=True)


if __name__ == "__main__":
    main()
