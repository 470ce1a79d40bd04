"""Looks how well a profile's plans foretell sizes, and keeps it in the profile.

`python scripts/foretell.py PROFILE PICTURES`. `accelir-profile build` does so at its end; this is for a profile whose
tables were shifted since.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from accelir.profile.files import read_profile, write_profile
from accelir.profiling.foretold import with_foretold
from accelir.restoration.pictures import list_pictures
from accelir.restoration.tasks import Task


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--every", type=int, default=6, help="of the pictures, each so many-th")
    parser.add_argument("--side", type=int, default=512, help="of the pictures, pixels at most")
    parser.add_argument("--profiles", type=Path, default=Path("profiles"))
    a = parser.parse_args()
    folder = a.profiles / a.profile
    pictures = list_pictures(a.pictures)[:: a.every]
    profile = with_foretold(read_profile(folder), Task.parse(a.profile), pictures, a.side)
    write_profile(folder, profile)
    print(profile.jpeg.foretold)


if __name__ == "__main__":
    main()
