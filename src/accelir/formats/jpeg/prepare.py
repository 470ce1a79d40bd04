"""A picture that was analysed once becomes JPEG files: plan, size search, the file and what is told of it."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.cells.grid import checked_weights
from accelir.cells.groups import PictureGroups
from accelir.cells.masking import flat_weights
from accelir.cells.modes import ModeArray
from accelir.cells.qp import qp_of_step, step_of_lambda
from accelir.core import jpeg
from accelir.formats.budget import budget_error
from accelir.formats.jpeg.cell_plan import CellPlan
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import JpegJob, analyse, make_job
from accelir.formats.jpeg.metadata import Segments, segments_for
from accelir.formats.jpeg.planning import allocator_for, check_allocator, plan_cells
from accelir.formats.jpeg.subsampling import rank_subsamplings
from accelir.formats.later import later
from accelir.formats.refine import block_weights, refined
from accelir.formats.request import EncoderSettings, Estimate, Made, Request
from accelir.profile.jpeg import JpegSettings

decode_jpeg = later("accelir.formats.jpeg.decode", "decode_jpeg")


def check_jpeg(settings: EncoderSettings) -> None:
    """Raises ValueError for settings that JPEG doesn't take."""
    if settings.subsampling not in ("auto", *SUBSAMPLINGS):
        raise ValueError(f"subsampling must be 'auto', '4:4:4', '4:2:2' or '4:2:0', not {settings.subsampling!r}")
    if settings.allocator != "auto":
        check_allocator(settings.profile, settings.allocator)


@dataclass(frozen=True, eq=False)
class PreparedJpeg:
    """See formats.format.Prepared."""

    request: Request
    """Picture, settings and metadata."""
    targets: jpeg.Coefficients | None = None
    """Coefficients to quantise in the place of the picture's own."""
    weights: NDArray[np.float32] | None = None
    """Cost of a squared error in each block over the profile's, (ceil(H/8), ceil(W/8)); None: the same everywhere."""
    goal: NDArray[np.float32] | None = None
    """What the restored picture should be near, 0 to 255; None: the restored picture itself."""
    costs: NDArray[np.float32] | None = None
    """Costs by block that take the place of the profile's masking."""
    _analysed: dict[str, jpeg.Coefficients] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_jpeg(self.request.settings)

    @functools.cached_property
    def job(self) -> JpegJob:
        """Settings for the core, for a uniform file or the request's QP map."""
        settings = self.request.settings
        return make_job(
            settings.profile.jpeg,
            get_effort(settings.effort),
            self.request.pixels.shape,
            qp_map=self.request.qp_map,
            progressive=settings.progressive,
            block_weights=self._block_weights(),
            threads=settings.threads,
        )

    def _block_weights(self) -> NDArray[np.float32] | None:
        weights = block_weights(self.request, self.costs, self.weights)
        flat = self.request.settings.profile.jpeg.flat_weight
        if flat == 1:
            return weights
        found = flat_weights(self.request.pixels, flat)
        return found if weights is None else found * weights

    @functools.cached_property
    def groups(self) -> PictureGroups:
        """Utility groups of the cells."""
        return PictureGroups(self.request.pixels, self.request.settings.profile.groups)

    def coefficients(self, subsampling: str) -> jpeg.Coefficients:
        """What is quantised in a file of this subsampling, analysed once."""
        if self.targets is not None:
            return self.targets
        if subsampling not in self._analysed:
            threads = self.request.settings.threads
            self._analysed[subsampling] = analyse(self.request.pixels, subsampling, self.job.settings, threads)
        return self._analysed[subsampling]

    def within(self, max_bytes: int) -> Made:
        """The best file of at most so many bytes. Raises as formats.format.Prepared says."""

        def make(costs: NDArray[np.float32] | None) -> Made:
            return (self if costs is None else dataclasses.replace(self, costs=costs)).once(max_bytes)

        return refined(self.request, make, decode_jpeg, self.job.effort.rounds)

    def once(self, max_bytes: int) -> Made:
        """A file of at most so many bytes with the weights as they are. Raises as `within` does.

        The network's name, the plan and a second table are what a budget may be too small for: without them, the
        smallest file of a picture doesn't depend on the budget, so that one can be had which was refused to a smaller
        budget.
        """
        named = segments_for(self.request.metadata, self.request.settings.jfif, self.request.name, max_bytes)
        job = self._job_with(named, self.job.settings.within(max_bytes - len(named.data)))
        candidates = self._candidates(job, max_bytes)
        for subsampling in candidates:
            if (made := self._made_as_planned(job, named, subsampling, max_bytes)) is not None:
                return made
        plain, smallest = named.without_name(), []
        job = self._job_with(plain, self.job.settings.with_one_table())
        for subsampling in candidates:
            encoding = job.run(self.coefficients(subsampling), max_bytes=max_bytes)
            if encoding.data:
                return self._made(encoding, plain, None, max_bytes)
            smallest.append(encoding.smallest)
        raise budget_error(max_bytes, min(smallest), self.request.pixels.shape, "JPEG")

    def _job_with(self, segments: Segments, settings: JpegSettings) -> JpegJob:
        return dataclasses.replace(self.job, segments=segments.data, settings=settings)

    def _made_as_planned(self, job: JpegJob, segments: Segments, subsampling: str, max_bytes: int) -> Made | None:
        """None where not even the smallest file fits."""
        coefficients = self.coefficients(subsampling)
        plan = plan_cells(self.request, coefficients, job, self.groups, max_bytes, self.goal)
        encoding = (job if plan is None else plan.applied_to(job)).run(coefficients, max_bytes=max_bytes)
        return self._made(encoding, segments, plan, max_bytes) if encoding.data else None

    def alternatives(self, made: Made) -> dict[str, PreparedJpeg]:
        """Of 4:2:0 and 4:4:4 the other, where the subsampling was "auto". See formats.format.Prepared."""
        if self._own_subsampling() is not None or self.request.settings.subsampling != "auto":
            return {}
        other = "4:4:4" if made.stats["subsampling"] == "4:2:0" else "4:2:0"
        settings = dataclasses.replace(self.request.settings, subsampling=other)
        return {other: dataclasses.replace(self, request=dataclasses.replace(self.request, settings=settings))}

    def estimate(self, lambda_: float) -> Estimate:
        """Size and error of a uniform file; without a subsampling given of 4:2:0. See formats.format.Prepared."""
        wanted = self.request.settings.subsampling
        coefficients = self.coefficients(self._own_subsampling() or ("4:2:0" if wanted == "auto" else wanted))
        subsampling = coefficients.subsampling
        # Weights of color_weights are over luma's, whose error each value of a pixel has.
        weights = rgb_weights("4:4:4") if subsampling == "gray" else 3 * rgb_weights(subsampling)
        step = step_of_lambda(lambda_)
        found = jpeg.estimate(coefficients, self.job.for_core(subsampling), step, weights)
        if found.bytes <= self.job.settings.one_table_bytes:
            job = dataclasses.replace(self.job, settings=self.job.settings.with_one_table())
            found = jpeg.estimate(coefficients, job.for_core(subsampling), step, weights)
        return Estimate(found.bytes, found.error)

    def replaced(
        self,
        *,
        targets: jpeg.Coefficients | None = None,
        weights: NDArray[np.float32] | None = None,
        goal: NDArray[np.float32] | None = None,
    ) -> PreparedJpeg:
        """See formats.format.Prepared."""
        if targets is not None:
            self.request.check_targets(targets.width, targets.height)
        return dataclasses.replace(
            self,
            targets=self.targets if targets is None else targets,
            weights=self.weights if weights is None else checked_weights(weights, self.request.pixels.shape),
            goal=self.goal if goal is None else goal,
        )

    def under(self, step: float, mode: ModeArray, subsampling: str = "4:2:0") -> jpeg.Encoding:
        """A sequential file at a base step with every cell under the one mode, (1,), its levels kept."""
        return self.job.under(mode).run(self.coefficients(subsampling), step=step, keep_levels=True)

    def _own_subsampling(self) -> str | None:
        """The only one that the targets or a gray picture can have; None where there is a choice."""
        if self.targets is not None:
            return self.targets.subsampling
        return "gray" if self.request.pixels.ndim == 2 else None

    def _candidates(self, job: JpegJob, max_bytes: int) -> list[str]:
        """Subsamplings to try, the best first."""
        if (only := self._own_subsampling()) is not None:
            return [only]
        if self.request.settings.subsampling == "auto":
            return rank_subsamplings(self.request.pixels, job, max_bytes, self.coefficients)
        return [self.request.settings.subsampling]

    def _made(self, encoding: jpeg.Encoding, segments: Segments, plan: CellPlan | None, max_bytes: int) -> Made:
        height, width = self.request.pixels.shape[:2]
        return Made(
            data=segments.seal(encoding.data, width, height, encoding.tables),
            qp_map=self._qp_map(plan, encoding.step),
            groups=self.groups,
            predicted_bytes=max_bytes if plan is None else plan.predicted_bytes,
            table=_natural(encoding.tables),
            stats={
                "subsampling": encoding.subsampling,
                "progressive": encoding.progressive,
                "step": encoding.step,
                "passes": encoding.passes,
                "allocator": allocator_for(self.request),
            },
        )

    def _qp_map(self, plan: CellPlan | None, step: float) -> NDArray[np.int32]:
        if plan is not None:
            return plan.qp_map(step)
        if self.request.qp_map is not None:
            return self.request.qp_map
        return np.full(self.job.mode_map.shape, qp_of_step(step), dtype=np.int32)


def _natural(tables: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty((len(tables), 64), dtype=np.uint8)
    out[:, ZIGZAG] = tables
    return out.reshape(-1, 8, 8)
