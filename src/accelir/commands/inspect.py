"""`accelir inspect`."""

from __future__ import annotations

import json
from dataclasses import dataclass

import click

from accelir import inspect as inspection
from accelir import locations
from accelir.commands import options
from accelir.commands.tasks import Task, pictures_of_any_size, run
from accelir.plot import plot


@dataclass(frozen=True)
class Found:
    """What is told of a file."""

    report: inspection.Report
    picture: bytes | None
    """A PNG, if one was wanted."""


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...", shell_complete=options.complete_path)
@click.option(
    "--plot",
    "target",
    metavar="OUT.png",
    shell_complete=options.complete_path,
    help="Draw a single file's picture and the bits of its 32x32 blocks side by side.",
)
@options.force_option
@options.json_option
def inspect(inputs: tuple[str, ...], target: str | None, force: bool, as_json: bool) -> None:
    """Show what JPEG and WebP files are made of: bytes by part, tables, sampling, scans."""
    sources = list(locations.expand(inputs))
    if target is not None and len(sources) != 1:
        raise click.UsageError(f"--plot takes one file and {len(sources)} came")
    if target == locations.STDIO:
        raise click.UsageError("standard output has the report; --plot needs a file")

    @pictures_of_any_size()
    def work(source: str) -> Found:
        data, name = locations.read(source), click.format_filename(source)
        report = inspection.inspect(data, name=name)
        if target is None:
            return Found(report, None)
        Task(source, target, force).check_target()
        return Found(report, plot(data, name))

    def finish(source: str, found: Found) -> None:
        if target is not None and found.picture is not None:
            locations.write(target, found.picture)
        click.echo(json.dumps(found.report.as_dict()) if as_json else "\n".join(found.report.lines()))

    run(sources, work, finish, as_json=as_json)
