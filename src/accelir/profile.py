"""Profiles: what an encoder must know of a task, read from a folder with a profile.json (docs/profiles.md)."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .color_weights import SUBSAMPLINGS
from .modes import ModeArray, check_modes, make_modes
from .shipped import shipped

SCHEMA = 1
QP_MIN, QP_MAX = 15, 95

# QP of a uniform file: 95 at a base step of 2.5, 16 less for every doubling, so 80 steps at QP 15.
_STEP_AT_QP_MAX, QP_PER_DOUBLING = 2.5, 16


@dataclass(frozen=True)
class TableShape:
    """What one subsampling's quantisation tables look like, whatever the size."""

    steps: NDArray[np.float32]
    """Luma and chroma steps relative to the base step, (2, 64), zigzag order, above 0 and at most 16."""
    weights: NDArray[np.float32]
    """What a squared error of a Y, Cb or Cr coefficient costs, (3, 64), zigzag order, relative to luma's DC."""


@dataclass(frozen=True)
class WebpShape:
    """What a WebP file looks like, whatever its size."""

    rdo: float = 0.1
    """Lagrangian of modes and trellis in squared luma steps (of an orthonormal transform) per bit, above 0."""
    luma_weights: tuple[float, ...] = (1.0,) * 16
    """What a squared error of a luma coefficient costs, zigzag order, relative to DC."""
    chroma_weights: tuple[float, ...] = (2.0,) * 16
    """The same for chroma, relative to luma's DC."""
    deltas: tuple[int, ...] = (0,) * 5
    """Added to the quantiser index of luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC; -15 to 15."""
    filter: float = 1.0
    """Level of the loop filter over the one that leaves the smallest error in the decoded picture; 0: no filter."""
    sharpness: int = 0
    """Of the loop filter, 0 to 7."""


@dataclass(frozen=True)
class Profile:
    """What encoders must know of a task."""

    name: str
    task: str
    """What happens to the picture after decoding, in words."""
    network: str | None
    """The restoration network that receivers run, a name for accelir.restore; None: they show the decoded picture."""
    full_chroma_margin: float
    """By how many dB 4:4:4 must be better than 4:2:0, as decoded RGB, for subsampling="auto" to take it."""
    shapes: dict[str, TableShape]
    """By subsampling: "4:4:4", "4:2:2", "4:2:0"."""
    ladder_drops: NDArray[np.float64]
    """QP drops below the picture's highest QP, rising from 0, (n,)."""
    ladder: ModeArray
    """The mode for each of these drops, (n,)."""
    provenance: dict[str, Any]
    """How it was made: data, date, figures."""
    webp: WebpShape = WebpShape()
    """For WebP; the rest is JPEG's."""

    def modes_at(self, drops: NDArray[np.integer[Any]]) -> ModeArray:
        """Modes for QP drops, (m,): rdo and dead zone interpolated along the ladder, the rest from the nearer rung."""
        rungs = np.searchsorted((self.ladder_drops[1:] + self.ladder_drops[:-1]) / 2, drops)
        with np.errstate(divide="ignore"):
            log_rdo = np.interp(drops, self.ladder_drops, np.log(self.ladder["rdo"].astype(np.float64)))
        return make_modes(
            rdo=np.where(np.isfinite(log_rdo), np.exp(log_rdo), self.ladder["rdo"][rungs]),
            deadzone=np.interp(drops, self.ladder_drops, self.ladder["deadzone"]),
            multiple=self.ladder["multiple"][rungs],
            cut=self.ladder["cut"][rungs],
        )

    def map_modes(self, qp_map: NDArray[np.integer[Any]]) -> tuple[ModeArray, NDArray[np.int32]]:
        """A QP map as modes and a map of indices into them. The file's base step belongs to the map's highest QP."""
        drops = int(qp_map.max()) - qp_map
        unique, mode_map = np.unique(drops, return_inverse=True)
        return self.modes_at(unique), mode_map.reshape(qp_map.shape).astype(np.int32)


def qp_of_step(step: float) -> int:
    """The QP, 15 to 95, that a uniform file of this base step is said to have."""
    qp = QP_MAX - QP_PER_DOUBLING * np.log2(step / _STEP_AT_QP_MAX)
    return int(np.clip(round(float(qp)), QP_MIN, QP_MAX))


def _installed() -> dict[str, Path]:
    return {entry.name: entry for entry in shipped().iterdir() if entry.is_dir() and (entry / "profile.json").is_file()}


def profiles() -> list[str]:
    """Names of the installed profiles, sorted."""
    return sorted(_installed())


@functools.cache
def load_profile(name: str) -> Profile:
    """An installed profile. Raises ValueError for an unknown name or a damaged profile."""
    folder = _installed().get(name)
    if folder is None:
        raise ValueError(f"no profile {name!r} is installed; there is {', '.join(profiles())}")
    try:
        return _parse(json.loads((folder / "profile.json").read_text("utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the profile {name!r} is damaged: {error!r}") from error


def _parse(document: dict[str, Any]) -> Profile:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}; this version of accelir reads {SCHEMA}")
    if not isinstance(document["network"], str | None):
        raise TypeError(f"its network is {document['network']!r}, not a name or null")
    jpeg = document["jpeg"]
    ladder = jpeg["ladder"]
    drops = np.array([rung["drop"] for rung in ladder], dtype=np.float64)
    if len(drops) == 0 or drops[0] != 0 or np.any(np.diff(drops) <= 0):
        raise ValueError("its ladder's drops must rise from 0")
    modes = make_modes(**{field: [rung[field] for rung in ladder] for field in ("rdo", "deadzone", "multiple", "cut")})
    check_modes(modes)
    return Profile(
        name=document["name"],
        task=document["task"],
        network=document["network"],
        full_chroma_margin=_parse_margin(jpeg["full_chroma_margin"]),
        shapes={s: _parse_shape(jpeg["shapes"][s]) for s in SUBSAMPLINGS},
        ladder_drops=drops,
        ladder=modes,
        provenance=document["provenance"],
        webp=_parse_webp(document.get("webp", {})),
    )


def _parse_margin(margin: Any) -> float:
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not -100 <= margin <= 100:
        raise ValueError(f"its full_chroma_margin is {margin!r}, not a number of dB from -100 to 100")
    return float(margin)


def _parse_webp(document: dict[str, Any]) -> WebpShape:
    shape = WebpShape(**{k: tuple(v) if isinstance(v, list) else v for k, v in document.items()})
    for name, values, count, low, high in (
        ("rdo", (shape.rdo,), 1, 1e-6, 1e6),
        ("luma_weights", shape.luma_weights, 16, 0, 1e6),
        ("chroma_weights", shape.chroma_weights, 16, 0, 1e6),
        ("deltas", shape.deltas, 5, -15, 15),
        ("filter", (shape.filter,), 1, 0, 100),
        ("sharpness", (shape.sharpness,), 1, 0, 7),
    ):
        if len(values) != count or not all(low <= v <= high for v in values):
            raise ValueError(f"webp's {name} takes {count} from {low} to {high}, not {values}")
    return shape


def _parse_shape(shape: dict[str, Any]) -> TableShape:
    steps = np.array([shape["luma"], shape["chroma"]], dtype=np.float32)
    weights = np.array(shape["weights"], dtype=np.float32)
    if steps.shape != (2, 64) or weights.shape != (3, 64):
        raise ValueError(f"a shape takes 2 x 64 steps and 3 x 64 weights, not {steps.shape} and {weights.shape}")
    if not (np.all((steps > 0) & (steps <= 16)) and np.all((weights >= 0) & (weights <= 1e6))):
        raise ValueError("a shape's steps must be above 0 and at most 16, its weights 0 to 1e6")
    return TableShape(steps, weights)
