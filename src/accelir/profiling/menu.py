"""The modes that are measured, of which a profile keeps what each group of blocks can really buy."""

from __future__ import annotations

from accelir.modes import ModeArray, make_modes

QPS = tuple(range(15, 100, 5))
"""At which whole files are measured (AccelIR, section 4)."""
BASE_QPS = (21, 41, 61, 81)
"""At whose base steps the modes are measured, a factor of 2.4 apart."""


def make_menu(rdo: float) -> ModeArray:
    """The ways to quantise a block that are worth measuring around a uniform file's Lagrangian, which comes first.

    Weaker and stronger Lagrangians, plain rounding, twice the step, and spectral cuts.
    """
    fields = [{"rdo": rdo * 2.0**k} for k in (0, -1, 1, 2, 3, 5)]
    fields += [{"rdo": 0.0}]
    fields += [{"rdo": rdo * 2, "multiple": 2}]
    fields += [{"rdo": rdo, "cut": cut} for cut in (36, 21, 10, 3, 1)]
    merged = [{"rdo": 0.0, "deadzone": 0.5, "multiple": 1, "cut": 64, **f} for f in fields]
    return make_modes(**{name: [f[name] for f in merged] for name in merged[0]})
