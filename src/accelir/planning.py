"""How the blocks of a picture share a budget: the choice between the allocators.

uniform: all blocks alike. closed-loop: by trial (closed_loop.py). reward, lagrangian: modes by QP-NET's groups, base
step and modes chosen together. qp-reward: QPs by QP-NET's groups, as in the paper. variance: QPs by the blocks'
variance (VAQ).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .block_plan import BlockPlan
from .closed_loop import estimate, plan_by_trial
from .core import jpeg as core
from .curves import Curves
from .effort import get_effort
from .group_plan import block_variance, plan_modes, plan_qps
from .groups import Groups
from .jpeg import Job
from .profile import ALLOCATORS, Profile
from .restoring import open_network


def check_allocator(profile: Profile, allocator: str) -> None:
    """Raises ValueError for an allocator that there isn't, or for which the profile lacks what it needs."""
    if allocator not in (*ALLOCATORS, "closed-loop"):
        known = ", ".join(map(repr, ALLOCATORS))
        raise ValueError(f"allocator must be 'auto', 'closed-loop' or one of {known}, not {allocator!r}")
    if allocator == "closed-loop":
        if profile.loop is None or profile.network is None:
            raise ValueError(f"the profile {profile.name!r} has no closed loop; take allocator='auto'")
    elif allocator != "uniform" and profile.clusters is None:
        raise ValueError(f"the profile {profile.name!r} has no clusters, which allocator={allocator!r} needs")


def default_allocator(profile: Profile, level: int) -> str:
    """What "auto" stands for at an effort."""
    effort = get_effort(level)
    if effort.views and profile.loop is not None and profile.loop.effort <= level:
        return "closed-loop"
    return profile.allocator if effort.rdo else "uniform"


def plan_blocks(
    pixels: NDArray[np.uint8],
    coefficients: core.Coefficients,
    job: Job,
    groups: Groups,
    budget: int,
    allocator: str,
) -> BlockPlan | None:
    """A plan for the budget in bytes; None for a uniform file, and where the budget is too small for a plan."""
    profile = job.profile
    if allocator == "closed-loop" and profile.loop is not None and profile.network is not None:
        network = open_network(profile.network, 1)
        goal = estimate(pixels, network, max(job.effort.views, 1))
        return plan_by_trial(coefficients, job, budget, network, profile.loop, goal)
    if allocator != "uniform" and profile.clusters is not None:
        return _plan_by_groups(pixels, profile.clusters.curves, groups, budget, allocator)
    return None


def _plan_by_groups(
    pixels: NDArray[np.uint8], curves: Curves, groups: Groups, budget: int, allocator: str
) -> BlockPlan | None:
    if allocator in ("reward", "lagrangian"):
        return plan_modes(curves, groups.shares, budget, allocator)
    if allocator == "qp-reward":
        return plan_qps(curves, groups.map, budget, "reward")
    return plan_qps(curves, groups.map, budget, "variance", block_variance(pixels))
