"""The name in a file of the network that it was made for, and how decode finds it."""

import dataclasses
import io
import shutil

import numpy as np
import pytest
from PIL import Image

import accelir
from accelir.api import Encoder
from accelir.formats.decode import network_of
from accelir.formats.inspect import inspect
from accelir.formats.jpeg.metadata import segments_for
from accelir.formats.jpeg.parse import parse
from accelir.formats.network_name import CODES, NetworkName, may_name, read_name
from accelir.formats.request import Metadata
from accelir.profile.installed import load_profile
from accelir.restoration.installed import find


@pytest.fixture
def encoder():
    """fidelity's quantisation for receivers that enlarge."""
    encoder = Encoder(profile="fidelity", effort=0)
    profile = dataclasses.replace(load_profile("fidelity"), network="sr-x4")
    encoder.settings = dataclasses.replace(encoder.settings, profile=profile)
    return encoder


def picture(height=96, width=128):
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).normal(0, 20, (height, width, 3))
    return np.clip(noise + np.stack([x, y, x + y], axis=2), 0, 255).astype(np.uint8)


def test_a_file_names_the_network_of_its_profile(encoder):
    data = encoder.encode(picture(), max_bytes=20_000).data
    assert network_of(data) == "sr-x4"
    assert len(data) <= 20_000


def test_decode_runs_the_network_that_the_file_names(encoder):
    data = encoder.encode(picture(), max_bytes=20_000).data
    plain = accelir.decode(data, network=None)
    assert accelir.decode(data).shape == (384, 512, 3)
    np.testing.assert_array_equal(accelir.decode(data), accelir.restore(plain, "sr-x4", amount=1))


def test_inspect_says_what_a_file_was_made_for(encoder):
    report = inspect(encoder.encode(picture(), max_bytes=20_000).data)
    assert report.network == "sr-x4"
    assert any("made for" in line and "sr-x4" in line for line in report.lines())
    assert inspect(accelir.encode(picture(), max_bytes=9000, profile="fidelity")).network is None


def test_small_files_and_profiles_without_a_network_name_nothing(encoder):
    assert network_of(encoder.encode(picture(24, 32), max_bytes=700).data) is None
    assert segments_for(Metadata(), True, None, 10**6).name is None
    assert segments_for(Metadata(), True, NetworkName("sr-x4"), 1000).name_size == 11
    assert segments_for(Metadata(), True, NetworkName("sr-x4"), 700).name is None


@pytest.mark.parametrize("format", ["jpeg", "webp"])
@pytest.mark.parametrize("profile", ["sr-x4", "sr-x2", "denoise-25", "deblur-1.5"])
def test_files_of_a_kilobyte_name_their_network(format, profile):
    data = accelir.encode(picture(32, 40), max_bytes=1000, format=format, profile=profile, effort=0)
    assert network_of(data) == profile


def test_the_name_takes_11_bytes_of_a_jpeg_and_14_of_a_webp():
    for format, cost in (("jpeg", 11), ("webp", 14)):
        sizes = [len(encoded_as(format, network)) for network in (None, "sr-x4")]
        assert sizes[1] - sizes[0] == cost


def encoded_as(format, network):
    encoder = Encoder(profile="fidelity", format=format, effort=0)
    profile = dataclasses.replace(load_profile("fidelity"), network=network)
    encoder.settings = dataclasses.replace(encoder.settings, profile=profile)
    return encoder.encode(picture(), max_bytes=10**6).data


@pytest.mark.parametrize("network", [*CODES.values(), "x", "my own net, x4", "=", "@9x9a", "n" * 200, None])
@pytest.mark.parametrize("size", [None, (1, 1), (65500, 16383)])
def test_a_name_is_read_as_it_was_written(network, size):
    name = NetworkName(network, size)
    written = name.write(b"a file")
    assert written.isascii()
    assert read_name(written, b"a file") == name
    assert read_name(written, b"another file") is None
    for at in range(len(written)):
        assert read_name(written[:at] + b"~" + written[at + 1 :], b"a file") is None


def test_letters_that_nobody_has_given_a_meaning_name_nothing():
    written = NetworkName("sr-x4").write(b"")
    unknown = [bytes([letter]) + written[1:] for letter in range(256) if chr(letter) not in CODES]
    assert not any(read_name(name, b"") for name in unknown)
    assert read_name(b"", b"") is None


@pytest.mark.parametrize("change", ["smaller", "coded anew", "cut"])
def test_a_name_that_another_program_kept_counts_for_nothing(encoder, change):
    opened = Image.open(io.BytesIO(encoder.encode(picture(), max_bytes=20_000).data))
    changed = {"smaller": opened.resize((64, 48)), "coded anew": opened, "cut": opened.crop((0, 0, 128, 95))}[change]
    buffer = io.BytesIO()
    changed.save(buffer, "JPEG", quality=80, comment=opened.info["comment"])
    data = buffer.getvalue()
    assert parse(data).comments == (opened.info["comment"],)
    assert network_of(data) is None
    assert inspect(data).network is None
    assert accelir.decode(data).shape == (changed.height, changed.width, 3)


def test_a_webp_chunk_that_another_program_kept_counts_for_nothing():
    ours, theirs = (accelir.encode(picture(), max_bytes=size, format="webp", effort=0) for size in (3000, 4000))
    tagless = theirs[: theirs.rindex(b"ACIR")]
    mixed = tagless + ours[ours.rindex(b"ACIR") :]
    mixed = mixed[:4] + (len(mixed) - 8).to_bytes(4, "little") + mixed[8:]
    assert network_of(theirs) == "sr-x4"
    assert network_of(mixed) is None
    assert accelir.decode(mixed).shape == (96, 128, 3)


def test_a_lossless_change_of_a_files_segments_keeps_the_name(encoder):
    data = encoder.encode(picture(), max_bytes=20_000).data
    longer = data[:20] + b"\xff\xe1\0\x0aExif\0\0MM" + data[20:]
    assert network_of(longer) == "sr-x4"


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_the_smallest_size_that_is_offered_is_met_whether_or_not_a_name_fits(format):
    for width in (120, 160, 200, 240):
        pixels = picture(width, width)
        with pytest.raises(accelir.BudgetError) as caught:
            accelir.encode(pixels, max_bytes=60, format=format, effort=2)
        smallest = caught.value.smallest
        assert len(accelir.encode(pixels, max_bytes=smallest, format=format, effort=2)) <= smallest


def test_a_share_of_the_file_is_the_most_that_a_name_takes():
    assert may_name(14, 1000)
    assert not may_name(16, 1000)


def test_decode_asks_for_a_network_when_the_file_names_none():
    data = accelir.encode(picture(), max_bytes=9000, profile="fidelity")
    with pytest.raises(ValueError, match=r"does not name a restoration network; choose one: .*sr-x4-light"):
        accelir.decode(data)


def test_a_network_can_be_named_whatever_the_file_says(encoder):
    data = encoder.encode(picture(), max_bytes=20_000).data
    assert accelir.decode(data, network="sr-x2").shape == (192, 256, 3)
    with pytest.raises(ValueError, match="unknown network 'nonsense'"):
        accelir.decode(data, network="nonsense")


def test_a_file_can_name_no_network_but_an_installed_one(tmp_path):
    for suffix in (".onnx", ".json"):
        shutil.copy(find("sr-x2").with_suffix(suffix), tmp_path / f"mine{suffix}")
    named = encoded_as("jpeg", str(tmp_path / "mine.onnx"))
    with pytest.raises(ValueError, match=r"mine.onnx', which is not installed"):
        accelir.decode(named)
    assert accelir.decode(named, network=tmp_path / "mine.onnx").shape == (192, 256, 3)
