"""`accelir decode`."""

from __future__ import annotations

import io
import os
from typing import Any

import click
from PIL import Image, UnidentifiedImageError

from accelir.commands import options, receiving
from accelir.commands.pictures import limited
from accelir.commands.places import check_scheme
from accelir.commands.printing import shown
from accelir.commands.transfers import Transfer, Written, write_all
from accelir.formats.decode import decode_alpha
from accelir.formats.pillow import pillow_at_work
from accelir.formats.restored import decode as decode_file
from accelir.storage import locations
from accelir.storage.locations import STDIO

LOSSLESS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".ppm": "PPM", ".pgm": "PPM"}
WITH_ALPHA = (".png", ".tif", ".tiff")
FROM_FILE = "auto"

METADATA = ("icc_profile", "exif")
"""What is taken over."""


def _network(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        return value if value == FROM_FILE else receiving.network(ctx, param, value)
    except click.BadParameter as error:
        raise click.BadParameter(f"{error.message}; without a name, --restore stands behind the input") from error


@click.command(short_help="Turn JPEG or WebP into PNG, restored or not.")
@click.argument("source", metavar="IN", shell_complete=options.complete_path)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    shell_complete=options.complete_path,
    help="A .png, .tif, .bmp or .ppm; - for standard output.",
)
@click.option(
    "--restore",
    "network",
    is_flag=False,
    flag_value=FROM_FILE,
    metavar="[NETWORK]",
    callback=_network,
    shell_complete=receiving.complete_network,
    help="Restore the picture, by the network that the file was made for or by this one: a name, or an .onnx file.",
)
@click.option(
    "--detail",
    type=click.FloatRange(0, 1),
    metavar="0..1",
    help="With --restore: how far from least error towards looks, by the network's twin.  [default: 0]",
)
@click.option(
    "--size",
    metavar="WIDTHxHEIGHT",
    callback=receiving.pixel_size,
    help="Make the picture this large: by the smallest network that reaches it, with --restore, and Lanczos' filter.",
)
@receiving.provider_option
@click.option("--alpha", is_flag=True, help="Keep transparency; needs a .png or .tif.")
@options.force_option
@options.max_pixels_option
@options.allow_remote_option
@options.json_option
@options.quiet_option
def decode(
    source: str,
    output: str,
    network: str | None,
    detail: float | None,
    size: tuple[int, int] | None,
    provider: str,
    alpha: bool,
    force: bool,
    max_pixels: int | None,
    schemes: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Decode a JPEG or WebP file into a lossless one."""
    for name in (source, output):
        check_scheme(name, schemes)
    suffix = ".png" if output == STDIO else os.path.splitext(output)[1].lower()
    if suffix not in LOSSLESS:
        raise click.BadParameter(f"{output!r} ends in none of {', '.join(LOSSLESS)}", param_hint="-o")
    if detail is not None and network is None:
        raise click.UsageError("--detail is for a restored picture; add --restore")
    if alpha and suffix not in WITH_ALPHA:
        raise click.UsageError(f"--alpha needs one of {', '.join(WITH_ALPHA)}; {shown(output)} holds no transparency")

    @limited(max_pixels)
    def work(transfer: Transfer) -> Written:
        data = locations.read(transfer.source)
        restored = decode_file(data, network=network, alpha=alpha, detail=detail or 0.0, size=size, provider=provider)
        image = Image.fromarray(restored)
        figures = {"width": image.width, "height": image.height}
        written = _lossless(image, LOSSLESS[suffix], data)
        dropped = () if alpha or not _hides(data) else ("its transparency was dropped; --alpha keeps it",)
        return Written(written, figures, f"{image.width} x {image.height}", warnings=dropped)

    write_all([Transfer(source, output, force)], work, quiet=quiet, as_json=as_json)


def _lossless(image: Image.Image, name: str, origin: bytes) -> bytes:
    """The picture in a lossless format, with what the decoded file says about its colours and orientation."""
    buffer = io.BytesIO()
    with pillow_at_work(f"it cannot be written as {name}"):
        image.save(buffer, name, **_metadata(origin))
    return buffer.getvalue()


def _hides(data: bytes) -> bool:
    """Whether something of the file's picture is transparent."""
    alpha = decode_alpha(data)
    return alpha is not None and bool((alpha != 255).any())


def _metadata(origin: bytes) -> dict[str, Any]:
    """What a file that Pillow opens holds of METADATA."""
    try:
        with Image.open(io.BytesIO(origin)) as opened:
            return {key: opened.info[key] for key in METADATA if opened.info.get(key)}
    except UnidentifiedImageError:
        return {}
