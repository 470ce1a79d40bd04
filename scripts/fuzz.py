"""Reads broken files for a while, in a child process of bounded memory: nothing but a clear error may come.

    python scripts/fuzz.py [--seconds 600] [--seed 0] [--targets decode-jpeg,inspect] [--case TARGET:NUMBER]

Sound files are damaged (bits, bytes, numbers, pieces cut out, doubled, moved, swapped with another file's, truncated;
JSON values replaced) and given to every reader; so are files that are small and would cost much (scripts/costly.py),
with the limits that users have. A case follows from the target, the seed and its number alone: --case shows it again.
A finding is any exception but ValueError (and OSError where a path is read), a dead child, memory above the target's
limit, more time of the processor than a file of its size may take, half a file that is taken for a whole one, and a
model that reads beyond its own bytes; the input is written beside the report and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import faulthandler
import hashlib
import io
import json
import os
import resource
import struct
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

import costly
import numpy as np
from PIL import Image

import accelir
from accelir.cells.modes import make_modes
from accelir.formats import inspect as inspection
from accelir.formats.decode import network_of
from accelir.formats.jpeg.parse import parse as parse_jpeg
from accelir.formats.pillow import PILLOWS_LIMIT
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.profile.files import ARRAYS, PROFILE, QPNET, read_profile
from accelir.restoration.card import Card
from accelir.restoration.installed import find
from accelir.storage.arrays import read_arrays, write_arrays
from accelir.storage.shipped import shipped

GIB = 1 << 30
CASE_SECONDS = 40
"""Of the clock: a case that hangs."""
FREE_SECONDS = 3.0
"""Of the processor, for a file of up to FREE_BYTES; for larger ones SECONDS_PER_BYTE more."""
FREE_BYTES = 100_000
SECONDS_PER_BYTE = 2e-7
MAX_PIXELS = 1 << 22
"""Pictures above twice this are refused by decode; a smaller limit than Pillow's keeps cases quick."""
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


def card_of(network: str) -> list[bytes]:
    return [find(network).with_suffix(".json").read_bytes()]


def models() -> list[bytes]:
    return [find(name).read_bytes() for name in ("dejpeg-light", "denoise-25-light", "sr-x4")]


@dataclass(frozen=True)
class Target:
    """Something that reads files."""

    seeds: Callable[[], list[bytes]]
    """Sound files."""
    read: Callable[[bytes, Path], None]
    """Reads one, given a folder of its own to put it in."""
    is_json: bool = False
    errors: tuple[type[Exception], ...] = (ValueError, OSError)
    """What it may raise."""
    memory: int = 3 * GIB
    """Address space that the child may take beyond what it has after its imports."""
    seconds: float = FREE_SECONDS
    """Of the processor, that a small file may take."""
    make: Callable[[Rng, list[bytes]], bytes] | None = None
    """Makes a case; None: by general damage."""
    pixels: int = MAX_PIXELS
    """PIL.Image.MAX_IMAGE_PIXELS."""

    def case(self, rng: Rng, seeds: list[bytes]) -> bytes:
        return damage(rng, seeds, self.is_json) if self.make is None else self.make(rng, seeds)

    def allowed(self, size: int) -> float:
        """Seconds of the processor for a file of so many bytes."""
        return self.seconds + max(0, size - FREE_BYTES) * SECONDS_PER_BYTE


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


def read_large(data: bytes, folder: Path) -> None:
    """Every reader of pictures, each within the time."""
    for read in (decode, inspect, network_name):
        start = time.process_time()
        with contextlib.suppress(ValueError):
            read(data, folder)
        if (took := time.process_time() - start) > FREE_SECONDS + len(data) * SECONDS_PER_BYTE:
            raise AssertionError(f"{read.__name__} takes {took:.1f} s for {len(data):,} bytes")


def half(data: bytes, folder: Path) -> None:
    """A file that lost its end must not pass for a whole one."""
    report = inspection.inspect(data)
    if not report.damage and report.format == "webp":
        raise AssertionError("inspect finds no damage")
    if report.format == "jpeg":
        accelir.decode(data, network=None)
        raise AssertionError("decode takes it")


def external(data: bytes, folder: Path) -> None:
    """A model whose weights lie beside it, where the process works."""
    os.chdir(folder)
    (folder / costly.OUTSIDE).write_bytes(np.eye(3, dtype=np.float32).tobytes())
    entries = json.loads(find("dejpeg").with_suffix(".json").read_bytes())
    entries["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "net.json").write_text(json.dumps(entries))
    (folder / "net.onnx").write_bytes(data)
    accelir.restore(picture(9, 7), folder / "net.onnx", threads=1)
    if costly.OUTSIDE.encode() in data:
        raise AssertionError("a model of several files is taken")


def costly_jpegs() -> list[bytes]:
    return [
        costly.empty_scans(5168, 5168, 880),
        costly.empty_scans(9000, 9000, 990),
        costly.arithmetic_work(8000, 7000),
        costly.arithmetic_flat(65_000, 980),
        costly.many_segments(saved(picture(16, 16), "JPEG"), 24_000),
        saved(picture(16, 16), "JPEG"),
        saved(picture(16, 16), "JPEG", progressive=True),
    ]


def costly_webps() -> list[bytes]:
    plain = Image.new("RGB", (1000, 1000), (200, 30, 60))
    return [
        costly.many_chunks(12_000),
        saved(Image.new("RGB", (13_376, 13_376)), "WEBP", lossless=True, quality=0, method=0),
        saved(plain, "WEBP", lossless=True),
        saved(plain, "WEBP", quality=10),
    ]


def large(rng: Rng, seeds: list[bytes]) -> bytes:
    """One of the costly files as it is, or with another size in its headers, and at times damaged."""
    data = seeds[rng.integers(len(seeds))]
    if rng.random() < 0.4:
        data = resized(rng, data)
    return damage(rng, [data], False) if rng.random() < 0.2 else data


def resized(rng: Rng, data: bytes) -> bytes:
    """Another width and height, up to the format's largest, in the first frame header."""
    if data[:4] == b"RIFF":
        width, height = (int(2 ** rng.uniform(0, 14)) for _ in range(2))
        if (at := data.find(b"VP8L")) > 0:
            sides = struct.pack("<I", (min(height, 1 << 14) - 1) << 14 | (min(width, 1 << 14) - 1))
            return data[: at + 9] + sides + data[at + 13 :]
        at = data.find(b"\x9d\x01\x2a") + 3
        return data[:at] + struct.pack("<HH", width & 0x3FFF, height & 0x3FFF) + data[at + 4 :]
    frames = [data.find(bytes([0xFF, marker])) for marker in (0xC0, 0xC2, 0xC9, 0xCA)]
    at = min(at for at in frames if at >= 0) + 5
    sides = [int(2 ** rng.uniform(0, 16)) for _ in range(2)]
    return data[:at] + struct.pack(">HH", *sides) + data[at + 4 :]


def whole_scans() -> list[bytes]:
    """Photographs, as it were: none that ends in one colour."""
    image = picture(320, 240)
    return [
        saved(image, "JPEG"),
        saved(image, "JPEG", progressive=True, quality=90),
        saved(image.convert("L"), "JPEG", restart_marker_blocks=7),
        saved(image.convert("CMYK"), "JPEG"),
        saved(image, "WEBP", quality=70),
        accelir.encode(image, max_bytes=20_000),
        accelir.encode(image, max_bytes=20_000, format="webp"),
    ]


def halved(rng: Rng, seeds: list[bytes]) -> bytes:
    """A file whose last scan, or frame, lost a tenth or more of its data, and whose headers know nothing of it."""
    data, kept = seeds[rng.integers(len(seeds))], rng.uniform(0.05, 0.9)
    if data[:4] == b"RIFF":
        at = data.index(b"VP8 ")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        first = 10 + (int.from_bytes(data[at + 8 : at + 11], "little") >> 5)
        frame = data[at + 8 : at + 8 + first + int((size - first) * kept * 0.9)]
        return costly.riff((b"VP8 ", frame))
    scan = parse_jpeg(data).scans[-1]
    return data[: scan.data_offset + 1 + int((scan.data_size - 1) * kept)].rstrip(b"\xff") + b"\xff\xd9"


def huge_json() -> list[bytes]:
    return [b"[" + b"[]," * (24 << 20) + b"[]]"]


def as_it_is(rng: Rng, seeds: list[bytes]) -> bytes:
    return seeds[rng.integers(len(seeds))]


def bombs() -> list[bytes]:
    return [costly.bomb(size << 20) for size in (65, 300, 700)]


def external_models() -> list[bytes]:
    return [costly.external_model(), costly.external_model("constant")]


TARGETS = {
    "decode-jpeg": Target(jpegs, decode, errors=(ValueError,)),
    "decode-webp": Target(webps, decode, errors=(ValueError,)),
    "inspect": Target(lambda: jpegs() + webps(), inspect, errors=(ValueError,)),
    "network-name": Target(lambda: jpegs() + webps(), network_name, errors=(ValueError,)),
    "profile": Target(profile_documents, profile, is_json=True),
    "npz": Target(array_files, npz, errors=(ValueError,)),
    "curves": Target(curve_numbers, curves),
    "qpnet": Target(lambda: [(GROUPED / QPNET).read_bytes()], qpnet),
    "card": Target(card_documents, card, is_json=True),
    "network-card": Target(lambda: card_of("dejpeg"), network_card, is_json=True),
    "network": Target(models, network),
    "large-jpeg": Target(costly_jpegs, read_large, make=large, pixels=PILLOWS_LIMIT, memory=6 * GIB, seconds=9),
    "large-webp": Target(costly_webps, read_large, make=large, pixels=PILLOWS_LIMIT, memory=6 * GIB, seconds=9),
    "name-of-many-parts": Target(
        lambda: [costly.many_segments(b"\xff\xd8\xff\xd9", 3_000_000), costly.many_chunks(2_500_000)],
        network_name,
        make=as_it_is,
        memory=GIB // 4,
        seconds=1,
    ),
    "half": Target(whole_scans, half, make=halved),
    "npz-bomb": Target(bombs, npz, make=as_it_is, memory=GIB // 4),
    "json-bomb": Target(huge_json, card, make=as_it_is, memory=GIB // 2),
    "external": Target(
        external_models,
        external,
        make=lambda rng, seeds: as_it_is(rng, seeds) if rng.random() < 0.3 else damage(rng, seeds, False),
    ),
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
            parent[key] = copy.deepcopy(ODD_VALUES[rng.integers(len(ODD_VALUES))])
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
    return TARGETS[name].case(np.random.default_rng([seed, entropy, number]), seeds)


def child(name: str, seed: int, first: int, seconds: float, progress: Path) -> int:
    """Runs cases until the time is over; the number of the one at work is in `progress`, for the parent."""
    target, end = TARGETS[name], time.monotonic() + seconds
    seeds = target.seeds()
    with tempfile.TemporaryDirectory() as folder:
        for seed_file in seeds if target.make is None else ():
            target.read(seed_file, Path(folder))
        limit_memory(target.memory)
        Image.MAX_IMAGE_PIXELS = target.pixels
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        at_work = os.open(progress, os.O_WRONLY | os.O_CREAT)
        number = first
        while time.monotonic() < end:
            os.pwrite(at_work, number.to_bytes(8, "little"), 0)
            data = case(name, seed, number, seeds)
            faulthandler.dump_traceback_later(CASE_SECONDS, exit=True)
            start = time.process_time()
            with contextlib.suppress(*target.errors):
                target.read(data, Path(folder))
            if (took := time.process_time() - start) > target.allowed(len(data)):
                raise AssertionError(f"{took:.1f} s of the processor, {target.allowed(len(data)):.1f} s are allowed")
            faulthandler.cancel_dump_traceback_later()
            number += 1
    os.pwrite(at_work, number.to_bytes(8, "little"), 0)
    return 0


def limit_memory(bytes_: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + bytes_
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
    Image.MAX_IMAGE_PIXELS = TARGETS[name].pixels
    with tempfile.TemporaryDirectory() as folder:
        try:
            TARGETS[name].read(data, Path(folder))
        except Exception as error:
            traceback.print_exc()
            return 0 if isinstance(error, TARGETS[name].errors) else 1
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
