"""What a call of `accelir encode` says of several pictures as a set or a fleet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from accelir.commands import options
from accelir.commands.coding import Coding
from accelir.commands.places import check_scheme
from accelir.formats.registry import FORMATS
from accelir.metrics import METRICS
from accelir.storage import locations

if TYPE_CHECKING:
    from accelir.sets.goal import Goal

OBJECTIVES = ("auto", "mse", "worst", *METRICS)


@dataclass(frozen=True)
class SetOptions:
    """What was said of a set."""

    total_bytes: int | None = None
    as_set: bool = False
    objective: str = "auto"
    min_bpp: float | None = None
    max_bpp: float | None = None
    min_psnr: float | None = None

    def is_asked(self, coding: Coding) -> bool:
        """Whether the files are a set; a wrong call for options of sets where they aren't."""
        if self.as_set or self.total_bytes is not None:
            options.check_settings({**coding.settings, "format": coding.format})
            return True
        given = {"--objective": self.objective != "auto", "--min-bpp": self.min_bpp, "--max-bpp": self.max_bpp}
        wrong = [name for name, value in {**given, "--min-psnr": self.min_psnr}.items() if value]
        if wrong:
            raise click.UsageError(f"{wrong[0]} is for a set; give --total-bytes, or --bpp with --as-set")
        return False

    def goal(self, coding: Coding) -> Goal:
        """A wrong call for what can't be."""
        if self.as_set and (coding.bpp is None or self.total_bytes is not None):
            raise click.UsageError("--as-set shares the bytes that --bpp gives; --total-bytes says so by itself")
        if self.total_bytes is not None and coding.bpp is not None:
            raise click.UsageError("give either --total-bytes or --bpp")
        wrong: dict[str, object] = {
            "--max-bytes": coding.max_bytes,
            "--target": coding.target,
            "--reference": coding.reference,
        }
        wrong |= {"--qp-map": coding.qp_map, "--reference-dir": coding.reference_dir}
        for name in (name for name, value in wrong.items() if value is not None):
            raise click.UsageError(f"{name} is for single files, not for a set")
        from accelir.sets.goal import Goal, objective_of

        profile = coding.encoder(FORMATS[coding.format]).settings.profile
        try:
            objective = objective_of(self.objective, profile)
            highest = float("inf") if self.max_bpp is None else self.max_bpp
            return Goal(objective, self.total_bytes, coding.bpp, self.min_bpp or 0.0, highest, None, self.min_psnr)
        except ValueError as error:
            raise click.UsageError(f"{error}") from None


@dataclass(frozen=True)
class FleetOptions:
    """What was said of shards."""

    shards: tuple[str, ...] = ()
    out: str | None = None
    retry_failed: bool = False

    @property
    def asked(self) -> bool:
        return bool(self.shards or self.out or self.retry_failed)

    def check(self, inputs: Sequence[str], schemes: Collection[str]) -> str:
        """Where shards go; a wrong call where that isn't said, or inputs are."""
        if not self.shards or self.out is None:
            raise click.UsageError("shards are read from --shards IN and go to --out OUT; give both")
        if inputs:
            raise click.UsageError(f"--shards names what is read, and {inputs[0]} came besides")
        for name in (*self.shards, self.out):
            check_scheme(name, schemes)
        return locations.absolute(self.out)
