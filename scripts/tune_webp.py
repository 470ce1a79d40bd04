"""Tunes the WebP settings of the profile fidelity, which has no network: `python scripts/tune_webp.py TRAIN_FOLDER`.

A task's are tuned by `accelir-profile build --format webp`; this is the same search on decoded pictures.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from pathlib import Path

from accelir.profile.files import read_profile, write_profile
from accelir.profiling.tune_webp import tune_webp
from accelir.restoration.pictures import list_pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--count", type=int, default=16, help="pictures to tune on, and as many to validate on")
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    parser.add_argument("--work", type=Path, default=Path("fidelity.work"))
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    folder = a.profiles / "fidelity"
    base = read_profile(folder)
    settings, tuning = tune_webp(None, (), list_pictures(a.train), base, a.work, a.count)
    made = {"made": datetime.date.today().isoformat(), **tuning}
    write_profile(folder, dataclasses.replace(base, webp=settings, provenance={**base.provenance, "webp": made}))


if __name__ == "__main__":
    main()
