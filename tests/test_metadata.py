"""ICC, EXIF, XMP, resolution and comment: what is given is read back by others, and what does not fit is refused."""

import hashlib
import io
import re
import struct

import numpy as np
import pytest
from helpers import decode_both, noise, photo, segments_of
from PIL import Image, ImageCms, IptcImagePlugin

import accelir
from accelir.core import jpeg as core
from accelir.formats.jpeg.metadata import comment_segment, jpeg_segments, looks_like_name

SMALL = photo("cup")[:40, :56]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>'


def exif_of() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "A maker"
    exif[0x0112] = 6
    return exif


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_all_three_are_read_back():
    exif = exif_of()
    image = opened(accelir.encode(SMALL, max_bytes=8000, icc_profile=SRGB, exif=exif, xmp=XMP))
    assert image.info["icc_profile"] == SRGB
    assert image.info["xmp"] == XMP
    assert dict(image.getexif()) == {0x010F: "A maker", 0x0112: 6}


def test_metadata_leaves_the_picture_alone():
    plain = accelir.encode(SMALL, max_bytes=10**6)
    dressed = accelir.encode(SMALL, max_bytes=10**6, icc_profile=SRGB, exif=exif_of(), xmp=XMP)
    assert dressed[:20] == plain[:20]
    assert dressed[20 + len(dressed) - len(plain) :] == plain[20:]
    np.testing.assert_array_equal(decode_both(dressed), decode_both(plain))


def test_segments_stand_first_and_in_order():
    segments = segments_of(accelir.encode(SMALL, max_bytes=8000, xmp=XMP, icc_profile=SRGB, exif=exif_of()))
    assert [s.marker for s in segments[:4]] == [0xE0, 0xE1, 0xE1, 0xE2]
    assert segments[1].payload.startswith(b"Exif\0\0")
    assert segments[2].payload.startswith(b"http://ns.adobe.com/xap/1.0/\0")
    assert segments[3].payload.startswith(b"ICC_PROFILE\0\x01\x01")


@pytest.mark.parametrize("size", [1, 65519, 65520, 200_000])
def test_icc_profiles_of_any_size_are_split_over_segments(size):
    profile = noise(1, size, None).tobytes()
    data = accelir.encode(SMALL, max_bytes=size + 8000, icc_profile=profile)
    pieces = [s.payload for s in segments_of(data) if s.marker == 0xE2]
    assert len(pieces) == -(-size // 65519)
    assert [(p[12], p[13]) for p in pieces] == [(i + 1, len(pieces)) for i in range(len(pieces))]
    assert opened(data).info["icc_profile"] == profile
    decode_both(data)


def test_more_icc_than_255_segments_hold_is_refused():
    largest = 255 * 65519
    assert len(jpeg_segments(icc_profile=bytes(largest))) == largest + 255 * 18
    with pytest.raises(ValueError, match="ICC"):
        accelir.encode(SMALL, max_bytes=10**8, icc_profile=bytes(largest + 1))


def test_a_pillow_images_icc_profile_is_kept_unless_another_is_given():
    image = Image.fromarray(SMALL)
    image.info["icc_profile"] = SRGB
    assert opened(accelir.encode(image, max_bytes=8000)).info["icc_profile"] == SRGB
    assert opened(accelir.encode(image, max_bytes=8000, icc_profile=b"another")).info["icc_profile"] == b"another"
    assert "icc_profile" not in opened(accelir.encode(image, max_bytes=8000, icc_profile=b"")).info


def test_a_files_icc_profile_survives_from_pillow_to_pillow(tmp_path):
    Image.fromarray(SMALL).save(tmp_path / "in.png", icc_profile=SRGB)
    with Image.open(tmp_path / "in.png") as image:
        data = accelir.encode(image, max_bytes=8000)
    assert opened(data).info["icc_profile"] == SRGB


def test_a_pillow_images_other_metadata_is_written_only_when_given():
    buffer = io.BytesIO()
    Image.fromarray(SMALL).save(buffer, "JPEG", exif=exif_of(), xmp=XMP, comment=b"hello")
    data = accelir.encode(opened(buffer.getvalue()), max_bytes=8000)
    assert [s.marker for s in segments_of(data) if s.marker >= 0xE0] == [0xE0, 0xFE]  # JFIF and the network's name


@pytest.mark.parametrize("form", ["Exif", "bytes with prefix", "bytes without", "bytearray", "memoryview"])
def test_exif_comes_in_several_forms(form):
    whole = exif_of().tobytes()
    assert whole.startswith(b"Exif\0\0")
    exif = {
        "Exif": exif_of(),
        "bytes with prefix": whole,
        "bytes without": whole[6:],
        "bytearray": bytearray(whole),
        "memoryview": memoryview(whole),
    }[form]
    data = accelir.encode(SMALL, max_bytes=8000, exif=exif)
    assert data[24:].startswith(whole)
    assert opened(data).getexif()[0x010F] == "A maker"


def test_xmp_is_bytes_or_text():
    assert jpeg_segments(xmp="<é/>") == jpeg_segments(xmp="<é/>".encode())


@pytest.mark.parametrize("empty", [None, b"", bytearray()])
def test_nothing_writes_nothing(empty):
    assert jpeg_segments(icc_profile=empty, exif=empty, xmp=empty, iptc=empty) + comment_segment(empty) == b""


@pytest.mark.parametrize(("name", "room"), [("exif", 65533 - 6), ("iptc", 65533 - 27)])
def test_what_does_not_fit_into_a_segment_is_refused(name, room):
    data = accelir.encode(SMALL, max_bytes=80_000, **{name: b"x" * room})
    assert segments_of(data)[1].marker == (0xE1 if name == "exif" else 0xED)
    assert len(segments_of(data)[1].payload) in (65532, 65533)  # image resources are padded
    core.read(data)
    with pytest.raises(ValueError, match=rf"{name.upper()} of 65,53. bytes .*leave it out"):
        accelir.encode(SMALL, max_bytes=80_000, **{name: b"x" * (room + 2)})
    with pytest.raises(ValueError, match="a comment of 65,534 bytes"):
        comment_segment(b"x" * 65534)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("icc_profile", "text"),
        ("icc_profile", 5),
        ("icc_profile", [1, 2]),
        ("exif", "text"),
        ("exif", {0x0112: 6}),
        ("xmp", 5),
        ("xmp", ["<x/>"]),
        ("comment", 5),
        ("iptc", "text"),
    ],
)
def test_other_types_are_refused(name, value):
    with pytest.raises(TypeError, match=f"{name} must be"):
        accelir.encode(SMALL, max_bytes=8000, **{name: value})


@pytest.mark.parametrize(("dpi", "read"), [((300, 300), (300, 300)), ((71.6, 96), (72, 96)), ((1, 65535), (1, 65535))])
def test_the_resolution_is_read_back(dpi, read):
    data = accelir.encode(SMALL, max_bytes=8000, dpi=dpi, exif=exif_of())
    first = segments_of(data)[0]
    assert (first.marker, len(first.payload), first.payload[:5]) == (0xE0, 14, b"JFIF\0")
    assert opened(data).info["dpi"] == read
    decode_both(data)


@pytest.mark.parametrize("comment", [b"harbour at dawn", "Möwe", b"\0\xff\xd9" * 9, b"x" * 65533])
def test_a_comment_is_read_back(comment):
    data = accelir.encode(SMALL, max_bytes=80_000, comment=comment, icc_profile=SRGB, profile="fidelity")
    assert opened(data).info["comment"] == (comment.encode() if isinstance(comment, str) else comment)
    assert [s.marker for s in segments_of(data) if s.marker >= 0xE0] == [0xE0, 0xE2, 0xFE]
    decode_both(data)


def test_neither_a_comment_nor_the_networks_tag_hides_the_other():
    data = accelir.encode(photo("cup"), max_bytes=20_000, comment="aRaAAAA")
    name, comment = [s.payload for s in segments_of(data) if s.marker == 0xFE]
    assert looks_like_name(name)
    assert comment == b"aRaAAAA"
    assert accelir.decode(data).shape == (768, 768, 3)
    assert opened(data).info["comment"] == b"aRaAAAA"


def test_resolution_and_comment_count_towards_the_budget():
    data = accelir.encode(photo("cup"), max_bytes=9000, dpi=(72, 72), comment=b"c" * 2000)
    assert 0.995 * 9000 <= len(data) <= 9000
    with pytest.raises(accelir.BudgetError) as caught:
        accelir.encode(SMALL, max_bytes=100, comment=b"c" * 5000)
    assert caught.value.smallest > 5000


@pytest.mark.parametrize("dpi", [(0, 300), (-1, 5), (65536, 1), (float("nan"), 1), (float("inf"), 1)])
def test_a_resolution_that_jfif_cannot_hold_is_refused(dpi):
    with pytest.raises(ValueError, match="dpi must be from 1 to 65535"):
        accelir.encode(SMALL, max_bytes=8000, dpi=dpi)


@pytest.mark.parametrize("dpi", [300, "300", (300,), (1, 2, 3), (None, 1)])
def test_a_resolution_that_is_no_pair_of_numbers_is_refused(dpi):
    with pytest.raises(TypeError, match="dpi must be a pair of numbers"):
        accelir.encode(SMALL, max_bytes=8000, dpi=dpi)


@pytest.mark.parametrize(("options"), [{}, {"profile": "fidelity"}, {"dpi": (72, 72)}, {"comment": "hello"}])
@pytest.mark.parametrize("effort", [0, 5])
def test_every_file_begins_with_jfif(options, effort):
    data = accelir.encode(SMALL, max_bytes=4000, effort=effort, **options)
    assert data[:11] == b"\xff\xd8\xff\xe0\0\x10JFIF\0"
    assert data[11:13] == b"\1\2"
    assert data[13:18] == (b"\1\0\x48\0\x48" if "dpi" in options else b"\0\0\1\0\1")


def test_jfif_can_be_left_out_and_takes_18_bytes():
    bare = accelir.encode(SMALL, max_bytes=10**6, profile="fidelity", jfif=False)
    assert bare[:4] == b"\xff\xd8\xff\xdb"
    whole = accelir.encode(SMALL, max_bytes=10**6, profile="fidelity")
    assert whole[20:] == bare[2:]
    np.testing.assert_array_equal(decode_both(bare), decode_both(whole))
    with pytest.raises(ValueError, match="dpi stands in the JFIF segment"):
        accelir.encode(SMALL, max_bytes=10**6, jfif=False, dpi=(72, 72))
    with pytest.raises(ValueError, match="jfif=False is for JPEG"):
        accelir.Encoder(format="webp", jfif=False)
    with pytest.raises(TypeError, match="jfif must be True or False"):
        accelir.Encoder(jfif="no")


@pytest.mark.parametrize("record", [b"\x1c\x02\x78\0\x09A caption", b"\x1c\x02\x78\0\x08Captions"])
def test_iptc_is_read_back(record):
    data = accelir.encode(SMALL, max_bytes=8000, iptc=record)
    with Image.open(io.BytesIO(data)) as image:
        assert IptcImagePlugin.getiptcinfo(image) == {(2, 120): record[5:]}
        assert image.info["photoshop"] == {0x0404: record}
    decode_both(data)


@pytest.mark.parametrize("name", ["iptc", "comment", "dpi"])
def test_webp_refuses_metadata_that_it_has_no_place_for(name):
    with pytest.raises(ValueError, match=f"{name} is for JPEG: a WebP file has no .*put it into exif or xmp"):
        accelir.encode(SMALL, max_bytes=8000, format="webp", **{name: (72, 72) if name == "dpi" else b"x"})


@pytest.mark.parametrize("size", [65504, 65505, 200_000])
def test_xmp_of_any_size_is_written_extended_where_a_segment_is_too_small(size):
    packet = XMP.ljust(size, b"x")
    data = accelir.encode(SMALL, max_bytes=size + 8000, xmp=b'<?xpacket begin=""?>' + packet + b'<?xpacket end="w"?>')
    payloads = [s.payload for s in segments_of(data) if s.marker == 0xE1]
    extension = b"http://ns.adobe.com/xmp/extension/\0"
    guid = re.search(rb'xmpNote:HasExtendedXMP="([0-9A-F]{32})"', payloads[0])[1]
    whole = b""
    for piece in payloads[1:]:
        assert piece[: len(extension) + 32] == extension + guid
        total, at = struct.unpack(">II", piece[len(extension) + 32 :][:8])
        assert (total, at) == (len(packet), len(whole))
        whole += piece[len(extension) + 40 :]
    assert whole == packet
    assert hashlib.md5(whole).hexdigest().upper().encode() == guid
    decode_both(data)


def test_a_short_xmp_packet_is_left_as_it_is():
    assert opened(accelir.encode(SMALL, max_bytes=80_000, xmp=b"x" * 65504)).info["xmp"] == b"x" * 65504
