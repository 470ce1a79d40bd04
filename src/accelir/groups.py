"""The utility groups of a picture's blocks: what QP-NET says of them, when that is first wanted.

Only some allocators need it, and on a large picture it takes a tenth to a fifth of the time of a whole encoding.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core.jpeg import CELL
from .profile import Clusters


class Groups:
    """Of one picture, which is held until they are first looked at."""

    def __init__(self, pixels: NDArray[np.uint8], clusters: Clusters | None) -> None:
        """pixels: uint8 HxWx3 or HxW; clusters: the profile's; without any there is one group."""
        self._source: tuple[NDArray[np.uint8], Clusters | None] | None = pixels, clusters

    @functools.cached_property
    def shares(self) -> NDArray[np.float64]:
        """How likely each block is to belong to each group, (ceil(H/32), ceil(W/32), g)."""
        assert self._source is not None
        pixels, clusters = self._source
        if clusters is None:
            return np.ones((*(-(-side // CELL) for side in pixels.shape[:2]), 1))
        return clusters.network.shares(pixels)

    @functools.cached_property
    def map(self) -> NDArray[np.int32]:
        """The likeliest group of each block, (ceil(H/32), ceil(W/32))."""
        likeliest = self.shares.argmax(axis=2).astype(np.int32)
        self._source = None
        return likeliest

    def __getstate__(self) -> dict[str, Any]:
        """Pickled without the picture and the network, which can't be."""
        return {"map": self.map}
