"""Integers to bytes and back, by Laplace distributions: a range coder of PyPI's `constriction`."""

from __future__ import annotations

import constriction
import numpy as np
from numpy.typing import NDArray

LIMIT = 255
"""Integers are from -LIMIT to LIMIT."""
WORD = np.dtype("<u4")
"""What the coder's output is made of."""

Integers = NDArray[np.int32]
Reals = NDArray[np.float64]
_MODEL = constriction.stream.model.QuantizedLaplace(-LIMIT, LIMIT)


class Writer:
    """Takes integers, gives bytes."""

    def __init__(self) -> None:
        self._coder = constriction.stream.queue.RangeEncoder()

    def put(self, integers: Integers, means: Reals, scales: Reals) -> None:
        """All of one shape. scales: mean absolute deviations of the distributions, above 0."""
        self._coder.encode(integers.ravel(), _MODEL, means.ravel(), scales.ravel())

    def bytes(self) -> bytes:
        """Zeros at the end are left out."""
        return bytes(self._coder.get_compressed().astype(WORD).tobytes().rstrip(b"\0"))


class Reader:
    """Gives integers back in the order in which they were written."""

    def __init__(self, data: bytes) -> None:
        self._coder = constriction.stream.queue.RangeDecoder(
            np.frombuffer(data + bytes(-len(data) % 4), WORD).astype("=u4")
        )

    def take(self, means: Reals, scales: Reals) -> Integers:
        """Integers of the distributions' shape, which has to be that of writing, as have their values."""
        return np.asarray(self._coder.decode(_MODEL, means.ravel(), scales.ravel()).reshape(means.shape))
