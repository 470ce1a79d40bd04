"""Coordinate descent with halved steps, whose measurements are kept: how a task's settings are tuned."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from accelir.storage.files import write_atomically

Numbers = dict[str, float]
"""What is tuned, by name."""

ROUNDS = 2
LEAST_GAIN = 0.001
"""Gain in the score that a move must bring."""


def move(numbers: Numbers, name: str, step: float, logarithmic: Collection[str]) -> Numbers:
    """One number moved up by the step, or multiplied by its exponential if it is named as logarithmic."""
    value = numbers[name]
    return {**numbers, name: float(value * np.exp(step) if name in logarithmic else value + step)}


def descend(
    start: Numbers,
    steps: Mapping[str, float],
    logarithmic: Collection[str],
    score: Callable[[Numbers], float],
    kept: Path,
) -> tuple[Numbers, list[dict[str, float]]]:
    """The best numbers, and the trace of all measurements. What the file `kept` holds is not measured again.

    steps: the first move of each number that is tuned, tried up and down; score: more is better.
    """
    known: dict[str, float] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    trace: list[dict[str, float]] = []
    bar = tqdm(desc="tuning", unit="setting")

    def measure(numbers: Numbers) -> float:
        key = repr(tuple(numbers.values()))
        if key not in known:
            known[key] = score(numbers)
            write_atomically(kept, json.dumps(known).encode())
        trace.append({**{k: round(v, 4) for k, v in numbers.items()}, "score": round(known[key], 4)})
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
