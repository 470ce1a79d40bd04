"""Stages of the VP8 encoder that stand alone, against their definitions and libwebp's decoder."""

import io
import itertools

import numpy as np
import pytest
from helpers import noise, photo, psnr, smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from webp_oracle import decode_yuv, rgb_of

from accelir.core import vp8

# Color conversion


def bt601(rgb):
    """ITU-R BT.601-7, 2.5.1 to 2.5.4, for 8 bits."""
    r, g, b = np.moveaxis(rgb.astype(np.float64), -1, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return 16 + luma * 219 / 255, 128 + (b - luma) / 1.772 * 224 / 255, 128 + (r - luma) / 1.402 * 224 / 255


def padded(plane, side):
    return np.pad(plane, [(0, -n % side) for n in plane.shape], mode="edge")


def round_trip(rgb, sharp):
    y, u, v = vp8.Picture.from_pixels(rgb, sharp).planes()
    return rgb_of(y[: rgb.shape[0], : rgb.shape[1]], u, v)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 31), (5, 40), (33, 18)])
def test_plain_planes_are_bt601_with_means_of_2x2_pixels_and_edges_replicated(size):
    rgb = noise(*size, seed=3)
    y, u, v = vp8.Picture.from_pixels(rgb, sharp=False).planes()
    even = np.pad(rgb, ((0, size[0] % 2), (0, size[1] % 2), (0, 0)), mode="edge").astype(np.float64)
    means = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    expected = bt601(rgb)[0], *bt601(means)[1:]
    for plane, exact, side in zip((y, u, v), expected, (16, 8, 8), strict=True):
        # Half a level of rounding, and what 16 bits of a factor leave open.
        assert np.abs(plane - padded(exact, side)).max() <= 0.5 + 0.01


@pytest.mark.parametrize("sharp", [False, True])
@pytest.mark.parametrize("value", [0, 1, 37, 128, 254, 255])
def test_a_gray_comes_back_whether_gray_or_rgb(value, sharp):
    gray = np.full((19, 23), value, np.uint8)
    y, u, v = vp8.Picture.from_pixels(gray, sharp).planes()
    assert (u == 128).all()
    assert (v == 128).all()
    for plane, same in zip(
        (y, u, v), vp8.Picture.from_pixels(np.repeat(gray[..., None], 3, axis=2), sharp).planes(), strict=True
    ):
        np.testing.assert_array_equal(plane, same)
    assert np.abs(rgb_of(y, u, v).astype(int) - value).max() <= 1


def linear_fit(rgb, smoothing=0.0):
    """Chroma planes nearest to the full-resolution chroma once doubled, unrounded; even sides. smoothing: of squared
    differences of neighbours.
    """
    inverse = []
    for n in rgb.shape[:2]:
        doubling, differences = np.zeros((n, n // 2)), np.diff(np.eye(n // 2), axis=0)
        for x in range(n):
            beside = x // 2 + (1 if x % 2 else -1)
            doubling[x, x // 2] += 0.75
            doubling[x, min(max(beside, 0), n // 2 - 1)] += 0.25
        normal = doubling.T @ doubling + smoothing * differences.T @ differences
        inverse.append(np.linalg.solve(normal, doubling.T))
    return [inverse[0] @ chroma @ inverse[1].T for chroma in bt601(rgb)[1:]]


@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
def test_sharp_chroma_is_the_regularised_least_squares_fit_to_what_the_decoder_shows(smoothing):
    rgb = noise(12, 14, seed=5) // 2 + 64  # nothing near 0 or 255, so that the best fit is linear
    planes = vp8.Picture.from_pixels(rgb, sharp=True, chroma_smoothing=smoothing).planes()
    for plane, fit in zip(planes[1:], linear_fit(rgb, smoothing), strict=True):
        # Half a level of rounding, and the tail of the inverse filter that the halving of rows leaves out.
        assert np.abs(plane[:6, :7] - fit).max() <= 0.5 + 0.05


@pytest.mark.parametrize("smoothing", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_smoothing_out_of_range_is_refused(smoothing):
    with pytest.raises(ValueError, match="chroma_smoothing must be 0 to 1"):
        vp8.Picture.from_pixels(np.zeros((8, 8, 3), np.uint8), chroma_smoothing=smoothing)


def test_sharp_planes_decode_nearer_to_the_picture(crop):
    plain, sharp = (psnr(round_trip(crop, s), crop) for s in (False, True))
    assert sharp >= plain + 0.5


def test_luma_makes_up_for_the_error_that_it_is_asked_to(crop):
    def errors(luma_fit):
        off = rgb_of(*vp8.Picture.from_pixels(crop, luma_fit=luma_fit).planes()).astype(float) - crop
        return np.square(off).mean(), np.square(off @ [0.299, 0.587, 0.114]).mean()

    (rgb, luma), (between_rgb, between_luma), (plain_rgb, plain_luma) = map(errors, (0.0, 0.5, 1.0))
    assert rgb < between_rgb < plain_rgb
    assert plain_luma < between_luma < luma
    assert plain_luma < 0.2  # rounding to levels of 255/219 alone is 0.11


@pytest.mark.parametrize("fit", [-0.01, 1.01, float("nan")])
def test_a_luma_fit_out_of_range_is_refused(fit):
    with pytest.raises(ValueError, match="luma_fit must be 0 to 1"):
        vp8.Picture.from_pixels(np.zeros((8, 8, 3), np.uint8), luma_fit=fit)


def test_sharp_planes_make_use_of_the_decoders_clipping():
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, ::3, 0] = rgb[::5, :, 2] = 255
    u, v = (c.round().clip(0, 255).astype(np.uint8) for c in linear_fit(rgb))
    candidates = [rgb_of(np.full((64, 64), y, np.uint8), u, v) for y in range(256)]
    errors = [((shown.astype(float) - rgb) ** 2).sum(axis=2) for shown in candidates]
    with_best_luma = 10 * np.log10(255**2 / (np.min(errors, axis=0).mean() / 3))
    assert psnr(round_trip(rgb, True), rgb) >= with_best_luma + 0.1


@pytest.mark.parametrize("size", [(1, 1), (1, 17), (2, 2), (3, 5), (47, 34)])
def test_any_size_keeps_a_smooth_picture(size):
    rgb = smooth(*size)
    y, u, v = vp8.Picture.from_pixels(rgb).planes()
    assert y.shape == tuple(-(-n // 16) * 16 for n in size)
    assert u.shape == v.shape == tuple(n // 2 for n in y.shape)
    assert psnr(round_trip(rgb, True), rgb) >= 38


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4, 4), (4,), (1, 16384, 3), (16384, 1)])
def test_pictures_that_webp_cannot_hold_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        vp8.Picture.from_pixels(np.zeros(shape, np.uint8)).planes()


def test_the_oracles_colors_are_libwebps():
    y, u, v = decode_yuv(webp := pillow_webp(photo("cup"), quality=60))
    shown = np.asarray(Image.open(io.BytesIO(webp)).convert("RGB"))
    assert np.abs(rgb_of(y, u, v).astype(int) - shown).max() <= 1


def pillow_webp(pixels, **options):
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "WEBP", **options)
    return buffer.getvalue()


# Loop filter


def coded(bits, zeros):
    """Bits of probability 1/2 by the boolean coder of RFC 6386, section 7; then only zeros, whatever their odds."""
    low, span, shifts = 0, 255, 0
    for bit in bits:
        split = 1 + (span - 1) * 128 // 256
        low, span = (low + split, span - split) if bit else (low, split)
        while span < 128:
            low, span, shifts = 2 * low, 2 * span, shifts + 1
    low <<= -shifts % 8
    return low.to_bytes(1 + -(-shifts // 8), "big") + bytes(zeros)


def number(value, width):
    return [value >> i & 1 for i in reversed(range(width))]


def random_frame(mb_y, mb_x, level, sharpness, simple, seed=0):
    """A WebP file of random coefficients, its filter as asked for.

    A header (RFC 6386, section 19.2) that ends in zeros has every macroblock predicted in 4x4 blocks, by their means,
    and has all of them filtered at the frame's level; any bytes are coefficients.
    """
    header = [0, 0, 0, simple, *number(level, 6), *number(sharpness, 3), 0, 0, 0, *number(12, 7)]
    first = coded(header, 200 + 20 * mb_x * mb_y)
    tokens = np.random.default_rng(seed).bytes(1500 * mb_x * mb_y)
    tag = (len(first) << 5 | 1 << 4).to_bytes(3, "little")
    size = (mb_x * 16).to_bytes(2, "little") + (mb_y * 16).to_bytes(2, "little")
    frame = tag + b"\x9d\x01\x2a" + size + first + tokens
    frame += bytes(len(frame) % 2)
    body = b"WEBPVP8 " + len(frame).to_bytes(4, "little") + frame
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize("simple", [False, True])
@pytest.mark.parametrize("sharpness", range(8))
def test_loop_filter_is_libwebps_at_every_level(simple, sharpness):
    unfiltered = decode_yuv(random_frame(3, 4, 20, sharpness, simple), loop_filter=False)
    changed = set()
    for level in range(64):
        expected = decode_yuv(random_frame(3, 4, level, sharpness, simple))
        levels = np.full((3, 4), level, np.uint8)
        filtered = vp8.loop_filter(*unfiltered, levels, levels >= 0, simple, sharpness)
        for plane, same, before in zip(filtered, expected, unfiltered, strict=True):
            np.testing.assert_array_equal(plane, same)
            changed.add(int((plane != before).sum()))
    assert len(changed) > 15  # the levels did differ


def clamp(value):
    return max(-128, min(127, value))


def filter_position(samples, edge, limits, macroblock_edge, simple):
    """One position of one edge, as RFC 6386, section 15 writes it, on signed samples around index edge."""
    outer, interior, variance = limits
    p1, p0, q0, q1 = (samples[edge + i] for i in (-2, -1, 0, 1))
    if abs(p0 - q0) * 2 + abs(p1 - q1) // 2 > outer:
        return

    def adjust(use_outer_taps):
        a = clamp((clamp(p1 - q1) if use_outer_taps else 0) + 3 * (q0 - p0))
        samples[edge], samples[edge - 1] = clamp(q0 - (clamp(a + 4) >> 3)), clamp(p0 + (clamp(a + 3) >> 3))
        return clamp(a + 4) >> 3

    if simple:
        adjust(True)
        return
    if any(abs(samples[edge + i] - samples[edge + i + 1]) > interior for i in (-4, -3, -2, 0, 1, 2)):
        return
    high = abs(p1 - p0) > variance or abs(q1 - q0) > variance
    if macroblock_edge and not high:
        w = clamp(clamp(p1 - q1) + 3 * (q0 - p0))
        for i, factor in enumerate((27, 18, 9)):
            a = clamp((factor * w + 63) >> 7)
            samples[edge + i], samples[edge - 1 - i] = (
                clamp(samples[edge + i] - a),
                clamp(samples[edge - 1 - i] + a),
            )
    elif macroblock_edge:
        adjust(True)
    else:
        a = (adjust(high) + 1) >> 1
        if not high:
            samples[edge + 1], samples[edge - 2] = clamp(q1 - a), clamp(p1 + a)


def by_the_rfc(planes, levels, inner_edges, simple, sharpness):
    """The loop filter as a loop over positions."""
    planes = [plane.astype(int) - 128 for plane in planes]
    for (row, column), level in np.ndenumerate(levels):
        if level == 0:
            continue
        level, interior = int(level), int(level)
        if sharpness:
            interior = min(interior >> (2 if sharpness > 4 else 1), 9 - sharpness)
        interior = max(interior, 1)
        variance = 2 if level >= 40 else 1 if level >= 15 else 0
        for plane, side in list(zip(planes, (16, 8, 8), strict=True))[: 1 if simple else 3]:
            for view, before, beside in ((plane.T, column, row), (plane, row, column)):
                for at in range(0, side if inner_edges[row, column] else 1, 4):
                    if at == before == 0:
                        continue
                    outer = (level + 2 * (at == 0)) * 2 + interior
                    for i in range(side):
                        line = view[:, beside * side + i]
                        filter_position(line, before * side + at, (outer, interior, variance), at == 0, simple)
    return [(plane + 128).astype(np.uint8) for plane in planes]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("simple", [False, True])
def test_loop_filter_keeps_to_each_macroblocks_level_and_inner_edges(simple, seed):
    rng = np.random.default_rng(seed)
    contrast = rng.integers(3, 60)
    planes = [
        (128 + rng.integers(-contrast, contrast, (3 * side, 4 * side)) // rng.integers(1, 9)).astype(np.uint8)
        for side in (16, 8, 8)
    ]
    levels = rng.integers(0, 64, (3, 4)).astype(np.uint8) * (rng.random((3, 4)) < 0.8)
    inner = rng.random((3, 4)) < 0.5
    sharpness = int(rng.integers(0, 8))
    expected = by_the_rfc(planes, levels, inner, simple, sharpness)
    filtered = vp8.loop_filter(*planes, levels, inner, simple, sharpness)
    for plane, same in zip(filtered, expected, strict=True):
        np.testing.assert_array_equal(plane, same)
    assert not np.array_equal(filtered[0], planes[0])


def test_loop_filter_refuses_what_does_not_fit():
    y, c, levels, inner = np.zeros((16, 32), np.uint8), np.zeros((8, 16), np.uint8), np.zeros((1, 2), np.uint8), True
    inner = np.ones((1, 2), bool)
    with pytest.raises(ValueError, match=r"u must have the shape \(8, 16\)"):
        vp8.loop_filter(y, c[:, :8].copy(), c, levels, inner)
    with pytest.raises(ValueError, match="0 to 63, not 64"):
        vp8.loop_filter(y, c, c, levels + np.uint8(64), inner)
    with pytest.raises(ValueError, match="sharpness must be 0 to 7"):
        vp8.loop_filter(y, c, c, levels, inner, sharpness=8)


# Segments


def spread(weights, centers):
    return float((weights * np.min([(np.arange(128) - c) ** 2 for c in centers], axis=0)).sum())


@settings(max_examples=60)
@given(
    st.dictionaries(st.integers(0, 127), st.floats(0.01, 1000), min_size=1, max_size=9),
    st.integers(1, 4),
)
def test_no_other_quantizers_fit_a_histogram_better(wanted, most):
    weights = np.zeros(128)
    weights[list(wanted)] = list(wanted.values())
    centers, segment_of = vp8.segments(weights, most)
    assert 1 <= len(centers) <= min(most, len(wanted))
    assert (np.diff(centers.astype(int)) > 0).all()
    np.testing.assert_array_equal(
        np.abs(np.arange(128) - centers[segment_of].astype(int)),
        np.min([np.abs(np.arange(128) - c) for c in centers.astype(int)], axis=0),
    )
    # Best groups are runs of the sorted indices, and a run's best center is its mean, rounded.
    indices = sorted(wanted)
    best = min(
        spread(
            weights,
            [round(np.average(run, weights=weights[run])) for run in np.split(np.array(indices), cuts)],
        )
        for count in range(most)
        for cuts in itertools.combinations(range(1, len(indices)), count)
    )
    assert spread(weights, centers.astype(int)) <= best * (1 + 1e-9) + 1e-6


def test_few_quantizers_keep_their_own_segments():
    weights = np.zeros(128)
    weights[[0, 20, 21, 127]] = 1, 5, 1, 2
    centers, segment_of = vp8.segments(weights)
    assert centers.tolist() == [0, 20, 21, 127]
    assert segment_of[[0, 20, 21, 127]].tolist() == [0, 1, 2, 3]
    assert vp8.segments(weights, 1)[0].tolist() == [round((5 * 20 + 21 + 2 * 127) / 9)]


@pytest.mark.parametrize("bad", [np.zeros(128), np.ones(127), np.full(128, -1.0), np.full(128, np.nan)])
def test_histograms_without_a_meaning_are_refused(bad):
    with pytest.raises(ValueError, match=r"weight"):
        vp8.segments(bad)
