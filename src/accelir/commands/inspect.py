"""`accelir inspect`."""

from __future__ import annotations

import json

import click

from accelir import inspect as inspection
from accelir import locations
from accelir.commands import options
from accelir.commands.tasks import run


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...", shell_complete=options.complete_path)
@options.json_option
def inspect(inputs: tuple[str, ...], as_json: bool) -> None:
    """Show what JPEG and WebP files are made of: bytes by part, tables, sampling, scans."""

    def work(source: str) -> inspection.Report:
        return inspection.inspect(locations.read(source), name=click.format_filename(source))

    def finish(source: str, report: inspection.Report) -> None:
        click.echo(json.dumps(report.as_dict()) if as_json else "\n".join(report.lines()))

    run(list(locations.expand(inputs)), work, finish, as_json=as_json)
