"""A model that somebody else made becomes a network with a card: measured, tried on pictures, or refused.

A model is a program, and running it is how it is measured. Nothing here makes a hostile one harmless.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.restoration.card import Card
from accelir.restoration.measure import Range, measure, photo
from accelir.restoration.network import Network
from accelir.restoration.session import open_model
from accelir.restoration.tasks import Task
from accelir.restoration.trial import TaskTrial, best, trials


@dataclass(frozen=True)
class Adopted:
    """A model's card, and how it did."""

    card: Card
    trials: list[TaskTrial]
    """Of the pictures that it was tried on, a task each."""

    @property
    def gains(self) -> bool:
        """Whether it restored something."""
        return any(trial.gains for trial in self.trials)


def adopt(
    model: bytes,
    name: str,
    *,
    task: str | None = None,
    values: Range | None = None,
    pictures: Sequence[NDArray[np.uint8]] = (),
    stated: Card | None = None,
    licence: str = "",
) -> Adopted:
    """Measure and try a model.

    model: an ONNX file's bytes. name: for its card. task: what it is for, as "denoise-25"; None: by its scale, or what
    it gains most on. values: of black and white; None: measured. pictures: uint8 HxWx3 to try it on; by default one
    photograph. stated: a card that came with it, which is kept if it is true. licence: of the weights.

    Raises ValueError, with what to do, for a model that can't be run, whose result isn't the picture, that restores
    nothing though no task was named, or whose card isn't true; MemoryError.
    """
    card = measure(model, name, stated.range if stated else values)
    if stated is not None:
        _check(stated, card)
        task = task or str(Task(stated.task, stated.strength))
        card = dataclasses.replace(stated, name=name, sha256=card.sha256, gradient="", gradient_memory=0.0)
    network = Network(card, open_model(model))
    found = trials(network, pictures or [photo()], task)
    if not any(trial.is_alike for trial in found):
        raise ValueError(
            f"what it gives is another picture ({_told(found)}); its values of black and white were taken to be "
            f"{card.range[0]:g} and {card.range[1]:g}: say what they are if that is wrong (--range), else it is no "
            "network that restores pictures"
        )
    if task is None and not any(trial.gains for trial in found):
        raise ValueError(
            f"it restores nothing that was tried ({_told(found)}); say what it is for by --task to take it all the same"
        )
    chosen = found[0] if card.scale > 1 else best(found)
    return Adopted(card if stated else _finished(card, chosen, licence), found)


def _finished(card: Card, trial: TaskTrial, licence: str) -> Card:
    """The measured card with the task, and the scores on it."""
    task = Task.parse(trial.task)
    scores = {f"{trial.task} {name}": round(score, 3) for name, score in trial.after.items()}
    scores |= {f"{trial.task} {name} before": round(score, 3) for name, score in trial.before.items()}
    made = {"measured": "by accelir network add; what it was trained on isn't known"}
    return dataclasses.replace(
        card, task=task.kind, strength=task.strength, licence=licence, scores=scores, trained_on=made
    )


def _check(stated: Card, measured: Card) -> None:
    """Raises ValueError for a card that promises what the model doesn't keep."""
    wrong = [
        f"{name} is {getattr(stated, name)} in its card and {getattr(measured, name)} when run"
        for name in ("scale", "channels", "size")
        if getattr(stated, name) != getattr(measured, name)
    ]
    if stated.multiple_of % measured.multiple_of:
        wrong.append(f"multiple_of is {stated.multiple_of} in its card and {measured.multiple_of} when run")
    if stated.halo is not None and (measured.halo is None or stated.halo < measured.halo):
        wrong.append(f"halo is {stated.halo} in its card and {measured.halo or 'the whole picture'} when run")
    if wrong:
        raise ValueError(f"{'; '.join(wrong)}. Correct the card, or take it away to have the model measured")


def _told(found: Sequence[TaskTrial]) -> str:
    return "; ".join(map(str, found))
