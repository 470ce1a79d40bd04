"""The WebP pipeline in Python: a picture, a profile and an effort become one call of the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core import vp8
from .effort import WebpEffort
from .profile import Profile
from .qp import QP_PER_DOUBLING
from .webp_shape import WebpShape

_MACROBLOCKS_A_CELL = 2
"""Each way: macroblocks are 16 pixels wide and high, a QP map's cells 32."""


@dataclass(frozen=True)
class Job:
    """All that the core needs but the picture and its size."""

    shape: WebpShape
    effort: WebpEffort
    octaves: NDArray[np.float32] | None
    """By how many doublings each macroblock's step is above the finest, (ceil(H/16), ceil(W/16)); None: all alike."""
    weights: NDArray[np.float32] | None = None
    """What a squared error costs in each macroblock, of the same shape; None: the same everywhere."""

    def run(
        self,
        picture: vp8.Picture,
        *,
        max_bytes: int | None = None,
        quantizer: int | None = None,
        keep_reconstruction: bool = False,
        **options: Any,
    ) -> vp8.Encoding:
        """Encode a converted picture to a size of the VP8 frame, or at a base index; options: more settings."""
        settings: dict[str, Any] = {
            "rdo": self.shape.rdo,
            "luma_weights": self.shape.luma_weights,
            "chroma_weights": self.shape.chroma_weights,
            "deltas": self.shape.deltas,
            "filter": self.shape.filter,
            "sharpness": self.shape.sharpness,
            "measure_filter": self.effort.measure_filter,
            "subblock_modes": self.effort.subblock_modes,
            "subblock_trellises": self.effort.subblock_trellises,
            "block_trellises": self.effort.block_trellises,
            "loops": self.effort.loops,
            "passes": _passes(self.effort, picture.macroblocks),
            "tolerance": self.effort.tolerance,
            "octaves": self.octaves,
            "weights": self.weights,
        }
        return vp8.encode(
            picture,
            vp8.Settings(**(settings | options)),
            max_bytes=max_bytes,
            quantizer=quantizer,
            keep_reconstruction=keep_reconstruction,
        )


def convert(pixels: NDArray[np.uint8], shape: WebpShape) -> vp8.Picture:
    """A picture, RGB or gray, as the planes that its file codes."""
    return vp8.Picture.from_pixels(pixels, chroma_smoothing=shape.chroma_smoothing)


def _passes(effort: WebpEffort, macroblocks: tuple[int, int]) -> int:
    """Small files jump about more from quantiser to quantiser, and cost less to try."""
    return effort.passes * (4 if macroblocks[0] * macroblocks[1] < 1024 else 1)


def make_job(
    profile: Profile,
    effort: WebpEffort,
    shape: tuple[int, ...],
    *,
    qp_map: NDArray[np.integer[Any]] | None = None,
    shares: NDArray[np.float64] | None = None,
) -> Job:
    """A job for pictures of this shape.

    qp_map: None quantises all macroblocks alike. shares: how likely each 32x32 block is to belong to each group,
    (ceil(H/32), ceil(W/32), g), whose errors the profile's group_weights weigh; None weighs all alike.
    """
    octaves = weights = None
    if qp_map is not None:
        octaves = _by_macroblock((int(qp_map.max()) - qp_map) / QP_PER_DOUBLING, shape)
    if shares is not None:
        weights = _by_macroblock(np.exp(shares @ np.log(profile.webp.group_weights)), shape)
    return Job(profile.webp, effort, octaves, weights)


def _by_macroblock(cells: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float32]:
    rows, columns = -(-shape[0] // 16), -(-shape[1] // 16)
    macroblocks = cells.repeat(_MACROBLOCKS_A_CELL, axis=0).repeat(_MACROBLOCKS_A_CELL, axis=1)
    return np.ascontiguousarray(macroblocks[:rows, :columns], dtype=np.float32)


def frame_budget(max_bytes: int, overhead: int) -> int:
    """The bytes that a file's budget leaves to its VP8 frame, whose chunk is padded to an even size; 0: none."""
    return max((max_bytes - overhead) // 2 * 2, 0)
