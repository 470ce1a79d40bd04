"""What a network is worth on a file: by its steps, by traces of them in pixels, and how much of it is then taken."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import PHOTO_CROPS, photo, pillow_jpeg
from PIL import Image

import accelir
from accelir.formats.registry import FORMATS, format_of
from accelir.restoration.card import Card
from accelir.restoration.network import Shares, open_network
from accelir.restoration.worth import amount, fullness, mean_step, step_of, traced_step
from accelir.storage.files import sha256

CUP = photo("cup")
CURVE = {"jpeg": [[2.0, 0.0], [8.0, 0.5], [32.0, 1.0]]}


def pillow_webp(picture: np.ndarray, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "WEBP", **options)
    return out.getvalue()


@pytest.fixture
def harmful(tmp_path: Path) -> Path:
    """The network for JPEGs with a curve of its own."""
    source = open_network("dejpeg")
    model = Path(__file__).parents[1] / "profiles" / "networks" / "dejpeg-light.onnx"
    path = tmp_path / "harmful.onnx"
    path.write_bytes(model.read_bytes())
    path.with_suffix(".json").write_text(replace(source.card, worth=CURVE, sha256=sha256(path.read_bytes())).to_json())
    return path


def test_shares_are_interpolated_over_the_logarithm_of_the_step() -> None:
    assert [amount(CURVE, "jpeg", step) for step in (1, 2, 8, 32, 100)] == [0, 0, 0.5, 1, 1]
    assert amount(CURVE, "jpeg", 4) == pytest.approx(0.25)


def test_pictures_of_no_known_step_are_left_alone() -> None:
    assert amount(CURVE, "jpeg", None) == 0


def test_networks_and_formats_without_a_curve_are_taken_whole() -> None:
    assert amount({}, "jpeg", None) == amount(CURVE, "webp", 3.0) == 1


def test_a_jpegs_step_is_the_mean_of_its_luma_table() -> None:
    data = pillow_jpeg(CUP, qtables=[[4] * 32 + [16] * 32, [99] * 64])
    assert FORMATS["jpeg"].luma_step(data) == pytest.approx(8)


def test_a_webps_step_rises_as_its_quality_falls() -> None:
    steps = [FORMATS["webp"].luma_step(pillow_webp(CUP, quality=quality)) for quality in (95, 75, 30)]
    assert 0 < steps[0] < steps[1] < steps[2] < 80
    assert FORMATS["webp"].luma_step(pillow_webp(CUP, lossless=True)) is None


def test_a_webps_step_tells_the_error_of_its_file() -> None:
    data = accelir.encode(CUP, bpp=1, profile="fidelity", format="webp")
    error = np.mean((accelir.decode(data, network=None) @ [0.299, 0.587, 0.114] - CUP @ [0.299, 0.587, 0.114]) ** 2)
    step = format_of(data).luma_step(data)
    assert step is not None
    assert 0.3 < error / (step**2 / 12) < 1.5


@pytest.mark.parametrize("quality", [30, 60, 85, 95])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("crop", PHOTO_CROPS)
def test_traces_tell_a_step_no_larger_than_the_files(crop: str, subsampling: str, quality: int) -> None:
    data = pillow_jpeg(photo(crop), quality=quality, subsampling=subsampling)
    step = traced_step(accelir.decode(data, network=None))
    true = FORMATS["jpeg"].luma_step(data)
    assert step is not None
    assert true is not None
    assert 0.3 * true < step < 1.05 * true


def test_traces_of_a_flat_table_are_exact() -> None:
    data = pillow_jpeg(CUP, qtables=[[12] * 64, [8] * 64])
    assert traced_step(accelir.decode(data, network=None)) == pytest.approx(12)


def test_gray_pictures_have_traces() -> None:
    data = pillow_jpeg(np.asarray(Image.fromarray(CUP).convert("L")), quality=80)
    step, true = traced_step(accelir.decode(data, network=None)), FORMATS["jpeg"].luma_step(data)
    assert step is not None
    assert true is not None
    assert 0.5 * true < step < 1.05 * true


@pytest.mark.parametrize("crop", PHOTO_CROPS)
def test_pictures_that_were_no_jpegs_have_no_traces(crop: str) -> None:
    picture = photo(crop)
    assert traced_step(picture) is None
    assert traced_step(accelir.decode(pillow_webp(picture, quality=60), network=None)) is None
    enlarged = Image.open(io.BytesIO(pillow_jpeg(picture, quality=60))).resize((300, 300), Image.Resampling.BICUBIC)
    assert traced_step(np.asarray(enlarged)) is None


@pytest.mark.parametrize("shape", [(1, 1), (7, 300, 3), (8, 8, 3)])
def test_pictures_too_small_for_traces_have_none(shape: tuple[int, ...]) -> None:
    assert traced_step(np.full(shape, 90, np.uint8)) is None


def test_pillows_images_tell_their_tables() -> None:
    data = pillow_jpeg(CUP, quality=98)
    opened = Image.open(io.BytesIO(data))
    assert step_of(opened, np.asarray(opened)) == pytest.approx(FORMATS["jpeg"].luma_step(data))


def test_tables_of_an_image_that_was_shrunk_while_decoding_tell_nothing() -> None:
    data = pillow_jpeg(photo(), quality=30)
    opened = Image.open(io.BytesIO(data))
    opened.draft("RGB", (opened.width // 2, opened.height // 2))
    pixels = np.asarray(opened)
    assert step_of(opened, pixels) == traced_step(pixels) < mean_step(opened.quantization[0]) / 8


def test_decode_takes_as_much_as_a_file_is_worth(harmful: Path) -> None:
    data = pillow_jpeg(CUP, qtables=[[8] * 64, [8] * 64])
    plain = accelir.decode(data, network=None).astype(float)
    whole = accelir.decode(data, network=harmful, amount=1.0)
    half = accelir.decode(data, network=harmful)
    assert np.abs(half - (plain + whole) / 2).max() <= 1
    assert np.abs(half - plain).max() > 2
    np.testing.assert_array_equal(half, accelir.decode(data, network=harmful, amount=0.5))
    np.testing.assert_array_equal(half, accelir.restore(Image.open(io.BytesIO(data)), harmful))
    np.testing.assert_array_equal(half, accelir.restore(accelir.decode(data, network=None), harmful))


def test_fine_files_and_lossless_pictures_are_left_alone(harmful: Path) -> None:
    data = pillow_jpeg(CUP, qtables=[[2] * 64, [2] * 64])
    plain = accelir.decode(data, network=None)
    np.testing.assert_array_equal(accelir.decode(data, network=harmful), plain)
    restored = accelir.restore(CUP, harmful)
    np.testing.assert_array_equal(restored, CUP)
    assert not np.shares_memory(restored, CUP)


def test_nothing_of_a_network_that_enlarges_is_the_bicubic_picture() -> None:
    bicubic = np.asarray(Image.fromarray(CUP).resize((2 * CUP.shape[1], 2 * CUP.shape[0]), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(accelir.restore(CUP, "sr-x2", amount=0), bicubic)
    whole, half = (accelir.restore(CUP, "sr-x2", amount=share).astype(float) for share in (1, 0.5))
    # Clipped values and the two outermost rows, where the network's own bicubic differs, are less alike.
    assert np.percentile(np.abs(half - (whole + bicubic) / 2), 99) <= 1


def test_tiles_of_a_part_equal_the_whole() -> None:
    tiled, whole = (accelir.restore(CUP, "dejpeg", amount=0.3, tile=tile).astype(int) for tile in (48, 1000))
    assert np.abs(tiled - whole).max() <= 1


@pytest.mark.parametrize("wrong", [-0.1, 1.1, "half", float("nan")])
def test_amounts_out_of_range_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="amount is a number from 0 to 1, or None; got"):
        accelir.restore(CUP, "dejpeg", amount=wrong)


@pytest.mark.parametrize(
    "worth",
    [[1], {"jpeg": []}, {"jpeg": [[0, 1]]}, {"jpeg": [[4, 0], [4, 1]]}, {"jpeg": [[4, 2]]}, {"jpeg": [[4]]}, {"a": 3}],
)
def test_cards_with_broken_curves_are_refused(worth: object) -> None:
    entries = {**json.loads(open_network("dejpeg").card.to_json()), "worth": worth}
    with pytest.raises(ValueError, match=r"worth is .*; wanted is"):
        Card.from_dict(entries)


def test_cards_keep_their_curves(harmful: Path) -> None:
    assert Card.read(harmful.with_suffix(".json")).worth == CURVE


def test_mean_steps_are_geometric() -> None:
    assert mean_step([2, 8]) == pytest.approx(4)


def test_shares_of_a_change_are_taken_from_luma_and_chroma() -> None:
    before = np.full((1, 3, 2, 2), 100, np.float32)
    change = np.array([10.0, -20.0, 40.0], np.float32).reshape(1, 3, 1, 1)
    luma = 10 * 0.299 - 20 * 0.587 + 40 * 0.114
    half = Shares(0.5, 0.25).of(before + change, before)
    expected = 100 + 0.5 * (luma + 0.25 * (change - luma))
    np.testing.assert_allclose(half, np.broadcast_to(expected, half.shape), rtol=1e-5)
    assert half.dtype == np.float32


def vivid() -> np.ndarray:
    """A picture whose chroma has details of its own."""
    return np.clip(photo("cup").astype(int) + np.random.default_rng(0).normal(0, 12, (192, 192, 3)), 0, 255).astype(
        np.uint8
    )


@pytest.mark.parametrize("crop", PHOTO_CROPS)
def test_halved_chroma_is_told_from_full_chroma(crop: str) -> None:
    assert fullness(accelir.decode(pillow_jpeg(photo(crop), quality=97), network=None)) < 0.5
    assert fullness(accelir.decode(pillow_webp(vivid(), quality=97), network=None)) == 0
    assert fullness(accelir.decode(pillow_jpeg(vivid(), quality=97, subsampling="4:4:4"), network=None)) == 1
    assert fullness(vivid()) == 1


@pytest.mark.parametrize("shape", [(9, 9), (1, 1, 3), (30, 7, 3), (1, 8, 3), (3, 9, 3)])
def test_gray_and_small_pictures_have_no_full_chroma_or_some(shape: tuple[int, ...]) -> None:
    assert 0 <= fullness(np.full(shape, 7, np.uint8)) <= 1


def test_less_is_taken_of_the_correction_of_full_chroma(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "profiles" / "networks" / "sr-x2-light.onnx"
    path = tmp_path / "gray.onnx"
    path.write_bytes(source.read_bytes())
    card = replace(open_network(source).card, full_chroma=0.0, sha256=sha256(path.read_bytes()))
    path.with_suffix(".json").write_text(card.to_json())
    bicubic, whole, restored = (accelir.restore(vivid(), path, amount=share).astype(float) for share in (0, 1, None))
    luma = np.repeat(((whole - bicubic) @ [0.299, 0.587, 0.114])[..., None], 3, axis=2)
    inside = (np.minimum(whole, bicubic + luma).min(axis=2) > 0) & (np.maximum(whole, bicubic + luma).max(axis=2) < 255)
    assert np.abs(restored - bicubic - luma)[inside].mean() < 0.5
    assert np.abs(whole - restored)[inside].mean() > 1


def test_files_that_were_made_for_a_network_get_all_of_its_chroma() -> None:
    made = accelir.encode(vivid(), bpp=4, profile="sr-x2", subsampling="4:4:4")
    pixels = accelir.decode(made, network=None)
    restored = accelir.decode(made)
    np.testing.assert_array_equal(restored, accelir.restore(pixels, "sr-x2", amount=1))
    assert np.abs(restored.astype(float) - accelir.restore(pixels, "sr-x2")).mean() > 0.1
