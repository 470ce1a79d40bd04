"""The encoders that are compared, each as a function from a budget to the largest file within it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.api import Encoded, Encoder
from accelir.errors import BudgetError
from accelir.formats.registry import FORMATS, format_of
from accelir.formats.restored import decode

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class PeerFile:
    """What an encoder made of a picture."""

    data: bytes
    """The whole file."""
    setting: str
    """Words for how the size was reached."""
    maps: dict[str, NDArray[Any]]
    """Maps of the cells by what they show, each (ceil(H/32), ceil(W/32))."""
    shown: Pixels | None = None
    """What receivers see, where that isn't the file's own picture."""


Maker = Callable[[int], PeerFile]
"""Makes the largest file within so many bytes. Raises BudgetError."""


def pillow_makers(picture: Pixels) -> dict[str, Maker]:
    """Pillow's encoders at their best settings but for the quality, which is found for the size."""
    image = Image.fromarray(picture)

    def save(format: str, quality: float, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, format, quality=quality, **options)
        return buffer.getvalue()

    def jpeg(budget: int) -> PeerFile:
        data, quality = largest_within(
            lambda q: save("JPEG", q, optimize=True, subsampling="4:2:0"), range(1, 101), budget
        )
        return PeerFile(data, f"quality {quality}, 4:2:0, optimized", {"bits per cell": _cell_bits(data)})

    def webp(budget: int) -> PeerFile:
        qualities = [q / 4 for q in range(401)]
        data, quality = largest_within(lambda q: save("WEBP", q, method=6), qualities, budget)
        return PeerFile(data, f"quality {quality:g}, method 6", {"bits per cell": _cell_bits(data)})

    return {"Pillow JPEG": jpeg, "Pillow WebP": webp}


def largest_within(encode: Callable[[float], bytes], qualities: Sequence[float], budget: int) -> tuple[bytes, float]:
    """The largest of an encoder's files that fits, and its quality. Raises BudgetError when none does.

    qualities: rising. Sizes rise with them but for a few bytes, so some on either side of the end found are tried too.
    """
    files: dict[float, bytes] = {}
    low, high = 0, len(qualities)
    while low < high:
        middle = (low + high) // 2
        data = files[qualities[middle]] = encode(qualities[middle])
        low, high = (middle + 1, high) if len(data) <= budget else (low, middle)
    for quality in qualities[max(0, low - 3) : low + 3]:
        if quality not in files:
            files[quality] = encode(quality)
    fitting = {quality: len(data) for quality, data in files.items() if len(data) <= budget}
    if not fitting:
        smallest = min(map(len, files.values()))
        raise BudgetError(f"the smallest file has {smallest:,} bytes", smallest)
    best = max(fitting, key=fitting.__getitem__)
    return files[best], best


def our_makers(picture: Pixels, profile: str, effort: int) -> dict[str, Maker]:
    def maker(format: str) -> Maker:
        encoder = Encoder(profile=profile, format=format, effort=effort)
        return lambda budget: _described(encoder.encode(picture, max_bytes=budget))

    return {f"accelir {format.label}": maker(name) for name, format in FORMATS.items()}


def scaled_makers(picture: Pixels, profile: str, effort: int) -> dict[str, Maker]:
    """Ours at whatever scale is best, shown at the picture's size."""

    def maker(format: str) -> Maker:
        encoder = Encoder(profile=profile, format=format, effort=effort)
        return lambda budget: _described_scaled(encoder.encode(picture, max_bytes=budget, scale="auto"))

    return {f"accelir {format.label}, scaled": maker(name) for name, format in FORMATS.items()}


def _described_scaled(encoded: Encoded) -> PeerFile:
    stats = encoded.stats
    size = "full size" if stats["scale"] == 1 else f"1/{stats['scale']} of its sides"
    words = [size, f"profile {stats['profile']}", f"effort {stats['effort']}"]
    return PeerFile(encoded.data, ", ".join(words), {}, decode(encoded.data))


def _described(encoded: Encoded) -> PeerFile:
    stats = encoded.stats
    maps: dict[str, NDArray[Any]] = {
        "utility group": encoded.clusters,
        "QP": encoded.qp_map,
        "bits per cell": _cell_bits(encoded.data),
    }
    words = [f"profile {stats['profile']}", f"effort {stats['effort']}"]
    if "subsampling" in stats:
        words.append(stats["subsampling"])
    return PeerFile(encoded.data, ", ".join(words), maps)


def _cell_bits(data: bytes) -> NDArray[np.float32]:
    return format_of(data).cell_bits(data)
