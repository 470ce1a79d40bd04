"""The core's stages, one by one, against the formulas that they stand for."""

import heapq
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from helpers import (
    block_shapes,
    by_pillow,
    ceil_div,
    decode_both,
    noise,
    pillow_jpeg,
    psnr,
    random_levels,
    segments_of,
    smooth,
    write_levels,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dctn, idctn

import accelir
from accelir.cells.color_weights import SUBSAMPLINGS, ZIGZAG, rgb_weights
from accelir.core import jpeg as core

# Coefficients are kept in 1/31: half of that, and what float arithmetic adds.
COEFFICIENT_ERROR = 0.5 / 31 + 1e-3


def blocks_of(plane):
    """(rows, cols, 8, 8) of a plane, edges replicated to whole blocks."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % 8), (0, -width % 8)), mode="edge")
    return padded.reshape(padded.shape[0] // 8, 8, -1, 8).transpose(0, 2, 1, 3)


def plane_of(blocks, height, width):
    """The plane that a component's coefficients describe, level shift undone."""
    samples = idctn(blocks.astype(np.float64), axes=(2, 3), norm="ortho") + 128
    return samples.transpose(0, 2, 1, 3).reshape(blocks.shape[0] * 8, -1)[:height, :width]


def jfif_ycbcr(rgb):
    """JFIF 1.02, "Conversion to and from RGB"."""
    r, g, b = np.moveaxis(rgb.astype(np.float64), -1, 0)
    return (
        0.299 * r + 0.587 * g + 0.114 * b,
        -0.1687 * r - 0.3313 * g + 0.5 * b + 128,
        0.5 * r - 0.4187 * g - 0.0813 * b + 128,
    )


# DCT


@pytest.mark.parametrize("size", [(8, 8), (16, 24), (1, 1), (7, 9), (33, 17), (5, 40)])
def test_dct_is_scipys_with_edges_replicated(size):
    pixels = noise(*size, None, seed=size[0])
    (found,) = core.Coefficients.from_pixels(pixels).arrays()
    expected = dctn(blocks_of(pixels - 128.0), axes=(2, 3), norm="ortho")
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < COEFFICIENT_ERROR


def test_dct_of_the_strongest_blocks_does_not_overflow():
    signs = np.sign(idctn(np.eye(64).reshape(64, 8, 8), axes=(1, 2), norm="ortho"))
    pixels = np.concatenate(list(np.concatenate([signs, -signs]) > 0), axis=1).astype(np.uint8) * 255
    (found,) = core.Coefficients.from_pixels(pixels).arrays()
    expected = dctn(blocks_of(pixels - 128.0), axes=(2, 3), norm="ortho")
    assert np.abs(expected).max() > 1010
    assert np.abs(found - expected).max() < COEFFICIENT_ERROR


# Colour


def test_colour_conversion_is_jfifs():
    steps = np.array([0, 1, 64, 127, 128, 200, 254, 255], np.uint8)
    pixels = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(16, 32, 3)
    coefficients = core.Coefficients.from_pixels(pixels, "4:4:4")
    for blocks, expected in zip(coefficients.arrays(), jfif_ycbcr(pixels), strict=True):
        # The standard's four digits are good to 0.03; quantisation to 1/31 spreads over a block's pixels.
        # Measured 0.018.
        assert np.abs(plane_of(blocks, 16, 32) - expected).max() < 0.05


def test_gray_pixels_are_luma():
    pixels = smooth(19, 30, None)
    (gray,) = core.Coefficients.from_pixels(pixels).arrays()
    luma, *chroma = core.Coefficients.from_pixels(np.repeat(pixels[..., None], 3, axis=2), "4:2:0").arrays()
    assert np.abs(gray - luma).max() <= 1.01 / 31
    assert max(np.abs(c).max() for c in chroma) <= 0.51 / 31


# Chroma downsampling


def upsampling_matrix(half):
    """libjpeg's "fancy" doubling of a row, (2 half, half): 3/4 of the nearer sample, 1/4 of the next; ends repeat."""
    matrix = np.zeros((2 * half, half))
    for i in range(half):
        for row, other in ((2 * i, i - 1), (2 * i + 1, i + 1)):
            matrix[row, i] += 0.75
            matrix[row, min(max(other, 0), half - 1)] += 0.25
    return matrix


def halves(width, height, subsampling):
    return ceil_div(width, 2), ceil_div(height, 2) if subsampling == "4:2:0" else height


def mild_noise(height, width):
    """Noise of little colour, on which the downsampled chroma stays within a byte."""
    return (noise(height, width, seed=height * 100 + width) // 3 + 80).astype(np.uint8)


def downsampling_matrix(half, smoothing):
    """What makes |doubled - wanted|^2 + smoothing |differences of neighbours|^2 smallest, (half, 2 half)."""
    doubling, differences = upsampling_matrix(half), np.diff(np.eye(half), axis=0)
    return np.linalg.solve(doubling.T @ doubling + smoothing * differences.T @ differences, doubling.T)


@pytest.mark.parametrize("smoothing", [0.0, 0.12, 0.375, 1.0])
@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 3), (5, 2), (2, 7), (9, 8), (8, 9), (16, 16), (31, 33), (64, 48)])
def test_chroma_is_the_regularised_least_squares_inverse_of_the_decoders_upsampling(size, subsampling, smoothing):
    width, height = size
    pixels = mild_noise(height, width)
    half_width, half_height = halves(width, height, subsampling)
    across = downsampling_matrix(half_width, smoothing)
    down = downsampling_matrix(half_height, smoothing) if subsampling == "4:2:0" else np.eye(height)
    components = core.Coefficients.from_pixels(pixels, subsampling, smoothing).arrays()[1:]
    for blocks, full in zip(components, jfif_ycbcr(pixels)[1:], strict=True):
        doubled = np.pad(full, ((0, height % 2 if subsampling == "4:2:0" else 0), (0, width % 2)), mode="edge")
        expected = down @ doubled @ across.T
        # What is left are the standard's four digits of the colours and, where the filter along a row is longer than
        # the row, what it misses behind the ends.
        # Measured 0.057 with 4 and more samples a row, 0.65 with fewer.
        error = np.abs(plane_of(blocks, half_height, half_width) - expected).max()
        assert error < 0.1


@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
def test_halved_chroma_stays_within_what_decoders_hold(subsampling):
    # The least-squares filter overshoots at edges between strong colours; decoders clamp samples before they upsample.
    colours = np.uint8([(255, 0, 0), (0, 255, 255), (0, 0, 255), (255, 255, 0)])
    pixels = np.repeat(colours[np.random.default_rng(2).integers(0, 4, (40, 20))], 2, axis=1)
    for blocks in core.Coefficients.from_pixels(pixels, subsampling).arrays()[1:]:
        samples = plane_of(blocks, *halves(40, 40, subsampling)[::-1])
        assert samples.min() == pytest.approx(0, abs=0.1)
        assert samples.max() == pytest.approx(255, abs=0.1)


@pytest.mark.parametrize("size", [(9, 7), (33, 31)])
def test_odd_sides_lose_next_to_nothing_to_replication(size):
    # The last column and row of an odd picture are doubled before the fit; a decoder crops them afterwards. The exact
    # fit knows that, and is hardly better.
    width, height = size
    pixels = mild_noise(height, width)
    half_width, half_height = halves(width, height, "4:2:0")
    across, down = upsampling_matrix(half_width)[:width], upsampling_matrix(half_height)[:height]
    for blocks, full in zip(
        core.Coefficients.from_pixels(pixels, "4:2:0").arrays()[1:], jfif_ycbcr(pixels)[1:], strict=True
    ):
        best = np.linalg.pinv(down) @ full @ np.linalg.pinv(across).T
        found = plane_of(blocks, half_height, half_width)
        least, had = (np.sum((down @ c @ across.T - full) ** 2) for c in (best, found))
        # Measured 1.014 at 9x7, 1.004 at 33x31.
        assert least <= had < 1.03 * least


@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
@pytest.mark.parametrize("size", [(33, 31), (48, 40), (6, 5)])
def test_decoders_upsample_as_the_matrix_does(size, subsampling):
    width, height = size
    half_width, half_height = halves(width, height, subsampling)
    rng = np.random.default_rng(1)
    cb = rng.integers(90, 160, (half_height, half_width)).astype(np.float64)
    blocks = dctn(blocks_of(cb - 128), axes=(2, 3), norm="ortho")
    levels = [np.zeros(s, np.int16) for s in block_shapes(width, height, subsampling)]
    levels[1][:] = np.round(blocks)
    decoded = by_pillow(write_levels(levels, np.ones((1, 64), np.uint8), width, height, subsampling))
    sent = np.round(plane_of(levels[1], half_height, half_width))
    full = sent @ upsampling_matrix(half_width)[:width].T
    if subsampling == "4:2:0":
        full = upsampling_matrix(half_height)[:height] @ full
    # Luma is 128 everywhere, so blue shows Cb; the inverse DCT, the upsampling and the colours round.
    # Measured 2.7.
    assert np.abs(decoded[..., 2] - (128 + 1.772 * (full - 128)).clip(0, 255)).max() < 3.5


@pytest.mark.parametrize("subsampling", ["4:2:2", "4:2:0"])
def test_chroma_survives_halving_better_than_by_averaging(crop, subsampling):
    ours = psnr(by_pillow(accelir.encode(crop, max_bytes=10**6, profile="fidelity", subsampling=subsampling)), crop)
    averaged = psnr(by_pillow(pillow_jpeg(crop, quality=100, subsampling=subsampling)), crop)
    # Both at tables of ones. Measured 1.29 to 1.99 dB.
    assert ours > averaged + 1.1


# Colour weights of the fidelity profile


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_rgb_weights_are_the_energy_that_decoding_gives_a_coefficient(subsampling):
    to_rgb = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
    across = np.eye(24) if subsampling == "4:4:4" else upsampling_matrix(24)
    down = upsampling_matrix(24) if subsampling == "4:2:0" else np.eye(24)
    weights = rgb_weights(subsampling)
    for place in (0, 1, 2, 5, 30, 63):
        coefficient = np.zeros(64)
        coefficient[ZIGZAG[place]] = 1
        plane = np.zeros((24, 24))
        plane[8:16, 8:16] = idctn(coefficient.reshape(8, 8), norm="ortho")
        energy = np.sum((down @ plane @ across.T) ** 2)
        for component in range(3):
            expected = np.sum(to_rgb[:, component] ** 2) / 3 * (energy if component else 1)
            assert weights[component, place] == pytest.approx(expected, rel=1e-4)


# Huffman tables


def size_of(value):
    return int(abs(value)).bit_length()


def symbols_of(levels):
    """DC and AC symbols of a gray sequential file and the number of bits behind them (T.81, F.1.2)."""
    dc, ac, extra, previous = Counter(), Counter(), 0, 0
    for block in levels.reshape(-1, 64)[:, ZIGZAG].tolist():
        size = size_of(block[0] - previous)
        previous = block[0]
        dc[size] += 1
        extra += size
        run = 0
        for level in block[1:]:
            if not level:
                run += 1
                continue
            ac[0xF0] += run // 16
            ac[run % 16 << 4 | size_of(level)] += 1
            extra += size_of(level)
            run = 0
        ac[0x00] += run > 0
    return +dc, +ac, extra


def tables_in(data):
    """Code lengths of the symbols, by class."""
    out = {}
    for segment in segments_of(data):
        payload = segment.payload if segment.marker == 0xC4 else b""
        while payload:
            counts = payload[1:17]
            symbols = payload[17 : 17 + sum(counts)]
            lengths = [length for length, count in enumerate(counts, 1) for _ in range(count)]
            out[payload[0]] = dict(zip(symbols, lengths, strict=True))
            payload = payload[17 + len(symbols) :]
    return out


def least_bits(counts):
    """Bits of the best code of at most 16 bits whose all-ones code stays free, by package-merge as its paper has it."""
    leaves = [(n, Counter({s: 1})) for s, n in counts.items()] + [(0, Counter({"reserved": 1}))]
    packages = []
    for _ in range(16):
        merged = sorted(leaves + packages, key=lambda p: p[0])
        packages = [
            (merged[i][0] + merged[i + 1][0], merged[i][1] + merged[i + 1][1]) for i in range(0, len(merged) - 1, 2)
        ]
    lengths = Counter()
    for _, package in packages[: len(leaves) - 1]:
        lengths += package
    return sum(n * lengths[s] for s, n in counts.items())


def unlimited_bits(counts):
    """The same without the limit, by Huffman's own method."""
    heap = [*counts.values(), 0]
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        pair = heapq.heappop(heap) + heapq.heappop(heap)
        total += pair
        heapq.heappush(heap, pair)
    return total


def assert_optimal(levels, data):
    tables = tables_in(data)
    dc, ac, extra = symbols_of(levels)
    coded = extra
    for counts, lengths in ((dc, tables[0x00]), (ac, tables[0x10])):
        assert set(lengths) == set(counts)
        assert sum(Fraction(1, 2**n) for n in lengths.values()) < 1  # the all-ones code is free
        assert max(lengths.values()) <= 16
        bits = sum(n * lengths[s] for s, n in counts.items())
        assert bits == least_bits(counts)
        coded += bits
    (scan,) = (s.coded for s in segments_of(data) if s.marker == 0xDA)
    scan = scan.replace(b"\xff\x00", b"\xff")
    assert len(scan) == ceil_div(coded, 8)
    padding = (1 << -coded % 8) - 1
    assert scan[-1] & padding == padding  # ones, T.81, F.1.2.3


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(("zero", "sparse", "dense", "wide", "extreme")))
def test_huffman_tables_are_the_best_for_the_file(seed, kind):
    rng = np.random.default_rng(seed)
    levels = random_levels(rng, [(int(rng.integers(1, 9)), int(rng.integers(1, 9)), 8, 8)], kind)
    height, width = levels[0].shape[0] * 8, levels[0].shape[1] * 8
    assert_optimal(levels[0], write_levels(levels, np.ones((1, 64), np.uint8), width, height, "gray"))


def test_huffman_codes_stay_within_16_bits():
    # Fibonacci numbers as counts make the deepest Huffman trees.
    counts = [1, 1]
    while len(counts) < 21:
        counts.append(counts[-1] + counts[-2])
    run, size = np.divmod(np.repeat(np.arange(21), counts), 2)  # one symbol a block, 28,656 of them
    zigzag = np.zeros((128 * 224, 64), np.int16)
    zigzag[np.arange(len(run)), 1 + run] = 2 * size + 1
    levels = np.empty_like(zigzag)
    levels[:, ZIGZAG] = zigzag
    levels = levels.reshape(224, 128, 8, 8)
    _, ac, _ = symbols_of(levels)
    assert least_bits(ac) > unlimited_bits(ac)  # the limit is felt
    data = write_levels([levels], np.ones((1, 64), np.uint8), 1024, 1792, "gray")
    assert_optimal(levels, data)
    assert max(tables_in(data)[0x10].values()) == 16
    decode_both(data)


def test_equal_tables_of_luma_and_chroma_are_sent_once():
    rng = np.random.default_rng(3)
    luma, dense, wide = (random_levels(rng, [(20, 20, 8, 8)], kind)[0] for kind in ("sparse", "dense", "wide"))
    data = write_levels([luma, luma, luma], np.ones((1, 64), np.uint8), 160, 160, "4:4:4")
    assert sorted(tables_in(data)) == [0x00, 0x10]
    assert sum(len(s.payload) for s in segments_of(data) if s.marker == 0xDB) == 65
    dense[..., 0, 0] = luma[..., 0, 0]
    data = write_levels([luma, dense, dense], np.ones((2, 64), np.uint8), 160, 160, "4:4:4")
    assert sorted(tables_in(data)) == [0x00, 0x10, 0x11]
    assert sum(len(s.payload) for s in segments_of(data) if s.marker == 0xDB) == 130
    data = write_levels([luma, wide, wide], np.ones((2, 64), np.uint8), 160, 160, "4:4:4")
    assert sorted(tables_in(data)) == [0x00, 0x01, 0x10, 0x11]


# Bits of cells


def test_cell_bits_add_up_to_the_scan():
    levels = random_levels(np.random.default_rng(1), block_shapes(100, 70, "4:2:0"), "sparse")
    bits = core.Levels.from_arrays(levels, 100, 70, "4:2:0").cell_bits()
    assert bits.shape == (3, 4)
    data = write_levels(levels, np.ones((1, 64), np.uint8), 100, 70, "4:2:0")
    (scan,) = (s.coded for s in segments_of(data) if s.marker == 0xDA)
    # Luma and chroma have tables of their own here; in the file they may share some. Measured 0.4 % less than the file.
    assert bits.sum() == pytest.approx(8 * len(scan.replace(b"\xff\x00", b"\xff")), rel=0.02)


def test_cell_bits_show_where_the_levels_are():
    levels = [np.zeros(s, np.int16) for s in block_shapes(128, 96, "4:2:0")]
    levels[0][4:8, 8:12, 1:, :] = 1  # the cell in row 1, column 2
    levels[1][0:2, 6:8, 1:, :] = 1  # chroma of row 0, column 3
    bits = core.Levels.from_arrays(levels, 128, 96, "4:2:0").cell_bits()
    loud = np.zeros((3, 4), bool)
    loud[1, 2] = loud[0, 3] = True
    assert bits[loud].min() > 100
    assert bits[~loud].max() < 100
    assert bits[1, 2] > 3 * bits[0, 3]


def test_gray_cell_bits_are_exact():
    levels = random_levels(np.random.default_rng(5), [(4, 4, 8, 8)], "sparse")
    dc, ac, extra = symbols_of(levels[0])
    assert core.Levels.from_arrays(levels, 32, 32, "gray").cell_bits().sum() == least_bits(dc) + least_bits(ac) + extra
