"""From a request to a JPEG file: groups, plan, size search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .block_plan import BlockPlan
from .color_weights import SUBSAMPLINGS, ZIGZAG
from .core import jpeg as core
from .effort import get_effort
from .errors import budget_error
from .groups import Groups
from .jpeg import Job, analyse, make_job, rank_subsamplings
from .metadata import comment_segment, jpeg_segments
from .planning import check_allocator, default_allocator, plan_blocks
from .qp import qp_of_step
from .request import Made, Request, Settings
from .tag import tag_segment


def check_jpeg(settings: Settings) -> None:
    """Raises ValueError for settings that JPEG doesn't take."""
    if settings.subsampling not in ("auto", *SUBSAMPLINGS):
        raise ValueError(f"subsampling must be 'auto', '4:4:4', '4:2:2' or '4:2:0', not {settings.subsampling!r}")
    if settings.allocator != "auto":
        check_allocator(settings.profile, settings.allocator)


def encode_jpeg(request: Request, settings: Settings) -> Made:
    """Raises BudgetError when not even the smallest file fits, TypeError and ValueError for wrong metadata."""
    profile, pixels = settings.profile, request.pixels
    job = make_job(
        profile,
        get_effort(settings.effort),
        pixels.shape,
        qp_map=request.qp_map,
        progressive=settings.progressive,
        segments=_segments(request, settings),
    )
    groups = Groups(pixels, profile.clusters)
    allocator = _allocator(request, settings)
    encoding, plan = _encode(request, job, groups, allocator, settings.subsampling)
    stats = {name: getattr(encoding, name) for name in ("subsampling", "progressive", "step", "passes")}
    return Made(
        data=encoding.data,
        qp_map=_qp_map(request, plan, encoding.step, job.mode_map.shape),
        groups=groups,
        predicted_bytes=request.budget if plan is None else plan.predicted_bytes,
        table=_natural(encoding.tables),
        stats=stats | {"allocator": allocator},
    )


def _segments(request: Request, settings: Settings) -> bytes:
    m = request.metadata
    # The tag stands first: a reader of tags takes the first comment that is one, Pillow the last comment of all.
    comments = tag_segment(settings.profile.network, request.budget) + comment_segment(m.comment)
    return jpeg_segments(m.icc_profile, m.exif, m.xmp, m.dpi) + comments


def _allocator(request: Request, settings: Settings) -> str:
    """A map that is given leaves nothing to allocate."""
    if request.qp_map is not None:
        return "uniform"
    if settings.allocator == "auto":
        return default_allocator(settings.profile, settings.effort)
    return settings.allocator


def _encode(
    request: Request, job: Job, groups: Groups, allocator: str, subsampling: str
) -> tuple[core.Encoding, BlockPlan | None]:
    pixels, budget = request.pixels, request.budget
    if pixels.ndim == 2:
        candidates = ["gray"]
    elif subsampling == "auto":
        candidates = rank_subsamplings(pixels, job, budget)
    else:
        candidates = [subsampling]
    smallest = []
    for candidate in candidates:
        coefficients = analyse(pixels, candidate, job.profile)
        plan = plan_blocks(pixels, coefficients, job, groups, budget, allocator)
        encoding = (job if plan is None else plan.applied_to(job)).run(coefficients, max_bytes=budget)
        if encoding.data:
            return encoding, plan
        smallest.append(encoding.smallest)
    raise budget_error(budget, min(smallest), pixels.shape, "JPEG")


def _qp_map(request: Request, plan: BlockPlan | None, step: float, shape: tuple[int, ...]) -> NDArray[np.int32]:
    if plan is not None:
        return plan.qp_map(step)
    if request.qp_map is not None:
        return request.qp_map
    return np.full(shape, qp_of_step(step), dtype=np.int32)


def _natural(tables: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty((len(tables), 64), dtype=np.uint8)
    out[:, ZIGZAG] = tables
    return out.reshape(-1, 8, 8)
