"""Tunes the WebP settings of the profile fidelity, which has no network: `python scripts/tune_webp.py TRAIN_FOLDER`.

A task's are tuned by `accelir-profile build --format webp`; this is the same search on decoded pictures.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
from pathlib import Path

from accelir.profile.installed import load_profile
from accelir.profiling.tune_webp import tune_webp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    parser.add_argument("--work", type=Path, default=Path("fidelity.work"))
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    shape, tuning = tune_webp(None, (), sorted(a.train.glob("*.webp")), load_profile("fidelity"), a.work)
    path = a.profiles / "fidelity" / "profile.json"
    document = json.loads(path.read_text("utf-8"))
    document["webp"] = dataclasses.asdict(shape)
    document["provenance"]["webp"] = {"made": datetime.date.today().isoformat(), **tuning}
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
