"""Small JPEG files with one quantisation table over two, and over Pillow's: `python benches/thumbnails.py FOLDER`.

The middle square of each picture, shrunk. Gains are at the same bytes, means over pictures: dB of PSNR (RGB, luma, luma
of flat areas) and points of SSIMULACRA 2. A profile for a network is judged after it, by originals as much larger.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import (
    JUDGES,
    Pixels,
    largest_within,
    means,
    open_rgb,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    scores,
    signed,
    spread,
)
from PIL import Image

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures

SIDES = (64, 96, 128, 192)
RATES = (0.9, 1.8)
PROFILES = ("fidelity", "perceptual", "sr-x2", "sr-x4")


def square(picture: Pixels, side: int) -> Pixels:
    """The middle square, shrunk to a side."""
    height, width, _ = picture.shape
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    cut = Image.fromarray(picture[top : top + least, left : left + least])
    return np.asarray(cut.resize((side, side), Image.Resampling.BICUBIC))


def with_two_tables(profile: Profile) -> Profile:
    return dataclasses.replace(profile, jpeg=dataclasses.replace(profile.jpeg, one_table_bytes=0))


def pillow_within(picture: Pixels, max_bytes: int) -> bytes | None:
    return largest_within(lambda quality: pillow_jpeg(picture, quality), max_bytes)


def gains(
    picture: Pixels, truth: Pixels, rate: float, profile: Profile, receive: Callable[[Pixels], Pixels]
) -> np.ndarray:
    """Over two tables and over Pillow's file; NaN where no file of Pillow's fits."""

    def judged(data: bytes | None) -> np.ndarray:
        return np.full(len(JUDGES), np.nan) if data is None else scores(receive(decode_pixels(data)), truth)

    budget = bytes_at(rate, picture.shape)
    ours = judged(prepare(picture, profile).within(budget).data)
    two = judged(prepare(picture, with_two_tables(profile)).within(budget).data)
    return np.concatenate([ours - two, ours - judged(pillow_within(picture, budget))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=24)
    a = parser.parse_args()
    pictures = [open_rgb(path) for path in spread(list_pictures(a.folder), a.count)]
    over = [f"{name} over {peer}" for peer in ("two tables", "Pillow") for name in JUDGES]
    print_head("profile", "side", "bpp", "bytes", *over)
    for name in PROFILES:
        profile = load_profile(name)
        network = open_network(name, 1) if profile.network else None
        scale = network.card.scale if network else 1
        for side in SIDES:
            for rate in RATES:
                truths = [square(picture, side * scale) for picture in pictures]
                found = [gains(square(t, side), t, rate, profile, network or np.asarray) for t in truths]
                print_row(name, side, rate, bytes_at(rate, (side, side)), *signed(means(found)))


if __name__ == "__main__":
    main()
