"""Coordinate descent with halved steps, whose measurements are kept: how a task's settings are tuned."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from tqdm import tqdm

from accelir.storage.files import write_atomically

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)

ROUNDS = 2
LEAST_GAIN = 0.001
"""Gain in dB that a move must bring."""


def move(settings: Settings, name: str, step: float, logarithmic: tuple[str, ...]) -> Settings:
    """One field moved up by the step, or multiplied by its exponential if it is named as logarithmic."""
    value = getattr(settings, name)
    return dataclasses.replace(settings, **{name: value * np.exp(step) if name in logarithmic else value + step})


def descend(
    start: Settings,
    steps: dict[str, float],
    logarithmic: tuple[str, ...],
    score: Callable[[Settings], float],
    kept: Path,
) -> tuple[Settings, list[dict[str, float]]]:
    """The best settings, and the trace of all measurements. What the file `kept` holds is not measured again.

    start: a dataclass of numbers; steps: the first move of each field, tried up and down; score: dB, more is better.
    """
    known: dict[str, float] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    trace: list[dict[str, float]] = []
    bar = tqdm(desc="tuning", unit="setting")

    def measure(settings: Settings) -> float:
        values = dataclasses.asdict(settings)
        key = repr(tuple(values.values()))
        if key not in known:
            known[key] = score(settings)
            write_atomically(kept, json.dumps(known).encode())
        trace.append({**{k: round(float(v), 4) for k, v in values.items()}, "psnr": round(known[key], 4)})
        bar.update()
        return known[key]

    best, best_score = start, measure(start)
    for scale in 0.5 ** np.arange(ROUNDS):
        for name, step in steps.items():
            for direction in (1, -1):
                moved = False
                candidate = move(best, name, direction * step * scale, logarithmic)
                while (found := measure(candidate)) > best_score + LEAST_GAIN:
                    best, best_score, moved = candidate, found, True
                    candidate = move(best, name, direction * step * scale, logarithmic)
                if moved:
                    break
    bar.close()
    return best, trace
