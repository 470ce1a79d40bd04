"""The modes that are measured, of which a profile keeps what each group of cells can really buy."""

from __future__ import annotations

from accelir.cells.modes import ModeArray, make_modes

QPS = tuple(range(15, 100, 5))
"""QPs at which whole files are measured (AccelIR, section 4)."""
BASE_QPS = (21, 37, 53, 69, 85)
"""QPs at whose base steps the modes are measured, a factor of 2 apart."""


def make_menu(lambda_: float) -> ModeArray:
    """The ways to quantise a cell that are worth measuring around a uniform file's Lagrangian, which comes first.

    Stronger Lagrangians, plain rounding, dead zones, multiples of the step, and spectral cuts at the step and at twice
    it, where the Lagrangian is that of the coarser grid.
    """
    fields = [{"lambda_": lambda_ * 2.0**k} for k in (0, -1, 1, 2, 3, 4, 5, 6)]
    fields += [{"lambda_": 0.0}]
    fields += [{"lambda_": lambda_ * m * m / 2, "multiple": m} for m in (2, 3)]
    fields += [{"lambda_": lambda_, "cut": cut} for cut in (36, 21, 10, 6, 3, 1)]
    fields += [{"lambda_": lambda_ * 2, "multiple": 2, "cut": cut} for cut in (21, 10, 6, 3)]
    merged = [{"lambda_": 0.0, "deadzone": 0.5, "multiple": 1, "cut": 64, **f} for f in fields]
    return make_modes(**{name: [f[name] for f in merged] for name in merged[0]})
