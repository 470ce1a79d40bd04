"""Options that several commands take, and how their values are read and completed."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem
from numpy.typing import NDArray

from accelir.api import DEFAULT_PROFILE, Encoder
from accelir.commands import batch
from accelir.commands.pictures import MAX_PIXELS
from accelir.commands.places import check_scheme
from accelir.commands.printing import shown
from accelir.formats.later import later
from accelir.metrics import METRICS
from accelir.profile.installed import profiles
from accelir.storage import files, locations
from accelir.storage.arrays import MOST_BYTES, read_array

target_of = later("accelir.formats.target", "target_of")


def above_zero(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value} is no finite number above 0")
    return value


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else files.parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def target(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, float] | str | None:
    """METRIC=VALUE, or the name of a band."""
    if value is None:
        return None
    name, equals, number = value.partition("=")
    try:
        asked = (name, float(number)) if equals else name
        target_of(asked)
    except ValueError as error:
        raise click.BadParameter(f"{error}") from None
    return asked


def array(ctx: click.Context, param: click.Parameter, value: str | None) -> NDArray[Any] | None:
    """An npy file, which may come from anywhere; none is read that is larger than pictures need."""
    if value is None:
        return None
    try:
        with open(value, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{shown(value)}: {batch.explain(error)}") from error
    if len(data) > MOST_BYTES:
        raise click.BadParameter(f"{shown(value)}: it has more than {MOST_BYTES:,} bytes, more than any map of QPs")
    if data.startswith(b"PK"):
        raise click.BadParameter(f"{shown(value)} holds several arrays; save one with numpy.save")
    try:
        return read_array(data)
    except ValueError as error:
        raise click.BadParameter(f"{shown(value)}: it is no array as numpy.save writes them") from error


def pixels(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    """A count; None for none at all."""
    try:
        return None if value == "none" else files.parse_size(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no count of pixels as 200M or 178956970, and not none") from None


def scale(ctx: click.Context, param: click.Parameter, value: str) -> int | str:
    """A number where it is one."""
    return int(value) if value.isdigit() else value


def schemes(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Those given, each option being a list; by default the stores."""
    given = tuple(word.strip().lower() for text in value for word in text.split(",") if word.strip())
    return (tuple(word for word in given if word != "none")) if value else locations.STORES


def complete_path(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def complete_profile(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in profiles() if name.startswith(incomplete)]


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from accelir.formats.target import BANDS

    return [word for word in (*BANDS, *(f"{name}=" for name in METRICS)) if word.startswith(incomplete)]


bpp_option = click.option(
    "--bpp", type=float, callback=above_zero, help="Bits per pixel, every byte of the file counted."
)
max_bytes_option = click.option(
    "--max-bytes",
    metavar="SIZE",
    callback=size,
    help="The file's size at most: 78643, 120k (1,000), 120Ki (1,024), 1.5M.",
)
target_option = click.option(
    "--target",
    metavar="QUALITY",
    callback=target,
    shell_complete=complete_target,
    help="The smallest file of at least this quality, as ssimulacra2=80 or psnr=38; or high, good or low, which are "
    "ssimulacra2=90, 70 and 50. With --bpp or --max-bytes, never more than that.",
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
    help="Also draw a single file's picture and maps of its cells (32x32 pixels) side by side; of a set its curves.",
)
max_pixels_option = click.option(
    "--max-pixels",
    metavar="N",
    default=f"{MAX_PIXELS}",
    show_default=True,
    callback=pixels,
    help="Refuse pictures of more pixels, as 500M; none: take them all.",
)
allow_remote_option = click.option(
    "--allow-remote",
    "schemes",
    metavar="SCHEME",
    multiple=True,
    callback=schemes,
    help="What URLs may begin with, and no other: a list, or this option several times; none: no URLs. By default "
    f"{', '.join(locations.STORES)}.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


def check_plot(target: str | None, files: Sequence[str], schemes: Collection[str]) -> None:
    """One file is drawn, and into another than itself."""
    if target is None:
        return
    if len(files) != 1:
        raise click.UsageError(f"--plot takes one file and {len(files)} came")
    check_drawing(target, files, schemes)


def check_drawing(target: str | None, files: Sequence[str], schemes: Collection[str]) -> None:
    """What is drawn goes into a picture that is none of the files."""
    if target is None:
        return
    if not target.lower().endswith(".png") or target in files:
        raise click.UsageError(f"--plot takes the name of a .png file to write, not {target}")
    check_scheme(target, schemes)


def require_one_size(bpp: float | None, max_bytes: int | None, otherwise: str = "") -> None:
    if (bpp is None) == (max_bytes is None):
        raise click.UsageError(f"give the size by either --bpp or --max-bytes{otherwise}")


def check_settings(given: dict[str, Any]) -> None:
    """Wrong settings of an encoder are a wrong call."""
    try:
        Encoder(**given)
    except (TypeError, ValueError) as error:
        raise click.UsageError(batch.explain(error)) from error
