"""Measures and writes profiles/fidelity: `python scripts/build_fidelity.py TRAIN_FOLDER`.

The tables follow from theory (accelir.cells.color_weights). Measured is the ladder: which mode stands for a QP drop on
one grid. A drop of d asks for the squared error of a whole file whose step is 2^(d/16) times as large; a family of
modes reaches it at some strength and some size. Printed are the sizes of all families (docs/qp_map.md keeps them); the
ladder takes rdo alone, which is within 3 % of the best family at every drop. The WebP section stays as it is installed
(scripts/tune_webp.py).
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import SUBSAMPLINGS, rgb_weights
from accelir.cells.grid import grid_of
from accelir.cells.modes import make_modes
from accelir.cells.qp import QP_PER_DOUBLING
from accelir.core import jpeg
from accelir.profile.files import write_profile
from accelir.profile.installed import load_profile
from accelir.profile.jpeg import JpegSettings, Tables
from accelir.profile.ladder import Ladder
from accelir.profile.model import Profile
from accelir.restoration.pictures import list_pictures, load

LAMBDA, DEADZONE = 0.105, 0.6
# Chroma steps over those that weigh RGB errors evenly: the optimum is flat, and luma gains a BD-rate point here.
CHROMA = 1.1
BASE_STEPS = (6.0, 12.0)
DROPS = range(0, 85, 5)
STRENGTHS = LAMBDA * 2.0 ** np.arange(0, 12)
FAMILIES: dict[str, list[dict[str, Any]]] = {
    "rdo": [{"lambda_": r} for r in STRENGTHS],
    "rdo, step x2": [{"lambda_": r, "multiple": 2} for r in STRENGTHS],
    "rdo, step x3": [{"lambda_": r, "multiple": 3} for r in STRENGTHS],
    "rdo, cut 10": [{"lambda_": r, "cut": 10} for r in STRENGTHS],
    "dead zone": [{"deadzone": d} for d in DEADZONE + 0.1 * (2.0 ** np.arange(0, 8.5, 0.5) - 1)],
    "plain, step x1, x2, x3, x4": [{"multiple": m} for m in (1, 2, 3, 4)],
    "plain, cut": [{"cut": c} for c in (64, 36, 21, 10, 6, 3, 1)],
}
FIELD = {"rdo": "lambda_", "dead zone": "deadzone"}


def chroma_steps(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return CHROMA / np.sqrt(weights[1:].mean(axis=0))


def tables(subsampling: str) -> Tables:
    weights = rgb_weights(subsampling)
    return Tables(np.stack([np.ones(64), chroma_steps(weights)]).astype(np.float32), weights)


class LadderBench:
    """Log bits and log weighted squared error of a mode at a step, their means over the pictures, 4:2:0."""

    def __init__(self, folder: Path, count: int) -> None:
        paths = list_pictures(folder)
        paths = paths[:: max(len(paths) // count, 1)][:count]
        self.names = [path.name for path in paths]
        self.coefficients = [jpeg.Coefficients.from_pixels(load(path), "4:2:0") for path in paths]
        self.tables = tables("4:2:0")

    def measure(self, step: float, mode: dict[str, Any]) -> NDArray[np.float64]:
        return np.mean([self._one(each, step, mode) for each in self.coefficients], axis=0)

    def _one(self, coefficients: jpeg.Coefficients, step: float, mode: dict[str, Any]) -> NDArray[np.float64]:
        settings = jpeg.Settings(
            relative_steps=self.tables.relative_steps,
            weights=self.tables.weights[None],
            modes=make_modes(**mode),
            mode_map=np.zeros(grid_of((coefficients.height, coefficients.width)), np.int32),
            progressive="never",
        )
        encoding = jpeg.encode(coefficients, settings, step=step, keep_levels=True)
        errors = encoding.levels.cell_errors(coefficients, encoding.tables, self.tables.weights)
        return np.log([encoding.levels.cell_bits().sum(), errors.sum()])


def reach(
    modes: list[dict[str, Any]], points: NDArray[np.float64], error: float, field: str | None
) -> tuple[float, float]:
    """Log bits at which a family reaches an error, and the log of its field there; NaN where it doesn't."""
    inside = points[0, 1] - 1e-9 <= error <= points[-1, 1]
    bits = float(np.interp(error, points[:, 1], points[:, 0])) if inside else float("nan")
    strength = float(np.interp(error, points[:, 1], np.log([m[field] for m in modes]))) if field else float("nan")
    return bits, strength


def measure_ladder(bench: LadderBench) -> list[dict[str, Any]]:
    """One row a drop: the ideal file and every family, averaged over the base steps."""
    rows: list[list[dict[str, Any]]] = []
    for step in BASE_STEPS:
        curves = {name: np.array([bench.measure(step, m) for m in modes]) for name, modes in FAMILIES.items()}
        origin = bench.measure(step, {"lambda_": LAMBDA})
        rows.append([])
        for drop in DROPS:
            bits, error = bench.measure(step * 2 ** (drop / QP_PER_DOUBLING), {"lambda_": LAMBDA})
            row = {"ideal": (bits - origin[0], error - origin[1])}
            for name, modes in FAMILIES.items():
                log_bits, strength = reach(modes, curves[name], error, FIELD.get(name))
                row[name] = (log_bits - origin[0], strength)
            rows[-1].append(row)
    return [{key: np.mean([r[key] for r in row], axis=0) for key in row[0]} for row in zip(*rows, strict=True)]


def strengths(ladder: list[dict[str, Any]], family: str) -> list[float]:
    """A family's field at every drop. DC keeps the fine step, so the largest drops can't be reached: towards them the
    strength rises to the family's last, where hardly an AC coefficient is left."""
    modes, field = FAMILIES[family], FIELD[family]
    found = np.array([row[family][1] for row in ladder])
    found[0], found[-1] = np.log(modes[0][field]), np.log(modes[-1][field])
    known = np.isfinite(found)
    return [float(v) for v in np.exp(np.interp(DROPS, np.array(DROPS)[known], found[known]))]


def print_table(ladder: list[dict[str, Any]]) -> None:
    print("| QP drop | squared error | ideal bytes | " + " | ".join(FAMILIES) + " |")
    print("|---" * (3 + len(FAMILIES)) + "|")
    for drop, row in zip(DROPS, ladder, strict=True):
        cells = [f"{np.exp(row[name][0]):.3f}" if np.isfinite(row[name][0]) else "-" for name in FAMILIES]
        print(
            f"| {drop} | x{np.exp(row['ideal'][1]):.2f} | {np.exp(row['ideal'][0]):.3f} | " + " | ".join(cells) + " |"
        )


def profile_of(rows: list[dict[str, Any]], pictures: list[str]) -> Profile:
    """The installed profile with a JPEG section of these rows."""
    installed = load_profile("fidelity")
    lambdas, deadzones = strengths(rows, "rdo"), strengths(rows, "dead zone")
    modes = make_modes(lambda_=np.round(lambdas, 4), deadzone=np.round(deadzones, 3))
    section = JpegSettings(
        tables={subsampling: tables(subsampling) for subsampling in SUBSAMPLINGS},
        ladder=Ladder(np.array(DROPS, np.float64), modes),
        full_chroma_margin=0.0,
    )
    made = {
        "made": datetime.date.today().isoformat(),
        "script": "scripts/build_fidelity.py",
        "pictures": pictures,
        "base_steps": BASE_STEPS,
        "webp": installed.provenance["webp"],
    }
    return dataclasses.replace(installed, jpeg=section, provenance=made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("profiles/fidelity"), help="the profile's folder")
    arguments = parser.parse_args()
    bench = LadderBench(arguments.train, arguments.count)
    rows = measure_ladder(bench)
    print_table(rows)
    write_profile(arguments.out, profile_of(rows, bench.names))


if __name__ == "__main__":
    main()
