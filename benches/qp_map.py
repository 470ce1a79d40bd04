"""What a QP map does: `python benches/qp_map.py FOLDER [--step 10]`.

The right half of every picture gets a lower QP at a fixed base step. Printed are, for each drop, bits and PSNR of
both halves against the uniform file of the same step, and the right half's bits against the ideal: a file of that
half alone, with its own table, whose PSNR is the same.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from common import load
from numpy.typing import NDArray
from PIL import Image

from accelir import _codec
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import make_job
from accelir.metrics import psnr
from accelir.profile.model import load_profile

DROPS = (0, 10, 20, 30, 40, 60)
QP_TOP = 75


def encode(picture: NDArray[np.uint8], qp_map: NDArray[np.int32], step: float, effort: int) -> bytes:
    job = make_job(load_profile("fidelity"), get_effort(effort), picture.shape, qp_map=qp_map)
    return job.run(_codec.Coefficients.from_pixels(picture, "4:2:0"), step=step).data


def bits_and_psnr(data: bytes, picture: NDArray[np.uint8], columns: slice) -> tuple[float, float]:
    read = _codec.read_levels(data)
    bits = _codec.block_bits(read["levels"], read["width"], read["height"], read["subsampling"])
    decoded = np.asarray(Image.open(io.BytesIO(data)))
    cells = slice(columns.start // 32, columns.stop // 32)
    return float(bits[:, cells].sum()), psnr(decoded[:, columns], picture[:, columns])


def ideal_bits(half: NDArray[np.uint8], quality: float, step: float, effort: int) -> float:
    """Bits of the half alone at this PSNR, between the two nearest of a ladder of steps."""
    points = []
    for factor in 2.0 ** np.arange(-0.25, 5, 0.25):
        flat = np.full((-(-half.shape[0] // 32), half.shape[1] // 32), QP_TOP, np.int32)
        data = encode(half, flat, min(step * factor, 250), effort)
        points.append(bits_and_psnr(data, half, slice(0, half.shape[1])))
    bits, quality_at = np.array(points[::-1]).T
    return float(np.exp(np.interp(quality, quality_at, np.log(bits))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", type=float, default=10.0)
    a = parser.parse_args()
    for effort, name in ((5, "trellis (effort 5)"), (0, "dead zone (effort 0)")):
        rows = {drop: [] for drop in DROPS}
        for picture in load(a.folder).values():
            height, width = picture.shape[:2]
            middle, end = width // 64 * 32, width // 32 * 32
            reference = None
            for drop in DROPS:
                qp_map = np.full((-(-height // 32), -(-width // 32)), QP_TOP, np.int32)
                qp_map[:, middle // 32 :] -= drop
                data = encode(picture, qp_map, a.step, effort)
                left = bits_and_psnr(data, picture, slice(0, middle))
                right = bits_and_psnr(data, picture, slice(middle, end))
                reference = reference or (left, right)
                ideal = ideal_bits(picture[:, middle:end], right[1], a.step, effort)
                rows[drop].append(
                    (
                        left[0] / reference[0][0],
                        left[1] - reference[0][1],
                        right[0] / reference[1][0],
                        right[1] - reference[1][1],
                        right[0] / ideal,
                    )
                )
        print(f"{name}, base step {a.step:g}, {len(rows[0])} pictures")
        print(
            "| QP drop | left bits | left PSNR | right bits | right PSNR | right bits over ideal |\n|---|---|---|---|---|---|"
        )
        for drop, values in rows.items():
            m = np.mean(values, axis=0)
            print(f"| {drop} | x{m[0]:.3f} | {m[1]:+.3f} dB | x{m[2]:.3f} | {m[3]:+.2f} dB | x{m[4]:.3f} |")


if __name__ == "__main__":
    main()
