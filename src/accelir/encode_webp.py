"""From a request to a WebP file: container, frame, size search."""

from __future__ import annotations

import numpy as np

from . import webp
from .core.jpeg import CELL
from .effort import get_webp_effort
from .errors import budget_error
from .groups import Groups
from .qp import qp_of_step
from .request import Made, Request, Settings
from .tag import tag_content
from .webp_container import container


def check_webp(settings: Settings) -> None:
    """Raises ValueError for settings that WebP doesn't take."""
    if settings.subsampling not in ("auto", "4:2:0") or settings.progressive is True:
        raise ValueError(
            "WebP has 4:2:0 alone and no progressive files; it takes subsampling='auto' or '4:2:0', not "
            f"{settings.subsampling!r}, and progressive='auto' or False, not {settings.progressive!r}"
        )
    if settings.allocator not in ("auto", "uniform", "weights"):
        raise ValueError(f"for WebP allocator is 'auto', 'uniform' or 'weights', not {settings.allocator!r}")
    if settings.allocator == "weights" and not settings.profile.webp.group_weights:
        raise ValueError(f"the profile {settings.profile.name!r} has no group_weights, which allocator='weights' needs")


def encode_webp(request: Request, settings: Settings) -> Made:
    """Raises BudgetError when not even the smallest file fits, TypeError and ValueError for wrong metadata."""
    profile, pixels, budget, m = settings.profile, request.pixels, request.budget, request.metadata
    if m.dpi is not None or m.comment is not None:
        raise ValueError("a WebP file has no comment and no dpi; put them into exif or xmp")
    around = container(
        pixels.shape[1],
        pixels.shape[0],
        icc_profile=m.icc_profile,
        exif=m.exif,
        xmp=m.xmp,
        alpha=request.alpha,
        tag=tag_content(profile.network, budget),
    )
    groups, allocator = Groups(pixels, profile.clusters), _allocator(request, settings)
    job = webp.make_job(
        profile,
        get_webp_effort(settings.effort),
        pixels.shape,
        qp_map=request.qp_map,
        shares=groups.shares if allocator == "weights" else None,
    )
    picture = webp.convert(pixels, profile.webp)
    encoding = job.run(picture, max_bytes=webp.frame_budget(budget, around.overhead))
    if not encoding.data:
        smallest = around.overhead + encoding.smallest + encoding.smallest % 2
        raise budget_error(budget, smallest, pixels.shape, "WebP")
    qps = request.qp_map
    if qps is None:
        cells = [-(-side // CELL) for side in pixels.shape[:2]]
        qps = np.full(cells, qp_of_step(min(encoding.luma_steps)), dtype=np.int32)
    stats = {name: getattr(encoding, name) for name in ("filter_levels", "strength", "passes")}
    return Made(
        data=around.write(encoding.data),
        qp_map=qps,
        groups=groups,
        predicted_bytes=budget,
        table=np.array(encoding.quantizers, dtype=np.uint8),
        stats=stats | {"allocator": allocator},
    )


def _allocator(request: Request, settings: Settings) -> str:
    """A map that is given leaves nothing to allocate."""
    weighed = settings.allocator != "uniform" and request.qp_map is None and settings.profile.webp.group_weights
    return "weights" if weighed else "uniform"
