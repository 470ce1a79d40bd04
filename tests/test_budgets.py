"""Budgets, in both formats: used where sizes leap, and never refused where the smallest size was offered."""

import numpy as np
import pytest
from helpers import noise, photo
from PIL import Image, ImageDraw

from accelir import BudgetError, Encoder

FORMATS = ("jpeg", "webp")
EFFORTS = (0, 3, 5, 7)
FILLED = 0.98


def text() -> np.ndarray:
    """A page of small black letters."""
    page = Image.new("RGB", (192, 144), "white")
    draw = ImageDraw.Draw(page)
    letters = np.random.default_rng(3).integers(33, 126, (12, 32), dtype=np.uint8)
    for line, row in enumerate(letters):
        draw.text((4, 12 * line), row.tobytes().decode("ascii"), fill=(0, 0, 0))
    return np.asarray(page)


def half_noise() -> np.ndarray:
    pixels = noise(128, 128)
    pixels[:64] = 128
    return pixels


def gradient() -> np.ndarray:
    return np.broadcast_to(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], (480, 640, 3))


def checkerboard() -> np.ndarray:
    return (np.indices((100, 100)).sum(0) % 2 * 255).astype(np.uint8)


def dither() -> np.ndarray:
    return (noise(200, 200, None) > 127).astype(np.uint8) * np.uint8(255)


PICTURES = {
    "text": text,
    "noise": lambda: noise(128, 128),
    "half noise": half_noise,
    "gradient": lambda: np.ascontiguousarray(gradient()[:160, :320]),
    "checkerboard": checkerboard,
    "1 bit": dither,
}


def smallest_of(encoder: Encoder, pixels: np.ndarray, **metadata: object) -> int:
    """The size that the error of an impossible budget offers."""
    with pytest.raises(BudgetError) as caught:
        encoder.encode(pixels, max_bytes=20, **metadata)
    return caught.value.smallest


@pytest.mark.parametrize("effort", [0, 5])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", PICTURES)
def test_budgets_are_used_where_sizes_leap(kind, format, effort):
    pixels, encoder = PICTURES[kind](), Encoder(profile="fidelity", format=format, effort=effort)
    finest = len(encoder.encode(pixels, max_bytes=10**8).data)
    smallest = smallest_of(encoder, pixels)
    # At some 5 % single macroblocks are what the size leaps by: 84 % of 237 bytes for the checkerboard.
    for share in (0.2, 0.6):
        budget = int(smallest + share * (finest - smallest))
        assert FILLED * budget <= len(encoder.encode(pixels, max_bytes=budget).data) <= budget


@pytest.mark.parametrize("profile", ["fidelity", "sr-x4", "denoise-25"])
def test_gradients_use_the_budget_in_every_profile(profile):
    for budget in (7000, 9600):
        size = len(Encoder(profile=profile).encode(gradient(), max_bytes=budget).data)
        assert FILLED * budget <= size <= budget


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["photo", "checkerboard", "1 bit", "gradient"])
def test_the_smallest_size_offered_is_enough_and_less_is_not(kind, format, effort):
    pixels = photo("cup") if kind == "photo" else PICTURES[kind]()
    encoder = Encoder(profile="fidelity", format=format, effort=effort)
    smallest = smallest_of(encoder, pixels)
    assert len(encoder.encode(pixels, max_bytes=smallest).data) == smallest
    with pytest.raises(BudgetError) as caught:
        encoder.encode(pixels, max_bytes=smallest - 1)
    assert caught.value.smallest == smallest


@pytest.mark.parametrize("effort", [0, 5])
@pytest.mark.parametrize("format", FORMATS)
def test_the_smallest_size_offered_is_enough_where_the_networks_name_would_join(format, effort):
    # EXIF makes the smallest file so large that the name is a small share of it.
    encoder = Encoder(profile="sr-x4", format=format, effort=effort)
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + bytes(20_000)
    smallest = smallest_of(encoder, noise(16, 16), exif=exif)
    assert len(encoder.encode(noise(16, 16), max_bytes=smallest, exif=exif).data) == smallest
    assert encoder.encode(noise(16, 16), max_bytes=smallest + 40, exif=exif).data


@pytest.mark.parametrize("profile", ["denoise-25", "deblur-1.5"])
def test_the_smallest_size_offered_is_enough_whatever_the_plan(profile):
    # Plans follow the budget; the smallest file doesn't.
    encoder = Encoder(profile=profile, effort=5)
    pixels = np.ascontiguousarray(photo()[:96, :128])
    smallest = smallest_of(encoder, pixels)
    assert len(encoder.encode(pixels, max_bytes=smallest).data) == smallest
