"""Pillow's encoders and ours on one picture at equal bytes, restored by one network: what `accelir compare` shows."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.api import DEFAULT_PROFILE, FORMATS, Encoded, Encoder
from accelir.errors import BudgetError
from accelir.formats.decode import decode_pixels
from accelir.formats.inspect import cell_bits
from accelir.metrics import psnr
from accelir.profile.model import load_profile
from accelir.restoration.network import Network, open_network
from accelir.restoration.tasks import Task

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class File:
    """What one encoder made of the picture."""

    data: bytes = field(repr=False)
    setting: str
    """How it was reached, in words."""
    seconds: float
    """For encoding, the search for the size included."""
    psnr: float
    """Of the decoded file against the picture that was encoded, RGB, dB."""
    restored: Pixels | None
    """By the network; None without one."""
    restored_seconds: float
    restored_psnr: float | None
    """Against the original, RGB, dB; None where there is none."""
    maps: dict[str, NDArray[Any]]
    """What is known of the 32x32 blocks, by what it is, (ceil(H/32), ceil(W/32))."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """One picture, at one size, by several encoders."""

    original: Pixels | None
    """The ground truth; None where the picture was encoded as it is."""
    picture: Pixels
    """What was encoded, HxWx3 RGB."""
    task: str
    """What was done to the original, as a task's name; "" for nothing."""
    profile: str
    network: str | None
    scale: int
    """The network's."""
    max_bytes: int
    files: dict[str, File | str]
    """By the encoder's name; why not, where it has no file that fits."""


def compare(
    photo: Pixels,
    *,
    bpp: float | None = None,
    max_bytes: int | None = None,
    profile: str = DEFAULT_PROFILE,
    network: str | None = None,
    effort: int = 5,
    degrade: bool = True,
    seed: int = 0,
) -> Comparison:
    """Encode a picture with Pillow's encoders and ours, each as large as fits into the budget, and restore the files.

    photo: uint8 HxWx3 RGB. bpp or max_bytes: of the picture that is encoded. network: None takes the profile's.
    degrade: encode what the network's task makes of the photo (smaller, noisy or blurred), so that restored files can
    be measured against the photo itself; else encode the photo. seed: of the noise.
    Raises ValueError and TypeError as Encoder, `restore` and Task.degrade do.
    """
    if (bpp is None) == (max_bytes is None):
        raise TypeError("give exactly one of bpp and max_bytes")
    name = network or load_profile(profile).network
    opened = None if name is None else open_network(name)
    original, picture, task = _degraded(photo, opened, seed) if degrade else (None, photo, "")
    budget = max_bytes if max_bytes is not None else int((bpp or 0) * picture.shape[0] * picture.shape[1] / 8)
    makers = {**_pillow(picture), **_ours(picture, profile, effort)}
    return Comparison(
        original,
        picture,
        task,
        profile,
        None if opened is None else opened.card.name,
        1 if opened is None else opened.card.scale,
        budget,
        {encoder: _file(make, budget, picture, original, opened) for encoder, make in makers.items()},
    )


def _degraded(photo: Pixels, network: Network | None, seed: int) -> tuple[Pixels, Pixels, str]:
    """The ground truth, what becomes of it before it is encoded, and the name of that."""
    if network is None:
        return photo, photo, ""
    task = Task(network.card.task, network.card.strength)
    height, width = (side // task.scale * task.scale for side in photo.shape[:2])
    if not (height and width):
        raise ValueError(f"a picture of {photo.shape[1]} x {photo.shape[0]} pixels is too small for {task}")
    original = photo[:height, :width]
    try:
        return original, task.degrade(original, np.random.default_rng(seed)), str(task)
    except ImportError as error:
        raise ValueError(f"degrading for {task} needs a package that is not installed: {error}") from None


@dataclass(frozen=True)
class _Made:
    data: bytes
    setting: str
    maps: dict[str, NDArray[Any]]


_Maker = Callable[[int], _Made]
"""Makes the largest file within so many bytes. Raises BudgetError."""


def _pillow(picture: Pixels) -> dict[str, _Maker]:
    """Pillow's encoders at their best settings but for the quality, which is found for the size."""
    image = Image.fromarray(picture)

    def save(format: str, quality: float, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, format, quality=quality, **options)
        return buffer.getvalue()

    def jpeg(budget: int) -> _Made:
        data, quality = largest_within(
            lambda q: save("JPEG", q, optimize=True, subsampling="4:2:0"), range(1, 101), budget
        )
        return _Made(data, f"quality {quality}, 4:2:0, optimized", {"bits per block": cell_bits(data)})

    def webp(budget: int) -> _Made:
        qualities = [q / 4 for q in range(401)]
        data, quality = largest_within(lambda q: save("WEBP", q, method=6), qualities, budget)
        return _Made(data, f"quality {quality:g}, method 6", {"bits per block": cell_bits(data)})

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


def _ours(picture: Pixels, profile: str, effort: int) -> dict[str, _Maker]:
    names = {"jpeg": "accelir JPEG", "webp": "accelir WebP"}

    def maker(format: str) -> _Maker:
        encoder = Encoder(profile=profile, format=format, effort=effort)
        return lambda budget: _described(encoder.encode(picture, max_bytes=budget))

    return {names[format]: maker(format) for format in FORMATS}


def _described(encoded: Encoded) -> _Made:
    stats = encoded.stats
    maps: dict[str, NDArray[Any]] = {
        "utility group": encoded.clusters,
        "QP": encoded.qp_map,
        "bits per block": cell_bits(encoded.data),
    }
    words = [f"profile {stats['profile']}", f"effort {stats['effort']}"]
    if stats["format"] == "jpeg":
        words.append(stats["subsampling"])
    return _Made(encoded.data, ", ".join(words), maps)


def _file(make: _Maker, budget: int, picture: Pixels, original: Pixels | None, network: Network | None) -> File | str:
    begin = time.perf_counter()
    try:
        made = make(budget)
    except BudgetError as error:
        return str(error)
    encoded = time.perf_counter()
    decoded = decode_pixels(made.data)
    begin_restoring = time.perf_counter()
    restored = None if network is None else network(decoded)
    return File(
        data=made.data,
        setting=made.setting,
        seconds=encoded - begin,
        psnr=psnr(decoded, picture),
        restored=restored,
        restored_seconds=time.perf_counter() - begin_restoring,
        restored_psnr=None if restored is None or original is None else psnr(restored, original),
        maps=made.maps,
    )
