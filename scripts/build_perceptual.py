"""Tunes and writes profiles/perceptual, for eyes: `python scripts/build_perceptual.py TRAIN_FOLDER`.

The same searches as of `accelir-profile`, on decoded pictures, for SSIMULACRA 2 with PSNR as a guard: a decibel counts
as GUARD points, so that nothing is won by what costs much squared error. WebP needs more guarding: with GUARD it lost
3 dB of luma at 1 bpp. Masking is not part of the search: its numbers are those of docs/profiles.md. Takes about ten
minutes on one core; a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from pathlib import Path
from typing import Any

from accelir.cells.masking import Masking
from accelir.profile.files import read_profile, write_profile
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.profiling.tune_jpeg import tune_jpeg
from accelir.profiling.tune_webp import WebpTuning, tune_webp
from accelir.restoration.pictures import list_pictures

GUARD = {"ssimulacra2": 1.0, "psnr": 0.25, "psnr-y": 0.25}
WEBP_GUARD = {"ssimulacra2": 1.0, "psnr": 1.0, "psnr-y": 1.0}
WEBP_RATES = (0.4, 0.8, 1.8)
"""About Pillow's at quality 50, 75 and 90."""
LEAST_FILTER = 0.4
"""Of WebP's loop filter. SSIMULACRA 2 wants none, for 0.2 to 0.4 points at 0.2 to 0.9 bpp, but flat areas lose 0.7 to
0.2 dB of luma then, and blocks show (6 pictures)."""
MASKING = Masking(brightness=0.4, activity=0.15)
WEBP_START = WebpTuning(
    lambda_=0.025,
    chroma=1.6,
    luma_ramp=-3.5,
    chroma_ramp=-3.75,
    chroma_delta=4.0,
    luma_dc_delta=-4.0,
    y2_delta=-10.0,
    chroma_dc_delta=-10.0,
    filter=0.5,
)
"""From lambda=0.04 the search ends 0.5 points lower: fewer levels cost both what eyes see and what PSNR does."""


def tuned_for_jpeg(pictures: list[Path], work: Path, count: int) -> tuple[Profile, dict[str, Any]]:
    """The profile with what its JPEG files share, and how that was found."""
    base = dataclasses.replace(
        load_profile("fidelity"),
        name="perceptual",
        task="none: the decoded picture itself, for eyes",
        metric="ssimulacra2",
        masking=MASKING,
        provenance={},
    )
    tuned, found = tune_jpeg(None, (), pictures, base, work, count, GUARD)
    return tuned, {"script": "scripts/build_perceptual.py", "tuning": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--count", type=int, default=12, help="pictures to tune on, and as many to validate on")
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    parser.add_argument("--only-webp", action="store_true", help="keep what JPEG files share")
    parser.add_argument("--work", type=Path, default=Path("perceptual.work"))
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    pictures = list_pictures(a.train)
    if a.only_webp:
        tuned = read_profile(a.profiles / "perceptual")
        made = dict(tuned.provenance)
    else:
        tuned, made = tuned_for_jpeg(pictures, a.work, a.count)
    webp, found = tune_webp(None, (), pictures, tuned, a.work, a.count, WEBP_GUARD, WEBP_START, WEBP_RATES)
    webp = dataclasses.replace(webp, filter=max(webp.filter, LEAST_FILTER))
    made |= {"made": datetime.date.today().isoformat(), "webp": found}
    write_profile(a.profiles / "perceptual", dataclasses.replace(tuned, webp=webp, provenance=made))


if __name__ == "__main__":
    main()
