"""The training loop. A run is a folder (checkpoint, recipe, log.csv, curve.png) that can be killed and resumed."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from tqdm import tqdm

from accelir.architectures import build
from accelir.architectures.blocks import Restorer, collapse, deepen, expand
from accelir.formats.shrink import enlarged
from accelir.metrics import psnr
from accelir.restoration.pictures import crop_to_multiple, list_pictures, load, split
from accelir.restoration.tasks import Task
from accelir.storage.files import sha256, write_atomically
from accelir.training.codecs import parse_mixture
from accelir.training.data import Pair, PairSource, Sampler

COLUMNS = ("step", "seconds", "loss", "psnr_input", "psnr")
EMA_DECAY = 0.999
CEILING = 60.0
"""Most that a validation picture counts, in dB; without it, one lossless pair would make the mean infinite."""


@dataclass(frozen=True)
class TrainingRecipe:
    """Everything but the pictures that decides a run's result."""

    task: str
    """Task as Task.parse reads it."""
    network: str
    """Name of the architecture, in accelir.architectures.ARCHITECTURES."""
    options: dict[str, Any] = field(default_factory=dict)
    """Parameters of the architecture; `scale` follows from the task."""
    codecs: str = "jpeg:10-100*3,webp:20-95,none*0.2"
    """Codecs in the loop, as accelir.training.codecs.parse_mixture reads them."""
    steps: int = 20_000
    """Number of optimiser steps in all."""
    batch: int = 16
    """Number of crops in a batch."""
    patch: int = 48
    """Side of an input crop in pixels."""
    rate: float = 1e-3
    """Highest learning rate of Adam; it falls along half a cosine to a hundredth."""
    mse_from: float = 0.6
    """Fraction of the steps, 0 to 1, after which the squared error is the loss in place of the absolute one."""
    relative: bool = False
    """Whether a crop's loss is divided by its input's and that of an error of 5 levels, so that fine files count beside
    coarse ones, whose errors are large."""
    smallest: float = 1.0
    """Smallest factor that half of the ground truths are shrunk by, as accelir.training.data.PairSource has it."""
    seed: int = 0
    """Seed of weights, crops, noise and codecs."""
    slots: int = 128
    """Number of decoded pictures held."""
    fresh: float = 0.5
    """Number of pictures replaced per step."""

    def make_network(self) -> Restorer:
        """The untrained network, seeded. Raises ValueError if it does not enlarge by what the task asks."""
        if "scale" in self.options:
            raise ValueError(f"scale follows from the task, {self.task}; leave it out of the options")
        torch.manual_seed(self.seed)
        scale = Task.parse(self.task).scale
        network = build(self.network, **({"scale": scale} if scale > 1 else {}), **self.options)
        if network.scale != scale:
            raise ValueError(f"{self.network} is for super-resolution, which {self.task} is not")
        return network


def bfloat16_is_native(device: torch.device) -> bool:
    """Whether the processor multiplies bfloat16 itself. Where it is emulated, float32 is several times faster."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return supported is not None and bool(supported())


def takes_bfloat16(network: nn.Module, device: torch.device) -> bool:
    """Whether a network is trained in bfloat16: where that is native, but for dilated convolutions on the CPU.

    Those end the process with torch 2.13 at some widths: 28 channels with a dilation of 3 or 4, 24 with one of 4.
    """
    dilated = any(isinstance(layer, nn.Conv2d) and max(layer.dilation) > 1 for layer in network.modules())
    return bfloat16_is_native(device) and not (dilated and device.type == "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """CUDA if there is any and the CPU otherwise for "auto", else what is named.

    Raises ValueError where CUDA is asked for and torch has none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device {name} is asked for, but this torch ({torch.__version__}) finds no CUDA; use cpu")
    return device


def to_tensor(pictures: np.ndarray, device: torch.device) -> Tensor:
    """uint8 N x H x W x 3 -> float32 N x 3 x H x W in 0..1, channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 255.0


def run_network(network: Restorer, picture: np.ndarray, device: torch.device) -> np.ndarray:
    """A picture restored at once, uint8 h x w x 3 -> uint8 sh x sw x 3."""
    m = network.multiple_of
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % m), (0, -width % m), (0, 0)), mode="edge")
    with torch.inference_mode():
        out = network(to_tensor(padded[None], device))[0]
    out = out[:, : height * network.scale, : width * network.scale]
    restored: np.ndarray = out.mul(255.0).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()
    return restored


def validation_pairs(recipe: TrainingRecipe, folder: str | Path, most: int = 12) -> list[Pair]:
    """Held-out pictures under the run's own mixture, the same ones at every call."""
    _, held = split(list_pictures(folder))
    task, mixture = Task.parse(recipe.task), parse_mixture(recipe.codecs)
    pairs = []
    for i, path in enumerate(held[:most]):
        rng = np.random.default_rng((recipe.seed, i, 2))
        truth = crop_to_multiple(load(path)[:256, :256], task.scale)
        codec = mixture[i % len(mixture)]
        pairs.append((codec(task.degrade(truth, rng), rng, truth), truth))
    return pairs


def curve_png(rows: list[list[float]]) -> bytes:
    """The validation PSNR over the steps as a PNG; empty without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return b""
    figure = Figure(figsize=(6, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="step", ylabel="PSNR, dB")
    steps = [row[0] for row in rows]
    axes.plot(steps, [row[4] for row in rows], label="restored")
    axes.plot(steps, [row[3] for row in rows], label="input")
    axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _crop_losses(out: Tensor, y: Tensor, squared: bool) -> Tensor:
    """Loss of each crop of a batch, squared or absolute, (N,)."""
    # Ten times the squared error has gradients of the absolute error's size, so Adam's averages carry over.
    off = 10.0 * (out - y).square() if squared else (out - y).abs()
    return off.mean((1, 2, 3))


class Trainer:
    """One run in one folder.

    folder: where the run lives; made if missing. pictures: a folder of ground truths. network: what is trained where it
    isn't the recipe's own, a pruned one say. Raises ValueError if `folder` holds a run of another recipe. Given the
    same recipe, pictures and device, losses agree to 1e-5 after a resume.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        pictures: str | Path,
        folder: str | Path,
        *,
        workers: int = 1,
        device: str = "auto",
        network: Restorer | None = None,
    ) -> None:
        self.recipe, self.pictures, self.folder = recipe, Path(pictures), Path(folder)
        self.workers = workers
        self.device = choose_device(device)
        self.network = network or recipe.make_network()
        self._bfloat16 = takes_bfloat16(self.network, self.device)
        self._place()
        self.ema = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=recipe.rate)
        self.step, self.seconds = 0, 0.0
        self.rows: list[list[float]] = []
        self.start: dict[str, Any] = {}
        self._resume()

    @property
    def checkpoint(self) -> Path:
        """The file that a run is resumed from."""
        return self.folder / "checkpoint.pt"

    def _place(self) -> None:
        """Move what is trained to the device."""
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # unannotated

    def _parts(self) -> dict[str, Any]:
        """What a checkpoint holds the state of, by name."""
        return {"network": self.network, "ema": self.ema, "optimizer": self.optimizer}

    def _resume(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        recipe = asdict(self.recipe)
        if not self.checkpoint.exists():
            write_atomically(self.folder / "recipe.json", json.dumps(recipe, indent=1).encode())
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if unknown := state["recipe"].keys() - recipe.keys():
            raise ValueError(f"{self.folder} holds a run of another kind, with {', '.join(sorted(unknown))}")
        if missing := [name for name in self._parts() if name not in state]:
            raise ValueError(f"{self.folder} holds a run of another kind, without {', '.join(missing)}")
        # Fields that came later have the value that was the only one before.
        found = asdict(type(self.recipe)(**state["recipe"]))
        if wrong := [k for k in recipe if recipe[k] != found[k]]:
            raise ValueError(f"{self.folder} holds a run with another {', '.join(wrong)}; choose another folder")
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.step, self.seconds, self.rows = state["step"], state["seconds"], state["rows"]
        self.start = state.get("start", {})

    def load_weights(self, source: str | Path) -> None:
        """Start from another run's averaged weights, or those of a network.onnx, for a finer training.

        A run may be of a shallower network: layers with a residual that it lacks begin as identities. Without effect on
        a resumed run. Raises ValueError for weights of another network.
        """
        if self.step > 0:
            return
        if Path(source).suffix == ".onnx":
            self._load_exported(Path(source))
            return
        state = torch.load(source, map_location=self.device, weights_only=True)
        try:
            deepen(self.network, state["ema"])
        except RuntimeError as error:
            raise ValueError(f"{source} holds another network: {error}") from None
        self.ema.load_state_dict(self.network.state_dict())
        taken = {name: state["recipe"][name] for name in ("options", "codecs", "seed")}
        self.start = {**taken, "steps": state["step"]}

    def _load_exported(self, path: Path) -> None:
        import onnx

        model = onnx.load(path, load_external_data=False)
        kept = collapse(self.network).state_dict().keys()
        tensors = {part.name: onnx.numpy_helper.to_array(part) for part in model.graph.initializer if part.name in kept}
        weights = {name: torch.from_numpy(tensor.copy()).to(self.device) for name, tensor in tensors.items()}
        expand(self.network, weights)
        self.ema.load_state_dict(self.network.state_dict())
        self.start = {"network": path.stem, "sha256": sha256(path.read_bytes())}

    def save(self) -> None:
        """Write the checkpoint, the log and the curve, each atomically."""
        buffer = io.BytesIO()
        torch.save(
            {
                "recipe": asdict(self.recipe),
                "step": self.step,
                "seconds": self.seconds,
                "rows": self.rows,
                "start": self.start,
                **{name: part.state_dict() for name, part in self._parts().items()},
            },
            buffer,
        )
        write_atomically(self.checkpoint, buffer.getvalue())
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *self.rows])
        write_atomically(self.folder / "log.csv", text.getvalue().encode())
        if self.rows and (png := curve_png(self.rows)):
            write_atomically(self.folder / "curve.png", png)

    def _rate(self) -> float:
        steps = self.recipe.steps
        warm = min(1.0, (self.step + 1) / min(200, 0.1 * steps))
        return self.recipe.rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * self.step / steps)) / 2)

    def _autocast(self) -> contextlib.AbstractContextManager[None]:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._bfloat16)

    def _train_one(self, batch: Pair) -> Tensor:
        """One step; returns its loss, which lies on the device: to read it there and then would have it wait."""
        x, y = (to_tensor(part, self.device) for part in batch)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with self._autocast():
            out = self.network(x)
        loss = self._loss(out.float(), x, y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(EMA_DECAY, self.step / (self.step + 10))
        get_ema_multi_avg_fn(decay)(list(self.ema.parameters()), list(self.network.parameters()), self.step)
        return loss.detach()

    def _loss(self, out: Tensor, x: Tensor, y: Tensor) -> Tensor:
        late = self.step >= self.recipe.mse_from * self.recipe.steps
        losses = _crop_losses(out, y, late)
        if not self.recipe.relative:
            return losses.mean()
        scale = self.network.scale
        undone = _crop_losses(F.interpolate(x, scale_factor=scale, mode="bicubic") if scale > 1 else x, y, late)
        # An error of five levels is added: crops that are nearly right must not outweigh all others.
        weights = 1.0 / (undone + (10.0 * (5 / 255) ** 2 if late else 5 / 255))
        return (losses * weights).mean() / weights.mean()

    def evaluate(self, pairs: list[Pair]) -> tuple[float, float]:
        """Mean PSNR in dB over the pairs: (of the input, enlarged if need be; of the averaged network's output)."""
        network = collapse(self.ema).eval()
        scale = network.scale
        before = np.mean([psnr(enlarged(x, scale), y, ceiling=CEILING) for x, y in pairs])
        after = np.mean([psnr(run_network(network, x, self.device), y, ceiling=CEILING) for x, y in pairs])
        return float(before), float(after)

    def run(self, every: int = 1000, progress: bool = True, stop: Callable[[int], bool] = lambda step: False) -> float:
        """Train to the end or until `stop(step)`; validate, save each `every` steps. Returns the last PSNR, dB."""
        recipe = self.recipe
        paths, _ = split(list_pictures(self.pictures))
        source = PairSource(tuple(paths), Task.parse(recipe.task), recipe.codecs, recipe.seed, 512, recipe.smallest)
        pairs = validation_pairs(recipe, self.pictures)
        score = self.rows[-1][4] if self.rows else math.nan
        if self.step >= recipe.steps:
            return score
        sampler = Sampler(
            source,
            recipe.patch,
            recipe.batch,
            step=self.step,
            slots=recipe.slots,
            fresh=recipe.fresh,
            workers=self.workers,
        )
        bar = tqdm(total=recipe.steps, initial=self.step, disable=not progress, unit="step")
        started, losses = time.perf_counter() - self.seconds, []
        batches = sampler.batches(self.step, recipe.steps)
        try:
            while self.step < recipe.steps and not stop(self.step):
                losses.append(self._train_one(next(batches)))
                bar.update()
                if self.step % every == 0 or self.step == recipe.steps:
                    before, score = self.evaluate(pairs)
                    self.seconds = time.perf_counter() - started
                    row = [self.step, self.seconds, float(torch.stack(losses).mean()), before, score]
                    self.rows.append([round(value, 5) for value in row])
                    losses.clear()
                    self.save()
                    bar.set_postfix(psnr=f"{score:.2f}", input=f"{before:.2f}")
        finally:
            batches.close()
            sampler.close()
            bar.close()
        return score
