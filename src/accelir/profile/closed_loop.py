"""What a profile says of the closed loop (closed_loop.py)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accelir.cells.modes import ModeArray


@dataclass(frozen=True)
class Loop:
    """The files that are tried."""

    lagrangians: tuple[float, ...]
    """Their rdo, in those of the uniform file's mode."""
    step: float
    """Their base step over the uniform file's."""
    effort: int
    """From which effort on an encoder that isn't told its allocator takes the loop."""

    def modes(self, uniform: ModeArray) -> ModeArray:
        """One for each Lagrangian. uniform: (1,)."""
        modes = np.repeat(uniform, len(self.lagrangians))
        modes["rdo"] *= np.array(self.lagrangians, np.float32)
        return modes
