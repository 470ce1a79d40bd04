"""Training on crops of photographs for a time; stopped and started again it goes on where it was.

A checkpoint and a learning curve (curve.csv) are written to the run's folder as it goes.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from accelir.restoration.pictures import list_pictures
from benches.common import Pixels, open_rgb
from benches.learned.network import Autoencoder
from benches.learned.start import begin

RATE, RATE_OF_TRANSFORMS = 2e-3, 2e-4
"""Adam's, of what starts at random and of what starts well; they fall as a cosine does over the time of training."""
LAST = 0.03
"""What is left of them in the end."""
FIRST, WARM = 1000, 100
"""Steps in which the model of bits learns alone, and those after them in which the transforms' rate rises."""
CLIP = 5.0
"""The gradient's norm is at most this."""
EVERY = 100
"""Steps between lines of the curve and between checkpoints."""
COLUMNS = "step,seconds,CPU seconds,bpp,PSNR\n"


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how."""

    weight: float
    """Of the mean squared error (pixels of 0 to 255) against bits per pixel: the higher, the larger the files."""
    patch: int = 128
    batch: int = 8
    minutes: float = 90.0


@dataclass
class Progress:
    step: int = 0
    seconds: float = 0.0
    """On the clock, while training ran."""
    cpu: float = 0.0


class Training:
    """A network, what changes its weights, and how far that has come."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.network = Autoencoder().to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(groups(self.network), fused=True)
        self.progress = Progress()

    def begin(self, source: list[Pixels], checkpoint: Path) -> None:
        """Go on from the checkpoint, or without one from principal components."""
        if not checkpoint.exists():
            return begin(self.network, source, self.recipe.weight)
        state = torch.load(checkpoint, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])

    def save(self, checkpoint: Path) -> None:
        weights = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        about = {"recipe": asdict(self.recipe), "progress": asdict(self.progress)}
        unfinished = checkpoint.with_suffix(".new")
        torch.save(weights | about, unfinished)
        unfinished.replace(checkpoint)

    def step(self, crops: Tensor) -> tuple[float, float]:
        """Bits per pixel and mean squared error before the step, nan while only the model of bits learns."""
        self.set_rates()
        self.optimizer.zero_grad()
        find = self.bits if self.progress.step < FIRST else self.bits_and_error
        with torch.autocast("cpu", torch.bfloat16):
            bits, error = find(crops)
        bpp = bits / (crops.numel() / 3)
        (bpp + self.recipe.weight * error.nan_to_num()).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        self.progress.step += 1
        return bpp.item(), error.item()

    def bits(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            latents = self.network.latents(crops)
        return self.network.bits(latents), torch.tensor(torch.nan)

    def bits_and_error(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        picture, bits = self.network(crops)
        return bits, 255**2 * (picture - crops).square().mean()

    def set_rates(self) -> None:
        falling = part_of_rate(self.progress.seconds / 60 / self.recipe.minutes)
        for group in self.optimizer.param_groups:
            rising = min(1.0, max(0, self.progress.step - group["after"]) / WARM)
            group["lr"] = group["highest"] * falling * rising


def train(pictures: Path, run: Path, recipe: Recipe) -> None:
    """Until the recipe's time is over; nothing is done where it is already."""
    torch.set_num_threads(1)
    run.mkdir(parents=True, exist_ok=True)
    source = [open_rgb(path) for path in list_pictures(pictures)]
    training, checkpoint = Training(recipe), run / "checkpoint.pt"
    training.begin(source, checkpoint)
    progress, random = training.progress, np.random.default_rng(training.progress.step)
    if progress.step == 0:
        (run / "curve.csv").write_text(COLUMNS)
    with tqdm(total=recipe.minutes, initial=progress.seconds / 60, unit="minute") as bar:
        while progress.seconds < 60 * recipe.minutes:
            line = learn(training, source, random)
            training.save(checkpoint)
            with open(run / "curve.csv", "a") as curve:
                curve.write(line)
            bar.update(progress.seconds / 60 - bar.n)


def learn(training: Training, source: list[Pixels], random: np.random.Generator) -> str:
    """EVERY steps; gives a line of the curve, means over them."""
    progress, found = training.progress, []
    for _ in range(EVERY):
        clock, cpu = time.monotonic(), time.process_time()
        found.append(training.step(batch(source, random, training.recipe)))
        progress.seconds += time.monotonic() - clock
        progress.cpu += time.process_time() - cpu
    bpp, error = np.mean(found, axis=0)
    psnr = 20 * math.log10(255) - 10 * math.log10(error)
    return f"{progress.step},{progress.seconds:.0f},{progress.cpu:.0f},{bpp:.4f},{psnr:.3f}\n"


def groups(network: Autoencoder) -> list[dict[str, Any]]:
    """Parameters by how fast they learn."""
    transforms = [*network.analysis.parameters(), *network.synthesis.parameters()]
    known = {id(each) for each in transforms}
    others = [each for each in network.parameters() if id(each) not in known]
    return [
        {"params": transforms, "highest": RATE_OF_TRANSFORMS, "after": FIRST},
        {"params": others, "highest": RATE, "after": -WARM},
    ]


def part_of_rate(part: float) -> float:
    """Of the highest. part: of the training, 0 to 1."""
    return LAST + (1 - LAST) * (1 + math.cos(math.pi * min(part, 1.0))) / 2


def batch(source: list[Pixels], random: np.random.Generator, recipe: Recipe) -> Tensor:
    """Crops of 0 to 1, (n, 3, patch, patch), mirrored at random."""
    crops = np.stack(
        [crop(source[index], random, recipe.patch) for index in random.integers(len(source), size=recipe.batch)]
    )
    return (torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)


def crop(picture: Pixels, random: np.random.Generator, side: int) -> Pixels:
    top, left = (random.integers(length - side + 1) for length in picture.shape[:2])
    part = picture[top : top + side, left : left + side]
    return part[:: random.choice((1, -1)), :: random.choice((1, -1))]
