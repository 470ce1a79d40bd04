"""Reads broken files for a while, in a child process of bounded memory: nothing but a clear error may come.

    python scripts/fuzz.py [--seconds 600] [--seed 0] [--targets decode-jpeg,inspect] [--case TARGET:NUMBER]

Sound files are damaged (bits, bytes, numbers, pieces cut out, doubled, moved, swapped with another file's, truncated;
JSON values replaced) and given to every reader. A case follows from the target, the seed and its number alone, so
--case shows it again. A finding is any exception but ValueError and OSError, a dead child, memory above the limit, or a
case that takes longer than CASE_SECONDS; the input is written beside the report and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import accelir
from accelir.cells.modes import make_modes
from accelir.formats import inspect as inspection
from accelir.formats.decode import network_of
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.profile.files import ARRAYS, PROFILE, QPNET, read_profile
from accelir.restoration.card import Card
from accelir.restoration.installed import find
from accelir.storage.arrays import read_arrays, write_arrays
from accelir.storage.shipped import shipped

MEMORY_BYTES = 3 << 30
"""Address space that the child may take beyond what it has after its imports."""
CASE_SECONDS = 20
MAX_PIXELS = 1 << 22
"""Pictures above twice this are refused by decode; a smaller limit than Pillow's keeps cases quick."""
ALLOWED = (ValueError, OSError)
GROUPED = shipped() / "denoise-25"
"""A profile with groups, curves and a QP-NET."""

Rng = np.random.Generator


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """A gradient with some noise: every kind of symbol occurs in its files."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows * 5, columns * 3, rows + columns], axis=-1) + rng.integers(0, 40, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def jpegs() -> list[bytes]:
    image = picture(67, 45)
    exif = Image.Exif()
    exif[0x0112] = 6
    metadata = {"exif": exif, "icc_profile": bytes(200), "xmp": b"<x/>", "comment": b"aRaAAAA"}
    return [
        saved(image, "JPEG"),
        saved(image, "JPEG", progressive=True, quality=90),
        saved(image, "JPEG", progressive=True, subsampling="4:4:4", restart_marker_blocks=3),
        saved(image, "JPEG", restart_marker_blocks=2, subsampling="4:2:2", optimize=True),
        saved(image, "JPEG", **metadata),
        saved(image.convert("L"), "JPEG"),
        saved(image.convert("CMYK"), "JPEG"),
        accelir.encode(image, max_bytes=3000, progressive=False),
        accelir.encode(image, max_bytes=3000, progressive=True, exif=exif, icc_profile=b"icc", xmp="<x/>"),
        accelir.encode(picture(160, 120), max_bytes=20_000),
    ]


def webps() -> list[bytes]:
    image = picture(67, 45)
    see_through = image.convert("RGBA")
    see_through.putalpha(image.convert("L"))
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        saved(image, "WEBP", quality=30),
        saved(image, "WEBP", quality=95, method=6),
        saved(image, "WEBP", lossless=True),
        saved(see_through, "WEBP", quality=50),
        saved(see_through, "WEBP", lossless=True),
        saved(image, "WEBP", exif=exif, icc_profile=b"icc", xmp=b"<x/>"),
        saved(image, "WEBP", save_all=True, append_images=[picture(67, 45, 1)], duration=40),
        saved(picture(1, 1), "WEBP"),
        accelir.encode(image, max_bytes=2000, format="webp", exif=exif),
        accelir.encode(picture(160, 120), max_bytes=12_000, format="webp"),
    ]


def array_files() -> list[bytes]:
    steps = np.arange(600, dtype=np.float32).reshape(10, 60)
    return [write_arrays({"a": steps, "b": np.arange(5)}), write_arrays({"modes": make_modes(lambda_=[0.1, 0.2])})]


def curve_numbers() -> list[bytes]:
    return [b"".join(array.tobytes() for array in read_arrays((GROUPED / ARRAYS).read_bytes()).values())]


def profile_documents() -> list[bytes]:
    return [path.read_bytes() for path in sorted(shipped().glob("*/profile.json"))]


def card_documents() -> list[bytes]:
    return [path.read_bytes() for path in sorted(shipped().glob("networks/*.json"))]


def models() -> list[bytes]:
    return [find(name).read_bytes() for name in accelir.networks()[:3]]


@dataclass(frozen=True)
class Target:
    """Something that reads files."""

    seeds: Callable[[], list[bytes]]
    """Sound files."""
    read: Callable[[bytes, Path], None]
    """Reads one, given a folder of its own to put it in."""
    is_json: bool = False


def decode(data: bytes, folder: Path) -> None:
    accelir.decode(data, network=None)


def inspect(data: bytes, folder: Path) -> None:
    report = inspection.inspect(data)
    json.dumps(report.as_dict())
    "\n".join(report.lines())


def network_name(data: bytes, folder: Path) -> None:
    network_of(data)


def profile(data: bytes, folder: Path) -> None:
    """A profile that is taken must be fit to encode with."""
    for arrays in shipped().glob(f"*/{ARRAYS}"):
        if hashlib.sha256(arrays.read_bytes()).hexdigest().encode() in data:
            for part in (ARRAYS, QPNET):
                (folder / part).write_bytes((arrays.parent / part).read_bytes())
    (folder / PROFILE).write_bytes(data)
    try_profile(folder)


def curves(data: bytes, folder: Path) -> None:
    """Damaged numbers in a profile's arrays."""
    at, damaged = 0, {}
    for name, array in read_arrays((GROUPED / ARRAYS).read_bytes()).items():
        raw = data[at : at + array.nbytes].ljust(array.nbytes, b"\x01")
        damaged[name] = np.frombuffer(raw, array.dtype).reshape(array.shape)
        at += array.nbytes
    try_with(folder, write_arrays(damaged), (GROUPED / QPNET).read_bytes())


def qpnet(data: bytes, folder: Path) -> None:
    """A profile's damaged QP-NET."""
    try_with(folder, (GROUPED / ARRAYS).read_bytes(), data)


def try_with(folder: Path, arrays: bytes, model: bytes) -> None:
    """A profile of other parts, whose digests are nonetheless those in profile.json."""
    document = json.loads((GROUPED / PROFILE).read_bytes())
    for key, name, part in (("arrays", ARRAYS, arrays), ("qpnet", QPNET, model)):
        document["groups"][f"{key}_sha256"] = hashlib.sha256(part).hexdigest()
        (folder / name).write_bytes(part)
    (folder / PROFILE).write_text(json.dumps(document))
    try_profile(folder)


def try_profile(folder: Path) -> None:
    pixels, settings = np.asarray(picture(64, 64)), EncoderSettings(read_profile(folder), effort=3)
    for format in FORMATS.values():
        for qp_map in (np.array([[95, 60], [40, 15]], np.int32), None):
            format.prepare(Request(pixels, settings, qp_map=qp_map)).within(2500)


def npz(data: bytes, folder: Path) -> None:
    read_arrays(data)


def card(data: bytes, folder: Path) -> None:
    path = folder / "card.json"
    path.write_bytes(data)
    read = Card.read(path)
    read.to_json()


def network_card(data: bytes, folder: Path) -> None:
    """The card belongs to a sound model: one that is taken must do for restoring."""
    (folder / "net.json").write_bytes(data)
    (folder / "net.onnx").write_bytes(find("dejpeg").read_bytes())
    accelir.restore(picture(9, 7), folder / "net.onnx", threads=1)


def network(data: bytes, folder: Path) -> None:
    """A damaged model behind its own card, which is in its metadata."""
    path = folder / "net.onnx"
    path.write_bytes(data)
    accelir.restore(picture(9, 7), path, threads=1)


TARGETS = {
    "decode-jpeg": Target(jpegs, decode),
    "decode-webp": Target(webps, decode),
    "inspect": Target(lambda: jpegs() + webps(), inspect),
    "network-name": Target(lambda: jpegs() + webps(), network_name),
    "profile": Target(profile_documents, profile, is_json=True),
    "npz": Target(array_files, npz),
    "curves": Target(curve_numbers, curves),
    "qpnet": Target(lambda: [(GROUPED / QPNET).read_bytes()], qpnet),
    "card": Target(card_documents, card, is_json=True),
    "network-card": Target(lambda: card_documents()[1:2], network_card, is_json=True),
    "network": Target(models, network),
}


def damage(rng: Rng, seeds: list[bytes], is_json: bool) -> bytes:
    """One of the sound files, damaged one to four times."""
    data = seeds[rng.integers(len(seeds))]
    if is_json and rng.random() < 0.7:
        return odd_values(rng, data)
    for _ in range(int(rng.integers(1, 5))):
        data = MUTATIONS[rng.integers(len(MUTATIONS))](rng, data, seeds)
    return data


def place(rng: Rng, data: bytes) -> int:
    """Anywhere, half of the time among the first 700 bytes, where the headers are."""
    return int(rng.integers(min(len(data), 700 if rng.random() < 0.5 else len(data)) + 1))


def flip_bits(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if data else 0):
        out[place(rng, data) % len(data)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def odd_number(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    size, at = int(rng.choice([1, 2, 4])), place(rng, data)
    value = int(rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]))
    piece = (value & (1 << 8 * size) - 1).to_bytes(size, "big" if rng.random() < 0.5 else "little")
    return data[:at] + piece + data[at + size :]


def cut(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    at = place(rng, data)
    return data[:at] + data[at + int(rng.integers(1, 60)) :]


def truncate(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    return data[: place(rng, data)]


def repeat(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    at, length = place(rng, data), int(rng.integers(1, 300))
    return data[:at] + data[at : at + length] * int(rng.integers(2, 12)) + data[at + length :]


def insert_noise(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    at = place(rng, data)
    return data[:at] + rng.bytes(int(rng.integers(1, 30))) + data[at:]


def splice(rng: Rng, data: bytes, seeds: list[bytes]) -> bytes:
    other = seeds[rng.integers(len(seeds))]
    return data[: place(rng, data)] + other[place(rng, other) :]


MUTATIONS = (flip_bits, flip_bits, odd_number, odd_number, cut, truncate, repeat, insert_noise, splice)

ODD_VALUES: list[Any] = [
    None, True, 0, -1, 1, 1e-320, 1e308, -1e308, 10**400, 2**31, 2**63, 0.5, "", "x", "\ud800", "../../x", [], {}, [[]],
    [0], [1, 2], {"": 1}, "\0", "9" * 5000,
]  # fmt: skip


def odd_values(rng: Rng, data: bytes) -> bytes:
    """The document with some of its values replaced, and at times what json.loads takes beyond JSON."""
    document = json.loads(data)
    for _ in range(int(rng.integers(1, 4))):
        parent, key = some_entry(rng, document)
        kind = rng.integers(6)
        if kind == 0 and isinstance(parent, dict):
            del parent[key]
        elif kind == 1:
            parent[key] = [parent[key]] * int(rng.integers(0, 3))
        elif kind == 2:
            parent[key] = "@"
        else:
            parent[key] = ODD_VALUES[rng.integers(len(ODD_VALUES))]
    text = json.dumps(document)
    raw = ("NaN", "-Infinity", "1e999", "9" * 6000, "[" * 200_000, '{"a":' * 100_000, "1" + "0" * 4000)
    return text.replace('"@"', raw[rng.integers(len(raw))]).encode()


def some_entry(rng: Rng, document: Any) -> tuple[Any, Any]:
    """A container in the document and one of its keys, not always a deep one."""
    parent, key = document, rng.choice(list(document))
    while isinstance(parent[key], dict | list) and parent[key] and rng.random() < 0.8:
        parent = parent[key]
        key = int(rng.integers(len(parent))) if isinstance(parent, list) else str(rng.choice(list(parent)))
    return parent, key


def case(name: str, seed: int, number: int, seeds: list[bytes]) -> bytes:
    entropy = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return damage(np.random.default_rng([seed, entropy, number]), seeds, TARGETS[name].is_json)


def child(name: str, seed: int, first: int, seconds: float, progress: Path) -> int:
    """Runs cases until the time is over; the number of the one at work is in `progress`, for the parent."""
    target, end = TARGETS[name], time.monotonic() + seconds
    seeds = target.seeds()
    with tempfile.TemporaryDirectory() as folder:
        for seed_file in seeds:
            target.read(seed_file, Path(folder))
        limit_memory()
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        at_work = os.open(progress, os.O_WRONLY | os.O_CREAT)
        number = first
        while time.monotonic() < end:
            os.pwrite(at_work, number.to_bytes(8, "little"), 0)
            faulthandler.dump_traceback_later(CASE_SECONDS, exit=True)
            with contextlib.suppress(*ALLOWED):
                target.read(case(name, seed, number, seeds), Path(folder))
            faulthandler.cancel_dump_traceback_later()
            number += 1
    os.pwrite(at_work, number.to_bytes(8, "little"), 0)
    return 0


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def hunt(name: str, seed: int, first: int, seconds: float, findings: Path) -> tuple[int, bool]:
    """Cases done, and whether all of them ended well. A finding is written down."""
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        call = [sys.executable, __file__, "--child", f"{name}:{first}", "--seed", str(seed), "--seconds", str(seconds)]
        done = subprocess.run([*call, "--progress", progress], stderr=subprocess.PIPE, text=True, errors="replace")
        if not progress.exists():
            raise SystemExit(f"{name}: the child died before its first case\n{done.stderr}")
        number = int.from_bytes(progress.read_bytes(), "little")
    if done.returncode == 0:
        return number - first, True
    data = case(name, seed, number, TARGETS[name].seeds())
    findings.mkdir(exist_ok=True)
    (findings / f"{name}-{seed}-{number}").write_bytes(data)
    print(f"{name}:{number} ({len(data):,} bytes) ended the child with {done.returncode}:\n{done.stderr[-700:]}")
    return number - first + 1, False


def show(name: str, seed: int, number: int) -> int:
    """One case again, in this process."""
    data = case(name, seed, number, TARGETS[name].seeds())
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with tempfile.TemporaryDirectory() as folder:
        try:
            TARGETS[name].read(data, Path(folder))
        except Exception as error:
            traceback.print_exc()
            return 0 if isinstance(error, ALLOWED) else 1
    print("taken without complaint")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="folder for their inputs")
    parser.add_argument("--case", metavar="TARGET:NUMBER", help="show one case again")
    parser.add_argument("--child", metavar="TARGET:FIRST", help=argparse.SUPPRESS)
    parser.add_argument("--progress", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child or options.case:
        name, number = (options.child or options.case).rsplit(":", 1)
        if options.case:
            return show(name, options.seed, int(number))
        return child(name, options.seed, int(number), options.seconds, options.progress)
    names = options.targets.split(",")
    sound = True
    for name in names:
        end, first = time.monotonic() + options.seconds / len(names), 0
        while (left := end - time.monotonic()) > 0:
            count, fine = hunt(name, options.seed, first, left, options.findings)
            first, sound = first + count, sound and fine
        print(f"{name}: {first:,} cases", flush=True)
    print("nothing found" if sound else f"findings are in {options.findings}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
