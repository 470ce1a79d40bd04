"""How the cells of a picture share a budget: the choice between the allocators.

uniform: all cells alike. closed-loop: by trial (closed_loop.py). reward, lagrangian: modes by QP-NET's groups, base
step and modes chosen together. qp-reward: QPs by QP-NET's groups, as in the paper. variance: QPs by the cells'
variance (VAQ).
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from accelir.cells.curves import Curves
from accelir.cells.grid import cell_variance
from accelir.cells.groups import PictureGroups
from accelir.core import jpeg
from accelir.formats.jpeg.cell_plan import CellPlan
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import JpegJob
from accelir.formats.later import later
from accelir.formats.request import Request
from accelir.profile.jpeg import ALLOCATORS
from accelir.profile.model import Profile

plan_modes, plan_qps = (later("accelir.formats.jpeg.group_plan", name) for name in ("plan_modes", "plan_qps"))
estimate, plan_by_trial = (later("accelir.formats.jpeg.closed_loop", name) for name in ("estimate", "plan_by_trial"))
open_network = later("accelir.restoration.network", "open_network")

_SAMPLE = 1 << 17
"""Pixels of which a uniform file's size is estimated, which corrects the groups' curves. With half as many the
predicted size is off by 12.6 % at the 95th percentile of eight noisy photographs of 0.4 MP, with so many by 7.8 %.
"""


def check_allocator(profile: Profile, allocator: str) -> None:
    """Raises ValueError for an allocator that there isn't, or for which the profile lacks what it needs."""
    if allocator not in (*ALLOCATORS, "closed-loop"):
        known = ", ".join(map(repr, ALLOCATORS))
        raise ValueError(f"allocator must be 'auto', 'closed-loop' or one of {known}, not {allocator!r}")
    if allocator == "closed-loop":
        if profile.jpeg.closed_loop is None or profile.network is None:
            raise ValueError(f"the profile {profile.name!r} has no closed loop; take allocator='auto'")
    elif allocator != "uniform" and profile.groups is None:
        raise ValueError(f"the profile {profile.name!r} has no groups, which allocator={allocator!r} needs")


def allocator_for(request: Request) -> str:
    """The allocator that a request means. A QP map that is given leaves nothing to allocate."""
    if request.qp_map is not None:
        return "uniform"
    if request.settings.allocator != "auto":
        return request.settings.allocator
    profile, effort = request.settings.profile, get_effort(request.settings.effort)
    loop = profile.jpeg.closed_loop if profile.network is not None else None
    if effort.views and loop is not None and loop.effort <= request.settings.effort:
        return "closed-loop"
    return profile.jpeg.allocator if effort.rdo else "uniform"


def plan_cells(
    request: Request,
    coefficients: jpeg.Coefficients,
    job: JpegJob,
    groups: PictureGroups,
    budget: int,
    goal: NDArray[np.float32] | None = None,
) -> CellPlan | None:
    """A plan for the budget in bytes; None for a uniform file, and where the budget is too small for a plan.

    goal: what the restored picture should be near, 0 to 255; None: the restored picture itself (closed_loop.py).
    """
    profile, allocator = request.settings.profile, allocator_for(request)
    if allocator == "uniform":
        return None
    loop = profile.jpeg.closed_loop
    if allocator == "closed-loop" and loop is not None and profile.network is not None:
        network = open_network(profile.network, 1)
        if goal is None:
            goal = estimate(request.pixels, network, max(job.effort.views, 1))
        return plan_by_trial(coefficients, job, budget, network, loop, goal)
    if profile.groups is None:
        return None
    if allocator in ("reward", "lagrangian"):
        uniform_bytes = functools.partial(_estimated_bytes, coefficients, job.for_core(coefficients.subsampling))
        height, width = request.pixels.shape[:2]
        foretold = profile.jpeg.foretold_at(8 * budget / (height * width))
        return plan_modes(profile.groups.curves, groups.shares, budget, allocator, uniform_bytes, foretold)
    return _plan_qps(request.pixels, profile.groups.curves, groups, budget, allocator)


def _estimated_bytes(coefficients: jpeg.Coefficients, settings: jpeg.Settings, step: float) -> float:
    """Of a file at a base step; the weights are for the error, which isn't wanted."""
    return jpeg.estimate(coefficients, settings, step, np.ones((3, 64), np.float32), _SAMPLE).bytes


def _plan_qps(
    pixels: NDArray[np.uint8], curves: Curves, groups: PictureGroups, budget: int, allocator: str
) -> CellPlan | None:
    if allocator == "qp-reward":
        return plan_qps(curves, groups.map, budget, "reward")
    return plan_qps(curves, groups.map, budget, "variance", cell_variance(pixels))
