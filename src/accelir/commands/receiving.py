"""Options on what receivers run, how their values are read and completed."""

from __future__ import annotations

import click

from accelir.restoration.installed import find, networks
from accelir.restoration.providers import AUTO, providers, runtime_names
from accelir.restoration.sizes import read_size


def pixel_size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Width and height, from WIDTHxHEIGHT."""
    try:
        return read_size(None if value is None else tuple(map(int, value.lower().split("x"))))
    except (TypeError, ValueError) as error:
        reason = f"{value!r} is no size as 1200x800" if "size is" not in str(error) else str(error)
        raise click.BadParameter(reason) from None


def network(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None:
            find(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


def provider(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        if value != AUTO:
            runtime_names(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


def complete_network(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in networks() if name.startswith(incomplete)]


def complete_provider(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in (AUTO, *providers()) if name.startswith(incomplete)]


provider_option = click.option(
    "--provider",
    metavar="NAME",
    default=AUTO,
    show_default=True,
    callback=provider,
    shell_complete=complete_provider,
    help="What runs the network: cpu, cuda and the like, as `accelir doctor` lists them; auto: a GPU, else the CPU.",
)
