"""What `scale="auto"` gains over full size at equal bytes: `python benches/scale.py FOLDER... [--megapixels 0.3]`.

Full size is the better, picture by picture, of the profile's file as it is and after dejpeg. Scores are in the
profile's metric: dB of PSNR over RGB, or points of SSIMULACRA 2; for these also over jpegli at the same bytes, where
`pyjpegli` is installed and has so small a file. Seconds are the processor's, a megapixel of the picture given.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from pathlib import Path

import numpy as np
from common import Pixels, largest_within, load, peak_bytes, print_head, print_row, spread
from PIL import Image

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.metrics import METRICS


def resized(picture: Pixels, megapixels: float) -> Pixels:
    """A picture of at most about so many."""
    factor = math.sqrt(megapixels * 1e6 / (picture.shape[0] * picture.shape[1]))
    if factor >= 0.95:
        return picture
    size = round(picture.shape[1] * factor), round(picture.shape[0] * factor)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def by_jpegli(picture: Pixels, max_bytes: int) -> bytes | None:
    """Its largest file of so many bytes; None without one."""
    try:
        import pyjpegli
    except ImportError:
        return None
    return largest_within(
        lambda quality: pyjpegli.encode(picture.tobytes(), picture.shape[1], picture.shape[0], quality), max_bytes
    )


class Row:
    """What was measured at a rate."""

    def __init__(self) -> None:
        self.gains: list[float] = []
        self.over_jpegli: list[float] = []
        self.scales: list[int] = []
        self.seconds: list[float] = []

    def cells(self, unit: str) -> list[str]:
        counts = " / ".join(str(self.scales.count(scale)) for scale in (1, 2, 4))
        gains = f"{np.mean(self.gains):+.2f} {unit}", f"{min(self.gains):+.2f}"
        over = f"{np.mean(self.over_jpegli):+.1f} ({len(self.over_jpegli)})" if self.over_jpegli else "–"
        return [*gains, counts, f"{np.mean(self.seconds):.1f} (most {max(self.seconds):.1f})", over]


def measure(picture: Pixels, rate: float, encoder: accelir.Encoder, row: Row) -> None:
    judge = METRICS[encoder.settings.profile.metric].against(picture)
    budget = bytes_at(rate, picture.shape)
    full = encoder.encode(picture, max_bytes=budget).data
    start = time.process_time()
    scaled = encoder.encode(picture, max_bytes=budget, scale="auto")
    row.seconds.append((time.process_time() - start) / (picture.shape[0] * picture.shape[1] / 1e6))
    row.scales.append(scaled.stats["scale"])
    score = judge.score(accelir.decode(scaled.data))
    row.gains.append(score - max(judge.score(accelir.decode(full, network=name)) for name in (None, "dejpeg")))
    if encoder.settings.profile.metric == "ssimulacra2" and (theirs := by_jpegli(picture, budget)) is not None:
        row.over_jpegli.append(score - judge.score(decode_pixels(theirs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--megapixels", type=float, default=0.3, help="larger pictures are made smaller first")
    parser.add_argument("--count", type=int, default=1 << 16, help="pictures of each folder at most")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.15, 0.2, 0.3, 0.45])
    parser.add_argument("--profile", nargs="+", default=["fidelity", "perceptual"])
    parser.add_argument("--format", nargs="+", default=["jpeg", "webp"], choices=("jpeg", "webp"))
    parser.add_argument("--effort", type=int, default=5)
    options = parser.parse_args()
    loaded = [spread(list(load(folder).values()), options.count) for folder in options.folders]
    pictures = [np.ascontiguousarray(resized(p, options.megapixels)) for found in loaded for p in found]
    print(f"{len(pictures)} pictures, effort {options.effort}\n")
    print_head("file", "bpp", "gain", "worst", "at 1 / 2 / 4", "s/MP", "over jpegli (pictures)")
    for profile, format, rate in itertools.product(options.profile, options.format, options.rates):
        encoder, row = accelir.Encoder(profile=profile, format=format, effort=options.effort), Row()
        for picture in pictures:
            measure(picture, rate, encoder, row)
        label = f"{format.upper() if format == 'jpeg' else 'WebP'}, `{profile}`"
        print_row(label, rate, *row.cells("points" if encoder.settings.profile.metric == "ssimulacra2" else "dB"))
    print(f"\npeak memory {peak_bytes() / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
