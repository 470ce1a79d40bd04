"""A restorer does no harm: no file's picture is more than 0.1 dB further from the truth after it, in RGB or luma."""

from __future__ import annotations

import functools
import io

import numpy as np
import pytest
from helpers import PHOTO_CROPS, photo, pillow_jpeg, psnr
from PIL import Image

import accelir

LUMA = np.array([0.299, 0.587, 0.114])
MOST_HARM = 0.1
"""dB."""

crops = pytest.mark.parametrize("crop", PHOTO_CROPS)


def pillow_webp(picture: np.ndarray, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "WEBP", quality=quality)
    return out.getvalue()


def gray(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture @ LUMA).astype(np.uint8)


def again(picture: np.ndarray, first: int, second: int) -> bytes:
    """A file of a decoded file that was cut, so that blocks of the two lie elsewhere."""
    large = np.pad(picture, ((3, 0), (5, 0), (0, 0)), mode="edge")
    return pillow_jpeg(accelir.decode(pillow_jpeg(large, quality=first), network=None)[3:, 5:], quality=second)


def changes(picture: np.ndarray, data: bytes, network: str = "dejpeg") -> list[float]:
    """Of PSNR over RGB and over luma, dB; restored with the file and, from the plain pixels, without it."""
    plain = accelir.decode(data, network=None)
    restored = accelir.decode(data, network=network), accelir.restore(plain, network)
    return [change for after in restored for change in _changes(picture, plain, after)]


def _changes(truth: np.ndarray, before: np.ndarray, after: np.ndarray) -> list[float]:
    views = [np.asarray] if truth.ndim == 2 else [np.asarray, lambda pixels: pixels @ LUMA]
    return [psnr(view(after), view(truth)) - psnr(view(before), view(truth)) for view in views]


@crops
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("quality", [10, 30, 50, 75, 85, 90, 95, 98])
def test_jpegs_lose_nothing(crop: str, subsampling: str, quality: int) -> None:
    picture = photo(crop)
    assert min(changes(picture, pillow_jpeg(picture, quality=quality, subsampling=subsampling))) >= -MOST_HARM


@crops
@pytest.mark.parametrize(("profile", "bpp"), [("fidelity", 0.5), ("fidelity", 1.5), ("fidelity", 4), ("sr-x4", 1)])
@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_our_files_lose_nothing(crop: str, profile: str, bpp: float, format: str) -> None:
    picture = photo(crop)
    data = accelir.encode(picture, bpp=bpp, profile=profile, format=format, effort=2)
    assert min(changes(picture, data)) >= -MOST_HARM


@crops
@pytest.mark.parametrize("quality", [20, 50, 75, 90, 100])
def test_webps_lose_nothing(crop: str, quality: int) -> None:
    assert min(changes(photo(crop), pillow_webp(photo(crop), quality))) >= -MOST_HARM


@crops
@pytest.mark.parametrize("quality", [30, 75, 95])
def test_gray_files_lose_nothing(crop: str, quality: int) -> None:
    picture = gray(photo(crop))
    assert min(changes(picture, pillow_jpeg(picture, quality=quality))) >= -MOST_HARM


@crops
@pytest.mark.parametrize("qualities", [(30, 95), (95, 30), (90, 75), (95, 95)])
def test_files_that_were_cut_and_saved_again_lose_nothing(crop: str, qualities: tuple[int, int]) -> None:
    assert min(changes(photo(crop), again(photo(crop), *qualities))) >= -MOST_HARM


@crops
def test_pictures_that_were_never_compressed_stay_as_they_are(crop: str) -> None:
    np.testing.assert_array_equal(accelir.restore(photo(crop), "dejpeg"), photo(crop))


@functools.cache
def gain(quality: int) -> float:
    """Mean gain in PSNR over RGB of Pillow's files, by `decode`."""
    files = [(photo(crop), pillow_jpeg(photo(crop), quality=quality)) for crop in PHOTO_CROPS]
    return float(np.mean([changes(picture, data)[0] for picture, data in files]))


@pytest.mark.parametrize(("quality", "least"), [(10, 0.68), (30, 1.1), (50, 1.1), (75, 1.03), (85, 0.68), (90, 0.38)])
def test_coarse_files_gain(quality: int, least: float) -> None:
    """0.08 dB below what was measured."""
    assert gain(quality) >= least


@crops
@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("quality", [30, 85, 97, 100])
def test_nothing_is_lost_to_bicubic_enlargement(crop: str, scale: int, quality: int) -> None:
    """Full chroma is the hardest; a quality of 100 stands for the picture itself."""
    truth = photo(crop)
    small = np.asarray(Image.fromarray(truth).resize((192 // scale, 192 // scale), Image.Resampling.BICUBIC))
    data = pillow_jpeg(small, quality=quality, subsampling="4:4:4")
    before = accelir.restore(small if quality == 100 else accelir.decode(data, network=None), f"sr-x{scale}", amount=0)
    after = accelir.restore(small, f"sr-x{scale}") if quality == 100 else accelir.decode(data, network=f"sr-x{scale}")
    assert min(_changes(truth, before, after)) >= -MOST_HARM
