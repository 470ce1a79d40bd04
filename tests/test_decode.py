"""Decoding: the same pixels from both decoders, every kind of source, and clear errors for everything else."""

import importlib
import io
from concurrent.futures import ThreadPoolExecutor

import jpeglib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from accelir.formats.decode import decode_pixels
from accelir.formats.jpeg import parse as jpeg_markers

MODULE = importlib.import_module("accelir.formats.jpeg.decode")


@pytest.fixture(params=["turbo", "pillow"])
def decoder(request, monkeypatch):
    if request.param == "pillow":
        monkeypatch.setattr(MODULE, "turbo", lambda: None)
    elif MODULE.turbo() is None:
        pytest.skip("PyTurboJPEG or libturbojpeg is not installed")
    return request.param


def picture(mode="RGB", size=(61, 43)):
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(name="JPEG", mode="RGB", size=(61, 43), **options):
    buffer = io.BytesIO()
    picture(mode, size).save(buffer, name, **options)
    return buffer.getvalue()


def by_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image if image.mode == "L" else image.convert("RGB"))


JPEGS = {
    "4:4:4": encoded(subsampling="4:4:4"),
    "4:2:2": encoded(subsampling="4:2:2"),
    "4:2:0": encoded(subsampling="4:2:0"),
    "4:2:0 progressive": encoded(subsampling="4:2:0", progressive=True),
    "4:2:2 progressive": encoded(subsampling="4:2:2", progressive=True, quality=95),
    "gray": encoded(mode="L"),
    "gray progressive": encoded(mode="L", progressive=True),
    "CMYK": encoded(mode="CMYK"),
    "RGB inside": encoded(keep_rgb=True),
    "coarse": encoded(quality=5),
    "16-bit steps": encoded(qtables=[[300] * 64] * 2),
    "restarts": encoded(restart_marker_blocks=3),
    "one pixel": encoded(size=(1, 1)),
    "one row": encoded(size=(200, 1)),
    "one column": encoded(size=(1, 200)),
    "two by two": encoded(size=(2, 2)),
    "trailing bytes": encoded() + b"more",
}
WEBPS = {
    "lossy": encoded("WEBP"),
    "lossless": encoded("WEBP", lossless=True),
    "alpha": encoded("WEBP", "RGBA"),
    "gray": encoded("WEBP", "L"),
    "metadata": encoded("WEBP", icc_profile=b"profile", xmp=b"<x/>"),
    "animated": encoded("WEBP", save_all=True, append_images=[picture().transpose(Image.Transpose.ROTATE_180)]),
}


@pytest.mark.parametrize("name", JPEGS)
def test_a_jpeg_gives_the_pixels_that_pillow_gives(decoder, name):
    pixels = decode_pixels(JPEGS[name])
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, by_pillow(JPEGS[name]))


@pytest.mark.parametrize("quality", [1, 30, 75, 100])
@pytest.mark.parametrize("size", [(16, 16), (17, 15), (33, 64), (3, 5)])
def test_sizes_and_qualities_give_the_same_pixels(decoder, size, quality):
    for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
        data = encoded(size=size, quality=quality, subsampling=subsampling)
        np.testing.assert_array_equal(decode_pixels(data), by_pillow(data))


@pytest.mark.parametrize("factors", [((1, 2),) * 3, ((2, 1),) * 3, ((2, 2), (2, 1), (2, 1)), ((1, 2), (1, 1), (1, 1))])
def test_unusual_sampling_factors_are_read(decoder, factors, tmp_path):
    image = jpeglib.from_spatial(np.array(picture()))
    image.samp_factor = tuple((down, across) for across, down in factors)
    image.write_spatial(str(tmp_path / "odd.jpg"), qt=80)
    data = (tmp_path / "odd.jpg").read_bytes()
    assert [(c.horizontal, c.vertical) for c in jpeg_markers.parse(data).frame.components] == list(factors)
    np.testing.assert_array_equal(decode_pixels(data), by_pillow(data))


@pytest.mark.parametrize("name", WEBPS)
def test_a_webp_gives_rgb(name):
    np.testing.assert_array_equal(decode_pixels(WEBPS[name]), by_pillow(WEBPS[name]))


def test_a_gray_jpeg_has_two_dimensions(decoder):
    assert decode_pixels(JPEGS["gray"]).shape == (43, 61)


def test_exif_orientation_is_not_applied(decoder):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_pixels(encoded(exif=exif)).shape == (43, 61, 3)


def test_the_result_can_be_written_to(decoder):
    for data in (JPEGS["4:2:0"], JPEGS["gray"], JPEGS["CMYK"], WEBPS["lossy"]):
        decode_pixels(data)[0, 0] = 0


@pytest.mark.parametrize("name", ["4:2:0", "gray"])
def test_bytes_of_any_kind_and_paths_are_taken(decoder, name, tmp_path):
    data = JPEGS[name]
    path = tmp_path / "a picture.jpg"
    path.write_bytes(data)
    strided = memoryview(bytes(b for byte in data for b in (byte, 0)))[::2]
    for source in (bytearray(data), memoryview(data), strided, path, str(path)):
        np.testing.assert_array_equal(decode_pixels(source), decode_pixels(data))


@pytest.mark.parametrize("source", [None, 3, 1.5, [1, 2], np.zeros((4, 4), np.uint8)])
def test_other_types_are_refused(source):
    with pytest.raises(TypeError, match=f"got {type(source).__name__}; give the file's bytes"):
        decode_pixels(source)


def test_a_missing_file_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        decode_pixels(tmp_path / "none.jpg")


@pytest.mark.parametrize("data", [b"", b"\xff", b"GIF89a", encoded("PNG"), b"RIFF\0\0\0\0WAVE"])
def test_other_formats_are_refused(data):
    with pytest.raises(ValueError, match="neither JPEG nor WebP"):
        decode_pixels(data)


@pytest.mark.parametrize("name", ["4:2:0", "4:2:0 progressive", "gray", "restarts", "CMYK"])
def test_a_jpeg_cut_short_anywhere_is_refused(decoder, name):
    data = JPEGS[name]
    for length in range(2, len(data), 1 if name == "gray" else 17):
        with pytest.raises(ValueError, match="damaged JPEG, at byte"):
            decode_pixels(data[:length])


@pytest.mark.parametrize("name", ["lossy", "lossless", "alpha"])
def test_a_webp_cut_short_anywhere_is_refused(name):
    data = WEBPS[name]
    for length in range(12, len(data)):
        with pytest.raises(ValueError, match="damaged WebP, at byte"):
            decode_pixels(data[:length])


@pytest.mark.parametrize("name", ["4:2:0", "4:2:0 progressive", "gray", "restarts"])
def test_a_scan_that_lost_its_end_is_refused(decoder, name):
    data = JPEGS[name]
    with pytest.raises(ValueError, match="damaged JPEG"):
        decode_pixels(data[: len(data) * 9 // 10] + b"\xff\xd9")


def test_a_webp_with_a_broken_picture_is_refused():
    data = bytearray(WEBPS["lossy"])
    data[40:] = bytes(len(data) - 40)
    with pytest.raises(ValueError, match="damaged WEBP"):
        decode_pixels(data[:20] + b"\xff" * 3 + data[23:])


def test_a_jpeg_of_12_bits_is_refused(decoder):
    data = bytearray(JPEGS["4:2:0"].replace(b"\xff\xc0", b"\xff\xc1"))
    data[data.index(b"\xff\xc1") + 4] = 12
    with pytest.raises(ValueError, match="damaged JPEG"):
        decode_pixels(data)


def test_more_pixels_than_pillow_lets_through_are_refused(decoder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    for data in (JPEGS["4:2:0"], WEBPS["lossy"]):
        with pytest.raises(ValueError, match="61 x 43 pixels are more than the 2,000 that are decoded"):
            decode_pixels(data)


def test_eight_threads_get_what_one_gets(decoder):
    names = list(JPEGS) * 4
    with ThreadPoolExecutor(8) as pool:
        for name, pixels in zip(names, pool.map(lambda n: decode_pixels(JPEGS[n]), names), strict=True):
            np.testing.assert_array_equal(pixels, by_pillow(JPEGS[name]))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutations_give_an_error_or_a_picture(decoder, monkeypatch, data):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    original = data.draw(st.sampled_from([JPEGS["4:2:0"], JPEGS["gray progressive"], WEBPS["lossy"], WEBPS["alpha"]]))
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(4, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode_pixels(mutated)
    except ValueError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim in (2, 3)
