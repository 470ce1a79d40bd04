"""From a request to a WebP file: container, frame, size search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import _codec, webp
from .effort import get_webp_effort
from .errors import budget_error
from .planning import find_shares
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
    cells = -(-pixels.shape[0] // _codec.CELL), -(-pixels.shape[1] // _codec.CELL)
    shares = _find_shares(request, settings, cells)
    effort = get_webp_effort(settings.effort)
    job = webp.make_job(profile, effort, pixels.shape, qp_map=request.qp_map, shares=shares)
    picture = _codec.Vp8Picture.from_pixels(pixels)
    encoding = job.run(picture, max_bytes=webp.frame_budget(budget, around.overhead))
    if not encoding.data:
        smallest = around.overhead + encoding.smallest + encoding.smallest % 2
        raise budget_error(budget, smallest, pixels.shape, "WebP")
    qps = request.qp_map
    if qps is None:
        qps = np.full(cells, qp_of_step(min(encoding.luma_steps)), dtype=np.int32)
    stats = {name: getattr(encoding, name) for name in ("filter_levels", "strength", "passes")}
    return Made(
        data=around.write(encoding.data),
        qp_map=qps,
        clusters=np.zeros_like(qps) if shares is None else shares.argmax(axis=2).astype(np.int32),
        predicted_bytes=budget,
        table=np.array(encoding.quantizers, dtype=np.uint8),
        stats=stats | {"allocator": "uniform" if shares is None else "weights"},
    )


def _find_shares(request: Request, settings: Settings, cells: tuple[int, int]) -> NDArray[np.float64] | None:
    """How likely each block is to belong to each of QP-NET's groups; None where blocks are treated alike.

    A map that is given leaves nothing to allocate.
    """
    if settings.allocator == "uniform" or request.qp_map is not None or not settings.profile.webp.group_weights:
        return None
    return find_shares(request.pixels, settings.profile, cells)
