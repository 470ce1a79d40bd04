"""The name in a file of the network that it was made for, and how decode finds it."""

import dataclasses
import shutil

import numpy as np
import pytest

import accelir
from accelir.api import Encoder
from accelir.formats.decode import network_of
from accelir.formats.inspect import inspect
from accelir.formats.jpeg.metadata import name_segment
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
    np.testing.assert_array_equal(accelir.decode(data), accelir.restore(plain, "sr-x4"))


def test_inspect_says_what_a_file_was_made_for(encoder):
    report = inspect(encoder.encode(picture(), max_bytes=20_000).data)
    assert report.network == "sr-x4"
    assert any("made for" in line and "sr-x4" in line for line in report.lines())
    assert inspect(accelir.encode(picture(), max_bytes=9000, profile="fidelity")).network is None


def test_small_files_and_profiles_without_a_network_name_nothing(encoder):
    assert network_of(encoder.encode(picture(), max_bytes=4000).data) is None
    assert name_segment(None, 10**6) == b""
    assert name_segment("sr-x4", 17 * 500) != b""
    assert name_segment("sr-x4", 17 * 500 - 1) == b""


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
    data = accelir.encode(picture(), max_bytes=20_000)
    named = data[:2] + name_segment(str(tmp_path / "mine.onnx"), 10**9) + data[2:]
    with pytest.raises(ValueError, match=r"mine.onnx', which is not installed"):
        accelir.decode(named)
    assert accelir.decode(named, network=tmp_path / "mine.onnx").shape == (192, 256, 3)
