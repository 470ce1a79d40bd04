"""Transfers from inputs to outputs: which file goes where, pictures opened, results written and reported."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

import click
from PIL import Image

from accelir.commands import batch
from accelir.formats.pillow import pillow_at_work
from accelir.storage import locations
from accelir.storage.cluster import ClusterError
from accelir.storage.locations import STDIO

Item = TypeVar("Item")
Result = TypeVar("Result")

METADATA = ("icc_profile", "exif")

_INTERRUPTED = 130
"""What shells report for a command that Ctrl-C ended."""


@dataclass(frozen=True)
class Transfer:
    """One file on its way to another; "-" is standard input or output."""

    source: str
    target: str
    force: bool = False
    """Whether a file that exists may be replaced."""
    rival: str | None = None
    """The source of an earlier transfer that has the same target."""
    plot: str | None = None
    """Where a drawing of the file goes."""

    def __str__(self) -> str:
        return click.format_filename(self.source)

    def check_target(self) -> None:
        """Raises ValueError when it, or the plot's, must not be written to."""
        if self.plot is not None:
            replace(self, target=self.plot, plot=None).check_target()
        if self.rival is not None:
            raise ValueError(f"its output {self.target} is that of {click.format_filename(self.rival)} already")
        if self.target == STDIO or not locations.is_file(self.target):
            return
        if locations.is_same(self.source, self.target):
            raise ValueError("the output would replace the input; name another with -o or --out-dir")
        if not self.force:
            raise ValueError(f"{self.target} exists; --force replaces it")


@dataclass(frozen=True)
class Written:
    """A file that is ready to be written, and what to print about it."""

    data: bytes = field(repr=False)
    figures: dict[str, Any]
    text: str
    plot: bytes | None = field(default=None, repr=False)
    """A PNG to be written to the transfer's `plot`."""


def plan(inputs: Sequence[str], output: str | None, out_dir: str | None, suffix: str, force: bool) -> list[Transfer]:
    """Which file goes where; a wrong call where that can't be told."""
    sources = list(locations.expand(inputs))
    if not sources:
        raise click.UsageError(f"no picture in {', '.join(inputs)}")
    if output is not None and out_dir is not None:
        raise click.UsageError("give either -o or --out-dir")
    if output is not None and len(sources) > 1:
        raise click.UsageError(f"-o takes one input and {len(sources)} came; give --out-dir")
    if out_dir is not None:
        _make_folder(out_dir)
    transfers = []
    owners: dict[str, str] = {}
    for source in sources:
        target = _target(source, out_dir, suffix) if output is None else output
        transfers.append(Transfer(source, target, force, owners.get(target)))
        owners.setdefault(target, source)
    return transfers


def _make_folder(name: str) -> None:
    try:
        locations.make_folder(name)
    except OSError as error:
        raise click.BadParameter(f"{name}: {batch.explain(error)}", param_hint="--out-dir") from error


def _target(source: str, out_dir: str | None, suffix: str) -> str:
    if source == STDIO:
        return STDIO if out_dir is None else locations.join(out_dir, "stdin" + suffix)
    beside = os.path.splitext(source)[0] + suffix
    return beside if out_dir is None else locations.join(out_dir, locations.basename(beside))


def open_picture(source: str) -> Image.Image:
    """The picture of a file, loaded, without a transparency that hides nothing. Raises OSError and ValueError."""
    data = io.BytesIO(locations.read(source))
    with pillow_at_work("no sound picture"), Image.open(data) as image:
        image.load()
    return _without_idle_alpha(image)


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    """Many programs save an alpha channel that hides nothing; without it the picture is the same, and JPEG has none."""
    if image.mode in ("RGBA", "LA") and image.getchannel("A").getextrema() == (255, 255):
        return image.convert(image.mode[:-1])
    return image


class _Limit:
    """Pillow's limit, how many have lifted it, and what it was."""

    lock = threading.Lock()
    lifted = 0
    value: int | None = None


@contextlib.contextmanager
def pictures_of_any_size() -> Iterator[None]:
    """Pillow's limit guards servers; a file that is named on the command line is meant, and satellites see far."""
    with _Limit.lock:
        if not _Limit.lifted:
            _Limit.value, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        _Limit.lifted += 1
    try:
        yield
    finally:
        with _Limit.lock:
            _Limit.lifted -= 1
            if not _Limit.lifted:
                Image.MAX_IMAGE_PIXELS = _Limit.value


def write_all(
    transfers: Sequence[Transfer],
    work: Callable[[Transfer], Written],
    *,
    quiet: bool,
    as_json: bool,
    jobs: int = 1,
    dask: str | None = None,
) -> NoReturn:
    """Do transfers, write their files, and print a line about each: on standard error where a file takes the output."""
    to_stderr = any(transfer.target == STDIO for transfer in transfers)
    if to_stderr and sys.stdout.isatty():
        raise click.UsageError("standard output is a terminal; send it to a file or a pipe, or give -o")
    if dask is not None:
        transfers = [_placeless(transfer) for transfer in transfers]

    def finish(transfer: Transfer, written: Written) -> None:
        locations.write(transfer.target, written.data)
        if transfer.plot is not None and written.plot is not None:
            locations.write(transfer.plot, written.plot)
        if as_json:
            click.echo(
                json.dumps({"input": transfer.source, "output": transfer.target, **written.figures}), err=to_stderr
            )
        elif not quiet:
            click.echo(f"{transfer} -> {click.format_filename(transfer.target)}  {written.text}", err=to_stderr)

    run(transfers, work, finish, as_json=as_json, to_stderr=to_stderr, jobs=jobs, dask=dask, bar=not quiet)


def _placeless(transfer: Transfer) -> Transfer:
    """The transfer as a process elsewhere can do it."""
    if transfer.source == STDIO:
        raise click.UsageError("standard input stays on this machine: no - with --dask")
    plot = None if transfer.plot is None else locations.absolute(transfer.plot)
    return replace(
        transfer, source=locations.absolute(transfer.source), target=locations.absolute(transfer.target), plot=plot
    )


def run(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    finish: Callable[[Item, Result], None],
    *,
    as_json: bool,
    to_stderr: bool = False,
    jobs: int = 1,
    dask: str | None = None,
    bar: bool = False,
) -> NoReturn:
    """Run a batch, report what fails and, after Ctrl-C, what was not done; exit with 0, 1 or 130."""

    def tell(item: object, message: str) -> None:
        click.echo(json.dumps({"input": str(item), "error": message}), err=to_stderr)

    def fail(item: Item, error: Exception) -> None:
        click.echo(f"accelir: {click.format_filename(str(item))}: {batch.explain(error)}", err=True)
        if as_json:
            tell(item, batch.explain(error))

    try:
        fine = batch.run(items, work, finish, fail, jobs=jobs, dask=dask, bar=bar)
    except ClusterError as error:
        raise click.BadParameter(str(error), param_hint="--dask") from None
    except batch.Interrupted as stop:
        since = f", from {click.format_filename(str(stop.left[0]))} on" if stop.left else ""
        click.echo(f"accelir: {stop}{since}", err=True)
        for item in stop.left if as_json else ():
            tell(item, "interrupted")
        sys.exit(_INTERRUPTED)
    sys.exit(0 if fine else 1)
