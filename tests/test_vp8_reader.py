"""Where a WebP's bits and quantisers are, read from its frame: libwebp's files and ours."""

import io

import numpy as np
import pytest
from helpers import ceil_div, noise, photo, smooth
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import accelir
from accelir.core import vp8
from accelir.formats.inspect import inspect
from accelir.formats.webp import parse as webp_chunks
from accelir.formats.webp.inspect import cell_bits, macroblocks

CUP = photo("cup")
HEADERS = 8 * 400
"""More bits than what stands before a frame's macroblocks ever took: 1056 probabilities, of which few are sent."""


def by_libwebp(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", **options)
    return buffer.getvalue()


def frame(data):
    return webp_chunks.content(data, "VP8 ")


@pytest.mark.parametrize("quality", [0, 20, 60, 95])
@pytest.mark.parametrize("method", [0, 3, 6])
def test_all_bits_of_libwebps_files_are_found(quality, method):
    data = by_libwebp(CUP[:150, :77], quality=quality, method=method)
    bits, quantizers = macroblocks(data)
    assert bits.shape == quantizers.shape == (10, 5)
    assert 0 < 8 * len(frame(data)) - bits.sum() < HEADERS
    assert len(np.unique(quantizers)) <= 4


@pytest.mark.parametrize("pixels", [CUP, noise(64, 48), smooth(33, 190), CUP[:1, :1]], ids=lambda p: str(p.shape))
@pytest.mark.parametrize("partitions", [1, 2, 8])
def test_all_bits_of_ours_are_found_in_all_partitions(pixels, partitions):
    picture = vp8.Picture.from_pixels(pixels)
    weights = {"luma_weights": [1.0] * 16, "chroma_weights": [1.75] * 16, "deltas": [0] * 5}
    options = vp8.Settings(lambda_=0.08, filter=1.0, token_partitions=partitions, **weights)
    encoding = vp8.encode(picture, options, quantizer=20)
    bits, quantizers = vp8.read(encoding.data)
    assert bits.shape == picture.macroblocks
    assert (quantizers == 20).all()
    assert 0 < 8 * len(encoding.data) - bits.sum() < HEADERS + 32 * partitions


def test_quantisers_are_those_that_the_encoder_gave_its_blocks():
    qp_map = np.full((6, 6), 80)
    qp_map[:3], qp_map[4:, 2] = 50, 65
    encoded = accelir.Encoder(format="webp").encode(CUP, bpp=1.5, qp_map=qp_map)
    quantizers = macroblocks(encoded.data)[1]
    assert np.unique(quantizers).tolist() == encoded.table.tolist()
    order = dict(zip((80, 65, 50), encoded.table, strict=True))
    wanted = np.vectorize(order.get)(qp_map).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(quantizers, wanted)


def test_busy_blocks_take_more_bits_than_flat_ones():
    pixels = np.full((64, 128, 3), 128, np.uint8)
    pixels[32:, 64:96] = noise(32, 32)
    data = by_libwebp(pixels, quality=80)
    bits = cell_bits(data)
    assert bits.shape == (2, 4)
    assert np.unravel_index(bits.argmax(), bits.shape) == (1, 2)
    assert bits[1, 2] > 20 * np.median(bits)
    assert bits.sum() == macroblocks(data)[0].sum()


def test_the_report_tells_them():
    report = inspect(accelir.encode(CUP, bpp=4, format="webp"))
    text = "\n".join(report.lines())
    assert report.network == "sr-x4" in text
    assert "bits per cell" in text
    assert f"quantisers    {report.quantizers[0]} (of 0 to 127" in text


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"save_all": True, "append_images": [Image.fromarray(CUP[::-1])]}]
)
def test_files_without_a_single_lossy_frame_have_none(options):
    report = inspect(by_libwebp(CUP, **options))
    assert (report.cell_bits, report.quantizers, report.damage) == (None, (), "")


def test_every_truncation_is_refused_but_that_of_the_last_bytes():
    data = frame(by_libwebp(CUP[:48, :48], quality=30))
    for length in range(len(data) - 3):  # what the coder flushes at the end is never needed
        with pytest.raises(ValueError, match="damaged WebP"):
            vp8.read(data[:length])
    assert "ends early" in inspect(cut(by_libwebp(CUP[:48, :48], quality=30))).damage


def cut(data):
    """The file with half of its frame, chunks' sizes put right."""
    half = frame(data)[: len(frame(data)) // 4 * 2]
    return b"RIFF" + (12 + len(half)).to_bytes(4, "little") + b"WEBPVP8 " + len(half).to_bytes(4, "little") + half


@given(st.data())
def test_nothing_but_value_errors_comes_of_damage(data):
    sound = bytearray(frame(by_libwebp(CUP[:40, :40], quality=30)))
    for _ in range(data.draw(st.integers(1, 6))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    try:
        bits, quantizers = vp8.read(bytes(sound))
    except ValueError:
        return
    assert bits.shape == quantizers.shape
    assert quantizers.max() < 128
    assert bits.sum() <= 8 * len(sound)


def test_a_frame_that_claims_to_be_huge_is_refused_at_once():
    data = bytearray(frame(by_libwebp(CUP[:40, :40], quality=30)))
    data[6:10] = (16383).to_bytes(2, "little") * 2
    with pytest.raises(ValueError, match="ends early"):
        vp8.read(bytes(data))


def test_blocks_are_counted_with_the_borders():
    bits = cell_bits(by_libwebp(CUP[:65, :33], quality=30))
    assert bits.shape == (ceil_div(65, 32), ceil_div(33, 32))


@pytest.mark.parametrize(("left", "says"), [(0, "ends early"), (-1, "without a first partition")])
def test_a_first_partition_that_is_longer_than_the_frame_is_refused(left, says):
    data = bytearray(frame(accelir.encode(CUP, bpp=1, format="webp")))
    size = len(data) - 10 - left  # behind the frame's tag
    data[:3] = (int.from_bytes(data[:3], "little") & 31 | size << 5).to_bytes(3, "little")
    with pytest.raises(ValueError, match=says):
        vp8.read(bytes(data))
