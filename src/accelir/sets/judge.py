"""How wrong a file of a picture is, as receivers see it: decoded, and restored where they run a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accelir.formats.restored import decode
from accelir.metrics import Metric
from accelir.metrics.psnr import mean_squared_error
from accelir.restoration.network import open_network
from accelir.sets.trial import Trial

Pixels = NDArray[np.uint8]


class FileJudge:
    """Of files of one picture. What a restored file should be is the restored picture: of it nothing is lost."""

    def __init__(self, pixels: Pixels, alpha: Pixels | None, metric: Metric | None, network: str | Path | None) -> None:
        """alpha: where it is 0, nobody sees an error. network: None for plain pixels; "auto" for files made with
        scale=, which give the picture itself again.
        """
        self._network = network
        self._truth = open_network(network)(pixels) if isinstance(network, Path) else pixels
        self._hidden = None if alpha is None or network is not None else alpha == 0
        self._judge = None if metric is None else metric.against(self._truth)
        self._metric = metric

    def __call__(self, data: bytes) -> Trial:
        """What is to be known of a file. Raises ValueError for a picture of which the metric says nothing."""
        found, truth = decode(data, network=self._network), self._truth
        if found.ndim < truth.ndim:
            found = np.repeat(found[..., None], 3, axis=2)
        elif found.ndim > truth.ndim:  # WebP has no gray files
            found = found[..., 0]
        if self._hidden is not None:
            hidden = self._hidden if truth.ndim == 2 else self._hidden[..., None]
            found = np.where(hidden, truth, found)
        distance = (
            None if self._judge is None or self._metric is None else self._metric.distance(self._judge.score(found))
        )
        if distance is not None and np.isnan(distance):
            assert self._metric is not None
            raise ValueError(f"{self._metric.name} says nothing of one of the pictures; take another objective")
        return Trial(len(data), mean_squared_error(found, truth), distance)
