"""Adversarial training: a network that gives what pictures look like, in the place of their mean.

The discriminator and its loss are SRGAN's (Ledig et al., CVPR 2017), as in Palloni's thesis (2022). Their content loss
compares features of VGG, whose weights no package carries; this one needs no weights: MS-SSIM, squared error, and the
discriminator's own features of both pictures (feature matching, Wang et al., pix2pixHD, CVPR 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from pytorch_msssim import ms_ssim
from torch import Tensor, nn

from accelir.architectures.blocks import he
from accelir.training.trainer import Trainer, TrainingRecipe

WINDOW = 7
"""Side of MS-SSIM's window in pixels, in the place of 11: its five scales then fit into crops of 97 pixels."""
LEAST_CROP = (WINDOW - 1) * 16 + 1


@dataclass(frozen=True)
class AdversarialRecipe(TrainingRecipe):
    """What decides an adversarial run beside a plain one's recipe: the weights of the losses.

    Their sizes at the end of a plain training, after files of 0.9 to 1.8 bpp: squared error 0.002 to 0.01, 1 - MS-SSIM
    0.02 to 0.1, features 0.1 to 0.3, adversary 0.7 to 4.
    """

    squared: float = 20.0
    """Weight of the squared error, values of 0 to 1."""
    structure: float = 0.5
    """Weight of 1 - MS-SSIM of RGB."""
    features: float = 0.5
    """Weight of the absolute difference of the discriminator's features."""
    adversary: float = 0.005
    """Weight of the discriminator's verdict, the cross entropy of its taking the output for a picture."""
    width: int = 32
    """Number of channels of the discriminator's first layer; SRGAN has 64."""
    discriminator_rate: float = 2e-4
    """Highest learning rate of the discriminator; it falls as the network's does."""


LOSSES = {one.name for one in fields(AdversarialRecipe)} - {one.name for one in fields(TrainingRecipe)}
"""Names of what an adversarial recipe has beside a plain one."""


class Discriminator(nn.Module):
    """SRGAN's: eight 3x3 layers, every second halves the size, widths double to eight times the first; a mean over all
    places in the place of its two full layers, so that crops of any size are taken.

    Shapes: float N x 3 x H x W in 0..1 -> (logits N, features of the strided layers).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width * factor for factor in (1, 2, 4, 8)]
        self.stages = nn.ModuleList(
            nn.Sequential(
                he(nn.Conv2d(inputs, outputs, 3, padding=1)),
                nn.LeakyReLU(0.2),
                he(nn.Conv2d(outputs, outputs, 3, stride=2, padding=1)),
                nn.LeakyReLU(0.2),
            )
            for inputs, outputs in zip([3, *widths[:-1]], widths, strict=True)
        )
        self.verdict = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.verdict(x).mean((1, 2, 3)), features


def cross_entropy(logits: Tensor, real: bool) -> Tensor:
    """Of the verdict that all of a batch are pictures, or that none is."""
    wanted = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)


def feature_distance(found: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """Mean absolute difference, relative to the mean magnitude of what is wanted, over the layers."""
    pairs = zip(found, wanted, strict=True)
    return torch.stack([(a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in pairs]).mean()


class AdversarialTrainer(Trainer):
    """A run in which a discriminator is trained in turn with the network. Start it from a plain run's weights.

    Raises ValueError for crops whose outputs are too small for MS-SSIM.
    """

    recipe: AdversarialRecipe

    def __init__(self, recipe: AdversarialRecipe, pictures: str | Path, folder: str | Path, **settings: Any) -> None:
        torch.manual_seed(recipe.seed + 1)
        self.discriminator = Discriminator(recipe.width)
        self.judging = torch.optim.Adam(self.discriminator.parameters(), lr=recipe.discriminator_rate)
        super().__init__(recipe, pictures, folder, **settings)
        if (side := recipe.patch * self.network.scale) < LEAST_CROP:
            raise ValueError(
                f"a patch of {recipe.patch} gives outputs of {side} pixels; MS-SSIM needs {LEAST_CROP} and more"
            )

    def _parts(self) -> dict[str, Any]:
        return {**super()._parts(), "discriminator": self.discriminator, "judging": self.judging}

    def _place(self) -> None:
        super()._place()
        self.discriminator.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _loss(self, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
        recipe = self.recipe
        self._judge(out.detach().clamp(0, 1), y)
        self.discriminator.requires_grad_(False)
        with self._autocast():
            logits, found = self.discriminator(out)
            with torch.no_grad():
                wanted = self.discriminator(y)[1]
        logits, found, wanted = logits.float(), [f.float() for f in found], [f.float() for f in wanted]
        return (
            recipe.squared * (out - y).square().mean()
            + recipe.structure * (1 - ms_ssim(out.clamp(0, 1), y, data_range=1.0, win_size=WINDOW))
            + recipe.features * feature_distance(found, wanted)
            + recipe.adversary * cross_entropy(logits, True)
        )

    def _judge(self, out: Tensor, y: Tensor) -> None:
        """One step of the discriminator."""
        self.discriminator.requires_grad_(True)
        for group in self.judging.param_groups:
            group["lr"] = self.recipe.discriminator_rate * self._rate() / self.recipe.rate
        with self._autocast():
            fakes, reals = self.discriminator(out)[0], self.discriminator(y)[0]
        loss = cross_entropy(fakes.float(), False) + cross_entropy(reals.float(), True)
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()
