"""The ladder: which mode stands for a QP that is lower than the picture's highest, in a file of one base step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.modes import ModeArray, check_modes, make_modes


@dataclass(frozen=True, eq=False)
class Ladder:
    """Rungs of falling quality, n of them."""

    drops: NDArray[np.float64]
    """QP drops below the picture's highest QP, rising from 0, (n,)."""
    modes: ModeArray
    """Mode for each of these drops, (n,)."""

    def modes_at(self, drops: NDArray[np.integer[Any]]) -> ModeArray:
        """Modes for QP drops, (m,): lambda and dead zone interpolated between rungs, the rest from the nearer rung."""
        rungs = np.searchsorted((self.drops[1:] + self.drops[:-1]) / 2, drops)
        with np.errstate(divide="ignore"):
            log_lambda = np.interp(drops, self.drops, np.log(self.modes["lambda"].astype(np.float64)))
        return make_modes(
            lambda_=np.where(np.isfinite(log_lambda), np.exp(log_lambda), self.modes["lambda"][rungs]),
            deadzone=np.interp(drops, self.drops, self.modes["deadzone"]),
            multiple=self.modes["multiple"][rungs],
            cut=self.modes["cut"][rungs],
        )

    def drop_of(self, modes: ModeArray) -> NDArray[np.float64]:
        """QP drops at which the ladder has these modes' lambdas, (m,); negative before its first rung."""
        x, rungs = (np.log(np.maximum(m["lambda"].astype(np.float64), 1e-9)) for m in (modes, self.modes))
        slope = (self.drops[1] - self.drops[0]) / (rungs[1] - rungs[0]) if len(rungs) > 1 else 0.0
        drops = np.interp(x, rungs, self.drops)
        return np.asarray(drops + np.minimum(x - rungs[0], 0) * slope)

    def map_modes(self, qp_map: NDArray[np.integer[Any]]) -> tuple[ModeArray, NDArray[np.int32]]:
        """A QP map as modes and a map of indices into them. The file's base step belongs to the map's highest QP."""
        drops = int(qp_map.max()) - qp_map
        unique, mode_map = np.unique(drops, return_inverse=True)
        return self.modes_at(unique), mode_map.reshape(qp_map.shape).astype(np.int32)

    @classmethod
    def from_document(cls, rungs: list[dict[str, Any]]) -> Ladder:
        """From a profile's list of rungs. Raises KeyError, TypeError and ValueError."""
        drops = np.array([rung["drop"] for rung in rungs], dtype=np.float64)
        if len(drops) == 0 or drops[0] != 0 or np.any(np.diff(drops) <= 0) or not np.isfinite(drops[-1]):
            raise ValueError("its ladder's drops must rise from 0")
        modes = make_modes(
            lambda_=[rung["lambda"] for rung in rungs],
            deadzone=[rung["deadzone"] for rung in rungs],
            multiple=[rung["multiple"] for rung in rungs],
            cut=[rung["cut"] for rung in rungs],
        )
        check_modes(modes)
        return cls(drops, modes)

    def to_document(self) -> list[dict[str, Any]]:
        """What from_document takes."""
        return [
            {
                "drop": int(drop),
                "lambda": round(float(mode["lambda"]), 5),
                "deadzone": round(float(mode["deadzone"]), 3),
                "multiple": int(mode["multiple"]),
                "cut": int(mode["cut"]),
            }
            for drop, mode in zip(self.drops, self.modes, strict=True)
        ]
