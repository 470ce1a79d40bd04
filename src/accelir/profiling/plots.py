"""Pictures of a profile: the groups' curves, the modes on their hulls, QP-NET's confusion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from accelir.cells.curves import Curves
from accelir.profile.model import Profile

_PIXELS = 32 * 32


def draw(profile: Profile, path: Path) -> None:
    """Write a PNG of the profile's curves and, where it is known, QP-NET's confusion.

    Raises ValueError for a profile without groups.
    """
    if profile.groups is None:
        raise ValueError(f"the profile {profile.name!r} treats cells alike: there are no curves to draw")
    matrix = profile.provenance.get("figures", {}).get("confusion")
    figure = Figure(figsize=(17, 5) if matrix else (11, 5), layout="constrained")
    axes = figure.subplots(1, 3 if matrix else 2)
    curves = profile.groups.curves
    _draw_uniform(axes[0], curves)
    _draw_modes(axes[1], curves, len(curves.base_qps) // 2)
    if matrix:
        _draw_confusion(axes[2], np.array(matrix))
    figure.suptitle(profile.task)
    figure.savefig(path, format="png", dpi=120, metadata={"Software": None})


def _draw_uniform(axes: Axes, curves: Curves) -> None:
    for g in range(curves.groups):
        axes.plot(curves.bits[g] / _PIXELS, curves.error[g], ".-", color=_color(g, curves), label=str(g))
    axes.set_title(f"uniform files, QP {curves.qps[0]} to {curves.qps[-1]}")
    _label(axes)
    axes.legend(title="group", fontsize="small")


def _draw_modes(axes: Axes, curves: Curves, step: int) -> None:
    for g in range(curves.groups):
        bits, error = curves.mode_bits[step, g] / _PIXELS, curves.mode_error[step, g]
        hull = np.flatnonzero(curves.on_hull[step, g])
        hull = hull[np.argsort(bits[hull])]
        axes.plot(bits, error, ".", color=_color(g, curves), alpha=0.35, markersize=4)
        axes.plot(bits[hull], error[hull], "o-", color=_color(g, curves), markersize=4)
    axes.set_title(f"modes at the base step of QP {curves.base_qps[step]}, and their hulls")
    _label(axes)


def _draw_confusion(axes: Axes, matrix: np.ndarray) -> None:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{shares[row, column]:.0%}", ha="center", va="center", fontsize=7, color=color)
    axes.set(title="QP-NET, pictures held out", xlabel="group given", ylabel="group by measurement")


def _label(axes: Axes) -> None:
    axes.set(xlabel="bits per pixel of the cell", ylabel="squared error after restoration", xscale="log", yscale="log")
    axes.grid(alpha=0.3)


def _color(group: int, curves: Curves) -> tuple[float, float, float]:
    share = group / max(curves.groups - 1, 1)
    return (share, 0.3, 1 - share)
