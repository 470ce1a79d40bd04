"""What every 32x32 block of a picture gets: a mode, and what is known of the block."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.modes import ModeArray
from accelir.cells.qp import QP_MAX, QP_MIN, exact_qp
from accelir.formats.jpeg.job import Job


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """Made before the size search, which moves the base step and all modes' strength together."""

    modes: ModeArray
    """(m,)."""
    mode_map: NDArray[np.int32]
    """Which of them each block gets, (rows, cols)."""
    drops: NDArray[np.float64]
    """How far below the QP of a uniform file of the same base step each block's is, (rows, cols); may be negative."""
    predicted_bytes: int
    """What the file takes if the prediction is right and the size search changes nothing."""
    step: float
    """The base step for which it was made."""

    def applied_to(self, job: Job) -> Job:
        """The job with these modes."""
        return dataclasses.replace(job, modes=self.modes, mode_map=self.mode_map)

    def qp_map(self, step: float) -> NDArray[np.int32]:
        """The blocks' QPs, 15 to 95, in a file of this base step."""
        return np.clip(np.rint(exact_qp(step) - self.drops), QP_MIN, QP_MAX).astype(np.int32)
