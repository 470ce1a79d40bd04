"""Stage 4, QP-NET: a tiny network that tells from the pixels which group a cell belongs to (AccelIR, section 4.2).

It sees whole pictures and gives a map. The first convolution has the size and the grid of JPEG's blocks, as size and
error are decided there, and starts as a DCT; what follows gets the logarithm of its energies, in which noise is told
from texture by differences. Both matter: docs/profiles.md has the figures.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from accelir.cells.color_weights import ZIGZAG
from accelir.cells.grid import CELL
from accelir.restoration.pictures import Pixels

_Y, _CB, _CR = (0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081)
_LEAST_ENERGY = 0.05
"""Energy added to a patch's before the logarithm: that of white noise of 0.9 levels in luma."""
CROP = 4
"""Cells a side of a training crop, or as many as the smallest picture has."""


@dataclass(frozen=True)
class QpNetRecipe:
    """How a QP-NET is trained."""

    widths: tuple[int, int, int] = (40, 24, 32)
    """Channels of the three convolutions; these take 282 MAC per pixel. 64, 28, 32 (476 MAC) were no more accurate."""
    steps: int = 4000
    batch: int = 16
    rate: float = 1e-3
    halvings: int = 6
    """Number of times that the learning rate is halved, at even distances."""
    sharpness: float = 3.0
    """Sharpness of the soft labels: a group at distance d of the rank has the weight exp(-sharpness d^2)."""
    seed: int = 0


class TrainableQpNet(nn.Module):
    """uint8 N x H x W x 3, sides multiples of 32 -> logits N x groups x H/32 x W/32."""

    def __init__(self, groups: int, widths: tuple[int, int, int]) -> None:
        super().__init__()
        first, second, third = widths
        self.patches = nn.Conv2d(3, first, 8, 8)
        self.around = nn.Conv2d(first, second, 3, padding=1)
        self.beyond = nn.Conv2d(second, third, 3, padding=1)
        self.classes = nn.Conv2d(third, groups, 1)  # the fully connected layer, at every cell
        self.patches.load_state_dict({"weight": torch.from_numpy(_dct_patches(first)), "bias": torch.zeros(first)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classify(self.patches(x.permute(0, 3, 1, 2).float() / 64 - 2))

    def classify(self, x: torch.Tensor) -> torch.Tensor:
        """All that follows the first convolution."""
        x = torch.relu(self.around(torch.log(x * x + _LEAST_ENERGY)))
        x = torch.relu(self.beyond(nn.functional.avg_pool2d(x, 2)))
        return self.classes(nn.functional.avg_pool2d(x, 2))


def _dct_patches(count: int) -> NDArray[np.float32]:
    """Weights of 8x8 patches, (count, 3, 8, 8): the lowest DCT frequencies, of luma, and a tenth each of Cb and Cr."""
    frequencies = np.arange(8)
    basis = np.sqrt(np.where(frequencies == 0, 1, 2) / 8)[:, None] * np.cos(
        (2 * frequencies + 1) * frequencies[:, None] * np.pi / 16
    )
    chroma = count // 10
    patches = []
    for color, many in ((_Y, count - 2 * chroma), (_CB, chroma), (_CR, chroma)):
        for place in range(many):
            v, u = divmod(int(ZIGZAG[place % 64]), 8)
            patches.append(np.outer(basis[v], basis[u]) * np.array(color)[:, None, None])
    return 2 * np.array(patches, np.float32)


def soft_labels(ranks: torch.Tensor, groups: int, sharpness: float) -> torch.Tensor:
    """Soft ordinal labels (Diaz and Marathe, CVPR 2019, equations 1 and 2, squared distance).

    ranks: real, any shape, in units of groups: 0 is the middle of the lowest. Returns probabilities, groups last.
    """
    distance = torch.arange(groups, dtype=torch.float32) - ranks[..., None]
    return torch.softmax(-sharpness * distance * distance, dim=-1)


def pad(pixels: Pixels) -> Pixels:
    """The picture with its border repeated up to multiples of 32."""
    return np.pad(pixels, (*((0, -side % CELL) for side in pixels.shape[:2]), (0, 0)), mode="edge")


def train(pictures: list[Pixels], ranks: list[NDArray[np.float64]], groups: int, recipe: QpNetRecipe) -> TrainableQpNet:
    """Train on pictures, HxWx3, and the ranks of their cells, (ceil(H/32), ceil(W/32)) each; see `soft_labels`.

    Crops are cut at multiples of 8 pixels, turned and mirrored; where a cut shifts the cells, the labels of those that
    it overlaps are mixed by area. The same input gives the same network. One thread.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(recipe.seed)
    images = [torch.from_numpy(pad(p)) for p in pictures]
    labels = [soft_labels(torch.from_numpy(r).float(), groups, recipe.sharpness) for r in ranks]
    crop = min(CROP, *(min(r.shape) for r in ranks))
    net = TrainableQpNet(groups, recipe.widths)
    optimizer = torch.optim.Adam(net.parameters(), recipe.rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, -(-recipe.steps // (recipe.halvings + 1)), 0.5)
    for _ in tqdm(range(recipe.steps), desc="QP-NET", unit="step"):
        chosen = rng.integers(len(images), size=recipe.batch)
        pairs = [_crop(images[i], labels[i], crop, rng) for i in chosen]
        x, y = (torch.stack(part) for part in zip(*pairs, strict=True))
        loss = nn.functional.cross_entropy(net(x), y.permute(0, 3, 1, 2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def _crop(
    image: torch.Tensor, label: torch.Tensor, crop: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    spare = [8 * int(rng.integers(side // 8 - 4 * crop + 1)) for side in image.shape[:2]]
    top, left = spare
    x = image[top : top + CELL * crop, left : left + CELL * crop]
    y = _shifted(_shifted(label, top, crop, 0), left, crop, 1)
    turns = int(rng.integers(4))
    x, y = (torch.rot90(part, turns) for part in (x, y))
    return (x.flip(1), y.flip(1)) if rng.integers(2) else (x, y)


def _shifted(label: torch.Tensor, start: int, crop: int, axis: int) -> torch.Tensor:
    """`crop` labels along an axis from pixel `start` on, each mixed from the two that it overlaps."""
    cell, share = start // CELL, start % CELL / CELL
    first = label.narrow(axis, cell, crop)
    return first if share == 0 else (1 - share) * first + share * label.narrow(axis, cell + 1, crop)


def to_onnx(net: TrainableQpNet) -> bytes:
    """Input `x`, uint8 N x H x W x 3, output `y`, float32 N x groups x H/32 x W/32; N, H and W are free."""
    buffer = io.BytesIO()
    free = {0: "n", 1: "h", 2: "w"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter, as in accelir.training.export
        torch.onnx.export(
            _Exported(net).eval(),
            (torch.zeros(1, CELL, CELL, 3, dtype=torch.uint8),),
            buffer,  # type: ignore[arg-type]  # taken by this exporter, though not annotated
            input_names=["x"],
            output_names=["y"],
            opset_version=17,
            dynamic_axes={"x": free, "y": {0: "n", 2: "rows", 3: "columns"}},
            dynamo=False,
        )
    return buffer.getvalue()


class _Exported(nn.Module):
    """The same network with the scaling of its input inside the first convolution, which has no padding."""

    def __init__(self, net: TrainableQpNet) -> None:
        super().__init__()
        self.net = net
        self.patches = nn.Conv2d(3, net.patches.out_channels, 8, 8)
        weight, bias = net.patches.state_dict().values()
        self.patches.load_state_dict({"weight": weight / 64, "bias": bias - 2 * weight.sum((1, 2, 3))})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net.classify(self.patches(x.permute(0, 3, 1, 2).float()))
