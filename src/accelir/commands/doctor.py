"""`accelir doctor`."""

from __future__ import annotations

import click

from accelir.commands import diagnosis


@click.command(short_help="Show versions and what was found.")
def doctor() -> None:
    """Show versions, the processor's features and the optional parts that were found."""
    for label, found in diagnosis.facts():
        click.echo(f"{label:<14}{found}")
