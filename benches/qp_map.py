"""What a QP map does: `python benches/qp_map.py FOLDER [--step 10]`.

The right half of every picture gets a lower QP at a fixed base step. Printed are, for each drop, bits and PSNR of
both halves against the uniform file of the same step, and the right half's bits against the ideal: a file of that
half alone, with its own table, whose PSNR is the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import Pixels, load, prepare, print_head, print_row
from numpy.typing import NDArray

from accelir.cells.grid import CELL, grid_of
from accelir.formats.decode import decode_pixels
from accelir.formats.registry import FORMATS
from accelir.metrics import psnr

DROPS = (0, 10, 20, 30, 40, 60)
QP_TOP = 75
COARSEST = 250


def encode(picture: Pixels, qp_map: NDArray[np.int32], step: float, effort: int) -> bytes:
    prepared = prepare(picture, "fidelity", effort=effort, qp_map=qp_map)
    return prepared.job.run(prepared.coefficients("4:2:0"), step=step).data


def flat_map(picture: Pixels) -> NDArray[np.int32]:
    return np.full(grid_of(picture.shape), QP_TOP, np.int32)


def bits_and_psnr(data: bytes, picture: Pixels, columns: slice) -> tuple[float, float]:
    bits = FORMATS["jpeg"].cell_bits(data)[:, columns.start // CELL : columns.stop // CELL]
    return float(bits.sum()), psnr(decode_pixels(data)[:, columns], picture[:, columns])


def ideal_bits(half: Pixels, quality: float, step: float, effort: int) -> float:
    """Bits of the half alone at this PSNR, between the two nearest of a ladder of steps."""
    points = []
    for factor in 2.0 ** np.arange(-0.25, 5, 0.25):
        data = encode(half, flat_map(half), min(step * factor, COARSEST), effort)
        points.append(bits_and_psnr(data, half, slice(0, half.shape[1])))
    bits, quality_at = np.array(points[::-1]).T
    return float(np.exp(np.interp(quality, quality_at, np.log(bits))))


def measure(picture: Pixels, step: float, effort: int) -> list[list[float]]:
    """For each drop: bits of the left half over those without a drop, PSNR less that without; the same of the right
    half; bits of the right half over the ideal.
    """
    width = picture.shape[1]
    middle, end = width // (2 * CELL) * CELL, width // CELL * CELL
    halves = slice(0, middle), slice(middle, end)
    rows, uniform = [], None
    for drop in DROPS:
        qp_map = flat_map(picture)
        qp_map[:, middle // CELL :] -= drop
        data = encode(picture, qp_map, step, effort)
        found = np.array([bits_and_psnr(data, picture, half) for half in halves])
        uniform = found if uniform is None else uniform
        ideal = ideal_bits(picture[:, halves[1]], found[1, 1], step, effort)
        changes = np.stack([found[:, 0] / uniform[:, 0], found[:, 1] - uniform[:, 1]], axis=1)
        rows.append([*changes.ravel(), found[1, 0] / ideal])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", type=float, default=10.0)
    a = parser.parse_args()
    pictures = load(a.folder)
    for effort, name in ((5, "trellis (effort 5)"), (0, "dead zone (effort 0)")):
        mean = np.mean([measure(picture, a.step, effort) for picture in pictures.values()], axis=0)
        print(f"{name}, base step {a.step:g}, {len(pictures)} pictures")
        print_head("QP drop", "left bits", "left PSNR", "right bits", "right PSNR", "right bits over ideal")
        for drop, m in zip(DROPS, mean, strict=True):
            print_row(drop, f"x{m[0]:.3f}", f"{m[1]:+.3f} dB", f"x{m[2]:.3f}", f"{m[3]:+.2f} dB", f"x{m[4]:.3f}")


if __name__ == "__main__":
    main()
