"""Metrics of other packages, where those are installed (`pip install accelir[metrics]`): slow, and with torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelir.metrics.luma import luma_of
from accelir.metrics.metric import CELL, Metric, check_shapes

Score = Callable[[NDArray[Any], NDArray[Any]], float]


class Optional(NamedTuple):
    """What was found of the optional metrics."""

    found: dict[str, Metric]
    """By name, ready to score."""
    missing: dict[str, str]
    """Why the others can't be had, by name."""


@dataclass(frozen=True)
class Foreign(Metric):
    """A metric of another package, of whole pictures alone."""

    best: float = 100.0
    """What equal pictures have, or nearly."""
    call: Score = field(default=lambda picture, reference: float("nan"), repr=False)
    """(picture, reference) -> score."""

    def score(self, picture: NDArray[Any], reference: NDArray[Any]) -> float:
        """As the package has it."""
        check_shapes(picture, reference)
        return self.call(picture, reference)

    def distance(self, score: float) -> float:
        """From the best score."""
        return abs(self.best - score)

    def error_by_cell(
        self, picture: NDArray[Any], reference: NDArray[Any], scale: int = 1, side: int = CELL
    ) -> NDArray[np.float64]:
        """Raises NotImplementedError."""
        raise NotImplementedError(f"{self.name} scores whole pictures; take ssimulacra2 or ms-ssim for errors by cell")


def optional_metrics() -> Optional:
    """VMAF and VMAF-NEG by `vmaf_torch`, ColorVideoVDP by `pycvvdp` (the package cvvdp): those that can be loaded."""
    found: dict[str, Metric] = {}
    missing: dict[str, str] = {}
    for name, (unit, best, load) in _KNOWN.items():
        try:
            found[name] = Foreign(name, unit, best=best, call=load())
        except (ImportError, RuntimeError, OSError) as error:
            missing[name] = f"{error}; pip install accelir[metrics]"
    return Optional(found, missing)


def _vmaf(neg: bool) -> Score:
    """Of single pictures, which have no motion; over luma, as VMAF is, of full range."""
    torch, package = importlib.import_module("torch"), importlib.import_module("vmaf_torch")
    model = package.VMAF(enable_motion=False, NEG=neg)

    def score(picture: NDArray[Any], reference: NDArray[Any]) -> float:
        planes = (torch.from_numpy(luma_of(p).astype(np.float32))[None, None] for p in (reference, picture))
        with torch.no_grad():
            return float(model(*planes))

    return score


def _cvvdp() -> Score:
    """Just-objectionable differences on a 4K display at its usual distance, 10 for none."""
    torch, package = importlib.import_module("torch"), importlib.import_module("pycvvdp")
    model = package.cvvdp(display_name="standard_4k", device=torch.device("cpu"), quiet=True)

    def score(picture: NDArray[Any], reference: NDArray[Any]) -> float:
        pictures = (np.dstack([p] * 3) if p.ndim == 2 else p for p in (picture, reference))
        return float(model.predict(*(np.rint(p).astype(np.uint8) for p in pictures), dim_order="HWC")[0])

    return score


_KNOWN: dict[str, tuple[str, float, Callable[[], Score]]] = {
    "vmaf": ("", 100.0, lambda: _vmaf(False)),
    "vmaf-neg": ("", 100.0, lambda: _vmaf(True)),
    "cvvdp": ("JOD", 10.0, _cvvdp),
}
"""Unit, best score and how it is loaded, by name."""
