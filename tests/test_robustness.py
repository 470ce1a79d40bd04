"""Broken and hostile files: a clear error, in bounded memory, whatever is read. scripts/fuzz.py looks further."""

import json
import os
import shutil
import struct
import subprocess
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

import pytest
from helpers import pillow_jpeg, smooth

from accelir.profile.files import read_profile
from accelir.restoration.card import Card
from accelir.restoration.installed import find
from accelir.restoration.network import open_network
from accelir.storage.json_files import MAX_BYTES, read_json
from accelir.storage.shipped import shipped

ROOT = Path(__file__).parents[1]
SIDE = 65535


def claiming(data: bytes, width: int, height: int) -> bytes:
    """A JPEG with another size in its frame header (T.81, B.2.2)."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def riff(size: int, *chunks: tuple[bytes, int, bytes]) -> bytes:
    return b"RIFF" + struct.pack("<I", size) + b"WEBP" + b"".join(n + struct.pack("<I", s) + d for n, s, d in chunks)


def vp8l(width: int, height: int) -> bytes:
    """The header of a lossless WebP (RFC 9649, 3.4) and no picture."""
    head = b"\x2f" + struct.pack("<I", (height - 1) << 14 | (width - 1)) + bytes(11)
    return riff(12 + len(head), (b"VP8L", len(head), head))


SMALL = smooth(64, 64)
MANY_SCANS = pillow_jpeg(SMALL, progressive=True)
LAST_SCAN = MANY_SCANS[MANY_SCANS.rfind(b"\xff\xda") : -2]
BOMBS = {
    "a sequential JPEG of 65,535 x 65,535": claiming(pillow_jpeg(SMALL), SIDE, SIDE),
    "a progressive JPEG of 65,535 x 65,535": claiming(pillow_jpeg(SMALL, progressive=True), SIDE, SIDE),
    "a gray JPEG of 65,535 x 65,535": claiming(pillow_jpeg(SMALL[..., 0]), SIDE, SIDE),
    "an arithmetic JPEG of 65,535 x 65,535": claiming(pillow_jpeg(SMALL), SIDE, SIDE).replace(b"\xff\xc0", b"\xff\xc9"),
    "a JPEG of 13,000 x 13,000": claiming(pillow_jpeg(SMALL), 13_000, 13_000),
    "a JPEG of 2,000 scans": MANY_SCANS[:-2] + LAST_SCAN * 2000 + MANY_SCANS[-2:],
    "a JPEG of 200,000 segments": MANY_SCANS[:2] + b"\xff\xfe\x00\x02" * 200_000 + MANY_SCANS[2:],
    "a file of 4 GB in its header": riff(2**32 - 10, (b"VP8 ", 100, bytes(100))),
    "a chunk of 4 GB": riff(112, (b"VP8 ", 2**32 - 1, bytes(100))),
    "a lossless WebP of 16,384 x 16,384": vp8l(16_384, 16_384),
}  # fmt: skip

READ = """
    import json, resource, sys
    import accelir
    from accelir.formats.inspect import inspect

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB -> MiB

    data = sys.stdin.buffer.read()
    accelir.decode(accelir.encode(__import__("numpy").zeros((64, 64, 3), "uint8"), max_bytes=9999), network=None)
    before, says = peak(), {}
    for read in (lambda: accelir.decode(data, network=None), lambda: inspect(data)):
        try:
            read()
        except ValueError as error:
            says[len(says)] = str(error)
    print(json.dumps({"says": says, "mib": peak() - before}))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_little_memory(name):
    call = [sys.executable, "-c", textwrap.dedent(READ)]
    done = subprocess.run(call, input=BOMBS[name], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert "0" in found["says"], "decode took it"
    assert found["mib"] < 100


def test_a_profile_cut_short_anywhere_is_refused(tmp_path):
    whole = (shipped() / "fidelity" / "profile.json").read_bytes().rstrip()
    assert read_profile(shipped() / "fidelity").name == "fidelity"
    for length in range(0, len(whole), 41):
        (tmp_path / "profile.json").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="damaged"):
            read_profile(tmp_path)


def test_a_card_cut_short_anywhere_is_refused(tmp_path):
    path = tmp_path / "card.json"
    whole = find("dejpeg").with_suffix(".json").read_bytes().rstrip()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="not JSON"):
            Card.read(path)


def test_a_model_cut_short_is_refused(tmp_path):
    whole, path = find("dejpeg").read_bytes(), tmp_path / "cut.onnx"
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut.onnx: "):
            open_network(path, threads=1)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"memory": NaN}',
        '{"memory": -Infinity}',
        "9" * 5000,
        b"\xff\xfe{",
    ],
    ids=["deep list", "deep object", "NaN", "Infinity", "long number", "no UTF-8"],
)
def test_hostile_json_is_a_value_error(tmp_path, text):
    path = tmp_path / "hostile.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"hostile.json: .*JSON"):
        read_json(path)


def test_a_huge_card_is_refused_unread(tmp_path):
    with open(tmp_path / "card.json", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="more JSON than is read"):
        Card.read(tmp_path / "card.json")


@pytest.mark.parametrize("entry", ["strength", "halo", "multiple_of", "macs", "parameters", "memory"])
@pytest.mark.parametrize("value", [1e999, -1, 10**400, "7", True, [1]], ids=str)
def test_a_cards_numbers_have_bounds(entry, value):
    entries = {**asdict(open_network("dejpeg").card), entry: value}
    with pytest.raises(ValueError, match=f"{entry} is .*; wanted is a"):
        Card.from_dict(entries)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("network",), "gr\u00fc\u00dfe"),
        (("network",), "x" * 70_000),
        (("jpeg", "ladder", 1, "drop"), 1e999),
        (("jpeg", "ladder", 1, "multiple"), 10**400),
        (("jpeg", "ladder", 1, "lambda"), 1e308),
        (("jpeg", "tables", "4:2:0", "weights", 0, 0), 1e308),
        (("jpeg", "tables", "4:2:0", "luma"), [[]]),
        (("jpeg", "ladder"), {}),
    ],
)
def test_a_profiles_values_have_bounds(tmp_path, where, value):
    document = json.loads((shipped() / "sr-x4" / "profile.json").read_bytes())
    parent = document
    for key in where[:-1]:
        parent = parent[key]
    parent[where[-1]] = value
    shutil.copytree(shipped() / "sr-x4", tmp_path, dirs_exist_ok=True)
    (tmp_path / "profile.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="damaged"):
        read_profile(tmp_path)


def test_memory_stays_flat():
    """A thousand pictures by scripts/soak.py, which runs ten thousand by itself."""
    call = [sys.executable, str(ROOT / "scripts" / "soak.py"), "--count", "1000"]
    done = subprocess.run(call, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_damage_that_nobody_thought_of(tmp_path):
    """Twenty seconds of scripts/fuzz.py, which must find nothing."""
    call = [sys.executable, str(ROOT / "scripts" / "fuzz.py"), "--seconds", "20", "--findings", str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "decode-jpeg: " in done.stdout
