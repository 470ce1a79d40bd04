"""What every cell of a picture gets: a mode, and what is known of the cell."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.modes import ModeArray
from accelir.cells.qp import QP_MAX, QP_MIN, exact_qp
from accelir.formats.jpeg.job import JpegJob


@dataclass(frozen=True, eq=False)
class CellPlan:
    """Made before the size search, which moves the base step and all modes' strength together."""

    modes: ModeArray
    """Modes that cells may have, (m,)."""
    mode_map: NDArray[np.int32]
    """Index of each cell's mode, (ceil(H/32), ceil(W/32))."""
    drops: NDArray[np.float64]
    """QP of a uniform file of the same base step less each cell's QP, (ceil(H/32), ceil(W/32)); may be negative."""
    predicted_bytes: int
    """Size of the file if the prediction is right and the size search changes nothing."""
    step: float
    """Base step for which the plan was made."""

    def applied_to(self, job: JpegJob) -> JpegJob:
        """The job with these modes."""
        return dataclasses.replace(job, modes=self.modes, mode_map=self.mode_map)

    def qp_map(self, step: float) -> NDArray[np.int32]:
        """QP of each cell, 15 to 95, in a file of this base step."""
        return np.clip(np.rint(exact_qp(step) - self.drops), QP_MIN, QP_MAX).astype(np.int32)
