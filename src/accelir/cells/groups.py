"""Utility groups of cells: what a profile knows of them, and to which group each cell of a picture belongs.

Only some allocators ask QP-NET, and on a large picture it takes a tenth to a fifth of the time of a whole encoding.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.curves import Curves
from accelir.cells.grid import grid_of
from accelir.cells.qpnet import QpNet


@dataclass(frozen=True, eq=False)
class GroupModel:
    """What a profile knows of groups."""

    curves: Curves
    """Size and error of a cell of each group."""
    network: QpNet
    """QP-NET, which tells the group of each cell."""

    @property
    def count(self) -> int:
        """Number of groups."""
        return self.network.count


class PictureGroups:
    """Groups of one picture's cells. The picture is held until they are first looked at."""

    def __init__(self, pixels: NDArray[np.uint8], model: GroupModel | None) -> None:
        """pixels: uint8 HxWx3 or HxW; model: the profile's; without one all cells are in one group."""
        self._source: tuple[NDArray[np.uint8], GroupModel | None] | None = pixels, model

    @functools.cached_property
    def shares(self) -> NDArray[np.float64]:
        """Probability of each group g in each cell, (ceil(H/32), ceil(W/32), g)."""
        assert self._source is not None
        pixels, model = self._source
        if model is None:
            return np.ones((*grid_of(pixels.shape), 1))
        return model.network.shares(pixels)

    @functools.cached_property
    def map(self) -> NDArray[np.int32]:
        """The likeliest group of each cell, (ceil(H/32), ceil(W/32))."""
        likeliest = self.shares.argmax(axis=2).astype(np.int32)
        self._source = None
        return likeliest

    def __getstate__(self) -> dict[str, Any]:
        """Pickled without the picture and the network, which can't be."""
        return {"map": self.map}
