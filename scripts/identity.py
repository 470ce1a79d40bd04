"""Whether two versions of accelir write the same files: digests of eighty, kept by one and compared by the other.

    python scripts/identity.py before.json              # with the old version
    python scripts/identity.py after.json --against before.json

Five profiles, two formats, four efforts and two rates, on cuts of the example photograph with odd and even sides from 1
to 480 pixels, in colour and gray, with metadata and transparency among them. Digests hold for one machine: the closed
loop and QP-NET run on ONNX runtime, whose last bits depend on the processor.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import accelir

PROFILES = ("deblur-1.5", "denoise-25", "fidelity", "sr-x2", "sr-x4")
FORMATS = ("jpeg", "webp")
EFFORTS = (0, 3, 5, 7)
RATES = (0.6, 1.8)
SIZES = ((480, 352), (257, 193), (320, 256), (333, 31), (64, 255), (397, 297), (16, 16), (200, 1))
LEAST_BYTES = 1200
"""What the smallest of these pictures need to become a file at all, with their metadata."""
PHOTO = Path(__file__).parents[1] / "examples" / "photo.png"


def picture(number: int, format: str) -> tuple[Image.Image, dict[str, Any]]:
    """A cut of the photograph, and options that only some files have."""
    width, height = SIZES[number % len(SIZES)]
    left, top = 37 * number % 200, 23 * number % 100
    with Image.open(PHOTO) as photo:
        cut = photo.convert("L" if number % 7 == 3 else "RGB").crop((left, top, left + width, top + height))
    options: dict[str, Any] = {}
    if number % 5 == 1:
        options = {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", "xmp": "<x/>"}
    if number % 11 == 6:
        rows, columns = -(-cut.height // 32), -(-cut.width // 32)
        options["qp_map"] = 40 + np.arange(rows * columns).reshape(rows, columns) * 7 % 50
    if format == "webp" and number % 9 == 4:
        cut.putalpha(Image.linear_gradient("L").resize(cut.size))
    return cut, options


def digest(number: int, profile: str, format: str, effort: int, rate: float) -> str:
    """Of the file and of what is told of it; or the error's class and the smallest size."""
    cut, options = picture(number, format)
    try:
        budget = max(int(rate * cut.width * cut.height / 8), LEAST_BYTES)
        made = accelir.Encoder(profile=profile, format=format, effort=effort).encode(cut, max_bytes=budget, **options)
    except accelir.BudgetError as error:
        return f"BudgetError {error.smallest}"
    told = made.qp_map.tobytes() + made.clusters.tobytes() + made.table.tobytes() + str(made.predicted_bytes).encode()
    return hashlib.sha256(made.data + told).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="where the digests go")
    parser.add_argument("--against", type=Path, help="digests of another version")
    a = parser.parse_args()
    cases = list(itertools.product(PROFILES, FORMATS, EFFORTS, RATES))
    found = {" ".join(map(str, case)): digest(number, *case) for number, case in enumerate(cases)}
    a.out.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found)} files, {sum(text.startswith('Budget') for text in found.values())} refused")
    if a.against is not None:
        known = json.loads(a.against.read_text("utf-8"))
        differ = [name for name in {**known, **found} if known.get(name) != found.get(name)]
        print("all agree" if not differ else "differ: " + "; ".join(differ))
        raise SystemExit(bool(differ))


if __name__ == "__main__":
    main()
