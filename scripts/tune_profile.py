"""Tunes and writes a task's profile: `python scripts/tune_profile.py sr-x4 TRAIN_FOLDER`.

What a whole file shares is tuned by measuring: how steep the luma and the chroma table are, how coarse chroma is, how
strong the rate-distortion optimisation. The score is the mean PSNR over RGB of training pictures that were degraded,
encoded to a budget, decoded, and restored by the task's network. Coordinate descent with halved steps; every
measurement is kept in the profile's provenance. The ladder of modes is fidelity's, scaled to the RDO strength found.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir import _codec
from accelir.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.effort import get_effort
from accelir.jpeg import make_job
from accelir.profile import Profile, TableShape, load_profile
from accelir.restoring import open_network
from accelir.training.tasks import Task

RATES = {"sr": (0.9, 1.2, 1.8), "denoise": (0.9, 1.2, 1.8), "deblur": (0.6, 0.8, 1.1)}
STARTS = {
    "sr": (0.0, 0.9, 0.5, 0.06, 1.0, 1.0),
    "denoise": (2.0, 1.4, 1.5, 0.08, 0.6, 1.0),
    "deblur": (0.4, 1.2, 0.5, 0.06, 1.0, 1.0),
}
STEPS = (0.4, 0.25, 0.4, 0.5, 0.3, 0.25)
LOGARITHMIC = (1, 3, 4)
ROUNDS = 2
CROP = {"sr": 512, "denoise": 512, "deblur": 256}
_RADIUS = (ZIGZAG // 8 + ZIGZAG % 8) / 14


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is tuned."""

    luma_ramp: float
    """Log of the highest frequency's luma step over the lowest's."""
    chroma: float
    """Chroma steps over those that weigh RGB errors evenly."""
    chroma_ramp: float
    """Log of the further growth of chroma steps towards the highest frequency."""
    rdo: float
    """Lagrangian in squared base steps per bit."""
    power: float
    """Of the frequency in both ramps: 1 grows evenly, more grows late."""
    trust: float
    """How far the trellis weighs errors as the table does: 0 as luma's PSNR would, 1 by the squared inverse steps."""

    def shape(self, subsampling: str) -> TableShape:
        chroma = (
            self.chroma
            / np.sqrt(rgb_weights(subsampling)[1:].mean(axis=0))
            * np.exp(self.chroma_ramp * _RADIUS**self.power)
        )
        luma = np.exp(self.luma_ramp * _RADIUS**self.power)
        steps = np.stack([luma, chroma]).clip(0.05, 16).astype(np.float32)
        return TableShape(steps, (steps[[0, 1, 1]] ** (-2 * self.trust)).astype(np.float32))

    def profile(self, base: Profile) -> Profile:
        ladder = base.ladder.copy()
        ladder["rdo"] *= self.rdo / ladder["rdo"][0]
        return dataclasses.replace(base, shapes={s: self.shape(s) for s in SUBSAMPLINGS}, ladder=ladder)

    def moved(self, index: int, step: float) -> Settings:
        values = list(dataclasses.astuple(self))
        values[index] = values[index] * np.exp(step) if index in LOGARITHMIC else values[index] + step
        return Settings(*values)


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


class Bench:
    """Degraded training pictures and the score of a profile on them."""

    def __init__(self, task: Task, folder: Path, start: int, count: int) -> None:
        paths = sorted(folder.glob("*.webp"))
        self.task, self.network = task, open_network(str(task), 1)
        self.names = [p.name for p in paths[start :: len(paths) // count][:count]]
        side = CROP[task.kind]
        self.truths = [np.asarray(Image.open(folder / n).convert("RGB"))[:side, :side] for n in self.names]
        seeds = (np.random.default_rng(zlib.crc32(Path(n).stem.encode())) for n in self.names)
        self.inputs = [task.degrade(t, rng) for t, rng in zip(self.truths, seeds, strict=True)]
        self.coefficients = [
            {s: _codec.Coefficients.from_pixels(p, s) for s in ("4:2:0", "4:4:4")} for p in self.inputs
        ]

    def score(self, profile: Profile, subsampling: str = "4:2:0") -> float:
        return float(
            np.mean(
                [
                    self.at(i, rate, profile, subsampling)
                    for i in range(len(self.names))
                    for rate in RATES[self.task.kind]
                ]
            )
        )

    def at(self, i: int, rate: float, profile: Profile, subsampling: str) -> float:
        shape = self.inputs[i].shape
        job = make_job(profile, get_effort(5), shape)
        budget = int(rate * shape[0] * shape[1] / 8)
        return self.restored(i, job.run(self.coefficients[i][subsampling], max_bytes=budget).data)

    def full_chroma_margin(self, profile: Profile) -> float:
        """The margin, in dB of decoded PSNR, from which on 4:4:4 pays after restoration; up to rates where chroma is
        cheap.
        """
        gains = []
        for i, picture in enumerate(self.inputs):
            for rate in (*RATES[self.task.kind], 2.5, 4.0):
                before, after = [], []
                for subsampling in ("4:2:0", "4:4:4"):
                    job = make_job(profile, get_effort(0), picture.shape)
                    budget = int(rate * picture.shape[0] * picture.shape[1] / 8)
                    data = job.run(self.coefficients[i][subsampling], max_bytes=budget).data
                    before.append(psnr(accelir.decode(data, network=None), picture))
                    after.append(self.restored(i, data))
                gains.append((before[1] - before[0], after[1] - after[0]))
        before_gain, after_gain = np.array(sorted(gains, reverse=True)).T
        total = np.concatenate([[0.0], np.cumsum(after_gain)])
        best = int(np.argmax(total))
        return float(before_gain[best - 1]) if best else 100.0

    def pillow(self) -> float:
        """The score of Pillow's optimized JPEG, the largest file within each budget."""
        scores = []
        for i, picture in enumerate(self.inputs):
            files = []
            for quality in range(5, 96):
                out = io.BytesIO()
                Image.fromarray(picture).save(out, "JPEG", quality=quality, optimize=True)
                files.append(out.getvalue())
            for rate in RATES[self.task.kind]:
                budget = rate * picture.shape[0] * picture.shape[1] / 8
                scores.append(self.restored(i, max((f for f in files if len(f) <= budget), key=len)))
        return float(np.mean(scores))

    def restored(self, i: int, data: bytes) -> float:
        return psnr(self.network(accelir.decode(data, network=None)), self.truths[i])


def tune(bench: Bench, base: Profile, start: Settings) -> tuple[Settings, list[dict[str, Any]]]:
    trace: list[dict[str, Any]] = []

    def measure(settings: Settings) -> float:
        score = bench.score(settings.profile(base))
        trace.append(
            {**{k: round(float(v), 4) for k, v in dataclasses.asdict(settings).items()}, "psnr": round(score, 4)}
        )
        print(trace[-1], flush=True)
        return score

    best, best_score = start, measure(start)
    for scale in 0.5 ** np.arange(ROUNDS):
        for index, step in enumerate(STEPS):
            for direction in (1, -1):
                moved = False
                while (score := measure(candidate := best.moved(index, direction * step * scale))) > best_score + 0.001:
                    best, best_score, moved = candidate, score, True
                if moved:
                    break
    return best, trace


def document(task: Task, profile: Profile, provenance: dict[str, Any]) -> dict[str, Any]:
    shapes = {
        s: {
            "luma": [round(float(v), 4) for v in shape.steps[0]],
            "chroma": [round(float(v), 4) for v in shape.steps[1]],
            "weights": [[round(float(v), 4) for v in row] for row in shape.weights],
        }
        for s, shape in profile.shapes.items()
    }
    ladder = [
        {
            "drop": int(drop),
            "rdo": round(float(m["rdo"]), 5),
            "deadzone": round(float(m["deadzone"]), 3),
            "multiple": int(m["multiple"]),
            "cut": int(m["cut"]),
        }
        for drop, m in zip(profile.ladder_drops, profile.ladder, strict=True)
    ]
    return {
        "schema": 1,
        "name": str(task),
        "task": f"{task}: PSNR over RGB after restoration",
        "network": str(task),
        "jpeg": {"full_chroma_margin": profile.full_chroma_margin, "shapes": shapes, "ladder": ladder},
        "provenance": provenance,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", type=Task.parse)
    parser.add_argument("train", type=Path)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("profiles"))
    a = parser.parse_args()
    base = load_profile("fidelity")
    bench, validation = Bench(a.task, a.train, 3, a.count), Bench(a.task, a.train, 11, a.count)
    settings, trace = tune(bench, base, Settings(*STARTS[a.task.kind]))
    tuned = settings.profile(base)
    scores = {
        "pillow optimized": validation.pillow(),
        "fidelity": validation.score(base),
        "tuned, 4:2:0": validation.score(tuned),
        "tuned, 4:4:4": validation.score(tuned, "4:4:4"),
    }
    print(scores)
    margin = round(bench.full_chroma_margin(tuned), 2)
    print("margin of 4:4:4", margin)
    provenance = {
        "made": datetime.date.today().isoformat(),
        "script": "scripts/tune_profile.py",
        "network": validation.network.card.name,
        "network_sha256": validation.network.card.sha256,
        "rates": RATES[a.task.kind],
        "tuned_on": bench.names,
        "validated_on": validation.names,
        "validation_psnr": {k: round(v, 3) for k, v in scores.items()},
        "trace": trace,
    }
    path = a.out / str(a.task) / "profile.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(document(a.task, dataclasses.replace(tuned, full_chroma_margin=margin), provenance), indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
