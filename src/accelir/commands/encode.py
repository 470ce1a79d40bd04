"""`accelir encode`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import click
from numpy.typing import NDArray
from PIL import Image

from accelir.api import Encoded, Encoder
from accelir.commands import options
from accelir.commands.plot import draw, encoded_panels
from accelir.commands.transfers import METADATA, Transfer, Written, open_picture, pictures_of_any_size, plan, write_all
from accelir.formats.inspect import inspect
from accelir.formats.registry import FORMATS
from accelir.profile.model import Profile


@dataclass(frozen=True)
class Encode:
    """What is done to each picture; it can be pickled, for a cluster."""

    settings: dict[str, Any]
    """Of the encoder."""
    bpp: float | None
    max_bytes: int | None
    qp_map: NDArray[Any] | None
    strip: bool

    @pictures_of_any_size()
    def __call__(self, transfer: Transfer) -> Written:
        transfer.check_target()
        image = open_picture(transfer.source)
        if self.strip:
            image.info = {key: value for key, value in image.info.items() if key not in METADATA}
        encoder = Encoder(**self.settings)
        encoded = encoder.encode(
            image, bpp=self.bpp, max_bytes=self.max_bytes, qp_map=self.qp_map, exif=image.info.get("exif")
        )
        asked, reached = encoded.stats["max_bytes"], len(encoded.data)
        figures = {"asked": asked, "reached": reached, "bpp": encoded.bpp}
        text = f"asked {asked:,}  reached {reached:,}  ({100 * reached / asked:.2f} %)  {encoded.bpp:.4f} bpp"
        return Written(encoded.data, figures, text, self._plot(transfer, encoded, encoder.settings.profile))

    def _plot(self, transfer: Transfer, encoded: Encoded, profile: Profile) -> bytes | None:
        if transfer.plot is None:
            return None
        title = inspect(encoded.data, click.format_filename(transfer.target)).title
        return draw(list(encoded_panels(encoded, profile)), title)


@click.command(short_help="Write pictures as JPEG or WebP of a size.")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=options.complete_path)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    shell_complete=options.complete_path,
    help="The file to write, for a single input; - for standard output.",
)
@click.option(
    "--out-dir",
    metavar="DIR",
    shell_complete=options.complete_path,
    help="The folder to write to, made if need be; else that of each input.",
)
@options.bpp_option
@options.max_bytes_option
@options.profile_option
@options.effort_option
@click.option(
    "--format", type=click.Choice(list(FORMATS)), help="Of the files written; by default what -o ends in, or JPEG."
)
@click.option(
    "--subsampling", type=click.Choice(["auto", "4:4:4", "4:2:2", "4:2:0"]), help="Of the chroma; by default auto."
)
@click.option("--progressive/--sequential", default=None, help="Order of the data; by default whatever is smaller.")
@click.option(
    "--qp-map",
    metavar="FILE.npy",
    callback=options.array,
    shell_complete=options.complete_path,
    help="QP (15..95) of every 32x32 cell: integers, ceil(H/32) x ceil(W/32).",
)
@click.option("--strip", is_flag=True, help="Leave out the EXIF data and the ICC profile of the input.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pictures to encode at a time.")
@click.option("--dask", metavar="ADDRESS", help="Let the workers of this Dask scheduler do it.")
@options.plot_option
@options.force_option
@options.json_option
@options.quiet_option
def encode(
    inputs: tuple[str, ...],
    output: str | None,
    out_dir: str | None,
    bpp: float | None,
    max_bytes: int | None,
    qp_map: NDArray[Any] | None,
    strip: bool,
    jobs: int,
    dask: str | None,
    plot: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Encode pictures to an exact size, which --bpp or --max-bytes gives.

    INPUT is a picture that Pillow opens, a folder of such, a pattern, or - for standard input; with the extra "remote"
    also a URL, as s3://bucket/folder.
    """
    options.require_one_size(bpp, max_bytes)
    settings["format"] = settings["format"] or _format_of(output)
    given = options.checked_settings(settings)
    transfers = plan(inputs, output, out_dir, FORMATS[given["format"]].suffix, force)
    options.check_plot(plot, [transfer.target for transfer in transfers])
    transfers = [replace(transfer, plot=plot) for transfer in transfers]
    write_all(
        transfers, Encode(given, bpp, max_bytes, qp_map, strip), quiet=quiet, as_json=as_json, jobs=jobs, dask=dask
    )


def _format_of(output: str | None) -> str:
    """The format that an output's name means; JPEG where it means none."""
    suffix = os.path.splitext(output or "")[1].lower()
    pillow = Image.registered_extensions().get(suffix, FORMATS["jpeg"].pillow)
    named = [name for name, format in FORMATS.items() if format.pillow == pillow]
    if not named:
        suffixes = " or ".join(format.suffix for format in FORMATS.values())
        raise click.UsageError(f"{output} would hold a JPEG; end it in {suffixes}, or give --format")
    return named[0]
