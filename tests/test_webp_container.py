"""The RIFF container around a VP8 frame, read back by Pillow and by our own reader of chunks."""

import io

import numpy as np
import pytest
from helpers import noise, photo
from PIL import Image, ImageCms
from webp_oracle import decode_yuv

from accelir.formats.network_name import NetworkName
from accelir.formats.webp import parse as webp_chunks
from accelir.formats.webp.metadata import container, name_of

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def exif():
    tags = Image.Exif()
    tags[0x0112] = 6
    tags[0x010E] = "odd"
    return tags


def pillow_webp(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", **options)
    return buffer.getvalue()


def frame_of(pixels, quality=50):
    """A VP8 frame, out of Pillow's file."""
    data = pillow_webp(pixels, quality=quality)
    assert data[12:16] == b"VP8 "
    return data[20 : 20 + int.from_bytes(data[16:20], "little")]


def frames_of_both_parities():
    """Frames of odd and of even size (libwebp pads its own to even; a byte behind the last partition is ignored)."""
    frame = frame_of(photo("cup"))
    return frame, frame + b"\0"


def names(data):
    return [chunk.name for chunk in webp_chunks.parse(data).chunks]


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("frame", frames_of_both_parities(), ids=["even", "odd"])
def test_a_file_without_extras_is_simple_and_as_large_as_announced(frame):
    around = container(192, 192)
    data = around.write(frame)
    assert names(data) == ["VP8 "]
    assert len(data) == around.overhead + len(frame) + len(frame) % 2
    assert around.overhead == 20
    np.testing.assert_array_equal(decode_yuv(data)[0], decode_yuv(pillow_webp(photo("cup"), quality=50))[0])


@pytest.mark.parametrize("frame", frames_of_both_parities(), ids=["even", "odd"])
def test_extras_come_in_the_standards_order_and_back_from_pillow(frame):
    alpha = noise(192, 192, channels=None)
    around = container(192, 192, icc_profile=ICC, exif=exif(), xmp=XMP, alpha=alpha, name=NetworkName("sr-x4"))
    data = around.write(frame)
    assert names(data) == ["VP8X", "ICCP", "ALPH", "VP8 ", "EXIF", "XMP ", "ACIR"]
    assert len(data) == around.overhead + len(frame) + len(frame) % 2
    assert data[20] == 0x20 | 0x10 | 0x08 | 0x04
    image = opened(data)
    assert (image.mode, image.size) == ("RGBA", (192, 192))
    assert image.info["icc_profile"] == ICC
    assert image.info["xmp"] == XMP
    assert image.getexif()[0x010E] == "odd"
    np.testing.assert_array_equal(np.asarray(image)[..., 3], alpha)
    np.testing.assert_array_equal(np.asarray(image)[..., :3], np.asarray(opened(container(192, 192).write(frame))))
    assert name_of(data) == NetworkName("sr-x4")


@pytest.mark.parametrize(
    ("extra", "chunk", "flag"),
    [
        ({"icc_profile": ICC}, "ICCP", 0x20),
        ({"exif": exif().tobytes()}, "EXIF", 0x08),
        ({"xmp": XMP.decode()}, "XMP ", 0x04),
        ({"alpha": np.zeros((192, 192), np.uint8)}, "ALPH", 0x10),
    ],
)
def test_each_extra_alone_sets_its_flag(extra, chunk, flag):
    data = container(192, 192, **extra).write(frame_of(photo("cup")))
    assert sorted(names(data)) == sorted(["VP8X", chunk, "VP8 "])
    assert data[20] == flag
    structure = webp_chunks.parse(data)
    assert (structure.width, structure.height) == (192, 192)
    opened(data)


def test_exif_and_xmp_lose_the_prefixes_that_jpeg_gives_them():
    extras = {"exif": b"Exif\0\0II*\0", "xmp": b"http://ns.adobe.com/xap/1.0/\0" + XMP}
    data = container(192, 192, **extras).write(frame_of(photo("cup")))
    assert b"EXIF\x04\0\0\0II*\0" in data
    assert b"XMP " + len(XMP).to_bytes(4, "little") + XMP in data


def test_a_tag_alone_keeps_the_file_simple_and_every_reader_content():
    frame = frame_of(photo("cup"))
    plain, tagged = container(192, 192).write(frame), container(192, 192, name=NetworkName("denoise-25")).write(frame)
    assert names(tagged) == ["VP8 ", "ACIR"]
    assert name_of(tagged) == NetworkName("denoise-25")
    assert name_of(plain) is None
    np.testing.assert_array_equal(np.asarray(opened(tagged)), np.asarray(opened(plain)))
    for plane, same in zip(decode_yuv(tagged), decode_yuv(plain), strict=True):
        np.testing.assert_array_equal(plane, same)


def test_an_opaque_alpha_is_left_out():
    assert container(5, 3, alpha=np.full((3, 5), 255, np.uint8)) == container(5, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (37, 53)])
@pytest.mark.parametrize("kind", ["noise", "steps", "clear"])
def test_alpha_of_any_size_comes_back_exactly(size, kind):
    alpha = {
        "noise": noise(*size, channels=None),
        "steps": np.add.outer(np.arange(size[0]) // 9, np.arange(size[1]) // 9).astype(np.uint8) * 31,
        "clear": np.zeros(size, np.uint8),
    }[kind]
    frame = frame_of(np.zeros((*size, 3), np.uint8))
    data = container(size[1], size[0], alpha=alpha).write(frame)
    np.testing.assert_array_equal(np.asarray(opened(data).convert("RGBA"))[..., 3], alpha)


@pytest.mark.parametrize("size", [(0, 5), (5, 16384)])
def test_sides_that_vp8_cannot_count_are_refused(size):
    with pytest.raises(ValueError, match=f"1 to 16383 .*{size[0]} x {size[1]}"):
        container(*size)


@pytest.mark.parametrize("alpha", [np.zeros((4, 4), np.uint8), np.zeros((3, 5), np.float32), "opaque"])
def test_alpha_of_another_shape_or_type_is_refused(alpha):
    with pytest.raises(ValueError, match=r"alpha must be a uint8 array of shape \(3, 5\)"):
        container(5, 3, alpha=alpha)


@pytest.mark.parametrize("name", ["icc_profile", "exif", "xmp"])
def test_metadata_of_another_type_is_refused(name):
    taken = "bytes or str" if name == "xmp" else "bytes"
    with pytest.raises(TypeError, match=f"{name} must be {taken}, not int"):
        container(5, 3, **{name: 7})


def test_a_frame_that_does_not_fit_is_refused():
    frame = frame_of(photo("cup"))
    with pytest.raises(ValueError, match="192 x 192 in a container for 192 x 191"):
        container(192, 191).write(frame)
    for broken in (b"", frame[:9], b"\x01" + frame[1:], frame[:3] + b"\0" + frame[4:]):
        with pytest.raises(ValueError, match="not a VP8 key frame"):
            container(192, 192).write(broken)
