"""`accelir inspect`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from accelir.commands import options
from accelir.commands.pictures import limited
from accelir.commands.places import find_pictures
from accelir.commands.plot import draw, file_panels
from accelir.commands.printing import Printer, shown
from accelir.commands.transfers import Transfer, run
from accelir.formats.inspect import inspect as inspect_file
from accelir.formats.report import Report
from accelir.storage import locations


@dataclass(frozen=True)
class Found:
    """What is told of a file."""

    report: Report
    picture: bytes | None
    """A PNG, if one was wanted."""


@click.command(short_help="Show what JPEG and WebP files are made of.")
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...", shell_complete=options.complete_path)
@options.plot_option
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=options.complete_profile,
    help="Whose groups of cells --plot draws; by default those of the profile for the network that the file names.",
)
@options.force_option
@options.max_pixels_option
@options.allow_remote_option
@options.json_option
def inspect(
    inputs: tuple[str, ...],
    plot: str | None,
    profile: str | None,
    force: bool,
    max_pixels: int | None,
    schemes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what JPEG and WebP files are made of: bytes by part, tables, sampling, scans."""
    sources = [found.name for found in find_pictures(inputs, schemes)]
    options.check_plot(plot, sources, schemes)
    if profile is not None and plot is None:
        raise click.UsageError("--profile is for --plot, which is missing")

    printer = Printer()

    @limited(max_pixels)
    def work(source: str) -> Found:
        data, name = locations.read(source), shown(source)
        report = inspect_file(data, name=name)
        if plot is None:
            return Found(report, None)
        Transfer(source, plot, force).is_done()
        return Found(report, draw(list(file_panels(data, profile)), report.title))

    def finish(source: str, found: Found) -> None:
        if plot is not None and found.picture is not None:
            locations.write(plot, found.picture)
        if as_json:
            printer.tell({**found.report.as_dict(), "name": source})
        else:
            printer.say(*found.report.lines())

    run(sources, work, finish, printer, as_json=as_json)
