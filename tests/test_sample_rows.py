"""Bands that stand for a picture, and what `scale=` foretells by them."""

import math

import numpy as np
import pytest
from helpers import photo

from accelir.formats import scaling
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.formats.sample_rows import BAND, SAMPLE, SEAM, bands_of, joined, without_seams
from accelir.profile.installed import load_profile


@pytest.mark.parametrize("shape", [(400, 600, 3), (800, 800), (1081, 1923, 3), (3000, 4000, 3), (6001, 400)])
def test_bands_are_spread_from_the_top_to_the_bottom(shape):
    bands = bands_of(shape)
    assert bands[0] == 0
    assert shape[0] - BAND - 4 < bands[-1] <= shape[0] - BAND
    assert all(top % 4 == 0 for top in bands)
    gaps = np.diff(bands)
    assert gaps.min() >= BAND
    assert gaps.max() - gaps.min() <= 4
    assert len(bands) * BAND * shape[1] <= max(1.3 * SAMPLE, 4 * BAND * shape[1])


@pytest.mark.parametrize("shape", [(1, 1), (300, 300, 3), (341, 4000)])
def test_small_and_flat_pictures_are_taken_whole(shape):
    assert bands_of(shape) is None


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_bands_of_a_small_picture_are_those_of_the_large_one(scale):
    rows = np.arange(400)[:, None].repeat(600, axis=1)
    bands = bands_of(rows.shape)
    assert (joined(rows[::scale], bands, scale) == joined(rows, bands)[::scale]).all()


def test_rows_near_seams_do_not_count():
    rows = np.arange(3 * BAND)[:, None]
    kept = without_seams(rows, 3)[:, 0]
    assert kept[0] == 0
    assert kept[-1] == 3 * BAND - 1
    assert len(kept) == 3 * BAND - 4 * SEAM
    for seam in (BAND, 2 * BAND):
        assert not np.any((kept >= seam - SEAM) & (kept < seam + SEAM))


@pytest.mark.parametrize("bpp", [0.2, 0.4])
def test_sizes_are_foretold_as_they_turn_out(bpp):
    """Measured: off by at most 0.05 dB; half size by 0.2 and 0.3 dB where seams count."""
    picture, profile = np.ascontiguousarray(photo()), load_profile("fidelity")
    budget = int(bpp * picture.shape[0] * picture.shape[1] / 8)
    choice = scaling._Choice(FORMATS["jpeg"], Request(picture, EncoderSettings(profile)), budget)
    for route in scaling.routes_for(profile, (1, 2)):
        made = FORMATS["jpeg"].prepare(route.request(choice._request, route.networks[0])).within(budget)
        foretold, real = (call(route, route.networks[0], made) for call in (choice._foretold, choice._distance))
        assert 10 * abs(math.log10(foretold / real)) < 0.12, route.scale
