"""What the speed benches share: pictures of a size, and files of others at the size of ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from accelir.formats.budget import bytes_at
from benches.common import Pixels, open_rgb, quality_within
from benches.encoders import Encode

PHOTO = Path(__file__).parents[2] / "examples" / "photo.png"
ASPECT = 3 / 2
PictureOf = Callable[[float], Pixels]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--picture", type=Path, default=PHOTO, help="photograph to code; the example's by default")


@pytest.fixture(scope="session")
def picture_of(request: pytest.FixtureRequest) -> PictureOf:
    """A picture of so many megapixels: the photograph, cut or mirrored beside itself, without seams."""
    photo = open_rgb(request.config.getoption("--picture"))

    @functools.cache
    def of(megapixels: float) -> Pixels:
        height = round((megapixels * 1e6 / ASPECT) ** 0.5)
        sides = height, round(height * ASPECT)
        beyond = [(0, max(side - had, 0)) for side, had in zip(sides, photo.shape[:2], strict=True)]
        picture = np.pad(photo, (*beyond, (0, 0)), mode="symmetric")[: sides[0], : sides[1]]
        return np.ascontiguousarray(picture)

    return of


def once(picture: Pixels, encode: Encode, bpp: float) -> Callable[[], bytes]:
    """One try of an encoder at its highest quality within a rate."""
    quality = quality_within(functools.partial(encode, picture), bytes_at(bpp, picture.shape))
    assert quality is not None, "no file of this encoder is so small"
    return functools.partial(encode, picture, quality)
