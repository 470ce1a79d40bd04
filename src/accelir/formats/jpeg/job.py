"""A picture's settings and an effort become one call of the core."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import grid_of
from accelir.cells.modes import ModeArray, without_rdo
from accelir.core import jpeg
from accelir.formats.jpeg.effort import JpegEffort
from accelir.profile.jpeg import JpegSettings


@dataclass(frozen=True)
class JpegJob:
    """All that the core needs but the picture and its size."""

    settings: JpegSettings
    """Section of the profile."""
    effort: JpegEffort
    """Settings of the effort."""
    progressive: str
    """Whether the file is progressive: "never", "always" or "auto"."""
    modes: ModeArray
    """Modes that cells may have, (m,)."""
    mode_map: NDArray[np.int32]
    """Index of each cell's mode, (ceil(H/32), ceil(W/32))."""
    block_weights: NDArray[np.float32] | None = None
    """Cost of a squared error in each block over the profile's, (ceil(H/8), ceil(W/8)); None: the same everywhere."""
    threads: int = 1
    """At most so many work on it; files don't depend on them."""
    segments: bytes = b""
    """Whole APPn and COM segments, written after SOI."""

    def run(
        self,
        coefficients: jpeg.Coefficients,
        *,
        max_bytes: int | None = None,
        step: float | None = None,
        keep_levels: bool = False,
    ) -> jpeg.Encoding:
        """Encode coefficients to a size or at a base step."""
        settings = self.for_core(coefficients.subsampling)
        return jpeg.encode(coefficients, settings, max_bytes=max_bytes, step=step, keep_levels=keep_levels)

    def for_core(self, subsampling: str) -> jpeg.Settings:
        """The core's settings for a subsampling, or for "gray"."""
        tables = self.settings.tables["4:4:4" if subsampling == "gray" else subsampling]
        modes = self.modes if self.effort.rdo else without_rdo(self.modes)
        return jpeg.Settings(
            relative_steps=tables.relative_steps,
            weights=np.broadcast_to(tables.weights, (len(modes), 3, 64)).copy(),
            modes=modes,
            mode_map=self.mode_map,
            block_weights=self.block_weights,
            progressive=self.progressive,
            dc_trellis=self.effort.dc_trellis,
            scan_breadth=self.effort.scan_breadth,
            loops=self.effort.loops,
            passes=_passes(self.effort, self.mode_map.size),
            tolerance=self.effort.tolerance,
            threads=self.threads,
            segments=self.segments,
        )

    def under(self, mode: ModeArray) -> JpegJob:
        """A job for sequential files with every cell under the one mode, (1,), and no segments."""
        return dataclasses.replace(
            self, progressive="never", modes=mode, mode_map=np.zeros_like(self.mode_map), segments=b""
        )


def _passes(effort: JpegEffort, cells: int) -> int:
    """Small files jump about more from step to step, and cost less to try."""
    return effort.passes * (4 if cells < 256 else 1)


def analyse(pixels: NDArray[np.uint8], subsampling: str, settings: JpegSettings, threads: int = 1) -> jpeg.Coefficients:
    """Coefficients of a picture, RGB or gray, with its chroma halved as the profile wants."""
    return jpeg.Coefficients.from_pixels(pixels, subsampling, settings.chroma_smoothing, threads)


def make_job(
    settings: JpegSettings,
    effort: JpegEffort,
    shape: tuple[int, ...],
    *,
    qp_map: NDArray[np.integer[Any]] | None = None,
    progressive: bool | str = "auto",
    block_weights: NDArray[np.float32] | None = None,
    threads: int = 1,
) -> JpegJob:
    """A job for pictures of a shape, (H, W, ...); qp_map None quantises all cells alike."""
    if qp_map is None:
        qp_map = np.zeros(grid_of(shape), dtype=np.int32)
    modes, mode_map = settings.ladder.map_modes(qp_map)
    if progressive == "auto":
        kind = "auto" if effort.progressive else "never"
    else:
        kind = "always" if progressive else "never"
    return JpegJob(settings, effort, kind, modes, mode_map, block_weights, threads)
