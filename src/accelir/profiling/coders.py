"""What a format's encoder makes of a picture at a base step and a mode: the pixels, and where the bits are."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.effort import get_effort
from accelir.jpeg import analyse, make_job
from accelir.modes import ModeArray
from accelir.profile import Profile

FORMATS = ("jpeg",)


@dataclass(frozen=True)
class Coded:
    """A file and what became of it."""

    data: bytes
    bits: NDArray[np.float32]
    """Of each 32x32 block, headers not counted, (ceil(H/32), ceil(W/32))."""

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """As decoded, HxWx3."""
        with Image.open(io.BytesIO(self.data)) as image:
            return np.asarray(image)


class JpegCoder:
    """Encodes one picture again and again. pixels: uint8 HxWx3."""

    def __init__(self, pixels: NDArray[np.uint8], profile: Profile, subsampling: str = "4:2:0") -> None:
        self._coefficients = analyse(pixels, subsampling, profile)
        self._job = make_job(profile, get_effort(5), pixels.shape)

    def code(self, step: float, mode: ModeArray) -> Coded:
        """A sequential file at a base step, every block under the one mode, (1,)."""
        encoding = self._job.run_uniformly(self._coefficients, mode, step)
        assert encoding.levels is not None
        return Coded(encoding.data, encoding.levels.cell_bits())
