"""A format is a value: everything looks formats up, so a third one needs its own package and a line in the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

import accelir
from accelir.cli import main
from accelir.comparison.compare import compare
from accelir.errors import BudgetError
from accelir.formats.format import Format
from accelir.formats.inspect import inspect
from accelir.formats.network_name import NetworkName, read_name
from accelir.formats.registry import FORMATS, find_format
from accelir.formats.report import Report, line
from accelir.formats.request import Made, Request

MAGIC = b"TOY1"


@dataclass(frozen=True)
class ToyReport(Report):
    def details(self) -> Iterator[str]:
        yield line("bricks", "all of one size")


@dataclass(frozen=True)
class PreparedToy:
    """Every pixel as it is, and the name."""

    request: Request

    def within(self, max_bytes: int) -> Made:
        pixels = self.request.pixels
        name = self.request.name or NetworkName("sr-x2")
        body = MAGIC + bytes(pixels.shape[:2]) + pixels.tobytes() + name.write(b"")
        if len(body) > max_bytes:
            raise BudgetError("too small for a toy", len(body))
        shape = [-(-side // 32) for side in pixels.shape[:2]]
        groups = SimpleNamespace(map=np.zeros(shape, np.int32))
        return Made(body, np.full(shape, 95, np.int32), groups, max_bytes, np.ones(1, np.uint8), {"bricks": 1})


def decode_toy(data: bytes) -> np.ndarray:
    height, width = data[4:6]
    return np.frombuffer(data, np.uint8, height * width * 3, offset=6).reshape(height, width, 3)


def name_in_toy(data: bytes) -> NetworkName | None:
    return read_name(data[6 + data[4] * data[5] * 3 :], b"")


def toy_bits(data: bytes) -> np.ndarray:
    return np.full([-(-side // 32) for side in data[4:6]], 8.0, np.float32)


TOY = Format(
    name="toy",
    label="Toy",
    pillow="TOY",
    suffix=".toy",
    longest_side=200,
    has_transparency=False,
    options=(),
    sniff=lambda data: data[:4] == MAGIC,
    parse=lambda data: SimpleNamespace(width=data[5], height=data[4]),
    decode=decode_toy,
    name_of=name_in_toy,
    check=lambda settings: None,
    prepare=PreparedToy,
    has_cells=lambda data: True,
    cell_bits=toy_bits,
    maps=lambda data: iter(()),
    inspect=lambda data, name: ToyReport(
        name, "toy", len(data), data[5], data[4], {"body": len(data)}, "sr-x2", None, None, ""
    ),
)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(FORMATS, "toy", TOY)


PIXELS = photo("cup")[:64, :96]


def test_the_library_writes_and_reads_a_format_that_was_registered(toy):
    result = accelir.Encoder(format="toy", profile="fidelity").encode(PIXELS, max_bytes=20_000)
    assert result.stats["format"] == "toy"
    assert result.stats["bricks"] == 1
    assert find_format(result.data) is TOY
    np.testing.assert_array_equal(accelir.decode(result.data, network=None), PIXELS)
    assert accelir.decode(result.data).shape == (128, 192, 3)  # by the network that the file names
    assert list(inspect(result.data).lines())[-1].split() == ["bricks", "all", "of", "one", "size"]
    with pytest.raises(BudgetError):
        accelir.encode(PIXELS, max_bytes=100, format="toy")
    with pytest.raises(ValueError, match="a Toy picture is 1 to 200 pixels wide"):
        accelir.encode(np.zeros((10, 201, 3), np.uint8), max_bytes=20_000, format="toy")


def test_the_commands_know_it(toy, tmp_path):
    (tmp_path / "in.toy").write_bytes(accelir.encode(PIXELS, max_bytes=20_000, format="toy", profile="fidelity"))
    told = CliRunner().invoke(main, ["inspect", str(tmp_path / "in.toy"), "--json"])
    assert json.loads(told.output)["format"] == "toy"
    done = CliRunner().invoke(main, ["decode", str(tmp_path / "in.toy"), "-o", str(tmp_path / "out.png")])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), PIXELS)


def test_the_comparison_has_it(toy):
    found = compare(PIXELS, max_bytes=20_000, profile="fidelity", effort=0)
    assert found.files["accelir Toy"].psnr > 10
    assert found.files["accelir Toy, scaled"].psnr > 10


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_knows_its_own_files(name):
    format = FORMATS[name]
    data = accelir.encode(PIXELS, max_bytes=4000, format=name, profile="fidelity", effort=0)
    assert [other.name for other in FORMATS.values() if other.sniff(data)] == [name]
    structure = format.parse(data)
    assert sum(structure.bytes_by_part().values()) == len(data)
    assert format.has_cells(data)
    assert format.cell_bits(data).shape == (2, 3)
    assert next(format.maps(data)).values.shape == (2, 3)
    assert Image.registered_extensions()[format.suffix] == format.pillow


def test_data_of_no_format_are_none():
    assert find_format(b"GIF89a") is None
    with pytest.raises(ValueError, match="neither JPEG nor WebP"):
        inspect(b"GIF89a")
