"""Shifts a profile's files towards luma and flat areas: `python scripts/balance.py sr-x4 --chroma 1.2 ...`.

A profile that was tuned on RGB's squared error after one network spends too much on chroma for luma, for networks of
others and for flat areas. Coarser chroma and a stronger Lagrangian pay for finer steps of luma's lowest frequencies.
The factors are found by hand beside several judges (docs/measurements.md) and kept in the profile's provenance, where a
second call finds them: it shifts what is there once more.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from pathlib import Path

import numpy as np

from accelir.profile.files import read_profile, write_profile
from accelir.profile.model import Profile


@dataclasses.dataclass(frozen=True)
class Shift:
    """Factors of what a JPEG profile shares."""

    luma_dc: float
    luma_first_ac: float
    luma_low_ac: float
    chroma: float
    lambda_: float
    flat_weight: float

    def steps(self) -> np.ndarray:
        """Of the steps, float32 (3, 64) in zigzag order: Y, Cb, Cr."""
        factors = np.ones((3, 64), np.float32)
        factors[0, 0], factors[0, 1:3], factors[0, 3:10] = self.luma_dc, self.luma_first_ac, self.luma_low_ac
        factors[1:] = self.chroma
        return factors

    def applied(self, profile: Profile) -> Profile:
        modes = profile.jpeg.ladder.modes.copy()
        modes["lambda"] *= self.lambda_
        shifted = dataclasses.replace(
            profile.jpeg,
            tables={name: tables.scaled(self.steps()) for name, tables in profile.jpeg.tables.items()},
            ladder=dataclasses.replace(profile.jpeg.ladder, modes=modes),
            flat_weight=profile.jpeg.flat_weight * self.flat_weight,
        )
        entry = {"made": datetime.date.today().isoformat(), **dataclasses.asdict(self)}
        done = [*profile.provenance.get("balanced", []), entry]
        return dataclasses.replace(profile, jpeg=shifted, provenance={**profile.provenance, "balanced": done})


@dataclasses.dataclass(frozen=True)
class WebpShift:
    """What takes the place of a WebP profile's numbers, and two factors."""

    deltas: tuple[int, ...]
    chroma_smoothing: float
    luma_fit: float
    chroma_weights: float
    """Of what errors of chroma cost: a factor, as the next."""
    lambda_: float

    def applied(self, profile: Profile) -> Profile:
        weights = tuple(round(weight * self.chroma_weights, 4) for weight in profile.webp.chroma_weights)
        shifted = dataclasses.replace(
            profile.webp,
            deltas=self.deltas,
            chroma_smoothing=self.chroma_smoothing,
            luma_fit=self.luma_fit,
            chroma_weights=weights,
            lambda_=round(profile.webp.lambda_ * self.lambda_, 4),
        )
        entry = {"made": datetime.date.today().isoformat(), "webp": dataclasses.asdict(self)}
        done = [*profile.provenance.get("balanced", []), entry]
        return dataclasses.replace(profile, webp=shifted, provenance={**profile.provenance, "balanced": done})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile")
    for name in ("luma-dc", "luma-first-ac", "luma-low-ac", "chroma"):
        parser.add_argument(f"--{name}", type=float, default=1.0, help="factor of the steps")
    parser.add_argument("--flat-weight", type=float, default=1.0, help="factor of what errors in flat blocks cost")
    parser.add_argument("--lambda", type=float, default=1.0, dest="lambda_", help="factor of the Lagrangian")
    parser.add_argument("--webp", action="store_true", help="shift WebP, by the Lagrangian and those below")
    parser.add_argument("--deltas", type=int, nargs=5, default=(0,) * 5)
    parser.add_argument("--chroma-smoothing", type=float, default=0.0)
    parser.add_argument("--luma-fit", type=float, default=0.0)
    parser.add_argument("--chroma-weights", type=float, default=1.0, help="factor")
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    a = parser.parse_args()
    folder = a.profiles / a.profile
    shift: Shift | WebpShift = Shift(a.luma_dc, a.luma_first_ac, a.luma_low_ac, a.chroma, a.lambda_, a.flat_weight)
    if a.webp:
        shift = WebpShift(tuple(a.deltas), a.chroma_smoothing, a.luma_fit, a.chroma_weights, a.lambda_)
    write_profile(folder, shift.applied(read_profile(folder)))


if __name__ == "__main__":
    main()
