"""A student learns from a teacher: its outputs, where it looks, and which places it holds alike.

Outputs as in Hinton et al. (2015), for pictures their absolute error; attention transfer by Zagoruyko and Komodakis
(ICLR 2017); affinity of features by He et al. (FAKD, ICIP 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from accelir.architectures.blocks import CollapsibleConv, Restorer, collapse
from accelir.training.trainer import Trainer, TrainingRecipe, takes_bfloat16

DEPTHS = (1 / 3, 2 / 3, 1.0)
"""Where features are compared: at the inputs of the convolutions so far down a network, 1 the last one's."""
GRID = 12
"""Features are brought to so many rows and columns, which any two networks have in common: affinity costs its fourth
power."""


@dataclass(frozen=True)
class Lesson:
    """What the parts of the loss weigh beside the error to the truth."""

    outputs: float = 1.0
    """Weight of the mean absolute error to the teacher's output."""
    attention: float = 0.01
    """Weight of the squared difference of attention maps, each a vector of length 1."""
    affinity: float = 0.01
    """Weight of the mean absolute difference of the cosines between places."""


class Features:
    """The inputs of a network's convolutions at DEPTHS, of its last run; float N x C x H x W each."""

    def __init__(self, network: nn.Module) -> None:
        convs = [module for module in network.modules() if isinstance(module, nn.Conv2d | CollapsibleConv)]
        self.seen: list[Tensor] = [torch.empty(0)] * len(DEPTHS)
        for place, depth in enumerate(DEPTHS):
            convs[round(depth * (len(convs) - 1))].register_forward_pre_hook(self._watcher(place))

    def _watcher(self, place: int) -> Any:
        def watch(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            self.seen[place] = inputs[0]

        return watch


def attention(features: Tensor) -> Tensor:
    """Where a layer is active: the mean square over channels on the grid, as vectors of length 1. N x GRID^2."""
    energy = F.adaptive_avg_pool2d(features.float().square().mean(1, keepdim=True), GRID)
    return F.normalize(energy.flatten(1), dim=1)


def affinity(features: Tensor) -> Tensor:
    """The cosines between the features of every two places of the grid. N x GRID^2 x GRID^2."""
    places = F.normalize(F.adaptive_avg_pool2d(features.float(), GRID).flatten(2), dim=1)
    return places.transpose(1, 2) @ places


class DistillingTrainer(Trainer):
    """Trains `network` to be near the truth and near `teacher`, which stays as it is.

    Raises ValueError for a teacher of another scale.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        pictures: str | Path,
        folder: str | Path,
        *,
        teacher: Restorer,
        network: Restorer | None = None,
        lesson: Lesson | None = None,
        workers: int = 1,
        device: str = "auto",
    ) -> None:
        super().__init__(recipe, pictures, folder, workers=workers, device=device, network=network)
        if teacher.scale != self.network.scale:
            raise ValueError(f"the teacher enlarges by {teacher.scale}, the student by {self.network.scale}")
        self.lesson = lesson or Lesson()
        self.teacher = collapse(teacher).eval().requires_grad_(False).to(self.device)
        self.teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's annotations
        self._bfloat16 = self._bfloat16 and takes_bfloat16(self.teacher, self.device)
        self._own, self._teachers = Features(self.network), Features(self.teacher)

    def _loss(self, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
        with torch.no_grad(), self._autocast():
            shown = self.teacher(x).float()
        pairs = list(zip(self._own.seen, self._teachers.seen, strict=True))
        looks = sum(((attention(a) - attention(b)).square().sum(1).mean() for a, b in pairs), torch.zeros(()))
        alike = sum(((affinity(a) - affinity(b)).abs().mean() for a, b in pairs), torch.zeros(()))
        lesson = self.lesson
        taught = lesson.outputs * (out - shown).abs().mean() + lesson.attention * looks + lesson.affinity * alike
        return super()._loss(out, x, y) + taught
