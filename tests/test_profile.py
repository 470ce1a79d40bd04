"""Profiles: what is installed, what QP maps become, and damaged ones."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import noise, photo, read_levels, write_levels

import accelir
from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.cells.modes import make_modes
from accelir.cells.qp import QP_MAX, QP_MIN, qp_of_step
from accelir.core import jpeg as core
from accelir.profile.files import write_profile
from accelir.profile.installed import load_profile, profiles
from accelir.profile.ladder import Ladder

FOLDER = Path(__file__).parents[1] / "profiles"
FIELDS = ("lambda", "deadzone", "multiple", "cut")


def test_profiles_are_installed_and_sr_x4_is_the_default():
    assert {"fidelity", "sr-x4", "sr-x2", "denoise-25", "deblur-1.5"} <= set(profiles())
    assert profiles() == sorted(profiles())
    assert profiles() == accelir.profiles()
    assert accelir.Encoder().settings.profile is load_profile("sr-x4")


def test_folders_without_a_profile_are_none():
    assert "networks" not in profiles()


def test_a_path_that_is_no_profile_says_so():
    with pytest.raises(accelir.ProfileError, match=r"'fidelity/profile.json': there is no profile.json in a folder"):
        load_profile("fidelity/profile.json")


@pytest.mark.parametrize("name", ["sr-x99", "", "Fidelity", "fidelity ", "networks", ".."])
def test_an_unknown_name_lists_what_is_installed(name):
    with pytest.raises(ValueError, match="fidelity") as caught:
        load_profile(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("name", profiles())
def test_installed_profiles_are_sound(name):
    profile = load_profile(name)
    assert profile.name == name
    assert profile.task
    assert set(profile.jpeg.tables) == set(SUBSAMPLINGS)
    for shape in profile.jpeg.tables.values():
        assert shape.relative_steps.shape == (2, 64)
        assert ((shape.relative_steps > 0) & (shape.relative_steps <= 16)).all()
        assert shape.weights.shape == (3, 64)
        assert (shape.weights >= 0).all()
        assert shape.weights[0].any()
    assert profile.jpeg.ladder.drops[0] == 0
    assert (np.diff(profile.jpeg.ladder.drops) > 0).all()
    # The whole range of QP, so that no map falls off its end.
    assert profile.jpeg.ladder.drops[-1] >= QP_MAX - QP_MIN
    assert len(profile.jpeg.ladder.modes) == len(profile.jpeg.ladder.drops)


def test_fidelity_has_flat_luma_tables_and_weighs_rgb():
    profile = load_profile("fidelity")
    for subsampling, shape in profile.jpeg.tables.items():
        assert (shape.relative_steps[0] == 1).all()
        # Weighs chroma as decoding does; the profile may lean from there towards luma, but not far.
        ratio = shape.weights[1:] / rgb_weights(subsampling)[1:]
        assert 0.5 < ratio.min() <= ratio.max() < 1.05
        np.testing.assert_allclose(ratio, ratio[0, 0], rtol=0.01)


def test_fidelity_quantises_everything_coarser_down_its_ladder():
    ladder = load_profile("fidelity").jpeg.ladder.modes
    for field, direction in (("lambda", 1), ("deadzone", 1), ("multiple", 1), ("cut", -1)):
        assert (direction * np.diff(ladder[field]) >= 0).all()
    assert (np.diff(ladder["lambda"]) > 0).all()
    assert (np.diff(ladder["deadzone"]) > 0).all()


def ladder(**fields) -> Ladder:
    drops = np.array([0.0, 10.0, 30.0])
    return Ladder(drops, make_modes(**fields))


def test_drops_between_rungs_are_interpolated():
    profile = ladder(lambda_=[0.1, 0.4, 1.6], deadzone=[0.5, 1.0, 2.0], multiple=[1, 2, 3], cut=[64, 20, 5])
    modes = profile.modes_at(np.array([0, 4, 5, 6, 10, 20, 21, 30, 80]))
    np.testing.assert_allclose(modes["lambda"][[0, 2, 4, 5, 7]], [0.1, 0.2, 0.4, 0.8, 1.6], rtol=1e-5)
    np.testing.assert_allclose(modes["deadzone"][[0, 2, 4, 5, 7]], [0.5, 0.75, 1.0, 1.5, 2.0])
    assert modes["multiple"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert modes["cut"].tolist() == [64, 64, 64, 20, 20, 20, 5, 5, 5]
    assert modes[-1] == modes[-2]  # below the last rung


def test_a_rung_without_rdo_gives_modes_without_it():
    profile = ladder(lambda_=[0.0, 0.0, 0.4], deadzone=[0.5, 2.0, 2.0])
    # However little the Lagrangian, the trellis would run and the dead zone would not.
    assert profile.modes_at(np.array([0, 5, 10]))["lambda"].tolist() == [0, 0, 0]


def test_a_map_becomes_one_mode_for_each_of_its_values():
    profile = load_profile("fidelity")
    qp_map = np.array([[90, 60, 90], [75, 90, 60]])
    modes, mode_map = profile.jpeg.ladder.map_modes(qp_map)
    assert len(modes) == 3
    assert mode_map.dtype == np.int32
    assert mode_map.shape == qp_map.shape
    for qp in (90, 75, 60):
        numbers = set(mode_map[qp_map == qp])
        assert len(numbers) == 1
        assert modes[numbers.pop()] == profile.jpeg.ladder.modes_at(np.array([90 - qp]))[0]


def test_the_highest_qp_of_a_map_has_the_first_rung():
    profile = load_profile("fidelity")
    for qp in (15, 50, 95):
        modes, mode_map = profile.jpeg.ladder.map_modes(np.full((2, 2), qp))
        assert len(modes) == 1
        assert not mode_map.any()
        for field in FIELDS:
            assert modes[field][0] == pytest.approx(profile.jpeg.ladder.modes[field][0])


def test_qp_falls_16_for_every_doubling_of_the_step():
    assert [qp_of_step(s) for s in (2.5, 5, 10, 20, 40, 80)] == [95, 79, 63, 47, 31, 15]
    assert qp_of_step(0.1) == 95
    assert qp_of_step(1e6) == 15


# Damaged profiles


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder of profiles of its own; edits are seen at once."""
    shutil.copytree(FOLDER / "fidelity", tmp_path / "mine")
    (tmp_path / "not_a_profile").mkdir()
    monkeypatch.setattr("accelir.profile.installed.shipped", lambda: tmp_path)
    load_profile.cache_clear()
    yield tmp_path / "mine" / "profile.json"
    load_profile.cache_clear()


def edited(path, change):
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def test_profiles_are_found_by_their_folder(installed):
    assert profiles() == ["mine"]
    edited(installed, lambda d: d.update(name="mine"))
    assert load_profile("mine").name == "mine"
    with pytest.raises(ValueError, match="there is mine"):
        load_profile("fidelity")


def deleted(*path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def put(value, *path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        deleted("schema"),
        put(2, "schema"),
        put("1", "schema"),
        deleted("name"),
        deleted("task"),
        deleted("provenance"),
        deleted("jpeg"),
        put(None, "jpeg"),
        put([], "jpeg"),
        deleted("jpeg", "tables", "4:2:2"),
        put(True, "jpeg", "chroma_smoothing"),
        put("0.1", "jpeg", "chroma_smoothing"),
        put([1.0] * 63, "jpeg", "tables", "4:2:0", "luma"),
        put([1.0] * 65, "jpeg", "tables", "4:2:0", "chroma"),
        put(["a"] * 64, "jpeg", "tables", "4:2:0", "chroma"),
        put([[1.0] * 64] * 2, "jpeg", "tables", "4:4:4", "weights"),
        put([], "jpeg", "ladder"),
        put(5, "jpeg", "ladder", 0, "drop"),
        put(0, "jpeg", "ladder", 1, "drop"),
        put("x", "jpeg", "ladder", 1, "lambda"),
        deleted("jpeg", "ladder", 2, "cut"),
        put([1.0] * 10, "webp", "group_weights"),  # it has no groups
        put([0.0] * 10, "webp", "group_weights"),
        put(1.5, "webp", "chroma_smoothing"),
        put(1.5, "webp", "luma_fit"),
        put([[1.0, 3.0]], "jpeg", "foretold"),
        put([[1.0, 1.0], [1.0, 1.1]], "jpeg", "foretold"),
        put([[1.0]], "jpeg", "foretold"),
    ],
)
def test_a_damaged_profile_is_refused_by_name(installed, change):
    edited(installed, change)
    with pytest.raises(ValueError, match="profile 'mine' is damaged"):
        load_profile("mine")


@pytest.mark.parametrize("as_given", [str, Path])
def test_a_profile_of_ones_own_is_its_folder(tmp_path, as_given):
    folder = tmp_path / "my profile"
    shutil.copytree(FOLDER / "denoise-25", folder)
    pixels = photo("cup")
    data = accelir.encode(pixels, bpp=1.2, profile=as_given(folder))
    assert data == accelir.encode(pixels, bpp=1.2, profile="denoise-25")


def test_a_folder_without_a_profile_is_refused(tmp_path):
    with pytest.raises(accelir.ProfileError, match=r"profile.json"):
        accelir.Encoder(profile=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ufeff{}"])
def test_a_profile_that_is_no_json_object_is_refused(installed, text):
    installed.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="profile 'mine' is damaged"):
        load_profile("mine")


@pytest.mark.parametrize(
    "change",
    [
        put(17.0, "jpeg", "tables", "4:2:0", "luma", 5),
        put(-0.1, "jpeg", "chroma_smoothing"),
        put(1.1, "jpeg", "chroma_smoothing"),
        put(0.0, "jpeg", "tables", "4:2:0", "chroma", 5),
        put(-1.0, "jpeg", "tables", "4:2:0", "weights", 0, 5),
        put(-0.1, "jpeg", "ladder", 0, "lambda"),
        put(0.1, "jpeg", "ladder", 0, "deadzone"),
        put(0, "jpeg", "ladder", 0, "multiple"),
        put(65, "jpeg", "ladder", 0, "cut"),
        put(float("nan"), "jpeg", "ladder", 0, "lambda"),
    ],
)
def test_values_out_of_range_never_reach_a_file(installed, change):
    edited(installed, change)
    with pytest.raises(ValueError, match=r"shape|weight|mode|damaged"):
        accelir.encode(np.zeros((40, 40, 3), np.uint8), max_bytes=1000, profile="mine", subsampling="4:2:0")


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_profiles_smoothing_keeps_noise_out_of_the_files_chroma(installed, format):
    pixels = noise(96, 96) // 3 + 80
    roughness = []
    for smoothing in (0.0, 0.1, 1.0):
        edited(installed, put(smoothing, format, "chroma_smoothing"))
        load_profile.cache_clear()
        data = accelir.encode(pixels, bpp=6, profile="mine", format=format, subsampling="4:2:0")
        chroma = (
            accelir.decode(data, network=None)[..., [0, 2]].astype(float) - accelir.decode(data, network=None)[..., [1]]
        )
        roughness.append(np.abs(np.diff(chroma, axis=1)).mean())
    # Measured 11.4, 6.9, 2.0, in both formats.
    assert roughness[0] > 1.4 * roughness[1] > 3 * roughness[2]


# The zigzag


def test_zigzag_runs_through_the_block_as_in_the_standard():
    rows, cols = np.divmod(ZIGZAG, 8)
    assert sorted(ZIGZAG) == list(range(64))
    assert ZIGZAG[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    assert (np.abs(np.diff(rows)) <= 1).all()
    assert (np.abs(np.diff(cols)) <= 1).all()
    assert (np.diff(rows + cols) >= 0).all()


def test_the_core_uses_the_same_zigzag():
    levels = [np.arange(64, dtype=np.int16).reshape(1, 1, 8, 8)]
    table = np.arange(1, 65, dtype=np.uint8)[None]
    data = write_levels(levels, table, 8, 8, "gray")
    at = data.index(b"\xff\xdb") + 5
    assert list(data[at : at + 64]) == list(range(1, 65))
    coefficients = core.Coefficients.from_arrays(
        [np.eye(64, dtype=np.float32)[9].reshape(1, 1, 8, 8) * 90], 8, 8, "gray"
    )
    settings = core.Settings(
        relative_steps=np.ones((2, 64), np.float32),
        weights=np.ones((2, 3, 64), np.float32),
        modes=make_modes(cut=[5, 4]),
        mode_map=np.zeros((1, 1), np.int32),
    )
    found = read_levels(core.encode(coefficients, settings, step=9.0).data)[0].ravel()
    # Place 9 row by row is place 4 in zigzag order, which a cut at 5 keeps.
    assert found.tolist() == [10 if i == 9 else 0 for i in range(64)]


@pytest.mark.parametrize("name", profiles())
def test_writing_what_was_read_gives_the_same_files(name, tmp_path):
    write_profile(tmp_path, load_profile(name))
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (FOLDER / name).iterdir()}
