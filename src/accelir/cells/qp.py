"""QPs as this project counts them, 15 to 95 and more is better, and the base steps and lambdas that go with them."""

from __future__ import annotations

import math

import numpy as np

QP_MIN, QP_MAX = 15, 95

# 95 at a base step of 2.5, 16 less for every doubling, so 80 at QP 15.
_STEP_AT_QP_MAX, QP_PER_DOUBLING = 2.5, 16

THEORY = 2 * math.log(2) / 12
"""Lambda of a uniform quantiser at high rate, in squared steps per bit: its squared error is a twelfth of the squared
step, and one more bit takes three quarters of it away."""


def step_of_qp(qp: float) -> float:
    """The base step of a uniform file of this QP."""
    return float(_STEP_AT_QP_MAX * 2 ** ((QP_MAX - qp) / QP_PER_DOUBLING))


def exact_qp(step: float) -> float:
    """Its inverse, neither rounded nor clipped."""
    return float(QP_MAX - QP_PER_DOUBLING * np.log2(step / _STEP_AT_QP_MAX))


def qp_of_step(step: float) -> int:
    """The QP, 15 to 95, that a uniform file of this base step is said to have."""
    return int(np.clip(round(exact_qp(step)), QP_MIN, QP_MAX))


def step_of_lambda(lambda_: float) -> float:
    """The step at which one more bit lowers the squared error by `lambda_`, in squared 8-bit levels, at high rate."""
    return math.sqrt(lambda_ / THEORY)
