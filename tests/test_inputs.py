"""What pictures may come as: modes, depths, colour spaces, transparency; and what is told of the others."""

import dataclasses
import io
import warnings

import numpy as np
import pytest
from helpers import by_pillow, photo, psnr
from PIL import Image, ImageCms

import accelir
from accelir.formats.color import MODES
from accelir.formats.picture import as_pixels, read_picture
from accelir.formats.registry import FORMATS
from accelir.formats.transparency import fill_hidden, hidden_macroblocks
from accelir.formats.webp.inspect import macroblocks

SMALL = photo("cup")[:72, :96]
GRAY = np.asarray(Image.fromarray(SMALL).convert("L"))
JPEG, WEBP = FORMATS["jpeg"], FORMATS["webp"]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_header(space, size=400):
    """A profile of a colour space in name alone: no program can convert through it."""
    head = bytearray(size)
    head[:4], head[8], head[12:16], head[16:20] = size.to_bytes(4, "big"), 4, b"prtr", space
    head[20:24], head[36:40] = b"Lab ", b"acsp"
    return bytes(head)


def gray_profile(gamma):
    """A gray profile of version 2 with a power for its curve (ICC.1:2001-04, 6.3.1.1 and 6.5.3)."""
    curve = b"curv\0\0\0\0\0\0\0\1" + round(gamma * 256).to_bytes(2, "big") + b"\0\0"
    white = b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1, 0.8249))
    tags = b"\0\0\0\2" + b"kTRC" + (156).to_bytes(4, "big") + len(curve).to_bytes(4, "big")
    tags += b"wtpt" + (156 + len(curve)).to_bytes(4, "big") + len(white).to_bytes(4, "big")
    size = 156 + len(curve) + len(white)
    head = bytearray(128)
    head[:4], head[8:10], head[12:16], head[16:20] = size.to_bytes(4, "big"), b"\2\x10", b"mntr", b"GRAY"
    head[20:24], head[36:40], head[68:80] = b"XYZ ", b"acsp", white[8:]
    return bytes(head) + tags + curve + white


def in_mode(mode):
    image = Image.fromarray(SMALL)
    if mode == "La":
        return image.convert("LA").convert(mode)
    if mode in ("I", "F", "I;16"):
        return image.convert("L").convert(mode)
    return image.convert("RGBA").convert(mode) if mode in ("RGBa", "PA") else image.convert(mode)


@pytest.mark.parametrize("format", ["jpeg", "webp"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_pillow_is_encoded_with_its_colours(mode, format):
    image = in_mode(mode)
    if mode == "I;16":
        image = Image.fromarray(GRAY.astype(np.uint16) * 257)
    expected = GRAY if mode in ("L", "La", "LA", "I", "F", "I;16") else SMALL
    if mode in ("1", "P", "PA"):
        expected = np.asarray(image.convert("RGB" if mode != "1" else "L"))
    found = read_picture(image, FORMATS[format])
    assert found.alpha is None
    assert (
        psnr(found.pixels, expected) > 29
    )  # measured 30.4 for HSV, which Pillow has in 8 bits; 45 and more for others
    shown = accelir.decode(accelir.encode(image, max_bytes=30_000, format=format, effort=0), network=None)
    assert shown.shape[:2] == (72, 96)


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled_and_rounded(order):
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(ramp / 257).astype(np.uint8)
    np.testing.assert_array_equal(as_pixels(ramp.astype(order), JPEG), expected)
    np.testing.assert_array_equal(as_pixels(Image.fromarray(ramp), JPEG), expected)
    big_endian = Image.frombytes("I;16B", (256, 256), ramp.astype(">u2").tobytes())
    np.testing.assert_array_equal(as_pixels(big_endian, JPEG), expected)
    rgb = np.stack([ramp, ramp.T, ramp[::-1]], axis=2)
    np.testing.assert_array_equal(as_pixels(rgb, JPEG), np.rint(rgb / 257).astype(np.uint8))


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("F", GRAY / 255, GRAY),
        ("F", GRAY, GRAY),
        ("F", GRAY * 257.0, GRAY),
        ("F", np.zeros((4, 4)), np.zeros((4, 4))),
        ("I", GRAY, GRAY),
        ("I", GRAY * 257.0, GRAY),
    ],
)
def test_white_of_numbers_without_a_range_is_the_first_that_none_exceeds(mode, values, expected):
    image = Image.fromarray(np.asarray(values, np.float32 if mode == "F" else np.int32))
    assert image.mode == mode
    np.testing.assert_array_equal(as_pixels(image, JPEG), expected)


@pytest.mark.parametrize("values", [[[-1, 5]], [[0, 65536]], [[0.5, np.nan]], [[np.inf, 0]]])
def test_numbers_beyond_any_white_are_refused_with_what_is_taken(values):
    dtype = np.int32 if np.asarray(values).dtype.kind == "i" else np.float32
    with pytest.raises(ValueError, match=r"values from 0 to .*255 or 65,535 \(white\), not from .*scale them"):
        accelir.encode(Image.fromarray(np.array(values, dtype)), bpp=900)


# Transparency


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa", "La"])
def test_a_channel_that_hides_nothing_is_left_out(mode):
    data = accelir.encode(in_mode(mode), max_bytes=9000)
    assert by_pillow(data).shape[:2] == (72, 96)


@pytest.mark.parametrize(
    ("mode", "key"),
    [("RGB", (1, 2, 3)), ("RGB", 7), ("RGB", b"\0\1"), ("L", 256), ("L", (1, 2, 3)), ("P", 255), ("P", b"\xff" * 9)],
)
def test_a_key_that_hides_nothing_is_left_out(mode, key):
    image = Image.fromarray(np.maximum(SMALL, 9)).convert(mode)
    if mode == "P":
        image = Image.fromarray(SMALL).quantize(64)
    expected = accelir.encode(image, max_bytes=9000)
    image.info["transparency"] = key
    assert accelir.encode(image, max_bytes=9000) == expected
    assert read_picture(image, WEBP).alpha is None


def test_a_key_that_a_conversion_left_is_ignored_by_jpeg_as_by_pillow():
    image = Image.fromarray(SMALL).quantize(16)
    image.info["transparency"] = 3
    left = image.convert("RGB")
    assert "transparency" in left.info
    assert accelir.encode(left, max_bytes=9000) == accelir.encode(np.asarray(left), max_bytes=9000)


def test_a_files_own_key_is_transparency():
    image = Image.fromarray(SMALL)
    color = image.getpixel((5, 5))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=color)
    opened = Image.open(buffer)
    with pytest.raises(ValueError, match="JPEG has no transparency"):
        accelir.encode(opened, max_bytes=9000)
    np.testing.assert_array_equal(read_picture(opened, WEBP).alpha == 0, (color == SMALL).all(axis=2))


def test_deep_gray_with_a_key_keeps_it():
    deep = Image.fromarray(GRAY.astype(np.uint16) * 257)
    deep.info["transparency"] = int(GRAY[3, 3]) * 257
    np.testing.assert_array_equal(read_picture(deep, WEBP).alpha == 0, GRAY[3, 3] == GRAY)


def cut_out(outside):
    """RGBA: an ellipse of the photograph, and what is hidden around it."""
    y, x = np.mgrid[:192, :192]
    inside = ((x - 100) / 70) ** 2 + ((y - 90) / 50) ** 2 < 1
    rgb = np.where(inside[..., None], photo("cup"), outside).astype(np.uint8)
    return Image.fromarray(np.dstack([rgb, inside * np.uint8(255)])), inside


@pytest.mark.parametrize("effort", [0, 5])
def test_what_nobody_sees_costs_nothing(effort):
    noise = np.random.default_rng(0).integers(0, 256, (192, 192, 3))
    options = {"format": "webp", "profile": "fidelity", "max_bytes": 4000, "effort": effort}
    files = {name: accelir.encode(cut_out(o)[0], **options) for name, o in (("noise", noise), ("gray", 128))}
    assert files["noise"] == files["gray"]
    _, inside = cut_out(0)
    shown = by_pillow(files["noise"])
    np.testing.assert_array_equal(shown[..., 3] == 255, inside)
    peer = max((by_libwebp(noise, q) for q in range(1, 100, 3)), key=lambda data: len(data) * (len(data) <= 4000))
    assert psnr(shown[inside][:, :3], photo("cup")[inside]) > psnr(by_pillow(peer)[inside][:, :3], photo("cup")[inside])


def by_libwebp(outside, quality):
    buffer = io.BytesIO()
    cut_out(outside)[0].save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def test_hidden_macroblocks_take_next_to_nothing():
    rgba = np.dstack([photo("cup"), np.zeros((192, 192), np.uint8)])
    rgba[:16, :16, 3] = 255
    data = accelir.encode(Image.fromarray(rgba), max_bytes=3000, format="webp", profile="fidelity")
    bits = macroblocks(data)[0]
    assert bits[0, 0] > 100
    assert bits.sum() - bits[0, 0] < 143 * 4  # measured 3.4 bits each


def test_exact_keeps_hidden_colours():
    image, inside = cut_out(photo("cloth"))
    hidden = np.asarray(image)[~inside][:, :3]
    kept = by_pillow(accelir.encode(image, max_bytes=30_000, format="webp", exact=True))
    filled = by_pillow(accelir.encode(image, max_bytes=30_000, format="webp"))
    assert psnr(kept[~inside][:, :3], hidden) > 30
    assert psnr(filled[~inside][:, :3], hidden) < 20


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 1), (16, 16), (37, 21)])
def test_hidden_pixels_continue_what_is_seen_around_them(size):
    rng = np.random.default_rng(3)
    for channels in ((), (3,)):
        pixels = rng.integers(0, 256, (*size, *channels), dtype=np.uint8)
        alpha = rng.integers(0, 3, size, dtype=np.uint8)
        filled = fill_hidden(pixels, alpha)
        np.testing.assert_array_equal(filled[alpha > 0], pixels[alpha > 0])
        assert filled.shape == pixels.shape
        if (alpha > 0).any():
            assert filled.min() >= pixels[alpha > 0].min()
            assert filled.max() <= pixels[alpha > 0].max()
    one = np.zeros(size, np.uint8)
    one[-1, -1] = 9
    assert (fill_hidden(one * 20, one) == 180).all()


def test_hidden_macroblocks_are_those_without_a_pixel_that_is_seen():
    alpha = np.zeros((33, 48), np.uint8)
    alpha[31, 16] = 1
    np.testing.assert_array_equal(~hidden_macroblocks(alpha), [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_alpha_quality_makes_transparency_smaller():
    image = Image.fromarray(SMALL)
    image.putalpha(Image.fromarray(np.random.default_rng(1).integers(0, 256, (72, 96), dtype=np.uint8)))
    sizes = {}
    for quality in (100, 50, 0):
        data = accelir.encode(image, max_bytes=30_000, format="webp", alpha_quality=quality, effort=0)
        sizes[quality] = len(data[data.index(b"ALPH") : data.index(b"VP8 ")])
        error = by_pillow(data)[..., 3].astype(int) - np.asarray(image.getchannel("A"))
        assert (np.abs(error).max() == 0) == (quality == 100)
    assert sizes[100] > sizes[50] > sizes[0]


@pytest.mark.parametrize("option", [{"exact": True}, {"alpha_quality": 90}])
def test_transparencys_options_are_refused_for_jpeg(option):
    with pytest.raises(ValueError, match=f"{next(iter(option))} is for WebP: a JPEG file has no transparency"):
        accelir.encode(SMALL, bpp=2, **option)


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"alpha_quality": 101}, ValueError),
        ({"alpha_quality": -1}, ValueError),
        ({"alpha_quality": 50.0}, TypeError),
        ({"alpha_quality": True}, TypeError),
        ({"exact": 1}, TypeError),
    ],
)
def test_wrong_options_of_transparency_are_refused(option, error):
    with pytest.raises(error, match=f"{next(iter(option))} must be"):
        accelir.encode(SMALL, bpp=2, format="webp", **option)


# decode(alpha=True)


def test_decode_keeps_alpha_on_request():
    image, inside = cut_out(0)
    data = accelir.encode(image, max_bytes=6000, format="webp")
    assert accelir.decode(data, network=None).shape == (192, 192, 3)
    plain = accelir.decode(data, network=None, alpha=True)
    np.testing.assert_array_equal(plain[..., 3], inside * np.uint8(255))
    np.testing.assert_array_equal(plain[inside][:, :3], by_pillow(data)[inside][:, :3])
    large = accelir.decode(data, network="sr-x2", alpha=True)
    assert large.shape == (384, 384, 4)
    assert psnr(large[..., 3], np.asarray(Image.fromarray(plain[..., 3]).resize((384, 384)))) > 40


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_files_without_transparency_keep_their_channels(format):
    data = accelir.encode(SMALL, max_bytes=6000, format=format, profile="fidelity")
    assert accelir.decode(data, network=None, alpha=True).shape == (72, 96, 3)
    gray = accelir.encode(GRAY, max_bytes=6000, profile="fidelity")
    assert accelir.decode(gray, network=None, alpha=True).shape == (72, 96)


def test_hidden_colours_leave_no_fringe_in_the_restored_picture():
    y, x = np.mgrid[:64, :64]
    inside = (x - 32) ** 2 + (y - 32) ** 2 < 400
    rgb = np.where(inside[..., None], (230, 220, 210), 0).astype(np.uint8)  # black where hidden
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([rgb, inside * np.uint8(255)])).save(buffer, "WEBP", lossless=True, exact=True)
    restored = accelir.decode(buffer.getvalue(), network="sr-x4", alpha=True)
    seen = restored[..., 3] > 0
    assert np.abs(restored[seen][:, :3].astype(int) - (230, 220, 210)).max() <= 3
    dropped = accelir.decode(buffer.getvalue(), network="sr-x4")
    assert np.abs(dropped[seen].astype(int) - (230, 220, 210)).max() > 100


# Colour spaces and profiles


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def cmyk_profile():
    """A printer's profile of version 2: CIELAB of 16 mixtures of four inks, between which is interpolated (mft1)."""
    inks = np.array([(0.55, 0.30, 0.25), (0.50, 0.75, 0.45), (0.90, 0.47, 0.85), (0.15, 0.50, 0.50)])  # L, a, b of 1
    mixtures = []
    for bits in np.ndindex(2, 2, 2, 2):
        used = inks[np.array(bits, bool)]
        mixtures.append([used[:, 0].prod(), *(np.clip(0.5 + (used[:, 1:] - 0.5).sum(axis=0), 0, 1))])
    identity = bytes(range(256))
    matrix = b"".join((65536 * (i % 4 == 0)).to_bytes(4, "big") for i in range(9))
    grid = np.rint(np.array(mixtures) * 255).astype(np.uint8).tobytes()
    lut = b"mft1\0\0\0\0\4\3\2\0" + matrix + identity * 4 + grid + identity * 3
    head = bytearray(profile_header(b"CMYK", 144))
    head[:4], head[8:10] = (144 + len(lut)).to_bytes(4, "big"), b"\2\x10"
    head[68:80] = b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1, 0.8249))
    head[128:] = b"\0\0\0\1A2B0" + (144).to_bytes(4, "big") + len(lut).to_bytes(4, "big")
    return bytes(head) + lut


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_cmyk_goes_through_its_profile(format):
    image = Image.fromarray(SMALL).convert("CMYK")
    profile = image.info["icc_profile"] = cmyk_profile()
    assert psnr(np.asarray(image.convert("RGB")), as_pixels(image, JPEG)) < 30  # else the profile would show nothing
    expected = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    found = read_picture(image, FORMATS[format])
    np.testing.assert_array_equal(found.pixels, np.asarray(expected))
    assert found.icc_profile == b""


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_cmyk_and_ycck_files_without_a_profile_are_converted_plainly(format):
    buffer = io.BytesIO()
    Image.fromarray(SMALL).convert("CMYK").save(buffer, "JPEG", quality=95)
    image = Image.open(buffer)
    np.testing.assert_array_equal(as_pixels(image, FORMATS[format]), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    ("mode", "space", "format"),
    [
        ("RGB", b"CMYK", "jpeg"),
        ("RGB", b"GRAY", "webp"),
        ("L", b"CMYK", "jpeg"),
        ("L", b"RGB ", "jpeg"),
        ("L", b"GRAY", "webp"),
        ("CMYK", b"CMYK", "jpeg"),
        ("CMYK", b"RGB ", "webp"),
        ("LAB", b"RGB ", "jpeg"),
    ],
)
def test_a_profile_that_is_not_the_files_is_left_out_with_a_warning(mode, space, format):
    image = in_mode(mode)
    image.info["icc_profile"] = profile_header(space)
    with pytest.warns(UserWarning, match=f"an ICC profile for '{space.decode().strip()}' was left out: .*mode {mode}"):
        data = accelir.encode(image, max_bytes=9000, format=format)
    assert "icc_profile" not in opened(data).info


@pytest.mark.parametrize(
    ("mode", "space", "format"),
    [("RGB", b"RGB ", "jpeg"), ("RGB", b"RGB ", "webp"), ("L", b"GRAY", "jpeg"), ("L", b"RGB ", "webp"),
     ("HSV", b"RGB ", "jpeg"), ("P", b"RGB ", "jpeg")],
)  # fmt: skip
def test_a_profile_of_the_files_colour_space_is_kept(mode, space, format):
    image = in_mode(mode)
    image.info["icc_profile"] = profile_header(space)
    assert opened(accelir.encode(image, max_bytes=9000, format=format)).info["icc_profile"] == profile_header(space)


def test_a_gray_profile_is_applied_where_the_file_has_no_gray():
    image = Image.fromarray(GRAY)
    image.info["icc_profile"] = gray_profile(1.0)
    linear = GRAY / 255
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    found = read_picture(image, WEBP)
    assert found.icc_profile == b""
    assert np.abs(found.pixels.astype(float) - expected[..., None]).max() < 2
    assert read_picture(image, JPEG).icc_profile == gray_profile(1.0)


def test_an_rgb_profile_is_applied_where_the_file_is_gray():
    image = Image.fromarray(GRAY)
    image.info["icc_profile"] = SRGB
    found = read_picture(image, JPEG)
    assert found.icc_profile == b""
    assert np.abs(found.pixels.astype(int) - GRAY).max() <= 1


def test_a_profile_given_with_an_array_is_the_arrays():
    with pytest.warns(UserWarning, match="for 'CMYK' was left out"):
        accelir.encode(SMALL, bpp=3, icc_profile=profile_header(b"CMYK"))
    assert read_picture(GRAY, WEBP, gray_profile(1.0)).pixels.ndim == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert opened(accelir.encode(SMALL, bpp=9, icc_profile=SRGB)).info["icc_profile"] == SRGB


# What is told


def test_a_closed_image_is_refused_in_words(tmp_path):
    Image.fromarray(SMALL).save(tmp_path / "photo.png")
    with Image.open(tmp_path / "photo.png") as unloaded:
        pass
    gone = Image.fromarray(SMALL)
    gone.close()
    for image in (unloaded, gone):
        with pytest.raises(ValueError, match="the image is closed, or its file is: load it before"):
            accelir.encode(image, bpp=2)


def test_more_than_65500_pixels_a_side_are_refused_for_jpeg():
    for shape in ((65501, 8, 3), (8, 65501), (65535, 1)):
        with pytest.raises(ValueError, match="a JPEG picture is 1 to 65500 pixels wide and high, not"):
            accelir.encode(np.zeros(shape, np.uint8), max_bytes=400_000)
    assert by_pillow(accelir.encode(np.zeros((65500, 1), np.uint8), max_bytes=400_000)).shape == (65500, 1)


def test_too_little_memory_is_told_with_the_pictures_size(monkeypatch):
    encoder = accelir.Encoder()

    class Greedy:
        def __init__(self, request):
            pass

        def within(self, max_bytes):
            raise MemoryError("std::bad_alloc")

    encoder._format = dataclasses.replace(JPEG, prepare=Greedy)
    with pytest.raises(MemoryError, match="not enough memory to encode a picture of 96 x 72 pixels"):
        encoder.encode(SMALL, bpp=2)
