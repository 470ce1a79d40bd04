"""The JPEG pipeline in Python: a picture, a profile and an effort become one call of the core."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .core import jpeg as core
from .effort import Effort, get_effort
from .modes import ModeArray, without_rdo
from .profile import Profile

_TRIAL_PIXELS = 1 << 18
_TRIAL_BAND = 64
"""Subsamplings are tried on bands of this many rows, about _TRIAL_PIXELS in all."""

_TRIAL_EFFORT = 0
"""The trials rank subsamplings, for which the dead zone's files serve as well as the trellis's."""


@dataclass(frozen=True)
class Job:
    """All that the core needs but the picture and its size."""

    profile: Profile
    effort: Effort
    progressive: str
    """ "never", "always" or "auto"."""
    modes: ModeArray
    mode_map: NDArray[np.int32]
    segments: bytes = b""
    restart_interval: int = 0

    def run(
        self,
        coefficients: core.Coefficients,
        *,
        max_bytes: int | None = None,
        step: float | None = None,
        keep_levels: bool = False,
    ) -> core.Encoding:
        """Encode cached coefficients to a size or at a base step."""
        subsampling = coefficients.subsampling
        shape = self.profile.shapes["4:4:4" if subsampling == "gray" else subsampling]
        modes = self.modes if self.effort.rdo else without_rdo(self.modes)
        settings = core.Settings(
            relative_steps=shape.steps,
            weights=np.broadcast_to(shape.weights, (len(modes), 3, 64)).copy(),
            modes=modes,
            mode_map=self.mode_map,
            progressive=self.progressive,
            dc_trellis=self.effort.dc_trellis,
            scan_breadth=self.effort.scan_breadth,
            loops=self.effort.loops,
            passes=_passes(self.effort, self.mode_map.size),
            tolerance=self.effort.tolerance,
            restart_interval=self.restart_interval,
            segments=self.segments,
        )
        return core.encode(coefficients, settings, max_bytes=max_bytes, step=step, keep_levels=keep_levels)

    def run_uniformly(self, coefficients: core.Coefficients, mode: ModeArray, step: float) -> core.Encoding:
        """A sequential file at a base step with every block under the one mode, (1,); its levels are kept."""
        cells = -(-coefficients.height // core.CELL), -(-coefficients.width // core.CELL)
        trial = dataclasses.replace(
            self, progressive="never", modes=mode, mode_map=np.zeros(cells, np.int32), segments=b""
        )
        return trial.run(coefficients, step=step, keep_levels=True)


def _passes(effort: Effort, cells: int) -> int:
    """Small files jump about more from step to step, and cost less to try."""
    return effort.passes * (4 if cells < 256 else 1)


def analyse(pixels: NDArray[np.uint8], subsampling: str, profile: Profile) -> core.Coefficients:
    """Coefficients of a picture, RGB or gray, as the profile wants its chroma halved."""
    return core.Coefficients.from_pixels(pixels, subsampling, profile.chroma_smoothing)


def make_job(
    profile: Profile,
    effort: Effort,
    shape: tuple[int, ...],
    *,
    qp_map: NDArray[np.integer] | None = None,
    progressive: bool | str = "auto",
    segments: bytes = b"",
) -> Job:
    """A job for pictures of this shape; qp_map None quantises all blocks alike."""
    if qp_map is None:
        qp_map = np.zeros((-(-shape[0] // core.CELL), -(-shape[1] // core.CELL)), dtype=np.int32)
    modes, mode_map = profile.map_modes(qp_map)
    if progressive == "auto":
        kind = "auto" if effort.progressive else "never"
    else:
        kind = "always" if progressive else "never"
    return Job(profile, effort, kind, modes, mode_map, segments)


def rank_subsamplings(pixels: NDArray[np.uint8], job: Job, max_bytes: int) -> list[str]:
    """ "4:2:0" and "4:4:4", first the one that the profile wants at this budget, by their decoded RGB. pixels: RGB."""
    bands, mode_map = _bands(pixels, job.mode_map)
    trial = Job(job.profile, get_effort(_TRIAL_EFFORT), "never", job.modes, mode_map)
    budget = max(int(max_bytes * bands.size / pixels.size), 1)
    halved, full = (_error(bands, trial, s, budget) for s in ("4:2:0", "4:4:4"))
    wants_full = full * 10 ** (job.profile.full_chroma_margin / 10) < halved
    return ["4:4:4", "4:2:0"] if wants_full else ["4:2:0", "4:4:4"]


def _bands(pixels: NDArray[np.uint8], mode_map: NDArray[np.int32]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Evenly spaced bands of a large picture and of its mode map, one below the other."""
    height, width = pixels.shape[:2]
    every = height * width // _TRIAL_PIXELS
    if every < 2 or height < 2 * _TRIAL_BAND:
        return pixels, mode_map
    starts = range(0, height - _TRIAL_BAND + 1, _TRIAL_BAND * every)
    cells = _TRIAL_BAND // core.CELL
    return (
        np.concatenate([pixels[y : y + _TRIAL_BAND] for y in starts]),
        np.concatenate([mode_map[y // core.CELL :][:cells] for y in starts]),
    )


def _error(pixels: NDArray[np.uint8], job: Job, subsampling: str, max_bytes: int) -> float:
    """Mean squared RGB error at the budget; infinite when it cannot be met."""
    encoding = job.run(analyse(pixels, subsampling, job.profile), max_bytes=max_bytes)
    if not encoding.data:
        return float("inf")
    with Image.open(io.BytesIO(encoding.data)) as image:
        difference = np.asarray(image, dtype=np.float32) - pixels
    return float(np.mean(difference * difference))
