"""The VP8 core: what decoders make of a frame is what the encoder says they make, whatever it was asked for."""

import struct

import numpy as np
import pytest
from helpers import noise, photo, smooth
from hypothesis import example, given, settings
from hypothesis import strategies as st
from webp_oracle import decode_yuv, incremental_status

from accelir.core import vp8
from accelir.formats.webp import metadata as webp_container

PLAIN = {
    "lambda_": 0.08,
    "luma_weights": [1.0] * 16,
    "chroma_weights": [1.5] * 16,
    "deltas": [0] * 5,
    "filter": 1.0,
}


def encode(pixels, *, quantizer=None, max_bytes=None, **options):
    return vp8.encode(
        vp8.Picture.from_pixels(pixels),
        vp8.Settings(**(PLAIN | options)),
        quantizer=quantizer,
        max_bytes=max_bytes,
        keep_reconstruction=True,
    )


def in_file(data, pixels):
    return webp_container.container(pixels.shape[1], pixels.shape[0]).write(data)


def assert_decodes_to_reconstruction(encoding, pixels):
    for shown, expected in zip(decode_yuv(in_file(encoding.data, pixels)), encoding.reconstruction(), strict=True):
        np.testing.assert_array_equal(shown, expected)


@st.composite
def pictures(draw):
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    kind = draw(st.sampled_from(("noise", "smooth", "photo", "black and white", "flat")))
    if kind == "noise":
        return noise(height, width, seed=draw(st.integers(0, 99)))
    if kind == "smooth":
        return smooth(height, width)
    if kind == "photo":
        top, left = draw(st.integers(0, 300)), draw(st.integers(0, 500))
        return np.ascontiguousarray(photo()[top : top + height, left : left + width])
    if kind == "black and white":
        return (noise(height, width, seed=draw(st.integers(0, 99))) > 127).astype(np.uint8) * np.uint8(255)
    return np.full((height, width, 3), draw(st.integers(0, 255)), np.uint8)


def options():
    return st.fixed_dictionaries(
        {
            "quantizer": st.integers(0, 127),
            "lambda_": st.sampled_from((0.0, 0.02, 0.1, 1.0, 1e6)),
            "deltas": st.lists(st.integers(-15, 15), min_size=5, max_size=5),
            "luma_weights": st.lists(st.floats(0, 4), min_size=16, max_size=16),
            "filter": st.sampled_from((0.0, 0.5, 1.0, 4.0)),
            "sharpness": st.integers(0, 7),
            "simple_filter": st.booleans(),
            "measure_filter": st.booleans(),
            "doubt": st.sampled_from((1.0, 2.0, 1e6)),
            "subblock_modes": st.integers(0, 10),
            "subblock_trellises": st.integers(0, 10),
            "block_trellises": st.integers(0, 4),
            "loops": st.integers(0, 2),
            "token_partitions": st.sampled_from((1, 2, 4, 8)),
        }
    )


@settings(max_examples=150)
@given(pixels=pictures(), options=options(), seed=st.integers(0, 2**32 - 1), maps=st.booleans())
def test_libwebp_decodes_exactly_our_reconstruction(pixels, options, seed, maps):
    if maps:
        rng = np.random.default_rng(seed)
        shape = -(-pixels.shape[0] // 16), -(-pixels.shape[1] // 16)
        options |= {
            "octaves": rng.choice([0, 0.3, 1, 2, 5], shape).astype(np.float32),
            "weights": rng.choice([0, 0.5, 1, 3], shape).astype(np.float32),
        }
    assert_decodes_to_reconstruction(encode(pixels, **options), pixels)


@settings(max_examples=30)
@given(pixels=pictures(), budget=st.integers(1, 20_000))
@example(pixels=noise(64, 64), budget=2**40)
def test_sizes_are_kept_and_what_is_told_of_them_is_true(pixels, budget):
    encoding = encode(pixels, max_bytes=budget)
    if encoding.data:
        assert len(encoding.data) <= budget
        assert_decodes_to_reconstruction(encoding, pixels)
    else:
        assert budget < encoding.smallest
        assert len(encode(pixels, max_bytes=encoding.smallest).data) == encoding.smallest


def test_weights_and_steps_that_cost_bytes_do_not_break_the_budget():
    options = {"lambda_": 0.0, "luma_weights": [1e6] * 16, "chroma_weights": [1e6] * 16, "deltas": [-15] * 5}
    pixels = noise(800, 1)
    for budget in (200, 400, 1000, 2000):
        assert 0 < len(encode(pixels, max_bytes=budget, **options).data) <= budget


def test_a_size_is_met_without_passes_over_a_sample():
    assert 5900 < len(encode(noise(90, 100), max_bytes=6000, loops=0).data) <= 6000


@pytest.mark.parametrize("quantizer", [0, 3, 127])
@pytest.mark.parametrize("rdo", [0.0, 0.08])
def test_the_strongest_levels_decode_exactly(quantizer, rdo):
    pixels = (noise(96, 80) > 127).astype(np.uint8) * np.uint8(255)
    assert_decodes_to_reconstruction(encode(pixels, quantizer=quantizer, lambda_=rdo, filter=0.0), pixels)


@pytest.mark.parametrize("filter", [0.0, 1.0])
def test_every_mode_is_used_and_decodes_exactly(filter):
    pixels = photo()
    encoding = encode(pixels, quantizer=20, filter=filter, subblock_trellises=10, block_trellises=4)
    assert_decodes_to_reconstruction(encoding, pixels)


@pytest.mark.parametrize("piece", [7, 1 << 30])
@pytest.mark.parametrize("kind", ["flat", "noise", "photo"])
def test_libwebps_incremental_decoder_takes_every_small_picture(kind, piece):
    # It refused a first partition of which the header left no byte for the modes: up to 16 x 16 pixels, one macroblock.
    for side in range(1, 41):
        for width in (side, 17 - side % 16):
            pixels = {
                "flat": np.full((side, width, 3), 6 * side, np.uint8),
                "noise": noise(side, width, seed=side),
                "photo": np.ascontiguousarray(photo()[side : 2 * side, side : side + width]),
            }[kind]
            for quantizer in (5, 60, 127):
                assert incremental_status(in_file(encode(pixels, quantizer=quantizer).data, pixels), piece) == 0


def test_a_frame_of_one_quantizer_has_a_neutral_segment_header():
    # Rust's `image` 0.24.3 takes quantiser 0 where there is none. Section 9.3: segments, no map, values, added, all 0.
    frame = encode(photo("cup"), quantizer=40).data
    expected = "00" + "1010" + 8 * "0"  # color space and clipping before it
    reader, bits = (0, 255, int.from_bytes(frame[10:18], "big")), ""
    for _ in expected:
        bit, reader = even_bit(*reader)
        bits += bit
    assert bits == expected


def even_bit(shifted, span, window):
    """A bit of probability 128 from the 64 bits of a window (section 7.3), and the reader's next state."""
    split = 1 + ((span - 1) * 128 >> 8)
    bit = window >> 56 - shifted >= split
    span, window = (span - split, window - (split << 56 - shifted)) if bit else (split, window)
    while span < 128:
        span, shifted = span * 2, shifted + 1
    return str(int(bit)), (shifted, span, window)


def first_partition_of(data):
    return struct.unpack("<I", data[:3] + b"\0")[0] >> 5


def test_a_first_partition_too_large_is_avoided_by_cheaper_modes():
    """Noise wants 4x4 modes everywhere, 5 bytes a macroblock; here no more than 1.9 are granted."""
    pixels = noise(256, 256, seed=1)
    free, bound = (encode(pixels, quantizer=60, **o) for o in ({}, {"max_first_partition": 480}))
    assert first_partition_of(free.data) > 480 >= first_partition_of(bound.data)
    assert_decodes_to_reconstruction(bound, pixels)


def test_token_partitions_do_not_change_the_picture():
    pixels = photo("cup")
    frames = [encode(pixels, quantizer=30, token_partitions=n) for n in (1, 2, 4, 8)]
    for frame in frames:
        assert_decodes_to_reconstruction(frame, pixels)
    sizes = [len(f.data) for f in frames]
    assert sizes == sorted(sizes)
    assert sizes[-1] < sizes[0] + 7 * 5
    np.testing.assert_array_equal(frames[0].reconstruction()[0], frames[3].reconstruction()[0])


def test_weights_move_quality_between_macroblocks():
    pixels = photo("cloth")
    weights = np.ones((12, 12), np.float32)
    weights[:6] = 8
    even, moved = encode(pixels, quantizer=40), encode(pixels, quantizer=40, weights=weights)
    luma = vp8.Picture.from_pixels(pixels).planes()[0].astype(np.float64)
    top = [np.mean((e.reconstruction()[0][:96] - luma[:96]) ** 2) for e in (even, moved)]
    assert top[1] < 0.9 * top[0]


def test_more_search_takes_fewer_bits_for_its_distortion():
    """Bytes and squared error together, at the exchange rate that the encoder is told."""
    pixels = photo("table")
    luma = vp8.Picture.from_pixels(pixels).planes()[0].astype(np.float64)

    def cost(**options):
        e = encode(pixels, quantizer=40, filter=0.0, **options)
        step = e.luma_steps[0]
        return np.sum((e.reconstruction()[0] - luma) ** 2) / (PLAIN["lambda_"] * step**2) + 8 * len(e.data)

    whole = cost(subblock_modes=0, block_trellises=0)
    few = cost(subblock_modes=4, subblock_trellises=0, block_trellises=0)
    all_modes = cost(subblock_trellises=0, block_trellises=0)
    one_way = cost(subblock_trellises=1, doubt=1.0)
    both_ways = cost(subblock_trellises=1)
    most = cost(subblock_trellises=10, block_trellises=4)
    estimated = cost(subblock_trellises=1, rank_by_tokens=False)
    assert whole > few > all_modes > one_way > both_ways > most
    assert all_modes > estimated > both_ways


@pytest.mark.parametrize("bpp", [0.3, 0.8, 2.0])
def test_few_passes_meet_a_size(bpp):
    """A sample finds the quantiser, one pass tells what rows take, and the second is led to the size by that."""
    pixels = photo()
    budget = int(bpp * pixels.shape[0] * pixels.shape[1] / 8)
    encoding = encode(pixels, max_bytes=budget)
    assert encoding.passes <= 2
    assert 0.997 * budget <= len(encoding.data) <= budget
    assert_decodes_to_reconstruction(encoding, pixels)


@settings(max_examples=30)
@given(
    kind=st.sampled_from([noise, smooth, lambda *size: np.vstack([noise(size[0] // 2, size[1]), smooth(*size)])]),
    height=st.integers(384, 420),
    width=st.integers(1, 50),
    budget=st.integers(1, 30_000),
    paced=st.booleans(),
)
def test_sizes_of_tall_pictures_are_kept(kind, height, width, budget, paced):
    """From 24 rows of macroblocks on frames are led to their size."""
    pixels = kind(height, width)
    encoding = encode(pixels, max_bytes=budget, paced=paced)
    assert len(encoding.data) <= budget
    if encoding.data:
        assert_decodes_to_reconstruction(encoding, pixels)


@pytest.mark.parametrize("bpp", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_paced_frame_comes_out_at_its_size(bpp, threads):
    """Rows are coded once, some of the last ones again: a pass and a half at most."""
    pixels = photo()
    budget = int(bpp * pixels.shape[0] * pixels.shape[1] / 8)
    encoding = encode(pixels, max_bytes=budget, paced=True, loops=1, threads=threads)
    assert encoding.passes == 1
    assert 0.997 * budget <= len(encoding.data) <= budget
    assert_decodes_to_reconstruction(encoding, pixels)


@settings(max_examples=30)
@given(pixels=pictures(), budget=st.integers(1, 20_000), weighted=st.booleans())
def test_paced_sizes_are_kept(pixels, budget, weighted):
    shape = -(-pixels.shape[0] // 16), -(-pixels.shape[1] // 16)
    weights = np.linspace(0, 4, shape[0] * shape[1], dtype=np.float32).reshape(shape) if weighted else None
    encoding = encode(pixels, max_bytes=budget, paced=True, rank_by_tokens=False, weights=weights)
    assert len(encoding.data) <= budget
    if encoding.data:
        assert_decodes_to_reconstruction(encoding, pixels)


def test_a_picture_whose_end_is_unlike_the_rest_is_paced_too():
    pixels = photo().copy()
    pixels[-pixels.shape[0] // 3 :] = pixels[0, 0]
    for budget in (6_000, 12_000, 24_000):
        assert 0.995 * budget <= len(encode(pixels, max_bytes=budget, paced=True).data) <= budget


def test_a_first_partition_too_large_is_avoided_in_a_paced_frame():
    pixels = noise(256, 256, seed=1)
    encoding = encode(pixels, max_bytes=12_000, paced=True, max_first_partition=480)
    assert first_partition_of(encoding.data) <= 480
    assert_decodes_to_reconstruction(encoding, pixels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either quantizer or max_bytes"),
        ({"quantizer": 128}, "0 to 127"),
        ({"quantizer": 1, "deltas": [0, 0, 0, 0, 16]}, "-15 to 15"),
        ({"quantizer": 1, "luma_weights": [1.0]}, "16 values"),
        ({"quantizer": 1, "octaves": np.zeros((3, 3), np.float32)}, "shape"),
        ({"quantizer": 1, "weights": np.full((12, 12), np.nan, np.float32)}, "weights must be"),
        ({"quantizer": 1, "token_partitions": 3}, "1, 2, 4 or 8"),
        ({"quantizer": 1, "subblock_modes": 11}, "0 to 10"),
        ({"quantizer": 1, "sharpness": 8}, "0 to 7"),
        ({"quantizer": 1, "doubt": 0.5}, "1 to 1e"),
    ],
)
def test_wrong_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        encode(photo("cup"), **options)
