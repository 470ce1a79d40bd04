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
CLIP = 1.0
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


def train(pictures: Path, run: Path, recipe: Recipe) -> None:
    torch.set_num_threads(1)
    run.mkdir(parents=True, exist_ok=True)
    network = Autoencoder().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(groups(network), fused=True)
    checkpoint, progress = run / "checkpoint.pt", Progress()
    source = [open_rgb(path) for path in list_pictures(pictures)]
    if checkpoint.exists():
        progress = resume(checkpoint, network, optimizer)
    else:
        begin(network, source, recipe.weight)
        (run / "curve.csv").write_text(COLUMNS)
    random = np.random.default_rng(progress.step)
    with tqdm(total=recipe.minutes, initial=progress.seconds / 60, unit="minute") as bar:
        while progress.seconds < 60 * recipe.minutes:
            learn(network, optimizer, source, random, recipe, progress, run)
            save(checkpoint, network, optimizer, recipe, progress)
            bar.update(progress.seconds / 60 - bar.n)


def learn(
    network: Autoencoder,
    optimizer: torch.optim.Optimizer,
    source: list[Pixels],
    random: np.random.Generator,
    recipe: Recipe,
    progress: Progress,
    run: Path,
) -> None:
    """EVERY steps, and a line of the curve: means over them."""
    clock, cpu = time.monotonic(), time.process_time()
    begun, found = progress.seconds, []
    for _ in range(EVERY):
        progress.seconds = begun + time.monotonic() - clock
        for group in optimizer.param_groups:
            group["lr"] = group["highest"] * part_of_rate(progress.seconds / 60 / recipe.minutes)
        optimizer.param_groups[0]["lr"] *= min(1.0, max(0, progress.step - FIRST) / WARM)
        found.append(step(network, optimizer, batch(source, random, recipe), recipe.weight, progress.step < FIRST))
        progress.step += 1
    progress.seconds, progress.cpu = begun + time.monotonic() - clock, progress.cpu + time.process_time() - cpu
    bpp, error = np.mean(found, axis=0)
    with open(run / "curve.csv", "a") as curve:
        psnr = 20 * math.log10(255) - 10 * math.log10(error)
        curve.write(f"{progress.step},{progress.seconds:.0f},{progress.cpu:.0f},{bpp:.4f},{psnr:.3f}\n")


def step(
    network: Autoencoder, optimizer: torch.optim.Optimizer, crops: Tensor, weight: float, bits_only: bool
) -> tuple[float, float]:
    """Bits per pixel and mean squared error before the step, nan where only the model of bits learns."""
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        if bits_only:
            with torch.no_grad():
                latents = network.latents(crops)
            picture, bits = None, network.bits(latents)
        else:
            picture, bits = network(crops)
    bpp = bits / (crops.numel() / 3)
    error = torch.tensor(torch.nan) if picture is None else 255**2 * (picture - crops).square().mean()
    (bpp if picture is None else bpp + weight * error).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
    optimizer.step()
    return bpp.item(), error.item()


def groups(network: Autoencoder) -> list[dict[str, Any]]:
    """Parameters by how fast they learn."""
    transforms = [*network.analysis.parameters(), *network.synthesis.parameters()]
    known = {id(each) for each in transforms}
    others = [each for each in network.parameters() if id(each) not in known]
    return [{"params": transforms, "highest": RATE_OF_TRANSFORMS}, {"params": others, "highest": RATE}]


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


def save(
    path: Path, network: Autoencoder, optimizer: torch.optim.Optimizer, recipe: Recipe, progress: Progress
) -> None:
    parts = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**parts, "recipe": asdict(recipe), "progress": asdict(progress)}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def resume(path: Path, network: Autoencoder, optimizer: torch.optim.Optimizer) -> Progress:
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])
