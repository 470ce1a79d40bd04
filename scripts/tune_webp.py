"""Tunes what a task's WebP files share, for its profile: `python scripts/tune_webp.py sr-x4 TRAIN_FOLDER`.

Lagrangian, weights of errors by frequency, how coarse chroma is, the loop filter's strength. The score is the mean PSNR
over RGB of training pictures that were degraded, encoded to a budget, decoded, and restored by the task's network (for
fidelity: of the decoded pictures alone). Coordinate descent with halved steps; every measurement is kept in the
profile's provenance.
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
from accelir.training.tasks import Task
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir import _codec, webp, webp_container
from accelir.effort import get_webp_effort
from accelir.profile import Profile, load_profile
from accelir.restoring import open_network
from accelir.webp_shape import WebpShape

RATES = (0.3, 0.5, 0.9)
CROP = {"sr": 512, "denoise": 256, "deblur": 256, "none": 256}
EFFORT = 5
ROUNDS = 2
GAIN = 0.001  # dB that a move must bring

ZIGZAG = np.array([0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15])
_RADIUS = (ZIGZAG // 4 + ZIGZAG % 4) / 6


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is tuned."""

    rdo: float = 0.08
    """Lagrangian in squared luma steps per bit."""
    chroma: float = 1.5
    """Weight of squared chroma errors over luma's."""
    luma_ramp: float = 0.0
    """Log of the weight of the highest luma frequency over DC's."""
    chroma_ramp: float = 0.0
    """The same for chroma."""
    chroma_delta: float = 0.0
    """Added to the quantiser index for chroma, rounded."""
    luma_dc_delta: float = 0.0
    """Added to the quantiser index for luma DC, rounded."""
    filter: float = 1.0
    """Strength of the loop filter."""

    def shape(self) -> WebpShape:
        chroma = round(self.chroma_delta)
        return WebpShape(
            rdo=round(self.rdo, 4),
            luma_weights=_ramp(1.0, self.luma_ramp),
            chroma_weights=_ramp(self.chroma, self.chroma_ramp),
            deltas=(round(self.luma_dc_delta), 0, 0, chroma, chroma),
            filter=round(max(self.filter, 0.0), 2),
        )

    def moved(self, name: str, step: float) -> Settings:
        value = getattr(self, name)
        return dataclasses.replace(self, **{name: value * np.exp(step) if name in LOGARITHMIC else value + step})


STEPS = {
    "filter": 0.5,
    "rdo": 0.5,
    "chroma": 0.5,
    "luma_ramp": 0.5,
    "chroma_delta": 4.0,
    "chroma_ramp": 0.5,
    "luma_dc_delta": 4.0,
}
LOGARITHMIC = ("rdo", "chroma")


def _ramp(first: float, ramp: float) -> tuple[float, ...]:
    return tuple(round(float(w), 4) for w in first * np.exp(ramp * _RADIUS))


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


class Bench:
    """Degraded training pictures and the score of settings on them."""

    def __init__(self, task: Task | None, folder: Path, start: int, count: int) -> None:
        paths = sorted(folder.glob("*.webp"))
        kind = task.kind if task else "none"
        self.network = open_network(str(task), 1) if task else None
        self.names = [p.name for p in paths[start :: len(paths) // count][:count]]
        side = CROP[kind]
        self.truths = [np.asarray(Image.open(folder / n).convert("RGB"))[:side, :side] for n in self.names]
        self.inputs = self.truths
        if task:
            seeds = (np.random.default_rng(zlib.crc32(Path(n).stem.encode())) for n in self.names)
            self.inputs = [task.degrade(t, rng) for t, rng in zip(self.truths, seeds, strict=True)]
        self.pictures = [_codec.Vp8Picture.from_pixels(np.ascontiguousarray(p)) for p in self.inputs]

    def budget(self, i: int, rate: float) -> int:
        return int(rate * self.inputs[i].shape[0] * self.inputs[i].shape[1] / 8)

    def score(self, shape: WebpShape, base: Profile, rates: tuple[float, ...] = RATES) -> float:
        profile = dataclasses.replace(base, webp=shape)
        return float(np.mean([self._at(i, rate, profile) for i in range(len(self.names)) for rate in rates]))

    def _at(self, i: int, rate: float, profile: Profile) -> float:
        height, width = self.inputs[i].shape[:2]
        job = webp.make_job(profile, get_webp_effort(EFFORT), (height, width))
        around = webp_container.container(width, height)
        encoding = job.run(self.pictures[i], max_bytes=webp.frame_budget(self.budget(i, rate), around.overhead))
        return self._restored(i, around.write(encoding.data))

    def pillow(self, rates: tuple[float, ...] = RATES) -> float:
        """The score of Pillow's WebP, method 6, the largest file within each budget."""
        scores = []
        for i, picture in enumerate(self.inputs):
            files = []
            for quality in range(2, 97):
                out = io.BytesIO()
                Image.fromarray(picture).save(out, "WEBP", quality=quality, method=6)
                files.append(out.getvalue())
            for rate in rates:
                fitting = [f for f in files if len(f) <= self.budget(i, rate)]
                scores.append(self._restored(i, max(fitting, key=len) if fitting else files[0]))
        return float(np.mean(scores))

    def _restored(self, i: int, data: bytes) -> float:
        pixels = accelir.decode(data, network=None)
        return psnr(self.network(pixels) if self.network else pixels, self.truths[i])


def tune(bench: Bench, base: Profile, start: Settings) -> tuple[Settings, list[dict[str, Any]]]:
    trace: list[dict[str, Any]] = []
    known: dict[WebpShape, float] = {}

    def measure(settings: Settings) -> float:
        shape = settings.shape()
        if shape not in known:
            known[shape] = bench.score(shape, base)
            values = {k: round(float(v), 4) for k, v in dataclasses.asdict(settings).items()}
            trace.append({**values, "psnr": round(known[shape], 4)})
            print(trace[-1], flush=True)
        return known[shape]

    best, best_score = start, measure(start)
    for scale in 0.5 ** np.arange(ROUNDS):
        for name, step in STEPS.items():
            for direction in (1, -1):
                moved = False
                while (score := measure(candidate := best.moved(name, direction * step * scale))) > best_score + GAIN:
                    best, best_score, moved = candidate, score, True
                if moved:
                    break
    return best, trace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", help="a task, or fidelity")
    parser.add_argument("train", type=Path)
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    a = parser.parse_args()
    task = None if a.task == "fidelity" else Task.parse(a.task)
    base = load_profile(a.task)
    bench, validation = Bench(task, a.train, 3, a.count), Bench(task, a.train, 11, a.count)
    settings, trace = tune(bench, base, Settings())
    shape = settings.shape()
    scores = {
        "pillow, method 6": validation.pillow(),
        "untuned": validation.score(Settings().shape(), base),
        "tuned": validation.score(shape, base),
    }
    print(scores)
    path = a.profiles / a.task / "profile.json"
    document = json.loads(path.read_text("utf-8"))
    document["webp"] = dataclasses.asdict(shape)
    document["provenance"]["webp"] = {
        "made": datetime.date.today().isoformat(),
        "script": "scripts/tune_webp.py",
        "rates": RATES,
        "tuned_on": bench.names,
        "validated_on": validation.names,
        "validation_psnr": {k: round(v, 3) for k, v in scores.items()},
        "trace": trace,
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
