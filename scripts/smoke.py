"""Tries an installed accelir: encodes, decodes, restores and runs the command. python scripts/smoke.py PHOTO

Meant for wheels, in an environment that has nothing else, away from the checkout.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import accelir


def main(photo: str) -> None:
    with Image.open(photo) as image:
        small = image.convert("RGB").resize((300, 200))
    for name in ("jpeg", "webp"):
        encoded = accelir.Encoder(format=name).encode(small, max_bytes=12_000)
        assert 0.99 * 12_000 < len(encoded.data) <= 12_000, len(encoded.data)
        assert accelir.decode(encoded.data).shape == (800, 1200, 3)
    for network in accelir.networks():
        assert accelir.restore(np.zeros((9, 7, 3), np.uint8), network).shape[2] == 3
    for profile in accelir.profiles():
        accelir.encode(small, bpp=1.5, profile=profile)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "photo.jpg"
        call = [sys.executable, "-m", "accelir", "encode", photo, "-o", str(out), "--bpp", "1.2", "--quiet"]
        subprocess.run(call, check=True)
        assert out.stat().st_size <= 1.2 * 600 * 400 / 8
    print(f"accelir {accelir.__version__} of {Path(accelir.__file__).parent} works")


if __name__ == "__main__":
    main(sys.argv[1])
