"""Plans by trial: the encoder restores what it writes, and gives each cell the mode that serves it best.

An encoder of noisy, blurred or reduced pictures doesn't know the truth, but needn't. For squared error, coding a hidden
source by what was observed of it is coding its conditional mean given the observation (Dobrushin and Tsybakov 1962;
Wolf and Ziv 1970). With x the truth, y the picture, and f(y) anything made of it, a restored file for one,
    E|x - f(y)|^2 = E|x - E[x|y]|^2 + E|E[x|y] - f(y)|^2,
and the restoration of the picture itself, never compressed, stands in for E[x|y].

So a few modes are tried on the whole picture at one base step, each file is decoded and restored, and a cell's error
is its distance from the restored original; what it costs is read from the file. The Lagrangian allocator then spends
what a uniform file of the budget spends on its cells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelir.cells import allocation
from accelir.core import jpeg
from accelir.formats.jpeg.cell_plan import CellPlan
from accelir.formats.jpeg.decode import decode_jpeg
from accelir.formats.jpeg.job import JpegJob
from accelir.metrics.psnr import PSNR_RGB
from accelir.profile.jpeg import ClosedLoop
from accelir.restoration.network import Network

Pixels = NDArray[np.uint8]


def plan_by_trial(
    coefficients: jpeg.Coefficients,
    job: JpegJob,
    budget: int,
    network: Network,
    loop: ClosedLoop,
    goal: NDArray[np.float32],
) -> CellPlan | None:
    """None where not even a uniform file fits the budget.

    goal: what the restored picture should be near, sHxsWx3 or sHxsW, 0 to 255: see `estimate`.
    """
    uniform = job.run(coefficients, max_bytes=budget, keep_levels=True)
    if not uniform.data:
        return None
    step = uniform.step * loop.step
    modes = loop.modes(job.modes[:1])
    trials = [job.under(modes[i : i + 1]).run(coefficients, step=step, keep_levels=True) for i in range(len(modes))]
    bits = np.stack([_cell_bits(trial) for trial in trials], axis=-1)
    restored = (network(decode_jpeg(trial.data)) for trial in trials)
    errors = np.stack([PSNR_RGB.error_by_cell(picture, goal, network.card.scale) for picture in restored], axis=-1)
    room = _cell_bits(uniform).sum() / 8
    cells = np.arange(bits[..., 0].size).reshape(bits.shape[:2])
    table = (-1, len(modes))
    cheapest = bits.min(axis=-1).sum() / 8
    spent = allocation.allocate(
        bits.reshape(table) / 8, -errors.reshape(table), cells, max(room, cheapest * 1.001), method="lagrangian"
    )
    return CellPlan(
        modes,
        spent.options.astype(np.int32),
        job.settings.ladder.drop_of(modes)[spent.options],
        round(spent.predicted_bytes + len(uniform.data) - room),
        step,
    )


def estimate(pixels: Pixels, network: Network, views: int) -> NDArray[np.float32]:
    """The picture restored, the mean over 1 to 8 of its orientations: the conditional mean's stand-in."""
    total: NDArray[np.float32] | float = 0.0
    for view in range(views):
        turned = np.rot90(pixels, view // 2)
        restored = network(np.ascontiguousarray(turned[:, ::-1] if view % 2 else turned)).astype(np.float32)
        total = total + np.rot90(restored[:, ::-1] if view % 2 else restored, -(view // 2))
    return np.asarray(total / views, dtype=np.float32)


def _cell_bits(encoding: jpeg.Encoding) -> NDArray[np.float64]:
    """Bits of each cell of a file whose levels were kept, (rows, cols)."""
    assert encoding.levels is not None
    return encoding.levels.cell_bits().astype(np.float64)
