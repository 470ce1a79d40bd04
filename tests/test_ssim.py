"""SSIM, MS-SSIM and PSNR of flat areas, against what they are by definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers import noise, photo, smooth
from scipy.ndimage import correlate1d

import accelir
from accelir.metrics.flat import PSNR_FLAT
from accelir.metrics.luma import LUMA
from accelir.metrics.psnr import PSNR_Y
from accelir.metrics.ssim import MS_SSIM, SSIM

TABLE = photo("table")
COARSE = (TABLE & 0xE0) | 16


def by_definition(a, b):
    """Means of contrast and structure, and of SSIM, of two planes, by scipy."""
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def mean(x):
        return correlate1d(correlate1d(x, window, 0), window, 1)[5:-5, 5:-5]

    c1, c2 = 6.5025, 58.5225
    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a**2) - mean_a**2, mean(b**2) - mean_b**2
    structure = (2 * (mean(a * b) - mean_a * mean_b) + c2) / (variance_a + variance_b + c2)
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return structure.mean(), (structure * luminance).mean()


def test_ssim_is_that_of_the_paper():
    expected = by_definition(COARSE @ LUMA, TABLE @ LUMA)[1]
    assert SSIM.score(COARSE, TABLE) == pytest.approx(expected, abs=1e-12)
    assert 0.5 < expected < 0.95


def test_ms_ssim_is_that_of_the_paper():
    a, b = (picture @ LUMA for picture in (COARSE, TABLE))
    means = []
    for _ in range(5):
        means.append(by_definition(a, b))
        a, b = (plane.reshape(len(plane) // 2, 2, -1, 2).mean(axis=(1, 3)) for plane in (a, b))
    expected = means[4][1] ** 0.1333
    for (structure, _), weight in zip(means, (0.0448, 0.2856, 0.3001, 0.2363), strict=False):
        expected *= structure**weight
    assert MS_SSIM.score(COARSE, TABLE) == pytest.approx(expected ** (1 / 1.0001), abs=1e-9)


def test_small_pictures_have_fewer_scales_and_the_smallest_none():
    small = TABLE[:20, :40]
    assert MS_SSIM.score(COARSE[:20, :40], small) == pytest.approx(SSIM.score(COARSE[:20, :40], small))
    assert SSIM.score(TABLE[:11, :11], TABLE[:11, :11]) == 1
    for metric in (SSIM, MS_SSIM):
        assert math.isnan(metric.score(TABLE[:10, :40], TABLE[:10, :40]))
        assert (metric.error_by_cell(TABLE[:10, :40], COARSE[:10, :40]) == 0).all()


def test_errors_of_ssim_add_up_to_what_is_missing():
    windows = (192 - 10) ** 2
    assert SSIM.error_by_cell(COARSE, TABLE).sum() == pytest.approx(windows * (1 - SSIM.score(COARSE, TABLE)))
    assert MS_SSIM.error_by_cell(COARSE, TABLE, 2).sum() == pytest.approx(-math.log(MS_SSIM.score(COARSE, TABLE)))
    for side in (8, 32):
        errors = MS_SSIM.error_by_cell(COARSE, TABLE, side=side)
        assert errors.shape == tuple(-(-length // side) for length in TABLE.shape[:2])
        assert errors.sum() == pytest.approx(-math.log(MS_SSIM.score(COARSE, TABLE)))


@pytest.mark.parametrize("metric", [SSIM, MS_SSIM], ids=lambda metric: metric.name)
def test_opposite_pictures_have_a_score(metric):
    assert metric.score(255 - TABLE, TABLE) < 0.3
    assert np.isfinite(metric.error_by_cell(255 - TABLE, TABLE)).all()


def test_flat_psnr_is_the_psnr_of_the_flat_blocks():
    picture = noise(64, 83)
    picture[16:48, 32:80] = smooth(32, 48) // 16 + 100
    spoilt = picture ^ 3
    expected = PSNR_Y.score(spoilt[16:48, 32:80], picture[16:48, 32:80])
    assert PSNR_FLAT.score(spoilt, picture) == pytest.approx(expected, abs=1e-9)
    inside = np.zeros((2, 3))
    inside[0, 1:], inside[1, 1:] = 16, 16
    errors = PSNR_FLAT.error_by_cell(spoilt, picture)
    assert ((errors > 0) == (inside > 0)).all()
    assert errors.sum() == pytest.approx(32 * 48 * 255**2 * 10 ** (-expected / 10))


def test_flat_psnr_looks_at_the_reference_alone():
    flat, rough = np.full((48, 48, 3), 90, np.uint8), noise(48, 48)
    assert PSNR_FLAT.score(rough, flat) == pytest.approx(PSNR_Y.score(rough, flat))
    assert math.isnan(PSNR_FLAT.score(flat, rough))
    assert PSNR_FLAT.score(flat, flat) == math.inf
    assert math.isnan(PSNR_FLAT.score(flat[:15], flat[:15]))


def test_a_target_of_a_metric_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="psnr-flat says nothing of this picture; give a target in another metric"):
        accelir.encode(noise(32, 32), target=("psnr-flat", 40), profile="fidelity")


@pytest.mark.parametrize("target", [("ssim", 0.95), ("ms-ssim", 0.98), ("psnr-flat", 44)])
def test_all_metrics_can_be_targets(target):
    picture = photo("cup")
    made = accelir.Encoder(profile="fidelity", effort=1).encode(picture, target=target)
    assert made.stats["reached"] >= target[1]
    assert made.stats["trials"] <= 12
