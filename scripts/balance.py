"""Shifts a profile's files towards luma and flat areas: `python scripts/balance.py sr-x4 --chroma 1.2 ...`.

A profile that was tuned on RGB's squared error after one network spends too much on chroma for luma, for networks of
others and for flat areas. Coarser chroma and a stronger Lagrangian pay for finer steps of luma's lowest frequencies.
The factors are found by hand beside several judges (docs/measurements.md) and kept in the profile's provenance, where a
second call finds them: it shifts what is there once more. With --judge NETWORK, repeatable, and --pictures FOLDER the
provenance also says by how much every metric changes after each of these networks, on every 20th picture of the folder,
which the shipped networks were not trained on.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from accelir.profile.files import read_profile, write_profile
from accelir.profile.model import Profile
from accelir.profiling.tuning_bench import TuningBench
from accelir.restoration.pictures import list_pictures, split
from accelir.restoration.tasks import Task

SIDE = 256
"""Of the pictures that judges see, pixels."""

HIGH_AC = 21
"""Place in zigzag order from which on AC are high: diagonals of six half cycles a block and more."""


@dataclasses.dataclass(frozen=True)
class Shift:
    """Factors of what a JPEG profile shares."""

    luma_dc: float
    luma_first_ac: float
    luma_low_ac: float
    luma_high_ac: float
    chroma: float
    lambda_: float
    flat_weight: float
    trust: float
    """Of steps that change, how far the trellis' weights follow: 0 not at all, 1 as their squares."""

    def steps(self) -> np.ndarray:
        """Of the steps, float32 (3, 64) in zigzag order: Y, Cb, Cr."""
        factors = np.ones((3, 64), np.float32)
        factors[0, 0], factors[0, 1:3], factors[0, 3:10] = self.luma_dc, self.luma_first_ac, self.luma_low_ac
        factors[0, HIGH_AC:] = self.luma_high_ac
        factors[1:] = self.chroma
        return factors

    def applied(self, profile: Profile) -> Profile:
        modes = profile.jpeg.ladder.modes.copy()
        modes["lambda"] *= self.lambda_
        shifted = dataclasses.replace(
            profile.jpeg,
            tables={name: tables.scaled(self.steps(), self.trust) for name, tables in profile.jpeg.tables.items()},
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
    filter: float | None
    """None: the profile's."""
    chroma_weights: float
    """Of what errors of chroma cost: a factor, as the next."""
    lambda_: float
    luma_ramp: float
    """A power of what errors of luma cost over DC's: above 1 high frequencies cost less."""

    def applied(self, profile: Profile) -> Profile:
        of_chroma = tuple(round(weight * self.chroma_weights, 4) for weight in profile.webp.chroma_weights)
        of_luma = tuple(round(weight**self.luma_ramp, 4) for weight in profile.webp.luma_weights)
        shifted = dataclasses.replace(
            profile.webp,
            deltas=self.deltas,
            chroma_smoothing=self.chroma_smoothing,
            luma_fit=self.luma_fit,
            filter=profile.webp.filter if self.filter is None else self.filter,
            luma_weights=of_luma,
            chroma_weights=of_chroma,
            lambda_=round(profile.webp.lambda_ * self.lambda_, 4),
        )
        entry = {"made": datetime.date.today().isoformat(), "webp": dataclasses.asdict(self)}
        done = [*profile.provenance.get("balanced", []), entry]
        return dataclasses.replace(profile, webp=shifted, provenance={**profile.provenance, "balanced": done})


def gains(before: Profile, after: Profile, folder: Path, networks: Sequence[str]) -> dict[str, Any]:
    """What a shift changes in JPEG files of the same size, by network and metric: dB and points, means of pictures."""
    task = Task.parse(before.name)
    pictures = split(list_pictures(folder))[1]
    found: dict[str, Any] = {"pictures": [path.name for path in pictures], "rates": task.rates}
    for name in networks:
        bench = TuningBench(task, (name,), pictures, task.rates, SIDE)
        old, new = bench.by_metric(before), bench.by_metric(after)
        found[bench.networks[0].card.name] = {metric: round(new[metric] - old[metric], 3) for metric in old}
    return found


def noted(profile: Profile, figures: dict[str, Any]) -> Profile:
    """With what the last shift changed in its provenance."""
    *earlier, last = profile.provenance["balanced"]
    provenance = {**profile.provenance, "balanced": [*earlier, {**last, "gains": figures}]}
    return dataclasses.replace(profile, provenance=provenance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile")
    for name in ("luma-dc", "luma-first-ac", "luma-low-ac", "luma-high-ac", "chroma"):
        parser.add_argument(f"--{name}", type=float, default=1.0, help="factor of the steps")
    parser.add_argument("--flat-weight", type=float, default=1.0, help="factor of what errors in flat blocks cost")
    parser.add_argument("--lambda", type=float, default=1.0, dest="lambda_", help="factor of the Lagrangian")
    parser.add_argument("--trust", type=float, default=0.5, help="how far the trellis' weights follow the steps")
    parser.add_argument("--webp", action="store_true", help="shift WebP, by the Lagrangian and those below")
    parser.add_argument("--deltas", type=int, nargs=5, default=(0,) * 5)
    parser.add_argument("--chroma-smoothing", type=float, default=0.0)
    parser.add_argument("--luma-fit", type=float, default=0.0)
    parser.add_argument("--chroma-weights", type=float, default=1.0, help="factor")
    parser.add_argument("--filter", type=float, help="in the place of the profile's")
    parser.add_argument("--luma-ramp", type=float, default=1.0, help="power of what errors of luma cost over DC's")
    parser.add_argument("--judge", action="append", default=[], help="a network, repeatable; JPEG alone")
    parser.add_argument("--pictures", type=Path, help="what judges see")
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    a = parser.parse_args()
    if a.judge and (a.webp or a.pictures is None):
        parser.error("--judge needs --pictures, and is for JPEG alone")
    folder = a.profiles / a.profile
    luma = (a.luma_dc, a.luma_first_ac, a.luma_low_ac, a.luma_high_ac)
    shift: Shift | WebpShift = Shift(*luma, a.chroma, a.lambda_, a.flat_weight, a.trust)
    if a.webp:
        replaced = tuple(a.deltas), a.chroma_smoothing, a.luma_fit, a.filter
        shift = WebpShift(*replaced, a.chroma_weights, a.lambda_, a.luma_ramp)
    before = read_profile(folder)
    after = shift.applied(before)
    write_profile(folder, noted(after, gains(before, after, a.pictures, a.judge)) if a.judge else after)


if __name__ == "__main__":
    main()
