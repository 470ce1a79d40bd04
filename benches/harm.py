"""Whether a network does harm: what it changes on files of many encoders, fine and coarse, against doing nothing.

    python benches/harm.py FOLDER [--network dejpeg] [--count 12] [--side 256] [--pixels]

FOLDER holds lossless pictures; of each the top left corner of SIDE pixels is degraded for the network's task, encoded
and decoded, with `network=None` (enlarged by Pillow's BICUBIC filter for super-resolution) and with the network. A row
says how much the PSNR changes, at the worst picture and in the mean, with all of the network's correction and with as
much as the file is worth. --pixels restores decoded pixels without their file. "saved again": a JPEG of a decoded one,
whose blocks lie where the first one's did; elsewhere where it was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np
from common import CEILING, Pixels, pillow_jpeg, pillow_webp, print_head, print_row, saved, spread
from PIL import Image

import accelir
from accelir.formats.shrink import enlarged
from accelir.metrics.luma import LUMA
from accelir.metrics.psnr import psnr
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded, list_pictures
from accelir.restoration.tasks import Task

Maker = Callable[[Pixels], bytes]

OURS = {"fidelity": (0.3, 0.5, 1, 1.5, 2, 3, 4), "sr-x4": (0.5, 1, 2, 4), "denoise-25": (1, 2)}
"""Bits per pixel by profile."""


def ours(profile: str, format: str, bpp: float, picture: Pixels) -> bytes:
    encoder = accelir.Encoder(profile=profile, format=format)
    try:
        return encoder.encode(picture, bpp=bpp).data
    except accelir.BudgetError as error:
        return encoder.encode(picture, max_bytes=error.smallest).data


def flat(luma: int, chroma: int, picture: Pixels) -> bytes:
    return saved(picture, "JPEG", qtables=[[luma] * 64, [chroma] * 64], subsampling="4:2:0")


def gray(quality: int, picture: Pixels) -> bytes:
    return pillow_jpeg(Image.fromarray(picture).convert("L"), quality)


def again(first: int, second: int, rows: int, columns: int, picture: Pixels) -> bytes:
    """A file whose picture was a JPEG before, without its first rows and columns, which are repeated ones."""
    large = np.pad(picture, ((rows, 0), (columns, 0), (0, 0)), mode="edge")
    return pillow_jpeg(accelir.decode(pillow_jpeg(large, first), network=None)[rows:, columns:], second)


def makers() -> dict[str, Maker]:
    """Encoders and settings by their names in the table."""
    found: dict[str, Maker] = {}
    for quality in (10, 20, 30, 50, 75, 85, 90, 95, 98):
        found[f"Pillow q{quality}"] = partial(pillow_jpeg, quality=quality)
    for quality in (30, 75, 95):
        found[f"Pillow 4:4:4 q{quality}"] = partial(pillow_jpeg, quality=quality, subsampling="4:4:4")
        found[f"Pillow gray q{quality}"] = partial(gray, quality)
    for steps in ((4, 3), (10, 7), (24, 16), (40, 30)):
        found[f"flat table of {steps[0]}"] = partial(flat, *steps)
    for profile, rates in OURS.items():
        for bpp in rates:
            found[f"`{profile}` {bpp} bpp"] = partial(ours, profile, "jpeg", bpp)
    for first, second in ((30, 75), (30, 95), (75, 30), (90, 75), (50, 90), (95, 95)):
        found[f"saved again, q{first}, q{second}"] = partial(again, first, second, 0, 0)
        found[f"cut and saved again, q{first}, q{second}"] = partial(again, first, second, 3, 5)
    for quality in (20, 50, 75, 90, 100):
        found[f"WebP q{quality}"] = partial(pillow_webp, quality=quality)
    for bpp in (0.4, 1.5, 3):
        found[f"WebP `fidelity` {bpp} bpp"] = partial(ours, "fidelity", "webp", bpp)
    return found


def change(before: Pixels, after: Pixels, truth: Pixels) -> list[float]:
    """Of PSNR over RGB and over luma, dB."""
    if before.ndim == 2:
        truth = np.rint(truth @ LUMA).astype(np.uint8)
    pictures = before, after, truth
    lumas = [picture @ LUMA if picture.ndim == 3 else picture for picture in pictures]
    return [psnr(a, t, ceiling=CEILING) - psnr(b, t, ceiling=CEILING) for b, a, t in (pictures, lumas)]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--network", default="dejpeg", show_default=True)
@click.option("--count", default=12, show_default=True, help="Pictures at most.")
@click.option("--side", default=256, show_default=True, help="Of the truth, pixels.")
@click.option("--pixels", is_flag=True, help="Restore pixels without their file.")
def main(folder: Path, network: str, count: int, side: int, pixels: bool) -> None:
    """Measure what a network changes."""
    card = open_network(network).card
    task = Task(card.task, card.strength)
    pairs = [degraded(path, task, side) for path in spread(list_pictures(folder), count)]
    print_head(
        "file",
        *(
            f"{what}, {of} {how}"
            for what in ("all of it", "as worth")
            for of in ("RGB", "luma")
            for how in ("worst", "mean")
        ),
    )
    totals = []
    for name, make in {**makers(), "PNG": None}.items():
        changes = []
        for picture, truth in pairs:
            data = None if make is None else make(picture)
            plain = picture if data is None else accelir.decode(data, network=None)
            whole = accelir.restore(plain, network, amount=1)
            worth = accelir.restore(plain, network) if data is None or pixels else accelir.decode(data, network=network)
            undone = enlarged(plain, card.scale)
            changes.append(change(undone, whole, truth) + change(undone, worth, truth))
        totals += changes
        print_changes(name, changes)
    print_changes("all", totals)


def print_changes(name: str, changes: list[list[float]]) -> None:
    worst, mean = np.min(changes, axis=0), np.mean(changes, axis=0)
    print_row(name, *(f"{value:+.2f}" for pair in zip(worst, mean, strict=True) for value in pair))


if __name__ == "__main__":
    main()
