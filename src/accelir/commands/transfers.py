"""Transfers from inputs to outputs: checked, done, their files written and reported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

import click

from accelir.commands import batch
from accelir.commands.printing import Printer, complain, is_terminal, shown
from accelir.storage import locations
from accelir.storage.cluster import ClusterError
from accelir.storage.locations import STDIO

Item = TypeVar("Item")
Result = TypeVar("Result")

INTERRUPTED = 130
"""What shells report for a command that Ctrl-C ended."""


@dataclass(frozen=True)
class Transfer:
    """One file on its way to another; "-" is standard input or output."""

    source: str
    target: str
    force: bool = False
    """Whether a file that exists may be replaced."""
    rival: str | None = None
    """The source of an earlier transfer that has the same target."""
    plot: str | None = None
    """Where a drawing of the file goes."""
    in_place: bool = False
    """Whether the target is the source, by intention."""
    skip_existing: bool = False
    """Whether nothing is to be done where the target exists."""
    preserve: bool = False
    """Whether the target gets the source's times and permissions, be it new or not."""
    makes_folder: bool = False
    """Whether the folder that the target is in is made if need be."""

    def __str__(self) -> str:
        return shown(self.source)

    def is_done(self) -> bool:
        """Whether the target is there, and that suffices.

        Raises ValueError when it, or the plot's, must not be written to.
        """
        if self.plot is not None:
            replace(self, target=self.plot, plot=None, in_place=False, skip_existing=False).is_done()
        if self.rival is not None:
            raise ValueError(f"its output {self.target} is that of {self.rival} already")
        if self.target == STDIO or not locations.is_file(self.target):
            return False
        if locations.is_same(self.source, self.target):
            if self.in_place:
                return False
            raise ValueError(
                "the output would replace the input; name another with -o or --out-dir, or give --in-place"
            )
        if not self.force and not self.skip_existing:
            raise ValueError(f"{self.target} exists; --force replaces it")
        return self.skip_existing

    def write(self, data: bytes) -> None:
        """Write the target whole or not at all. Raises OSError.

        A new file has the source's permissions but for the umask's part, as cp has it.
        """
        if self.makes_folder:
            locations.make_folder(locations.dirname(self.target))
        source = locations.status(self.source)
        if source is None:
            locations.write(self.target, data)
        else:
            locations.write(self.target, data, mode=source.st_mode, like=source if self.preserve else None)


@dataclass(frozen=True)
class Written:
    """A file that is ready to be written, and what to print about it."""

    data: bytes | None = field(repr=False)
    """The file; None where there is nothing to write."""
    figures: dict[str, Any]
    text: str
    """Lines for people."""
    plot: bytes | None = field(default=None, repr=False)
    """A PNG to be written to the transfer's `plot`."""
    warnings: tuple[str, ...] = ()
    """What the user should know of the file, such as what was left out."""


@dataclass(frozen=True)
class Do:
    """The work of a command, but for transfers that are done already, and for a dry run; it can be pickled."""

    work: Callable[[Transfer], Written]
    dry_run: bool = False

    def __call__(self, transfer: Transfer) -> Written:
        if transfer.is_done():
            return Written(None, {"skipped": True}, "exists, skipped")
        if self.dry_run:
            return Written(None, {"dry_run": True}, "would be written")
        return self.work(transfer)


def write_all(
    transfers: Sequence[Transfer],
    work: Callable[[Transfer], Written],
    *,
    quiet: bool,
    as_json: bool,
    jobs: int = 1,
    dask: str | None = None,
    dry_run: bool = False,
) -> NoReturn:
    """Do transfers, write their files, and print a line about each: on standard error where a file takes the output."""
    to_stderr = any(transfer.target == STDIO for transfer in transfers)
    if to_stderr and is_terminal():
        raise click.UsageError("standard output is a terminal; send it to a file or a pipe, or give -o")
    if dask is not None:
        transfers = [_placeless(transfer) for transfer in transfers]
    printer = Printer(to_stderr=to_stderr)

    def finish(transfer: Transfer, written: Written) -> None:
        if written.data is not None:
            transfer.write(written.data)
        if transfer.plot is not None and written.plot is not None:
            locations.write(transfer.plot, written.plot)
        if written.warnings and not quiet:
            complain(f"{transfer}: warning: {'; '.join(written.warnings)}")
        if as_json:
            told = {"warnings": list(written.warnings)} if written.warnings else {}
            printer.tell({"input": transfer.source, "output": transfer.target, **written.figures, **told})
        elif not quiet:
            first, *more = written.text.split("\n")
            printer.say(f"{transfer} -> {shown(transfer.target)}  {first}", *more)

    run(transfers, Do(work, dry_run), finish, printer, as_json=as_json, jobs=jobs, dask=dask, bar=not quiet)


def _placeless(transfer: Transfer) -> Transfer:
    """The transfer as a process elsewhere can do it."""
    if transfer.source == STDIO:
        raise click.UsageError("standard input stays on this machine: no - with --dask")
    plot = None if transfer.plot is None else locations.absolute(transfer.plot)
    return replace(
        transfer, source=locations.absolute(transfer.source), target=locations.absolute(transfer.target), plot=plot
    )


def run(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    printer: Printer | None = None,
    *,
    as_json: bool,
    jobs: int = 1,
    dask: str | None = None,
    bar: bool = False,
) -> NoReturn:
    """Run a batch, report what fails and, after Ctrl-C, what was not done; exit with 0, 1 or 130."""
    printer = printer or Printer()
    fine = run_all(items, work, finish, printer, as_json=as_json, jobs=jobs, dask=dask, bar=bar)
    sys.exit(0 if fine and not printer.failed else 1)


def run_all(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    printer: Printer,
    *,
    as_json: bool,
    jobs: int = 1,
    dask: str | None = None,
    bar: bool = False,
) -> bool:
    """`run`, which goes on where Ctrl-C doesn't end it; returns whether no item failed."""

    def fail(item: Item, error: Exception) -> None:
        complain(f"{item}: {batch.explain(error)}")
        if as_json:
            printer.tell({"input": _name(item), "error": batch.explain(error)})

    def lost(error: ClusterError) -> None:
        complain(f"{error}; the rest is done on this machine")

    try:
        return batch.run(items, work, finish, fail, jobs=jobs, dask=dask, bar=bar, lost=lost)
    except ClusterError as error:
        raise click.BadParameter(str(error), param_hint="--dask") from None
    except batch.Interrupted as stop:
        since = f", from {stop.left[0]} on" if stop.left else ""
        complain(f"{stop}{since}")
        for item in stop.left if as_json else ():
            printer.tell({"input": _name(item), "error": "interrupted"})
        sys.exit(INTERRUPTED)


def _name(item: object) -> str:
    """The input as it was given, for programs."""
    return item.source if isinstance(item, Transfer) else str(item)
