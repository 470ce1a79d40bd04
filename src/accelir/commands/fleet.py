"""`accelir encode --shards`: pictures by the shard, on one machine or a cluster, in one pass or under one total."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar

import click

from accelir._version import __version__
from accelir.commands import batch
from accelir.commands.coding import Coding
from accelir.commands.encoding import Encode
from accelir.commands.fleet_work import CountShard, EncodeShard, Fleet, SurveyShard
from accelir.commands.printing import Printer, complain, shown
from accelir.commands.several import FleetOptions, SetOptions
from accelir.commands.transfers import run_all
from accelir.errors import BudgetError
from accelir.fleets.plan import Histogram, Plan
from accelir.fleets.shards import Shard, find_shards
from accelir.sets.goal import Goal
from accelir.storage import files, locations

Result = TypeVar("Result")

CALL = "accelir.json"
"""File in the output that says of which call its shards are, and of which total."""
_NAMED_AT_MOST = 3
"""Failed pictures of a line; the rest are counted."""


@dataclass(frozen=True)
class Running:
    """How a fleet is worked at and told of."""

    jobs: int
    dask: str | None
    force: bool
    as_json: bool
    quiet: bool


def write_fleet(
    said: FleetOptions,
    inputs: Sequence[str],
    schemes: Collection[str],
    work: Encode,
    sets: SetOptions,
    running: Running,
) -> NoReturn:
    """Make what shards are missing, or lack a picture that failed; exit with 0, 1, 2 or 130."""
    out = said.check(inputs, schemes)
    goal = _goal(sets, work.coding)
    if goal is None:
        work = replace(work, coding=work.coding.checked(None))
    fleet = Fleet(out, work, tuple(schemes))
    try:
        shards = find_shards(map(locations.absolute, said.shards))
        _check_places(shards, out)
        _claim(fleet, goal, running.force)
    except ValueError as error:
        raise click.UsageError(f"{error}") from None
    except OSError as error:
        raise click.BadParameter(f"{shown(said.out)}: {batch.explain(error)}", param_hint="--out") from None
    runner = _Runner(Printer(), running)
    plan = None if goal is None else _planned(fleet, shards, goal, runner)
    there = locations.names_in(out)
    left = [shard for shard in shards if f"{shard.name}.jsonl" not in there]
    if said.retry_failed:
        left = [shard for shard in shards if shard not in left and fleet.has_failures(shard)]
    if len(left) < len(shards) and not running.quiet:
        complain(f"{len(shards) - len(left):,} of {len(shards):,} shards need nothing")
    fine = runner.run(left, EncodeShard(fleet, plan, goal, said.retry_failed), runner.tell)
    locations.remove_abandoned(out)  # of workers that died here
    sys.exit(0 if fine and not runner.printer.failed else 1)


def _goal(sets: SetOptions, coding: Coding) -> Goal | None:
    """None where each picture has a size or quality of its own."""
    if not sets.is_asked(coding):
        return None
    goal = sets.goal(coding)
    if goal.objective.name != "mse" or goal.min_psnr is not None:
        raise click.UsageError("a fleet is shared by mean squared error alone: give --objective mse, and no --min-psnr")
    return goal


def _check_places(shards: Sequence[Shard], out: str) -> None:
    """Raises ValueError for an output that would be an input of the next run."""
    root = out.rstrip("/" + os.sep)
    for shard in shards:
        place = shard.place if shard.kind == "folder" else locations.dirname(shard.place)
        if place.rstrip("/" + os.sep) == root or place.startswith((root + "/", root + os.sep)):
            raise ValueError(f"{shard.place} is in {out}, where shards are written; give another --out")


def _claim(fleet: Fleet, goal: Goal | None, force: bool) -> None:
    """Note of which call the output is. Raises ValueError for one of another call, unless it is to be replaced."""
    work = fleet.work
    coding = replace(work.coding, bpp=None, max_bytes=None) if goal is not None else work.coding
    told = (
        __version__,
        coding.settings,
        coding.format,
        coding.bpp,
        coding.max_bytes,
        coding.target,
        coding.scale,
        goal,
    )
    call = files.sha256(repr((*told, coding.transparency, sorted(work.kinds), work.shaping)).encode())
    name = locations.join(fleet.out, CALL)
    locations.make_folder(fleet.out)
    if locations.is_file(name) and json.loads(locations.read(name)).get("call") != call:
        if not force:
            raise ValueError(
                f"{fleet.out} has shards of a call with other options or another version; give another --out, or "
                "--force to replace them"
            )
        _clear(fleet.out)
    locations.write(name, json.dumps({"call": call, "version": __version__}).encode())


def _clear(out: str) -> None:
    for name in sorted(locations.names_in(out)):
        if name.endswith((".jsonl", ".curves")):
            locations.remove(locations.join(out, name))


@dataclass(frozen=True)
class _Runner:
    """How passes are run and told."""

    printer: Printer
    running: Running

    def run(
        self, shards: Sequence[Shard], work: Callable[[Shard], Result], finish: Callable[[Shard, Result], None]
    ) -> bool:
        """One pass; returns whether nothing failed."""
        how = self.running
        return run_all(
            shards, work, finish, self.printer, as_json=how.as_json, jobs=how.jobs, dask=how.dask, bar=not how.quiet
        )

    def tell(self, shard: Shard, summary: dict[str, Any]) -> None:
        """A line on a shard that was made. Raises ValueError for one with pictures that failed."""
        if self.running.as_json:
            self.printer.tell({"shard": shard.name, **summary})
        elif not self.running.quiet:
            self.printer.say(f"{shard}: {summary['pictures']:,} pictures  {summary['bytes']:,} bytes")
        if summary["failed"]:
            raise ValueError(_told(summary["failed"]))


def _told(failed: Sequence[Sequence[str]]) -> str:
    first = "; ".join(f"{name}: {reason}" for name, reason in failed[:_NAMED_AT_MOST])
    more = f" and {len(failed) - _NAMED_AT_MOST} more" if len(failed) > _NAMED_AT_MOST else ""
    return f"{len(failed)} failed: {first}{more}; --retry-failed takes them again"


def _planned(fleet: Fleet, shards: Sequence[Shard], goal: Goal, runner: _Runner) -> Plan:
    """Pass one, as far as it is missing, and the Lagrangian of it. Exits where that can't be had."""
    there = locations.names_in(fleet.out)
    missing = [shard for shard in shards if f"{shard.name}.curves" not in there]
    histogram = Histogram()
    surveyed = runner.run(missing, SurveyShard(fleet), lambda shard, _: None)
    if not (surveyed and runner.run(shards, CountShard(fleet, goal), lambda _, found: histogram.merge(found))):
        complain("the total can't be shared before every shard can be read")
        sys.exit(1)
    try:
        return histogram.plan(goal)
    except BudgetError as error:
        complain(f"{error}")
        sys.exit(1)
