"""Options of `accelir encode` in groups: each arrives as one value, made of what was given."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click
from PIL import ImageColor

from accelir.commands import options
from accelir.commands.coding import coding_of
from accelir.commands.metadata import KINDS, parse_kinds
from accelir.commands.pictures import Shaping
from accelir.commands.places import Places, check_name, check_part
from accelir.commands.several import OBJECTIVES, FleetOptions, SetOptions
from accelir.formats.registry import FORMATS

Decorator = Callable[[Any], Any]


def grouped(argument: str, make: Callable[..., Any], *group: Decorator) -> Decorator:
    """A decorator for commands that adds a group of options, of which `make` makes one argument."""

    def probe() -> None: ...

    names = [parameter.name for parameter in functools.reduce(lambda f, add: add(f), group, probe).__click_params__]  # type: ignore[attr-defined]

    def decorate(command: Any) -> Any:
        for option in reversed(group):
            command = option(command)

        @functools.wraps(command)
        def with_group(**values: Any) -> Any:
            values[argument] = make(**{name: values.pop(name) for name in names})
            return command(**values)

        return with_group

    return decorate


def _kinds(keep: frozenset[str] | None, strip: frozenset[str] | None) -> frozenset[str]:
    if keep is not None and "gps" in keep and not keep & {"exif", "xmp"}:
        raise click.UsageError("gps stands in exif and xmp; --keep one of them as well")
    return (frozenset(KINDS) if keep is None else keep) - (strip or frozenset())


def _list(ctx: click.Context, param: click.Parameter, value: str | None) -> frozenset[str] | None:
    try:
        return None if value is None else parse_kinds(value)
    except ValueError as error:
        behind = "; without a list, --strip stands behind the input" if param.name == "strip" else ""
        raise click.BadParameter(f"{error}{behind}") from None


def _color(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        if value is not None:
            ImageColor.getrgb(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no colour as white, #fff or rgb(255,255,255)") from None
    return value


_WORDS = "all, none, " + ", ".join(KINDS)

places = grouped(
    "places",
    Places,
    click.option(
        "-o",
        "--output",
        metavar="OUT",
        shell_complete=options.complete_path,
        help="The file to write, for a single input; - for standard output.",
    ),
    click.option(
        "--out-dir",
        "folder",
        metavar="DIR",
        shell_complete=options.complete_path,
        help="The folder to write to, made if need be; else that of each input.",
    ),
    click.option(
        "--recursive", is_flag=True, help="Take the pictures in folders of folders, too; --out-dir keeps the tree."
    ),
    click.option("--suffix", metavar="TEXT", default="", callback=check_part, help="Put TEXT behind each name."),
    click.option(
        "--name",
        metavar="PATTERN",
        callback=check_name,
        help="Name the files by a pattern of text, {stem}, {ext}, {folder} and {number} ({number:04}).",
    ),
    click.option("--in-place", is_flag=True, help="Replace each input, a JPEG or WebP, by its output."),
    options.force_option,
    click.option("--skip-existing", is_flag=True, help="Pass over inputs whose output exists."),
    click.option("--preserve", is_flag=True, help="Give outputs the times and the mode of their inputs."),
    click.option("--dry-run", is_flag=True, help="Write nothing; tell what would be written."),
    options.allow_remote_option,
)

coding = grouped(
    "coding",
    coding_of,
    options.bpp_option,
    options.max_bytes_option,
    options.target_option,
    options.profile_option,
    options.effort_option,
    click.option(
        "--format", type=click.Choice(list(FORMATS)), help="Of the files written; by default what -o ends in, or JPEG."
    ),
    click.option(
        "--subsampling", type=click.Choice(["auto", "4:4:4", "4:2:2", "4:2:0"]), help="Of the chroma; by default auto."
    ),
    click.option("--progressive/--sequential", default=None, help="Order of the data; by default whatever is smaller."),
    click.option(
        "--qp-map",
        metavar="FILE.npy",
        callback=options.array,
        shell_complete=options.complete_path,
        help="QP (15..95) of every 32x32 cell: integers, ceil(H/32) x ceil(W/32).",
    ),
    click.option(
        "--exact",
        is_flag=True,
        help="Keep the colours of what is fully transparent, which cost nothing otherwise (WebP).",
    ),
    click.option(
        "--alpha-quality",
        type=click.IntRange(0, 100),
        metavar="N",
        help="Of the transparency, 0 to 100; by default 100, which is lossless (WebP).",
    ),
    click.option(
        "--reference",
        metavar="FILE|auto",
        shell_complete=options.complete_path,
        help="The original that the one input was shrunk from: steer the receiver's network towards it. auto: towards "
        "what the network makes of the input itself, before it is coded.",
    ),
    click.option(
        "--reference-dir",
        metavar="DIR",
        shell_complete=options.complete_path,
        help="The folder of the originals, of the inputs' names.",
    ),
    click.option(
        "--scale",
        type=click.Choice(["1", "2", "4", "auto"]),
        default="1",
        callback=options.scale,
        help="Code pictures at 1/2 or 1/4 of their sides, or with auto at whatever is best; `accelir decode --restore` "
        "gives their own size.",
    ),
    click.option("--reencode", is_flag=True, help="Encode also what is of the format and fits already."),
)

kinds = grouped(
    "kinds",
    _kinds,
    click.option("--keep", metavar="LIST", callback=_list, help=f"The metadata to keep, of {_WORDS}; by default all."),
    click.option(
        "--strip",
        metavar="[LIST]",
        is_flag=False,
        flag_value="all",
        callback=_list,
        help="The metadata to leave out, of the same; without a list, all.",
    ),
)

shaping = grouped(
    "shaping",
    Shaping,
    click.option(
        "--auto-orient", is_flag=True, help="Turn pictures upright even where EXIF that is kept says how they stand."
    ),
    click.option(
        "--background", metavar="COLOR", callback=_color, help="What is behind transparency, as white or #fff."
    ),
    click.option(
        "--max-side", type=click.IntRange(1), metavar="N", help="Make pictures smaller, to N pixels on the longer side."
    ),
)

sets = grouped(
    "sets",
    SetOptions,
    click.option(
        "--total-bytes",
        metavar="SIZE",
        callback=options.size,
        help="Bytes of all files together, as 40M: they are a set, and appear in --out-dir when it is whole.",
    ),
    click.option("--as-set", is_flag=True, help="Share the bytes that --bpp gives among all pictures, as a set."),
    click.option(
        "--objective",
        type=click.Choice(OBJECTIVES),
        default="auto",
        help="Of a set: the least mean squared error, that of the worst picture, or the best mean of a metric; by "
        "default mse, or for a profile for eyes its metric.",
    ),
    click.option(
        "--min-bpp", type=float, callback=options.above_zero, help="Of a set: bits per pixel of each file, at least."
    ),
    click.option(
        "--max-bpp", type=float, callback=options.above_zero, help="Of a set: bits per pixel of each file, at most."
    ),
    click.option(
        "--min-psnr",
        type=float,
        callback=options.above_zero,
        help="Of a set: PSNR of its mean squared error, dB, at least, whatever the objective.",
    ),
)

fleet = grouped(
    "fleet",
    FleetOptions,
    click.option(
        "--shards",
        metavar="IN",
        multiple=True,
        shell_complete=options.complete_path,
        help="Shards to encode: tars, folders, lists of locations (.csv, .jsonl, .parquet), or a folder of these.",
    ),
    click.option(
        "--out",
        metavar="OUT",
        shell_complete=options.complete_path,
        help="Where a tar of files for each shard goes, and JSON lines of what is in it.",
    ),
    click.option("--retry-failed", is_flag=True, help="Of shards that are there, take the pictures that failed again."),
)
