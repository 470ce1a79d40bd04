"""The better of a file and one that is steered towards a reference, by the receivers' networks."""

from __future__ import annotations

import dataclasses
from typing import Any

from accelir.errors import BudgetError
from accelir.formats.format import Format
from accelir.formats.request import Made
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent, descent_for


def steer(format: Format, prepared: Any, blind: Made, reference: Reference, max_bytes: int) -> Made:
    """The better of a file and one with targets that are steered, by the networks' errors after a real decoding.

    prepared: what the format made of a request. blind: its best file of at most max_bytes without the reference. Adds
    to the stats: `rounds`; `error_before` and `error_after`, mean squared RGB errors of the restored picture in squared
    8-bit levels; `steered`, whether the steered file was better.
    """
    descent = descent_for(prepared.request.settings.effort, reference.scale)
    before = reference.error(format.decode(blind.data))
    made = steered(format, prepared, blind, reference, descent, max_bytes)
    after = before if made is blind else reference.error(format.decode(made.data))
    best = made if after < before else blind
    errors = {"error_before": before, "error_after": min(before, after)}
    told = {"rounds": descent.all_rounds, **errors, "steered": best is not blind}
    return dataclasses.replace(best, stats=best.stats | told)


def steered(format: Format, prepared: Any, blind: Made, reference: Reference, descent: Descent, max_bytes: int) -> Made:
    """A file steered towards a reference; where that can't be had, the one without. Parameters are those of `steer`."""
    if format.steered is None or descent.all_rounds == 0:
        return blind
    try:
        return format.steered(prepared, blind, reference, descent, max_bytes)
    except BudgetError:  # only near the smallest size, where the other targets may need more
        return blind
