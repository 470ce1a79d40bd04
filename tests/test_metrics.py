"""Metrics against what they are by definition, and where they put the error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers import ceil_div, noise
from helpers import psnr as by_definition

from accelir.metrics import METRICS, psnr
from accelir.metrics.metric import Metric, sum_by_cell
from accelir.metrics.psnr import PSNR_RGB, PSNR_Y
from accelir.metrics.ssimulacra2 import SSIMULACRA2

BLACK = np.zeros((4, 4, 3), np.uint8)

every = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def test_metrics_are_found_by_their_names() -> None:
    assert METRICS["psnr"] is PSNR_RGB
    assert METRICS["psnr-y"] is PSNR_Y
    assert METRICS["ssimulacra2"] is SSIMULACRA2
    assert all(metric.name == name for name, metric in METRICS.items())


def test_psnr_is_decibels_and_as_finite_as_one_asks() -> None:
    assert abs(psnr(BLACK, BLACK + 255)) < 1e-9
    assert abs(psnr(BLACK, BLACK + 1) - 48.1308) < 1e-4
    assert psnr(BLACK, BLACK) == np.inf
    assert psnr(BLACK, BLACK, ceiling=60) == 60
    assert psnr(BLACK, BLACK + 1, ceiling=40) == 40
    assert replace(PSNR_Y, ceiling=60.0).score(BLACK, BLACK) == 60


def test_psnr_is_that_of_all_values() -> None:
    a, b = noise(30, 20), noise(30, 20, seed=1)
    assert PSNR_RGB.score(a, b) == pytest.approx(by_definition(a, b), abs=1e-12)
    assert PSNR_RGB.score(a.astype(np.float32), b) == pytest.approx(by_definition(a, b), abs=1e-12)
    assert PSNR_RGB.score(a[..., 0], b[..., 0]) == pytest.approx(by_definition(a[..., 0], b[..., 0]), abs=1e-12)


def test_psnr_of_luma_weighs_channels_as_jfif_does() -> None:
    red, green, blue = (BLACK + np.eye(3, dtype=np.uint8)[channel] * 100 for channel in range(3))
    for picture, weight in ((red, 0.299), (green, 0.587), (blue, 0.114)):
        assert PSNR_Y.score(picture, BLACK) == pytest.approx(-20 * np.log10(weight * 100 / 255))
    gray = noise(9, 7, None)
    assert PSNR_Y.score(gray, gray // 2) == PSNR_RGB.score(gray, gray // 2)


@every
@pytest.mark.parametrize("channels", [3, None])
def test_a_nearer_picture_scores_better(metric: Metric, channels: int | None) -> None:
    truth = noise(40, 40, channels)
    truth[:16, :32] = 100
    near, far = truth ^ 1, truth ^ 16
    better = metric.score(near, truth) - metric.score(far, truth)
    assert better > 0 if metric.more_is_better else better < 0
    assert metric.error_by_cell(near, truth).sum() < metric.error_by_cell(far, truth).sum()
    assert (metric.error_by_cell(truth, truth) == 0).all()


@pytest.mark.parametrize("metric", [PSNR_RGB, PSNR_Y], ids=lambda metric: metric.name)
@pytest.mark.parametrize(("height", "width", "scale"), [(70, 33, 1), (1, 1, 1), (32, 64, 2), (65, 31, 4)])
def test_a_pixels_error_is_in_its_cell(metric: Metric, height: int, width: int, scale: int) -> None:
    truth = noise(scale * height, scale * width)
    spoilt = truth.copy()
    spoilt[-1, -1] ^= 8
    errors = metric.error_by_cell(spoilt, truth, scale)
    assert errors.dtype == np.float64
    assert errors.shape == (ceil_div(height, 32), ceil_div(width, 32))
    assert errors[-1, -1] > 0
    assert np.count_nonzero(errors) == 1


def test_errors_by_cell_are_exact_sums_of_squares() -> None:
    a, b = noise(100, 70), noise(100, 70, seed=1)
    squares = (a.astype(np.int64) - b) ** 2
    errors = PSNR_RGB.error_by_cell(a, b)
    assert errors[1, 2] == squares[32:64, 64:].sum()
    assert errors.sum() == squares.sum()
    assert PSNR_RGB.error_by_cell(a[..., 0], b[..., 0])[3, 0] == squares[96:, :32, 0].sum()


def test_cells_of_ones_have_their_size() -> None:
    assert sum_by_cell(np.ones((80, 68)), 2).tolist() == [[64 * 64, 64 * 4], [16 * 64, 16 * 4]]


@every
def test_pictures_of_two_shapes_are_refused(metric: Metric) -> None:
    for call in (metric.score, metric.error_by_cell):
        with pytest.raises(ValueError, match=r"\(4, 4, 3\) and \(1, 4, 3\) can't be compared"):
            call(BLACK, BLACK[:1])
