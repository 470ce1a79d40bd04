"""The command line: `accelir encode`, `decode`, `inspect` and `doctor`.

Exit codes: 0 when everything was done, 1 when a file failed (the others were done), 2 for a wrong call.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import accelir
from accelir import batch, diagnosis, files
from accelir import inspect as inspection
from accelir.decoding import decode_pixels, pillow_at_work

Item = TypeVar("Item")
Result = TypeVar("Result")

STDIO = "-"
SUFFIXES = {"jpeg": ".jpg"}
METADATA = ("icc_profile", "exif")
LOSSLESS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".ppm": "PPM", ".pgm": "PPM"}


@dataclass(frozen=True)
class Task:
    """One file on its way to another; "-" is standard input or output."""

    source: str
    target: str

    def __str__(self) -> str:
        return click.format_filename(self.source)


@dataclass(frozen=True)
class Written:
    """A file that is ready to be written, and what to print about it."""

    data: bytes = field(repr=False)
    figures: dict[str, Any]
    text: str


def _above_zero(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value} is no finite number above 0")
    return value


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else files.parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _array(ctx: click.Context, param: click.Parameter, value: str | None) -> NDArray[Any] | None:
    if value is None:
        return None
    try:
        array = np.load(value, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise click.BadParameter(f"{value}: {batch.explain(error)}") from error
    if not isinstance(array, np.ndarray):
        raise click.BadParameter(f"{value} holds several arrays; save one with numpy.save")
    return array


force_option = click.option("--force", is_flag=True, help="Replace files that exist.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(accelir.__version__, prog_name="accelir", message="%(prog)s %(version)s")
def main() -> None:
    """JPEG and WebP files of an exact size, their bytes spent where they help after a restoration network."""


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", metavar="OUT", help="The file to write, for a single input; - for standard output.")
@click.option("--out-dir", metavar="DIR", help="The folder to write to, made if need be; else that of each input.")
@click.option("--bpp", type=float, callback=_above_zero, help="Bits per pixel, every byte of the file counted.")
@click.option(
    "--max-bytes",
    metavar="SIZE",
    callback=_size,
    help="The file's size at most: 78643, 120k (1,000), 120Ki (1,024), 1.5M.",
)
@click.option("--profile", metavar="NAME", help="What the bytes are spent for; see `accelir doctor` for the names.")
@click.option("--effort", type=click.IntRange(0, 9), help="From 0, the fastest, to 9, the slowest and best.")
@click.option("--format", type=click.Choice(list(SUFFIXES)), help="Of the files written.")
@click.option("--subsampling", type=click.Choice(["auto", "4:4:4", "4:2:2", "4:2:0"]), help="Of the chroma.")
@click.option("--progressive/--sequential", default=None, help="Order of the data; by default whatever is smaller.")
@click.option(
    "--qp-map",
    metavar="FILE.npy",
    callback=_array,
    help="QP (15..95) of every 32x32 cell: integers, ceil(H/32) x ceil(W/32).",
)
@click.option("--strip", is_flag=True, help="Leave out the EXIF data and the ICC profile of the input.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pictures to encode at a time.")
@force_option
@json_option
@quiet_option
def encode(
    inputs: tuple[str, ...],
    output: str | None,
    out_dir: str | None,
    bpp: float | None,
    max_bytes: int | None,
    qp_map: NDArray[Any] | None,
    strip: bool,
    jobs: int,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Encode pictures to an exact size, which --bpp or --max-bytes gives.

    INPUT is a picture that Pillow opens, a folder of such, a pattern, or - for standard input.
    """
    if (bpp is None) == (max_bytes is None):
        raise click.UsageError("give the size by either --bpp or --max-bytes")
    encoder = _encoder(settings)
    tasks = _plan(inputs, output, out_dir, SUFFIXES[settings["format"] or "jpeg"])

    def work(task: Task) -> Written:
        image = _open_picture(task.source, strip)
        encoded = encoder.encode(image, bpp=bpp, max_bytes=max_bytes, qp_map=qp_map, exif=image.info.get("exif"))
        return _encoding(encoded)

    _write_all(tasks, work, force=force, quiet=quiet, as_json=as_json, jobs=jobs)


@main.command()
@click.argument("source", metavar="IN")
@click.option("-o", "--output", required=True, metavar="OUT", help="A .png, .tif, .bmp or .ppm; - for standard output.")
@force_option
@json_option
@quiet_option
def decode(source: str, output: str, force: bool, as_json: bool, quiet: bool) -> None:
    """Decode a JPEG or WebP file into a lossless one."""
    suffix = ".png" if output == STDIO else Path(output).suffix.lower()
    if suffix not in LOSSLESS:
        raise click.BadParameter(f"{output!r} ends in none of {', '.join(LOSSLESS)}", param_hint="-o")

    def work(task: Task) -> Written:
        data = _read(task.source)
        image = Image.fromarray(decode_pixels(data))
        figures = {"width": image.width, "height": image.height}
        return Written(_lossless(image, LOSSLESS[suffix], data), figures, f"{image.width} x {image.height}")

    _write_all([Task(source, output)], work, force=force, quiet=quiet, as_json=as_json)


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...")
@json_option
def inspect(inputs: tuple[str, ...], as_json: bool) -> None:
    """Show what JPEG and WebP files are made of: bytes by part, tables, sampling, scans."""

    def work(source: str) -> inspection.Report:
        return inspection.inspect(_read(source), name=click.format_filename(source))

    def finish(source: str, report: inspection.Report) -> None:
        click.echo(json.dumps(report.as_dict()) if as_json else "\n".join(report.lines()))

    _run(list(files.expand_inputs(inputs)), work, finish, as_json=as_json)


@main.command()
def doctor() -> None:
    """Show versions, the processor's features and the optional parts that were found."""
    for label, found in diagnosis.facts():
        click.echo(f"{label:<14}{found}")


def _encoder(settings: dict[str, Any]) -> accelir.Encoder:
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        return accelir.Encoder(**given)
    except (TypeError, ValueError) as error:
        raise click.UsageError(batch.explain(error)) from error


def _plan(inputs: Sequence[str], output: str | None, out_dir: str | None, suffix: str) -> list[Task]:
    """Which file goes where."""
    sources = list(files.expand_inputs(inputs))
    if not sources:
        raise click.UsageError(f"no picture in {', '.join(inputs)}")
    if out_dir is not None and output is None:
        _make_folder(out_dir)
    if output is None:
        return [Task(source, _target(source, out_dir, suffix)) for source in sources]
    if out_dir is not None:
        raise click.UsageError("give either -o or --out-dir")
    if len(sources) > 1:
        raise click.UsageError(f"-o takes one input and {len(sources)} came; give --out-dir")
    return [Task(sources[0], output)]


def _make_folder(name: str) -> None:
    try:
        os.makedirs(name, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{name}: {batch.explain(error)}", param_hint="--out-dir") from error


def _target(source: str, out_dir: str | None, suffix: str) -> str:
    if source == STDIO:
        return STDIO if out_dir is None else os.path.join(out_dir, "stdin" + suffix)
    beside = os.path.splitext(source)[0] + suffix
    return beside if out_dir is None else os.path.join(out_dir, os.path.basename(beside))


def _encoding(encoded: accelir.Encoded) -> Written:
    asked, reached = encoded.stats["max_bytes"], len(encoded.data)
    figures = {"asked": asked, "reached": reached, "bpp": encoded.bpp}
    text = f"asked {asked:,}  reached {reached:,}  ({100 * reached / asked:.2f} %)  {encoded.bpp:.4f} bpp"
    return Written(encoded.data, figures, text)


def _read(source: str) -> bytes:
    return sys.stdin.buffer.read() if source == STDIO else Path(source).read_bytes()


def _open_picture(source: str, strip: bool) -> Image.Image:
    data = io.BytesIO(_read(source))
    with pillow_at_work("no sound picture"), Image.open(data) as image:
        image.load()
    if strip:
        image.info = {key: value for key, value in image.info.items() if key not in METADATA}
    return _without_idle_alpha(image)


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    """Many programs save an alpha channel that hides nothing; without it the picture is the same, and JPEG has none."""
    if image.mode in ("RGBA", "LA") and image.getchannel("A").getextrema() == (255, 255):
        return image.convert(image.mode[:-1])
    return image


def _lossless(image: Image.Image, name: str, origin: bytes) -> bytes:
    """The picture in a lossless format, with what the decoded file says about its colours and orientation."""
    buffer = io.BytesIO()
    with pillow_at_work(f"it cannot be written as {name}"), Image.open(io.BytesIO(origin)) as opened:
        image.save(buffer, name, **{key: opened.info[key] for key in METADATA if opened.info.get(key)})
    return buffer.getvalue()


def _write_all(tasks: list[Task], work: Callable[[Task], Written], *, force: bool, quiet: bool, **how: Any) -> NoReturn:
    """Do the tasks, write their files and print a line about each; on standard error where a file takes the output."""
    to_stderr = any(task.target == STDIO for task in tasks)
    if to_stderr and sys.stdout.isatty():
        raise click.UsageError("standard output is a terminal; send it to a file or a pipe, or give -o")
    owners: dict[str, Task] = {}
    for task in tasks:
        owners.setdefault(task.target, task)

    def checked(task: Task) -> Written:
        if owners[task.target] is not task:
            raise ValueError(f"its output {task.target} is that of {owners[task.target]} already")
        _check_target(task, force)
        return work(task)

    def finish(task: Task, written: Written) -> None:
        _deliver(task.target, written.data)
        if how["as_json"]:
            click.echo(json.dumps({"input": task.source, "output": task.target, **written.figures}), err=to_stderr)
        elif not quiet:
            click.echo(f"{task} -> {click.format_filename(task.target)}  {written.text}", err=to_stderr)

    with _pictures_of_any_size():
        _run(tasks, checked, finish, bar=not quiet, to_stderr=to_stderr, **how)


@contextlib.contextmanager
def _pictures_of_any_size() -> Iterator[None]:
    """Pillow's limit guards servers; a file that is named on the command line is meant, and satellites see far."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_target(task: Task, force: bool) -> None:
    if task.target == STDIO or not os.path.isfile(task.target):
        return
    if task.source != STDIO and os.path.exists(task.source) and os.path.samefile(task.source, task.target):
        raise ValueError("the output would replace the input; name another with -o or --out-dir")
    if not force:
        raise ValueError(f"{task.target} exists; --force replaces it")


def _deliver(target: str, data: bytes) -> None:
    if target == STDIO:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        files.write_atomically(target, data)


def _run(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    *,
    as_json: bool,
    to_stderr: bool = False,
    jobs: int = 1,
    bar: bool = False,
) -> NoReturn:
    """Run a batch, report what fails, and exit with 0 or 1."""

    def fail(item: Item, error: Exception) -> None:
        click.echo(f"accelir: {click.format_filename(str(item))}: {batch.explain(error)}", err=True)
        if as_json:
            click.echo(json.dumps({"input": str(item), "error": batch.explain(error)}), err=to_stderr)

    sys.exit(0 if batch.run(items, work, finish, fail, jobs=jobs, bar=bar) else 1)
