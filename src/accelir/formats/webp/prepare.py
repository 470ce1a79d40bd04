"""A picture that was analysed once becomes WebP files: container, frame, size search, and what is told of the file."""

from __future__ import annotations

import dataclasses
import functools
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import VP8_RGB_WEIGHTS
from accelir.cells.grid import checked_weights, grid_of
from accelir.cells.groups import PictureGroups
from accelir.cells.qp import qp_of_step, step_of_lambda
from accelir.core import vp8
from accelir.formats.budget import budget_error
from accelir.formats.later import later
from accelir.formats.refine import block_weights, refined
from accelir.formats.request import EncoderSettings, Estimate, Made, Request
from accelir.formats.transparency import hidden_macroblocks
from accelir.formats.webp.effort import get_effort
from accelir.formats.webp.job import WebpJob, convert, frame_budget, make_job
from accelir.formats.webp.metadata import Container, container_for

decode_webp = later("accelir.formats.webp.decode", "decode_webp")


def check_webp(settings: EncoderSettings) -> None:
    """Raises ValueError for settings that WebP doesn't take."""
    if not settings.jfif:
        raise ValueError("jfif=False is for JPEG: a WebP file has no JFIF segment to leave out")
    if settings.subsampling not in ("auto", "4:2:0") or settings.progressive is True:
        raise ValueError(
            "WebP has 4:2:0 alone and no progressive files; it takes subsampling='auto' or '4:2:0', not "
            f"{settings.subsampling!r}, and progressive='auto' or False, not {settings.progressive!r}"
        )
    if settings.allocator not in ("auto", "uniform", "weights"):
        raise ValueError(f"for WebP allocator is 'auto', 'uniform' or 'weights', not {settings.allocator!r}")
    if settings.allocator == "weights" and not settings.profile.webp.group_weights:
        raise ValueError(f"the profile {settings.profile.name!r} has no group_weights, which allocator='weights' needs")


def allocator_for(request: Request) -> str:
    """The allocator that a request means. A QP map that is given leaves nothing to allocate."""
    settings = request.settings
    weighed = settings.allocator != "uniform" and request.qp_map is None and settings.profile.webp.group_weights
    return "weights" if weighed else "uniform"


@dataclass(frozen=True, eq=False)
class PreparedWebp:
    """See formats.format.Prepared."""

    request: Request
    """Picture, settings and metadata."""
    targets: vp8.Picture | None = None
    """Planes to code in the place of the picture's own."""
    weights: NDArray[np.float32] | None = None
    """Cost of a squared error in each block over the profile's, (ceil(H/8), ceil(W/8)); None: the same everywhere."""
    costs: NDArray[np.float32] | None = None
    """Costs by block that take the place of the profile's masking."""

    def __post_init__(self) -> None:
        check_webp(self.request.settings)

    @functools.cached_property
    def job(self) -> WebpJob:
        """Settings for the core."""
        settings = self.request.settings
        return make_job(
            settings.profile.webp,
            get_effort(settings.effort),
            self.request.pixels.shape,
            qp_map=self.request.qp_map,
            shares=self.groups.shares if allocator_for(self.request) == "weights" else None,
            block_weights=block_weights(self.request, self.costs, self.weights),
            hidden=self._hidden(),
            threads=settings.threads,
        )

    @functools.cached_property
    def groups(self) -> PictureGroups:
        """Utility groups of the cells."""
        return PictureGroups(self.request.pixels, self.request.settings.profile.groups)

    @functools.cached_property
    def picture(self) -> vp8.Picture:
        """What is coded, converted once."""
        return self.targets or convert(self.request.pixels, self.job.settings)

    def within(self, max_bytes: int) -> Made:
        """The best file of at most so many bytes. Raises as formats.format.Prepared says."""

        def make(costs: NDArray[np.float32] | None) -> Made:
            return (self if costs is None else dataclasses.replace(self, costs=costs)).once(max_bytes)

        return refined(self.request, make, decode_webp, self.job.effort.rounds)

    def once(self, max_bytes: int) -> Made:
        """A file of at most so many bytes with the weights as they are. Raises as `within` does."""
        around = container_for(self.request, max_bytes)
        encoding = self._frame(around, max_bytes)
        if not encoding.data and around.name is not None and not around.name.is_needed:
            around = around.without_name()
            encoding = self._frame(around, max_bytes)
        if not encoding.data:
            smallest = around.overhead + encoding.smallest + encoding.smallest % 2
            raise budget_error(max_bytes, smallest, self.request.pixels.shape, "WebP")
        return self._made(encoding, around, max_bytes)

    def _frame(self, around: Container, max_bytes: int) -> vp8.Encoding:
        """Without data where not even the smallest fits."""
        return self.job.run(self.picture, max_bytes=frame_budget(max_bytes, around.overhead))

    def alternatives(self, made: Made) -> dict[str, PreparedWebp]:
        """None. See formats.format.Prepared."""
        return {}

    def estimate(self, lambda_: float) -> Estimate:
        """Size and error of a uniform file. See formats.format.Prepared."""
        around = container_for(self.request, sys.maxsize)
        quantizer = vp8.nearest_quantizer(step_of_lambda(lambda_))
        found = vp8.estimate(self.picture, self.job.for_core(self.picture.macroblocks), quantizer)
        values = 3 if self.request.pixels.ndim == 2 else 1  # a gray picture has one in the place of three
        return Estimate(around.overhead + found.bytes, float(VP8_RGB_WEIGHTS @ found.errors) / values)

    def replaced(
        self,
        *,
        targets: vp8.Picture | None = None,
        weights: NDArray[np.float32] | None = None,
        goal: NDArray[np.float32] | None = None,
    ) -> PreparedWebp:
        """See formats.format.Prepared. No allocator of WebP restores, so a goal changes nothing."""
        if targets is not None:
            self.request.check_targets(targets.width, targets.height)
        return dataclasses.replace(
            self,
            targets=self.targets if targets is None else targets,
            weights=self.weights if weights is None else checked_weights(weights, self.request.pixels.shape),
        )

    def _hidden(self) -> NDArray[np.bool_] | None:
        alpha = self.request.alpha
        return None if alpha is None or self.request.exact else hidden_macroblocks(alpha)

    def _made(self, encoding: vp8.Encoding, around: Container, max_bytes: int) -> Made:
        return Made(
            data=around.write(encoding.data),
            qp_map=self._qp_map(min(encoding.luma_steps)),
            groups=self.groups,
            predicted_bytes=max_bytes,
            table=np.array(encoding.quantizers, dtype=np.uint8),
            stats={
                "filter_levels": encoding.filter_levels,
                "strength": encoding.strength,
                "passes": encoding.passes,
                "allocator": allocator_for(self.request),
            },
        )

    def _qp_map(self, step: float) -> NDArray[np.int32]:
        if self.request.qp_map is not None:
            return self.request.qp_map
        return np.full(grid_of(self.request.pixels.shape), qp_of_step(step), dtype=np.int32)
