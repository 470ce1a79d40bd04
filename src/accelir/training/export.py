"""From a trained network to what ships: an ONNX file with free height and width, checked against torch; a card."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import warnings
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from accelir.architectures.blocks import Restorer, collapse
from accelir.restoration.card import Card
from accelir.restoration.pictures import list_pictures
from accelir.restoration.session import open_model, run_model
from accelir.restoration.tasks import Task
from accelir.training.count import count
from accelir.training.package import add_gradient, write
from accelir.training.trainer import TrainingRecipe

if TYPE_CHECKING:
    from accelir.training.trainer import Trainer

OPSET = 17
TOLERANCE = 1e-4
"""Largest difference allowed between torch's and ONNX runtime's values of 0 to 1; a step of 8 bits is 39 times it."""


def to_onnx(network: Restorer) -> bytes:
    """The collapsed network as an ONNX model, input `x` and output `y` with free N, H and W, weights float32."""
    network = collapse(network).eval().cpu()
    side = 4 * network.multiple_of
    buffer = io.BytesIO()
    free = {0: "n", 2: "h", 3: "w"}
    with warnings.catch_warnings():
        # The tracing exporter: its graphs are small and free of shape arithmetic, which the newer one is not yet.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.rand(1, 3, side, side),),
            buffer,  # type: ignore[arg-type]  # taken by this exporter, though not annotated
            input_names=["x"],
            output_names=["y"],
            opset_version=OPSET,
            dynamic_axes={"x": free, "y": {0: "n", 2: "sh", 3: "sw"}},
            dynamo=False,
        )
    return buffer.getvalue()


def difference(
    network: Restorer, model: bytes, sizes: tuple[tuple[int, int], ...] = ((1, 1), (3, 5), (13, 22))
) -> float:
    """Largest absolute difference between torch and ONNX runtime over some sizes, given in units of `multiple_of`."""
    network = collapse(network).eval().cpu()
    session = open_model(model, 1)
    rng, worst = np.random.default_rng(0), 0.0
    for height, width in sizes:
        x = rng.random((1, 3, height * network.multiple_of, width * network.multiple_of), dtype=np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(x)).numpy()
        worst = max(worst, float(np.abs(run_model(session, x) - expected).max()))
    return worst


def halo(network: Restorer, limit: int = 512) -> int | None:
    """How far, in input pixels along a side, one input can reach an output; None if farther than `limit`.

    Found by setting one input to NaN and looking for it in the output: exact for whatever the network is made of, as a
    NaN survives every operation, also a multiplication by a weight that happens to be zero.
    """
    network = collapse(network).eval().cpu()
    m, radius = network.multiple_of, 16 * network.multiple_of
    while radius <= limit + m:
        reach = max(_reach(network, radius, offset) for offset in {0, m - 1})
        if reach < radius - m:
            return reach
        radius *= 2
    return None


def _reach(network: Restorer, radius: int, offset: int) -> int:
    """How far a NaN at `offset` in a block mid-picture gets; about `radius` if it meets the border."""
    place = radius + offset
    x = torch.zeros(1, 3, 2 * radius + network.multiple_of, 2 * radius + network.multiple_of)
    x[..., place, place] = torch.nan
    with torch.inference_mode():
        hit = network(x)[0].isnan().any(0)
    touched = torch.nonzero(hit.any(0) | hit.any(1))[:, 0] // network.scale
    return int((touched - place).abs().max())


def memory(model: bytes, multiple_of: int, scale: int, side: int = 96) -> float:
    """Bytes per input pixel to reckon with: twice those of the two largest activations in a row, of input and result.

    Twice, as ONNX runtime copies activations into its own layouts; peaks of 58 to 78 % of this were measured.
    """
    side -= side % multiple_of
    sizes = count(model, side, side).activations
    return 2.0 * (4.0 * max(a + b for a, b in itertools.pairwise((0, *sizes))) / side**2 + 12.0 + 15.0 * scale**2)


def export(
    trainer: Trainer, name: str, folder: str | Path, *, version: str = "1", data: str = "", licence: str = "MIT"
) -> Path:
    """Write NAME.onnx and NAME.json; returns the former's path. data: what the pictures are, for people.

    NAME.gradient as well, where all of the network's operators have a derivative (accelir.training.gradient).
    Raises ArithmeticError if ONNX runtime and torch differ by more than TOLERANCE.
    """
    network, recipe, task = trainer.ema, trainer.recipe, Task.parse(trainer.recipe.task)
    model = to_onnx(network)
    if (off := difference(network, model)) > TOLERANCE:
        raise ArithmeticError(f"ONNX runtime and torch differ by {off:.2g}, more than {TOLERANCE:g}; do not ship this")
    tally = count(model)
    card = Card(
        name=name,
        version=version,
        task=task.kind,
        strength=float(task.strength),
        scale=task.scale,
        sha256="0" * 64,
        halo=halo(network),
        multiple_of=network.multiple_of,
        macs=round(tally.macs, 2),
        parameters=tally.parameters,
        memory=round(memory(model, network.multiple_of, task.scale), 1),
        licence=licence,
        architecture=" ".join([recipe.network, *(f"{k}={v}" for k, v in recipe.options.items())]),
        color_space=getattr(network, "color", "rgb"),
        trained_on={
            "codecs": recipe.codecs,
            "data": data,
            "pictures": len(list_pictures(trainer.pictures)),
            "steps": trainer.step,
            "seed": recipe.seed,
            "batch": recipe.batch,
            "patch": recipe.patch,
            **({"relative": True} if recipe.relative else {}),
            **({"smallest": recipe.smallest} if recipe.smallest < 1 else {}),
            **_others(recipe),
            **({"started_from": trainer.start} if trainer.start else {}),
        },
        scores=_validation(trainer),
    )
    path = write(model, card, folder)
    with contextlib.suppress(ValueError):
        add_gradient(path)
    return path


def _others(recipe: TrainingRecipe) -> dict[str, Any]:
    """What a recipe of another kind than the plain one has beside it, and its learning rate."""
    plain = {one.name for one in fields(TrainingRecipe)}
    others = {one.name: getattr(recipe, one.name) for one in fields(recipe) if one.name not in plain}
    return {type(recipe).__name__: {"rate": recipe.rate, **others}} if others else {}


def _validation(trainer: Trainer) -> dict[str, float]:
    """The last scores on held-out pictures."""
    if not trainer.rows:
        return {}
    named = zip(("validation psnr before", "validation psnr"), trainer.rows[-1][3:], strict=True)
    return {name: score for name, score in named if math.isfinite(score)}
