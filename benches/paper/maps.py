"""Figure 7: `python -m benches.paper.maps TRAIN` draws maps of utility and of QPs beside adaptive quantisation's.

TRAIN holds the photographs, which are CC0 (Buddies of Budgie's wallpapers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

import accelir
from accelir.cells.grid import cell_variance
from accelir.formats.budget import bytes_at
from accelir.metrics import psnr
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import Case
from benches.paper.pictures import case_of
from benches.paper.results import write_result
from benches.paper.table import Row

PHOTOS = {"bird": "budgie_30bb47_0", "mountain": "budgie_2a7ed8_0", "city": "budgie_b44ceb_0"}
TASK = Task("denoise", 25)
BPP = 1.2
ALLOCATORS = {"uniform": "uniform", "VAQ": "variance", "ours": "auto"}
ABOUT = f"""
Photographs with noise of sigma 25, encoded at {BPP} bpp by the profile `denoise-25`: the group of utility in which
QP-NET sees each cell (9: bytes help the restored picture most), the QPs that come of it (higher is finer), and the QPs
of variance-based adaptive quantisation (VAQ), which makes cells of high variance coarser, as these hide errors to eyes.
PSNR is that of the file after `denoise-25-light`; all files of a photograph have the same budget, "uniform" has one QP.
The last columns are rank correlations over the cells. `sr-x4` has no such map: its files are uniform.
"""


@dataclass(frozen=True, eq=False)
class Maps:
    """What is drawn of a photograph."""

    name: str
    case: Case
    groups: NDArray[np.int32]
    qps: dict[str, NDArray[np.int32]]
    """By allocator, (rows, columns) of cells."""
    restored: dict[str, float]
    """PSNR, dB."""


def maps_of(name: str, path: Path) -> Maps:
    case, network = case_of(path, TASK), open_network(str(TASK), 1)
    budget = bytes_at(BPP, case.picture.shape)
    made = {
        label: accelir.Encoder(profile=str(TASK), allocator=allocator).encode(case.picture, max_bytes=budget)
        for label, allocator in ALLOCATORS.items()
    }
    restored = {
        label: float(psnr(network(accelir.decode(each.data, network=None)), case.truth)) for label, each in made.items()
    }
    qps = {label: each.qp_map for label, each in made.items()}
    return Maps(name, case, made["ours"].clusters, qps, restored)


def row_of(maps: Maps) -> Row:
    variance = cell_variance(maps.case.truth)
    return {
        "photograph": f"{maps.name} ({PHOTOS[maps.name]})",
        **{f"{label}, dB": f"{maps.restored[label]:.2f}" for label in ALLOCATORS},
        "QPs, ours and VAQ": _correlation(maps.qps["ours"], maps.qps["VAQ"]),
        "utility and variance": _correlation(maps.groups, variance),
        "our QPs and utility": _correlation(maps.qps["ours"], maps.groups),
    }


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> str:
    return f"{spearmanr(a.ravel(), b.ravel()).statistic:+.2f}"


def draw(found: list[Maps], rows: list[Row], figure: Any) -> None:
    figure.set_size_inches(9, 2.4 * len(found))
    grid = figure.subplots(len(found), 4, squeeze=False)
    for axes, maps in zip(grid, found, strict=True):
        axes[0].imshow(maps.case.picture)
        axes[0].set_title("with noise, as encoded", fontsize=9)
        shown = {label: maps.qps[label] for label in ("ours", "VAQ")}
        ends = {"vmin": min(map(np.min, shown.values())), "vmax": max(map(np.max, shown.values()))}
        drawn = [
            axes[1].imshow(maps.groups, cmap="viridis", vmin=0, vmax=9),
            *(axis.imshow(qps, cmap="magma", **ends) for axis, qps in zip(axes[2:], shown.values(), strict=True)),
        ]
        axes[1].set_title("utility, group 0 to 9", fontsize=9)
        for axis, label in zip(axes[2:], shown, strict=True):
            axis.set_title(f"QPs, {label}: {maps.restored[label]:.2f} dB", fontsize=9)
        for axis, image in zip(axes[1:], drawn, strict=True):
            figure.colorbar(image, ax=axis, shrink=0.8)
        for axis in axes:
            axis.set_axis_off()


@click.command()
@click.argument("train", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(train: Path) -> None:
    """Draw maps of three photographs in TRAIN."""
    found = [maps_of(name, train / f"{stem}.webp") for name, stem in PHOTOS.items()]
    facts = {"command": "python -m benches.paper.maps TRAIN", "data": "photographs of Buddies of Budgie, CC0"}
    rows = [row_of(maps) for maps in found]
    write_result("figure-7", "Figure 7: maps of utility and QP beside VAQ's", ABOUT, facts, rows, partial(draw, found))


if __name__ == "__main__":
    main()
