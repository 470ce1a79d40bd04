"""Options that several commands take, and how their values are read and completed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import click
import numpy as np
from click.shell_completion import CompletionItem
from numpy.typing import NDArray

from accelir.api import DEFAULT_PROFILE, Encoder
from accelir.commands import batch
from accelir.profile.installed import profiles
from accelir.restoration.installed import find, networks
from accelir.storage import files


def above_zero(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value} is no finite number above 0")
    return value


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else files.parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def array(ctx: click.Context, param: click.Parameter, value: str | None) -> NDArray[Any] | None:
    if value is None:
        return None
    try:
        array = np.load(value, allow_pickle=False)
    except OSError as error:
        raise click.BadParameter(f"{value}: {batch.explain(error)}") from error
    except (ValueError, EOFError) as error:
        raise click.BadParameter(f"{value}: it is no array as numpy.save writes them") from error
    if not isinstance(array, np.ndarray):
        raise click.BadParameter(f"{value} holds several arrays; save one with numpy.save")
    return array


def network(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None:
            find(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value


def complete_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def complete_profile(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in profiles() if name.startswith(incomplete)]


def complete_network(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in networks() if name.startswith(incomplete)]


bpp_option = click.option(
    "--bpp", type=float, callback=above_zero, help="Bits per pixel, every byte of the file counted."
)
max_bytes_option = click.option(
    "--max-bytes",
    metavar="SIZE",
    callback=size,
    help="The file's size at most: 78643, 120k (1,000), 120Ki (1,024), 1.5M.",
)
profile_option = click.option(
    "--profile",
    metavar="NAME",
    shell_complete=complete_profile,
    help="What the bytes are spent for, or a folder with a profile of your own (./NAME); by default "
    f"{DEFAULT_PROFILE}. `accelir doctor` lists the names.",
)
effort_option = click.option(
    "--effort", type=click.IntRange(0, 9), help="From 0, the fastest, to 9, the slowest and best; by default 5."
)
force_option = click.option("--force", is_flag=True, help="Replace files that exist.")
plot_option = click.option(
    "--plot",
    metavar="OUT.png",
    shell_complete=complete_path,
    help="Also draw a single file's picture and maps of its cells (32x32 pixels) side by side.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


def check_plot(target: str | None, files: Sequence[str]) -> None:
    """One file is drawn, and into another than itself."""
    if target is None:
        return
    if len(files) != 1:
        raise click.UsageError(f"--plot takes one file and {len(files)} came")
    if not target.lower().endswith(".png") or target == files[0]:
        raise click.UsageError(f"--plot takes the name of a .png file to write, not {target}")


def require_one_size(bpp: float | None, max_bytes: int | None) -> None:
    if (bpp is None) == (max_bytes is None):
        raise click.UsageError("give the size by either --bpp or --max-bytes")


def checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of an encoder that were given; a wrong one is a wrong call."""
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        Encoder(**given)
    except (TypeError, ValueError) as error:
        raise click.UsageError(batch.explain(error)) from error
    return given
