"""Modes: the ways in which a cell can be quantised on the grid of a file that has one table a component.

A mode is one record of the dtype `MODE`, and acts in csrc/jpeg/quantizer.cc (make_quantizer):

lambda    float, >= 0: Lagrangian of the trellis in squared base steps per bit; 0 leaves the trellis out. High-rate
          theory puts the slope of a uniform quantiser at 2 ln 2 / 12 = 0.1155.
deadzone  float, 0.5 to 64: without lambda, a magnitude of x steps becomes the level floor(x + 1 - deadzone); 0.5 rounds
          to nearest. The trellis is always offered the nearest level.
multiple  int, 1 to 64: AC levels are multiples of it, as if the step were that much larger.
cut       int, 1 to 64: AC coefficients are kept before this place in zigzag order; 64 keeps all, 1 the DC alone.

DC keeps the file's step: the nearest level, or with lambda one beside it where that pays (csrc/jpeg/dc_trellis.cc).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg

MODE = jpeg.MODE

ModeArray = NDArray[np.void]


def make_modes(*, lambda_: Any = 0.0, deadzone: Any = 0.5, multiple: Any = 1, cut: Any = 64) -> ModeArray:
    """Modes from scalars or sequences, broadcast against each other: a one-dimensional array of `MODE`."""
    columns = np.broadcast_arrays(lambda_, deadzone, multiple, cut)
    modes = np.zeros(columns[0].size, MODE)
    for name, column in zip(MODE.names or (), columns, strict=True):
        modes[name] = np.ravel(column)
    return modes


def check_modes(modes: ModeArray) -> None:
    """Raises ValueError for fields out of their ranges."""
    for name, low, high in (("lambda", 0, 1e6), ("deadzone", 0.5, 64), ("multiple", 1, 64), ("cut", 1, 64)):
        wrong = modes[name][~((modes[name] >= low) & (modes[name] <= high))]
        if wrong.size:
            raise ValueError(f"a mode's {name} must be {low:g} to {high:g}, not {wrong[0]}")


def without_rdo(modes: ModeArray) -> ModeArray:
    """The same modes with the trellis left out, quantised by their dead zones: several times faster."""
    plain = modes.copy()
    plain["lambda"] = 0.0
    return plain
