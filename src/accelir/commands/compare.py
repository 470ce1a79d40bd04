"""`accelir compare`."""

from __future__ import annotations

import math
import zlib
from pathlib import PurePath
from typing import Any

import click
import numpy as np

from accelir.commands import options, receiving
from accelir.commands.pictures import limited, open_picture
from accelir.commands.places import Places
from accelir.commands.printing import shown
from accelir.commands.transfers import Transfer, Written, write_all
from accelir.comparison.compare import Comparison, File
from accelir.comparison.compare import compare as compare_files
from accelir.comparison.page import render
from accelir.formats.picture import as_pixels
from accelir.formats.registry import FORMATS
from accelir.metrics import METRICS, Metric
from accelir.metrics.optional import optional_metrics

SUFFIX = ".compare.html"


@click.command(short_help="Show our files beside Pillow's, as HTML.")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=options.complete_path)
@click.option(
    "-o",
    "--output",
    metavar="OUT.html",
    shell_complete=options.complete_path,
    help=f"The page, for a single input; by default the input's name with {SUFFIX}.",
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
    "--network",
    metavar="NETWORK",
    callback=receiving.network,
    shell_complete=receiving.complete_network,
    help="What restores the files, a name or an .onnx file; by default the profile's.",
)
@click.option(
    "--degrade/--as-is",
    default=True,
    show_default=True,
    help="Encode what the network is there to repair, made from the picture (small, noisy, blurred), and measure how "
    "much of the picture comes back; or encode the picture itself, and only look.",
)
@click.option(
    "--all-metrics", is_flag=True, help="Also measure by VMAF and ColorVideoVDP where they are installed; this is slow."
)
@options.force_option
@options.max_pixels_option
@options.allow_remote_option
@options.json_option
@options.quiet_option
def compare(
    inputs: tuple[str, ...],
    output: str | None,
    out_dir: str | None,
    bpp: float | None,
    max_bytes: int | None,
    degrade: bool,
    all_metrics: bool,
    force: bool,
    max_pixels: int | None,
    schemes: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    network: str | None,
    **settings: Any,
) -> None:
    """Compare our files with Pillow's at equal bytes, decoded and restored, on a page of HTML.

    Every encoder gets the same picture, as RGB, and the largest size that fits; every file is restored by the same
    network. The page needs no network and no other file.
    """
    options.require_one_size(bpp, max_bytes)
    given = {setting: value for setting, value in settings.items() if value is not None}
    options.check_settings(given)
    metrics = METRICS | (_installed(quiet) if all_metrics else {})

    @limited(max_pixels)
    def work(transfer: Transfer) -> Written:
        pixels = as_pixels(open_picture(transfer.source), FORMATS["jpeg"])
        photo = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        name = PurePath(transfer.source).name
        seed = zlib.crc32(PurePath(name).stem.encode(errors="surrogateescape"))
        found = compare_files(
            photo,
            bpp=bpp,
            max_bytes=max_bytes,
            network=network,
            degrade=degrade,
            seed=seed,
            metrics=metrics,
            **given,
        )
        page = render(found, shown(name)).encode()
        return Written(page, _figures(found), _text(found))

    places = Places(output, out_dir, force=force, schemes=schemes)
    write_all(places.plan(inputs, SUFFIX, quiet=quiet), work, quiet=quiet, as_json=as_json)


def _installed(quiet: bool) -> dict[str, Metric]:
    optional = optional_metrics()
    for name, reason in optional.missing.items():
        if not quiet:
            click.echo(f"accelir: without {name}: {shown(reason)}", err=True)
    return optional.found


def _finite(score: float) -> float | None:
    """None for a lossless file's PSNR, and where a metric says nothing."""
    return score if math.isfinite(score) else None


def _figures(found: Comparison) -> dict[str, Any]:
    files = {
        encoder: {"error": file}
        if isinstance(file, str)
        else {
            "bytes": len(file.data),
            "psnr": _finite(file.psnr),
            "restored_psnr": None if file.restored_psnr is None else _finite(file.restored_psnr),
            "scores": {name: _finite(score) for name, score in file.scores.items()},
            "restored_scores": None
            if file.restored_scores is None
            else {name: _finite(score) for name, score in file.restored_scores.items()},
            "seconds": file.seconds,
            "setting": file.setting,
        }
        for encoder, file in found.files.items()
    }
    return {"asked": found.max_bytes, "network": found.network, "task": found.task, "files": files}


def _text(found: Comparison) -> str:
    return f"at most {found.max_bytes:,} bytes" + "".join(
        f"\n  {encoder:<14}{_line(file)}" for encoder, file in found.files.items()
    )


def _line(file: File | str) -> str:
    if isinstance(file, str):
        return file
    restored = "" if file.restored_scores is None else f"  restored {_few(file.restored_scores)}"
    return f"{len(file.data):>9,} bytes  {_few(file.scores)}{restored}  {file.seconds:.2f} s"


def _few(scores: dict[str, float]) -> str:
    """The two that tell most."""
    return f"{scores['psnr']:.2f} dB  SSIMULACRA2 {scores['ssimulacra2']:.1f}"
