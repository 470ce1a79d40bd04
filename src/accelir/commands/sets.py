"""`accelir encode --total-bytes`: the pictures of a call as one set, which appears whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from tqdm import tqdm

from accelir._version import __version__
from accelir.commands import batch
from accelir.commands.encoding import Encode, size_of
from accelir.commands.journal import Journal
from accelir.commands.places import Places
from accelir.commands.printing import Printer, complain, shown
from accelir.commands.set_plot import draw_shares
from accelir.commands.several import SetOptions
from accelir.commands.transfers import INTERRUPTED, Transfer
from accelir.errors import BudgetError
from accelir.formats.registry import FORMATS
from accelir.metrics import Metric
from accelir.sets.encode_set import attempted, judge_of, mapped, smallest_of, survey_of, telling_network
from accelir.sets.goal import Goal
from accelir.sets.spend import Order, Reached, Spent, spend
from accelir.sets.trial import Survey
from accelir.storage import files, locations

Result = TypeVar("Result")

STAGE = ".accelir-set"
"""Folder in the output folder where files wait for the last one of their set."""


def write_set(
    inputs: Sequence[str],
    places: Places,
    work: Encode,
    said: SetOptions,
    *,
    jobs: int,
    plot: str | None,
    as_json: bool,
    quiet: bool,
) -> NoReturn:
    """Encode the pictures under one total, let them appear together, and exit with 0, 1 or 130."""
    goal = said.goal(work.coding)
    folder = _folder(places)
    transfers = places.plan(inputs, FORMATS[work.coding.format].suffix, quiet=quiet)
    journal = Journal(folder / STAGE, _call(transfers, work))
    studio = _Staged(transfers, work, goal, journal, jobs, quiet)
    try:
        if "whole" not in journal:
            studio.check()
        spent = spend(studio, goal, tries_files=goal.objective.needs_files or studio.network is not None)
        studio.stage(spent.orders)
        drawing = None if plot is None else draw_shares(spent, [shown(t.source) for t in studio.transfers])
        with batch.ctrl_c_waits():
            studio.publish()
            if plot is not None and drawing is not None:
                locations.write(plot, drawing)
    except KeyboardInterrupt:
        complain("interrupted: none of the set was written; the same call goes on from there")
        sys.exit(INTERRUPTED)
    except batch.BAD_INPUT as error:
        journal.remove()
        complain(f"none of the set was written: {batch.explain(error)}")
        sys.exit(1)
    journal.remove()
    for i, transfer in enumerate(studio.transfers):
        if studio.told[i]["warnings"] and not quiet:
            complain(f"{transfer}: warning: {'; '.join(studio.told[i]['warnings'])}")
    if not quiet or as_json:
        _tell(studio, spent, as_json)
    sys.exit(1 if studio.failed else 0)


def _folder(places: Places) -> Path:
    if places.folder is None or locations.is_url(places.folder):
        raise click.UsageError("a set goes to a folder on this machine, which --out-dir gives; for stores, --shards")
    if places.skip_existing or places.dry_run:
        raise click.UsageError("a set is written whole: no --skip-existing and no --dry-run")
    return Path(places.folder)


def _call(transfers: Sequence[Transfer], work: Encode) -> str:
    """What the journal's records are true for: inputs as they are, and how they are encoded, not the total."""
    inputs = [(locations.absolute(transfer.source), _state(transfer.source), transfer.target) for transfer in transfers]
    coding = replace(work.coding, bpp=None, max_bytes=None)
    how = (coding.settings, coding.format, coding.transparency, coding.scale)
    told = (__version__, inputs, how, sorted(work.kinds), work.shaping)
    return files.sha256(repr(told).encode(errors="backslashreplace"))


def _state(source: str) -> tuple[int, int] | None:
    status = locations.status(source)
    return None if status is None else (status.st_size, status.st_mtime_ns)


@dataclass
class _Staged:
    """A studio whose files wait in a folder, and whose findings are kept. See spend.Studio."""

    transfers: list[Transfer]
    """Those that can be read, once surveyed."""
    work: Encode
    goal: Goal
    journal: Journal
    jobs: int
    quiet: bool
    failed: int = 0
    told: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What there is to tell of each picture's last file."""
    _keys: list[int] = field(default_factory=list)
    """Of the transfers, their numbers in the call."""

    @property
    def network(self) -> Path | str | None:
        """What errors are measured after."""
        coding = self.work.coding
        return coding.shown_by or telling_network(coding.encoder(FORMATS[coding.format]))

    @property
    def _metric(self) -> Metric | None:
        return self.goal.objective.metric if self.goal.objective.needs_files else None

    def check(self) -> None:
        """Raises ValueError where a file must not be written."""
        for transfer in self.transfers:
            try:
                transfer.is_done()
            except ValueError as error:
                raise ValueError(f"{transfer}: {error}") from None

    def survey(self) -> list[tuple[Survey, ...]]:
        self._keys = list(range(len(self.transfers)))
        found = self._each("surveying", "survey", self._surveyed)
        readable = [i for i, each in enumerate(found) if "error" not in each]
        for i in set(self._keys) - set(readable):
            complain(f"{self.transfers[i]}: {found[i]['error']}; the set is made without it")
        self.failed = len(found) - len(readable)
        self.transfers, self._keys = [self.transfers[i] for i in readable], readable
        return [(Survey.from_json(found[i]),) for i in readable]

    def _surveyed(self, i: int, source: str) -> dict[str, Any]:
        try:
            ready = self.work.ready(partial(locations.read, source))
            return survey_of(ready.encoder, ready.image, ready.metadata_size).as_json()
        except batch.BAD_INPUT as error:
            return {"error": batch.explain(error)}

    def attempt(self, budgets: Sequence[Sequence[int]]) -> list[tuple[Survey, ...]]:
        def attempt(i: int, source: str) -> dict[str, Any]:
            ready = self.work.ready(partial(locations.read, source))
            judge = judge_of(ready.encoder, ready.image, self._metric, self.network)
            return attempted(ready.encoder, ready.image, judge, budgets[i], **ready.options).as_json()

        found = self._each(
            "trying", f"attempt {self.goal.objective.name} {files.sha256(repr(budgets).encode())}", attempt
        )
        return [(Survey.from_json(each),) for each in found]

    def smallest(self) -> list[int]:
        def smallest(i: int, source: str) -> int:
            ready = self.work.ready(partial(locations.read, source))
            return smallest_of(ready.encoder, ready.image, **ready.options)

        return self._each("asking for the smallest", "smallest", smallest)

    def encode(self, orders: Mapping[int, Order], *, judged: bool) -> dict[int, Reached]:
        def encode(i: int, source: str) -> dict[str, Any]:
            return self._encoded(i, orders[i].max_bytes, judged)

        wanted = sorted(orders)
        keys = {i: f"file {orders[i].max_bytes} {judged}" for i in wanted}
        found = self._each("encoding", keys, encode, wanted)
        self.told |= dict(zip(wanted, found, strict=True))
        return {i: Reached(each["size"], each["error"]) for i, each in zip(wanted, found, strict=True)}

    def _encoded(self, i: int, max_bytes: int, judged: bool) -> dict[str, Any]:
        transfer = self.transfers[i]
        try:
            written = self._work(max_bytes)(transfer)
        except ValueError as error:
            if not isinstance(error.__cause__, BudgetError):
                raise
            written = self._work(error.__cause__.smallest)(transfer)
        assert written.data is not None
        found = self._error(transfer, written.data) if judged else None
        files.write_atomically(self._staged(i), written.data)
        self.journal[f"staged {self._keys[i]}"] = max_bytes
        scale = written.figures.get("scale")
        return {"size": len(written.data), "error": found, "warnings": list(written.warnings), "scale": scale}

    def _error(self, transfer: Transfer, data: bytes) -> float:
        ready = self.work.ready(partial(locations.read, transfer.source))
        return judge_of(ready.encoder, ready.image, None, None)(data).error

    def _work(self, max_bytes: int) -> Encode:
        return replace(self.work, coding=replace(self.work.coding, bpp=None, max_bytes=max_bytes, reencode=True))

    def stage(self, orders: Sequence[Order]) -> None:
        """See that each file is the one that was ordered last: a run that was cut off may have left another."""
        for i, order in enumerate(orders):
            if self.journal.records.get(f"staged {self._keys[i]}") != order.max_bytes or not self._staged(i).exists():
                self._encoded(i, order.max_bytes, judged=False)

    def publish(self) -> None:
        """All files go to where they belong."""
        self.journal["whole"] = True
        for i, transfer in enumerate(self.transfers):
            transfer.write(self._staged(i).read_bytes())

    def _staged(self, i: int) -> Path:
        return self.journal.folder / f"{self._keys[i]:08}"

    def _each(
        self,
        what: str,
        kind: str | Mapping[int, str],
        work: Callable[[int, str], Result],
        wanted: Iterable[int] | None = None,
    ) -> list[Result]:
        """The work for pictures, as far as the journal hasn't it, under a progress bar. kind: of the records."""

        def done(i: int) -> Result:
            key = f"{kind if isinstance(kind, str) else kind[i]} {self._keys[i]}"
            if key not in self.journal:
                self.journal[key] = work(i, self.transfers[i].source)
            found: Result = self.journal[key]
            return found

        numbers = list(range(len(self.transfers)) if wanted is None else wanted)
        hidden = None if not self.quiet and len(numbers) > 1 and sys.stderr is not None else True
        shown_bar = tqdm(
            mapped(done, numbers, self.jobs),
            total=len(numbers),
            desc=what,
            file=sys.stderr,
            disable=hidden,
            leave=False,
        )
        return list(shown_bar)


def _tell(studio: _Staged, spent: Spent, as_json: bool) -> None:
    """A table of shares, or a JSON object a file and one of the set."""
    printer = Printer()
    used = sum(reached.size for reached in spent.reached)
    scales = [studio.told[i]["scale"] for i in range(len(studio.transfers))]
    pictures = list(zip(studio.transfers, spent.orders, spent.reached, scales, strict=True))
    if as_json:
        for transfer, order, reached, scale in pictures:
            figures = {"asked": order.max_bytes, "reached": reached.size, "share": reached.size / spent.total}
            scaled = {} if scale is None else {"scale": scale}
            printer.tell({"input": transfer.source, "output": transfer.target, **figures, **scaled})
        printer.tell({"set": {"pictures": len(pictures), "asked": spent.total, "reached": used}})
        return
    rows = [
        (
            f"{reached.size:,}",
            f"{100 * reached.size / spent.total:.2f} %",
            f"{transfer} -> {shown(transfer.target)}" + ("" if scale is None else f"  {size_of(scale)}"),
        )
        for transfer, _, reached, scale in pictures
    ]
    widths = [max(len(row[column]) for row in [*rows, ("bytes", "share", "")]) for column in (0, 1)]
    for row in [("bytes", "share", "file"), *rows]:
        printer.say(f"{row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]}")
    printer.say(
        f"{len(rows)} pictures: asked {spent.total:,}  reached {used:,}  ({100 * used / max(spent.total, 1):.2f} %)"
    )
