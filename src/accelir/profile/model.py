"""Profiles: what an encoder must know of a task, read from a folder with a profile.json (docs/profiles.md)."""

from __future__ import annotations

import functools
import os
import reprlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import SUBSAMPLINGS
from accelir.cells.curves import Curves
from accelir.cells.modes import ModeArray, check_modes, make_modes
from accelir.cells.qpnet import QpNet
from accelir.errors import ProfileError
from accelir.profile.closed_loop import Loop
from accelir.profile.webp_settings import WebpShape, parse_webp_shape
from accelir.storage.arrays import read_arrays
from accelir.storage.files import sha256
from accelir.storage.json_files import read_json
from accelir.storage.shipped import shipped

PROFILE, ARRAYS, QPNET = "profile.json", "arrays.npz", "qpnet.onnx"
ALLOCATORS = ("uniform", "reward", "lagrangian", "qp-reward", "variance")
"""How a profile alone can tell how blocks share a budget (planning.py)."""
SCHEMAS = (1, 2)
"""2 adds jpeg.clusters, null or what belongs to arrays.npz and qpnet.onnx, jpeg.allocator and jpeg.closed_loop."""


@dataclass(frozen=True)
class TableShape:
    """What one subsampling's quantisation tables look like, whatever the size."""

    steps: NDArray[np.float32]
    """Luma and chroma steps relative to the base step, (2, 64), zigzag order, above 0 and at most 16."""
    weights: NDArray[np.float32]
    """What a squared error of a Y, Cb or Cr coefficient costs, (3, 64), zigzag order, relative to luma's DC."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """What tells blocks apart, in a profile of schema 2."""

    curves: Curves
    """What a block of each group costs and how good it becomes."""
    network: QpNet
    """Which group a block belongs to."""


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
    chroma_smoothing: float = 0.0
    """Of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1."""
    clusters: Clusters | None = None
    """What tells blocks apart; None in profiles that don't."""
    allocator: str = "uniform"
    """Of ALLOCATORS, the one that encoders take which aren't told and don't take the loop."""
    loop: Loop | None = None
    """What the encoder tries and restores itself; None where that doesn't pay."""
    webp: WebpShape = field(default_factory=WebpShape)
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

    def drop_of(self, modes: ModeArray) -> NDArray[np.float64]:
        """The QP drops at which the ladder has these modes' Lagrangians, (m,); negative before its first rung."""
        x, rungs = (np.log(np.maximum(m["rdo"].astype(np.float64), 1e-9)) for m in (modes, self.ladder))
        slope = (self.ladder_drops[1] - self.ladder_drops[0]) / (rungs[1] - rungs[0]) if len(rungs) > 1 else 0.0
        drops = np.interp(x, rungs, self.ladder_drops)
        return np.asarray(drops + np.minimum(x - rungs[0], 0) * slope)

    def map_modes(self, qp_map: NDArray[np.integer[Any]]) -> tuple[ModeArray, NDArray[np.int32]]:
        """A QP map as modes and a map of indices into them. The file's base step belongs to the map's highest QP."""
        drops = int(qp_map.max()) - qp_map
        unique, mode_map = np.unique(drops, return_inverse=True)
        return self.modes_at(unique), mode_map.reshape(qp_map.shape).astype(np.int32)


def _installed() -> dict[str, Path]:
    return {entry.name: entry for entry in shipped().iterdir() if entry.is_dir() and (entry / PROFILE).is_file()}


def profiles() -> list[str]:
    """Names of the installed profiles, sorted."""
    return sorted(_installed())


@functools.cache
def load_profile(profile: str | Path) -> Profile:
    """An installed profile by its name, or one of your own by its folder: a path object, or text with a / in it.

    It is read once in a process. Raises ProfileError for an unknown name or a damaged profile.
    """
    if isinstance(profile, Path) or "/" in profile or os.sep in profile:
        if not (Path(profile) / PROFILE).is_file():
            raise ProfileError(f"no profile {os.fspath(profile)!r}: there is no {PROFILE} in a folder of that name")
        return read_profile(Path(profile))
    folder = _installed().get(profile)
    if folder is None:
        raise ProfileError(f"no profile {profile!r} is installed; there is {', '.join(profiles())}")
    return read_profile(folder)


def read_profile(folder: Path) -> Profile:
    """The profile in a folder. Raises ProfileError that says what is wrong with it."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # numbers too large for their type: checks refuse them
            return _parse(read_json(folder / PROFILE), folder)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise ProfileError(f"the profile {folder.name!r} is damaged: {reason}") from error


def _parse(document: dict[str, Any], folder: Path) -> Profile:
    if document["schema"] not in SCHEMAS:
        known = " and ".join(map(str, SCHEMAS))
        raise ValueError(f"its schema is {document['schema']!r}; this version of accelir reads {known}")
    check_network(document["network"])
    jpeg = document["jpeg"]
    ladder = jpeg["ladder"]
    drops = np.array([rung["drop"] for rung in ladder], dtype=np.float64)
    if len(drops) == 0 or drops[0] != 0 or np.any(np.diff(drops) <= 0) or not np.isfinite(drops[-1]):
        raise ValueError("its ladder's drops must rise from 0")
    modes = make_modes(**{field: [rung[field] for rung in ladder] for field in ("rdo", "deadzone", "multiple", "cut")})
    check_modes(modes)
    clusters = _read_clusters(jpeg["clusters"], folder) if document["schema"] == 2 else None
    return Profile(
        name=document["name"],
        task=document["task"],
        network=document["network"],
        full_chroma_margin=_parse_number("full_chroma_margin", jpeg["full_chroma_margin"], -100, 100),
        shapes={s: _parse_shape(jpeg["shapes"][s]) for s in SUBSAMPLINGS},
        ladder_drops=drops,
        ladder=modes,
        provenance=document["provenance"],
        chroma_smoothing=_parse_number("chroma_smoothing", jpeg.get("chroma_smoothing", 0), 0, 1),
        clusters=clusters,
        allocator=_parse_allocator(jpeg.get("allocator", "uniform")),
        loop=_parse_loop(jpeg["closed_loop"]) if "closed_loop" in jpeg else None,
        webp=_parse_webp(document.get("webp", {}), clusters),
    )


def check_network(name: Any) -> None:
    """Raises ValueError for what can't be named in files, where it is a comment."""
    if name is None or (isinstance(name, str) and name.isascii() and name.isprintable() and 0 < len(name) <= 200):
        return
    raise ValueError(
        f"the receivers' network is {reprlib.repr(name)}, not null or a name of up to 200 printable ASCII characters"
    )


def _read_clusters(entry: dict[str, Any] | None, folder: Path) -> Clusters | None:
    if entry is None:
        return None
    data = {}
    for part, name in (("arrays", ARRAYS), ("qpnet", QPNET)):
        data[part] = (folder / name).read_bytes()
        if sha256(data[part]) != entry[f"{part}_sha256"]:
            raise ValueError(f"its {name} is not the one it was built with (the sha256 is another)")
    curves = Curves.from_arrays(read_arrays(data["arrays"]))
    return Clusters(curves, QpNet(data["qpnet"], curves.groups))


def _parse_webp(entry: dict[str, Any], clusters: Clusters | None) -> WebpShape:
    shape, groups = parse_webp_shape(entry), 0 if clusters is None else clusters.network.count
    if len(shape.group_weights) not in (0, groups):
        raise ValueError(f"webp's group_weights are {len(shape.group_weights)}, the profile's groups {groups}")
    return shape


def _parse_allocator(name: Any) -> str:
    if name not in ALLOCATORS:
        raise ValueError(f"its allocator is {reprlib.repr(name)}, not one of {', '.join(ALLOCATORS)}")
    return str(name)


def _parse_loop(entry: dict[str, Any]) -> Loop:
    loop = Loop(tuple(float(f) for f in entry["lagrangians"]), float(entry["step"]), int(entry["effort"]))
    if not (1 <= len(loop.lagrangians) <= 16 and all(0 < f <= 1e3 for f in loop.lagrangians)):
        raise ValueError(f"its closed loop takes 1 to 16 factors of 0 to 1000, not {reprlib.repr(loop.lagrangians)}")
    if not (0.1 <= loop.step <= 2 and 0 <= loop.effort <= 9):
        raise ValueError(f"its closed loop takes a step of 0.1 to 2 and an effort, not {loop.step} and {loop.effort}")
    return loop


def _parse_number(name: str, value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"its {name} is {reprlib.repr(value)}, not a number from {least} to {most}")
    return float(value)


def _parse_shape(shape: dict[str, Any]) -> TableShape:
    steps = np.array([shape["luma"], shape["chroma"]], dtype=np.float32)
    weights = np.array(shape["weights"], dtype=np.float32)
    if steps.shape != (2, 64) or weights.shape != (3, 64):
        raise ValueError(f"a shape takes 2 x 64 steps and 3 x 64 weights, not {steps.shape} and {weights.shape}")
    if not (np.all((steps > 0) & (steps <= 16)) and np.all((weights >= 0) & (weights <= 1e6))):
        raise ValueError("a shape's steps must be above 0 and at most 16, its weights 0 to 1e6")
    return TableShape(steps, weights)
