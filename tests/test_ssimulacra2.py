"""SSIMULACRA 2 against the figures of the Python package that defines it, and its errors by cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import noise, photo, smooth
from numpy.typing import NDArray

from accelir.core import metrics as core
from accelir.metrics.ssimulacra2 import SSIMULACRA2, to_linear

Picture = NDArray[np.uint8]


def coarse(picture: Picture) -> Picture:
    return (picture & 0xF0) | 8


def soft(picture: Picture) -> Picture:
    return ((picture.astype(int) + np.roll(picture, 1, 0) + np.roll(picture, 1, 1)) // 3).astype(np.uint8)


def dark(picture: Picture) -> Picture:
    return picture - picture // 8


def crop(height: int, width: int) -> Picture:
    return photo()[100 : 100 + height, 150 : 150 + width]


# Scores by `ssimulacra2` 0.3.0 of PyPI.
@pytest.mark.parametrize(
    ("size", "change", "score"),
    [
        ((300, 400), coarse, 65.6905),
        ((300, 400), soft, 44.0565),
        ((257, 255), dark, 58.4834),
        ((101, 57), coarse, 45.0570),
        ((8, 8), coarse, 97.0911),
        ((9, 33), soft, 95.3702),
        ((16, 90), dark, 97.6623),
        ((7, 90), dark, 100),
    ],
)
def test_scores_are_those_of_the_package(size, change, score):
    reference = crop(*size)
    assert SSIMULACRA2.score(change(reference), reference) == pytest.approx(score, abs=0.002)


def test_gray_pictures_are_scored_as_rgb_with_three_values_alike():
    gray = crop(200, 300)[..., 1]
    assert SSIMULACRA2.score(soft(gray), gray) == pytest.approx(65.9516, abs=0.002)


def test_equal_pictures_score_100():
    for picture in (photo("cup"), noise(40, 31), smooth(64, 64, None), np.zeros((9, 8, 3), np.uint8)):
        assert SSIMULACRA2.score(picture.copy(), picture) == 100


def test_it_matters_which_picture_is_the_reference():
    flat = np.full((96, 96, 3), 128, np.uint8)
    square = flat.copy()
    square[40:56, 40:56] = 200
    assert abs(SSIMULACRA2.score(square, flat) - SSIMULACRA2.score(flat, square)) > 0.5


def test_floats_count_as_bytes_do():
    reference = crop(90, 70)
    expected = SSIMULACRA2.score(coarse(reference), reference)
    judge = SSIMULACRA2.against(reference.astype(np.float64))
    assert judge.score(coarse(reference).astype(np.float32)) == pytest.approx(expected, abs=1e-3)
    assert judge.score(coarse(reference) + np.float32(0.5)) != pytest.approx(expected, abs=1e-3)


def test_linear_light_is_that_of_srgb():
    linear = to_linear(np.array([[0, 10, 11, 128, 255]], np.uint8))
    assert linear.shape == (1, 5, 3)
    assert linear[0, :, 1] == pytest.approx([0, 0.00303527, 0.00334654, 0.21586050, 1], rel=1e-5)


def score_of(error: float) -> float:
    """The score that a weighted sum has, by the metric's definition."""
    x = 0.9562382616834844 * error
    return (
        100
        - 10 * (2.326765642916932 * x - 0.020884521182843837 * x**2 + 6.248496625763138e-05 * x**3) ** 0.627633646783
    )


@pytest.mark.parametrize(("height", "width", "scale"), [(200, 135, 1), (96, 160, 2), (260, 129, 4), (9, 70, 1)])
def test_errors_by_cell_add_up_to_what_the_score_is_made_of(height, width, scale):
    reference = crop(height, width)
    judge = SSIMULACRA2.against(reference)
    errors = judge.error_by_cell(soft(reference), scale)
    assert errors.shape == (-(-height // (32 * scale)), -(-width // (32 * scale)))
    assert (errors >= 0).all()
    assert score_of(errors.sum()) == pytest.approx(judge.score(soft(reference)), abs=1e-6)


def test_larger_cells_are_made_of_smaller_ones():
    reference = crop(256, 192)
    judge = SSIMULACRA2.against(reference)
    fine, large = (judge.error_by_cell(soft(reference), scale) for scale in (1, 2))
    np.testing.assert_allclose(fine.reshape(4, 2, 3, 2).sum((1, 3)), large, rtol=1e-5)


@pytest.mark.parametrize("shape", [(200, 135), (96, 160), (33, 8)], ids=str)
def test_blocks_add_up_to_their_cells_and_share_what_coarser_pixels_have(shape):
    reference = crop(*shape)
    judge = SSIMULACRA2.against(reference)
    fine, cells = (judge.error_by_cell(soft(reference), side=side) for side in (8, 32))
    assert fine.shape == (-(-shape[0] // 8), -(-shape[1] // 8))
    padded = np.pad(fine, [(0, -side % 4) for side in fine.shape])
    rows, columns = cells.shape
    np.testing.assert_allclose(padded.reshape(rows, 4, columns, 4).sum((1, 3)), cells, rtol=1e-5)
    assert (fine > 0).mean() > 0.9


def test_the_error_is_where_the_change_is():
    reference = crop(160, 160)
    spoilt = reference.copy()
    spoilt[72:88, 104:120] = coarse(soft(spoilt[72:88, 104:120]))
    errors = SSIMULACRA2.error_by_cell(spoilt, reference)
    assert errors[2, 3] == errors.max()
    assert errors[2, 3] > 0.8 * errors.sum()
    assert errors[0, 0] < 0.01 * errors.sum()


def test_rows_that_are_not_contiguous_count_as_they_look():
    large = photo("table")
    view, copy = large[::2, ::-2], large[::2, ::-2].copy()
    assert SSIMULACRA2.score(soft(view), view) == SSIMULACRA2.score(soft(copy), copy)


def test_threads_share_a_reference():
    reference = crop(120, 120)
    judge = SSIMULACRA2.against(reference)
    pictures = [coarse(reference), soft(reference), dark(reference)] * 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(judge.score, pictures)) == [judge.score(picture) for picture in pictures]


def test_pictures_of_another_shape_are_refused():
    judge = SSIMULACRA2.against(crop(40, 50))
    for call in (judge.score, judge.error_by_cell):
        with pytest.raises(ValueError, match=r"pictures of \(50, 40, 3\) and \(40, 50, 3\) can't be compared"):
            call(crop(50, 40))


def test_the_core_refuses_what_it_cannot_compare():
    reference = core.Ssimulacra2(to_linear(crop(40, 50)))
    with pytest.raises(
        ValueError, match=r"linear must have the shape \(40, 50, 3\) as the reference has, not \(40, 5, 3\)"
    ):
        reference.score(to_linear(crop(40, 5)))
    with pytest.raises(ValueError, match="side must be a power of 2 or a multiple of 32, 1 to 32768, not 0"):
        reference.errors(to_linear(crop(40, 50)), 0)
    with pytest.raises(ValueError, match=r"linear must have the shape \(any, any, 3\), not \(4, 4\)"):
        core.Ssimulacra2(np.zeros((4, 4), np.float32))
    with pytest.raises(ValueError, match="a picture is 1 to 2\\^29 pixels wide and high"):
        core.Ssimulacra2(np.zeros((0, 4, 3), np.float32))
