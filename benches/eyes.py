"""For eyes: profiles without a network beside Pillow, and jpegli where `pyjpegli` is installed, at *their* bytes.

    python benches/eyes.py FOLDER [--format webp] [--profile NAME ...] [--count N] [--side N] [--effort N]

For each peer's quality, the mean over pictures of what each profile gains in SSIMULACRA 2 (points), and in PSNR of RGB
and of luma (dB); the worst picture in SSIMULACRA 2; and on how many of the pictures it is ahead there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import Pixels, load, pillow_jpeg, pillow_webp, prepare

from accelir.formats.decode import decode_pixels
from accelir.metrics import PSNR_RGB, PSNR_Y, SSIMULACRA2
from accelir.metrics.metric import Judge

Encode = Callable[[Pixels, int], bytes]


def peers(format: str) -> dict[str, tuple[Encode, tuple[int, ...]]]:
    """Encoders by name, and the qualities at which they are met."""
    if format == "webp":
        return {"Pillow, method 6": (pillow_webp, (50, 75, 90))}
    found: dict[str, tuple[Encode, tuple[int, ...]]] = {"Pillow, 4:2:0": (pillow_jpeg, (50, 75, 90))}
    try:
        import pyjpegli
    except ImportError:
        return found
    return {**found, "jpegli": (lambda p, q: pyjpegli.encode(p.tobytes(), p.shape[1], p.shape[0], q), (50, 70, 85))}


class Original:
    """A picture with the judges that have analysed it."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self._judges: list[Judge] = [metric.against(pixels) for metric in (SSIMULACRA2, PSNR_RGB, PSNR_Y)]

    def scores(self, data: bytes) -> np.ndarray:
        decoded = decode_pixels(data)
        return np.array([judge.score(decoded) for judge in self._judges])


def gains(original: Original, peer: bytes, profile: str, format: str, effort: int) -> np.ndarray:
    """What a profile's file of at most the peer's bytes scores more than the peer's."""
    ours = prepare(original.pixels, profile, format, effort).within(len(peer)).data
    return original.scores(ours) - original.scores(peer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", default="jpeg", choices=("jpeg", "webp"))
    parser.add_argument("--profile", action="append", help="repeatable; perceptual and fidelity if none is given")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--side", type=int, default=1 << 16, help="pictures are cut to this many pixels a side")
    parser.add_argument("--effort", type=int, default=5)
    a = parser.parse_args()
    pictures = list(load(a.folder).values())
    chosen = pictures[:: max(len(pictures) // a.count, 1)][: a.count]
    originals = [Original(np.ascontiguousarray(p[: a.side, : a.side])) for p in chosen]
    print(f"{len(originals)} pictures of {a.folder.name}, effort {a.effort}\n")
    print("| peer | quality | bpp | profile | SSIMULACRA 2 | worst | ahead | PSNR RGB | PSNR Y |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, (encode, qualities) in peers(a.format).items():
        for quality in qualities:
            files = [encode(o.pixels, quality) for o in originals]
            bpp = np.mean([8 * len(f) / o.pixels[..., 0].size for f, o in zip(files, originals, strict=True)])
            for profile in a.profile or ("perceptual", "fidelity"):
                table = [gains(o, f, profile, a.format, a.effort) for o, f in zip(originals, files, strict=True)]
                eyes, rgb, luma = np.mean(table, axis=0)
                seen = np.array(table)[:, 0]
                ahead = f"{(seen > 0).sum()} of {len(seen)}"
                print(
                    f"| {name} | {quality} | {bpp:.2f} | `{profile}` | {eyes:+.2f} | {seen.min():+.2f} | {ahead} | "
                    f"{rgb:+.2f} | {luma:+.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
