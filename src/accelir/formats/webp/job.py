"""A picture's settings and an effort become one call of the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import halves_of, means_of_blocks
from accelir.cells.qp import QP_PER_DOUBLING
from accelir.core import vp8
from accelir.formats.webp.effort import WebpEffort
from accelir.profile.webp import WebpSettings


@dataclass(frozen=True)
class WebpJob:
    """All that the core needs but the picture and its size."""

    settings: WebpSettings
    """Section of the profile."""
    effort: WebpEffort
    """Settings of the effort."""
    octaves: NDArray[np.float32] | None = None
    """Doublings of each macroblock's step over the finest, (ceil(H/16), ceil(W/16)); None: all alike."""
    threads: int = 1
    """At most so many work on it; files don't depend on them."""
    weights: NDArray[np.float32] | None = None
    """Cost of a squared error in each macroblock, (ceil(H/16), ceil(W/16)); None: the same everywhere."""

    def run(self, picture: vp8.Picture, *, max_bytes: int | None = None, quantizer: int | None = None) -> vp8.Encoding:
        """Encode converted planes to a size of the VP8 frame, or at a base quantiser index."""
        return vp8.encode(picture, self.for_core(picture.macroblocks), max_bytes=max_bytes, quantizer=quantizer)

    def for_core(self, macroblocks: tuple[int, int]) -> vp8.Settings:
        """The core's settings for a picture of so many rows and columns of macroblocks."""
        return vp8.Settings(
            lambda_=self.settings.lambda_,
            luma_weights=self.settings.luma_weights,
            chroma_weights=self.settings.chroma_weights,
            deltas=self.settings.deltas,
            filter=self.settings.filter,
            sharpness=self.settings.sharpness,
            measure_filter=self.effort.measure_filter,
            rank_by_tokens=self.effort.rank_by_tokens,
            doubt=self.effort.doubt,
            subblock_trellises=self.effort.subblock_trellises,
            block_trellises=self.effort.block_trellises,
            passes=_passes(self.effort, macroblocks),
            paced=self.effort.paced,
            token_partitions=_PARTITIONS if macroblocks[0] * macroblocks[1] >= _LARGE else 1,
            tolerance=self.effort.tolerance,
            threads=self.threads,
            octaves=self.octaves,
            weights=self.weights,
        )


_LARGE, _PARTITIONS = 1 << 14, 4
"""Macroblocks of a picture, 4.2 megapixels, from which on its tokens stand in so many partitions: several threads write
them, and may read them, at a time. They take some 15 bytes."""


def _passes(effort: WebpEffort, macroblocks: tuple[int, int]) -> int:
    """Small files jump about more from quantiser to quantiser, and cost less to try."""
    return effort.passes * (4 if macroblocks[0] * macroblocks[1] < 1024 else 1)


def convert(pixels: NDArray[np.uint8], settings: WebpSettings) -> vp8.Picture:
    """A picture, RGB or gray, as the planes that its file codes."""
    return vp8.Picture.from_pixels(pixels, chroma_smoothing=settings.chroma_smoothing, luma_fit=settings.luma_fit)


def make_job(
    settings: WebpSettings,
    effort: WebpEffort,
    shape: tuple[int, ...],
    *,
    qp_map: NDArray[np.integer[Any]] | None = None,
    shares: NDArray[np.float64] | None = None,
    block_weights: NDArray[np.float32] | None = None,
    hidden: NDArray[np.bool_] | None = None,
    threads: int = 1,
) -> WebpJob:
    """A job for pictures of a shape, (H, W, ...).

    qp_map: None quantises all macroblocks alike. shares: probability of each group in each cell,
    (ceil(H/32), ceil(W/32), g), whose errors the profile's group_weights weigh; None weighs all alike.
    block_weights: cost of a squared error in each block over those, (ceil(H/8), ceil(W/8)). hidden: macroblocks that
    nobody can see, (ceil(H/16), ceil(W/16)), whose errors cost nothing.
    """
    octaves = weights = None
    if qp_map is not None:
        octaves = halves_of((int(qp_map.max()) - qp_map) / QP_PER_DOUBLING, shape)
    if shares is not None:
        weights = halves_of(np.exp(shares @ np.log(settings.group_weights)), shape)
    if block_weights is not None:
        weights = means_of_blocks(block_weights) * (1 if weights is None else weights)
    if hidden is not None and hidden.any():
        weights = np.where(hidden, np.float32(0), np.float32(1) if weights is None else weights)
    return WebpJob(settings, effort, octaves, threads, weights)


def frame_budget(max_bytes: int, overhead: int) -> int:
    """The bytes that a file's budget leaves to its VP8 frame, whose chunk is padded to an even size; 0: none."""
    return max((max_bytes - overhead) // 2 * 2, 0)
