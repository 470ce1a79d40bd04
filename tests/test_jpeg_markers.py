"""The marker parser: every kind of file that Pillow writes, and every way to break one."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accelir.formats.jpeg.parse import MAX_ITEMS, parse

ICC = b"profile " * 40


def picture(mode="RGB", size=(45, 33)):
    rng = np.random.default_rng(7)
    small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def jpeg(mode="RGB", size=(45, 33), **options):
    buffer = io.BytesIO()
    picture(mode, size).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif():
    tags = Image.Exif()
    tags[0x010E] = "a picture of noise"
    return tags


def segment(marker, payload):
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


VARIANTS = {
    "baseline": jpeg(),
    "progressive": jpeg(progressive=True),
    "optimised": jpeg(optimize=True),
    "4:4:4": jpeg(subsampling="4:4:4"),
    "4:2:2": jpeg(subsampling="4:2:2"),
    "gray": jpeg("L"),
    "gray progressive": jpeg("L", progressive=True),
    "CMYK": jpeg("CMYK"),
    "restart rows": jpeg(restart_marker_rows=1),
    "restart blocks": jpeg(restart_marker_blocks=2),
    "EXIF": jpeg(exif=exif()),
    "ICC": jpeg(icc_profile=ICC),
    "long ICC": jpeg(icc_profile=ICC * 300),
    "comment": jpeg(comment=b"made of noise"),
    "XMP": jpeg(xmp=b"<x:xmpmeta/>"),
    "one pixel": jpeg(size=(1, 1)),
    "kept RGB": jpeg(keep_rgb=True),
    "16-bit steps": jpeg(qtables=[[1000] * 64] * 2),
    "trailing": jpeg() + b"\xff\xd8 more of something",
    "fill bytes": jpeg().replace(b"\xff\xdb", b"\xff\xff\xff\xdb").replace(b"\xff\xd9", b"\xff\xff\xd9"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_parts_add_up_to_the_size(name):
    data = VARIANTS[name]
    structure = parse(data)
    assert structure.size == len(data)
    assert sum(structure.bytes_by_part().values()) == len(data)


@pytest.mark.parametrize("name", VARIANTS)
def test_segments_lie_where_they_are_said_to(name):
    data = VARIANTS[name]
    structure = parse(data)
    for found in structure.segments:
        assert data[found.offset] == 0xFF
    inside = sorted(
        [(s.offset, s.size) for s in structure.segments] + [(s.data_offset, s.data_size) for s in structure.scans]
    )
    assert [start for start, _ in inside[1:]] == [start + size for start, size in inside[:-1]]


@pytest.mark.parametrize("name", VARIANTS)
def test_frame_and_tables_agree_with_pillow(name):
    with Image.open(io.BytesIO(VARIANTS[name])) as image:
        structure = parse(VARIANTS[name])
        assert (structure.frame.width, structure.frame.height) == image.size
        assert len(structure.frame.components) == len(image.getbands())
        assert (structure.frame.process == "progressive") == bool(image.info.get("progressive"))
        natural = {t.slot: sorted(t.steps) for t in structure.quantisation_tables}
        assert natural == {slot: sorted(steps) for slot, steps in image.quantization.items()}


@pytest.mark.parametrize("name", ["4:4:4", "4:2:2", "gray"])
def test_subsampling_has_its_usual_name(name):
    assert parse(VARIANTS[name]).frame.subsampling == name


def test_subsampling_is_420_by_default_and_factors_where_there_is_no_name():
    assert parse(VARIANTS["baseline"]).frame.subsampling == "4:2:0"
    assert parse(VARIANTS["CMYK"]).frame.subsampling == "1x1 1x1 1x1 1x1"


def test_metadata_is_told_by_kind():
    for name, kind in (("EXIF", "EXIF"), ("ICC", "ICC"), ("XMP", "XMP"), ("CMYK", "Adobe"), ("baseline", "JFIF")):
        assert kind in [s.kind for s in parse(VARIANTS[name]).segments]
    assert parse(VARIANTS["CMYK"]).adobe_transform == 0
    assert parse(VARIANTS["baseline"]).adobe_transform is None
    assert parse(VARIANTS["comment"]).comments == (b"made of noise",)


def test_metadata_bytes_are_those_that_it_added():
    added = len(VARIANTS["ICC"]) - len(VARIANTS["baseline"])
    before = parse(VARIANTS["baseline"]).bytes_by_part()
    after = parse(VARIANTS["ICC"]).bytes_by_part()
    assert after == {**before, "metadata": before["metadata"] + added}


def test_trailing_bytes_are_not_taken_for_the_picture():
    assert parse(VARIANTS["trailing"]).trailing_size == len(b"\xff\xd8 more of something")


def test_restart_markers_are_counted():
    structure = parse(VARIANTS["restart blocks"])
    assert structure.restart_interval == 2
    mcus = -(-45 // 16) * -(-33 // 16)
    assert structure.scans[0].restarts == -(-mcus // 2) - 1


def test_scans_of_a_progressive_file_are_told():
    scans = parse(VARIANTS["progressive"]).scans
    assert len(scans) == 10
    assert (scans[0].components, scans[0].ss, scans[0].se, scans[0].ah, scans[0].al) == ((1, 2, 3), 0, 0, 0, 1)
    assert (scans[-1].components, scans[-1].ss, scans[-1].se, scans[-1].ah, scans[-1].al) == ((1,), 1, 63, 1, 0)


def test_huffman_tables_count_their_symbols():
    tables = parse(VARIANTS["baseline"]).huffman_tables
    assert [(t.kind, t.slot, len(t.symbols)) for t in tables] == [
        ("DC", 0, 12),
        ("AC", 0, 162),
        ("DC", 1, 12),
        ("AC", 1, 162),
    ]
    assert all(sum(t.counts) == len(t.symbols) for t in tables)


def test_height_may_come_after_the_first_scan():
    data = VARIANTS["gray"]
    sof = data.index(b"\xff\xc0")
    late = data[: sof + 5] + b"\0\0" + data[sof + 7 : -2] + segment(0xDC, (33).to_bytes(2, "big")) + data[-2:]
    assert parse(late).frame.height == 33


@pytest.mark.parametrize("name", ["baseline", "progressive", "gray", "restart blocks", "comment"])
def test_a_file_cut_short_at_any_byte_is_refused(name):
    data = VARIANTS[name]
    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"^damaged JPEG, at byte [\d,]+: "):
            parse(data[:length])


def test_a_cut_says_where():
    data = VARIANTS["baseline"]
    with pytest.raises(ValueError, match="at byte 12: the file is cut short inside APP0"):
        parse(data[:12])
    with pytest.raises(ValueError, match="cut short inside a scan's data"):
        parse(data[:-1])
    with pytest.raises(ValueError, match="cut short: no EOI"):
        parse(data[:20])


SOF = segment(0xC0, bytes.fromhex("08 0010 0010 01 01 11 00"))
SOS = segment(0xDA, bytes.fromhex("01 01 00 00 3F 00"))
BROKEN = {
    "starts with": b"PNG",
    "FE DB where a marker": b"\xff\xd8" + b"\xfe" + segment(0xDB, b"\x00" + b"\1" * 64)[1:] + b"\xff\xd9",
    "has no place here": b"\xff\xd8\xff\x02",
    "its length alone takes 2": b"\xff\xd8\xff\xfe\x00\x01",
    "EOI before any frame": b"\xff\xd8\xff\xd9",
    "EOI before any scan of component 1": b"\xff\xd8" + SOF + b"\xff\xd9",
    "SOF0 lacks 1 of the next 1 bytes": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0010 01 01")) + b"\xff\xd9",
    "SOF0 has 1 bytes too many": b"\xff\xd8" + segment(0xC0, SOF[4:] + b"\0") + b"\xff\xd9",
    "second frame header": b"\xff\xd8" + SOF + SOF,
    "samples of 12 bits": b"\xff\xd8" + segment(0xC0, bytes.fromhex("0C 0010 0010 01 01 11 00")),
    "a width of 0": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0000 01 01 11 00")),
    "neither SOF nor DNL": b"\xff\xd8"
    + segment(0xC0, bytes.fromhex("08 0000 0010 01 01 11 00"))
    + SOS
    + b"\x00\xff\xd9",
    "no component": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0010 00")),
    "sampling factors 5x1": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0010 01 01 51 00")),
    "quantisation table 7": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0010 01 01 11 07")),
    "the same id": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 0010 0010 02 01 11 00 01 11 00")),
    "before any frame header": b"\xff\xd8" + SOS,
    "names components \\[9\\]": b"\xff\xd8" + SOF + segment(0xDA, bytes.fromhex("01 09 00 00 3F 00")),
    "names 5 components": b"\xff\xd8" + SOF + segment(0xDA, bytes.fromhex("05 09 00 00 3F 00")),
    "names Huffman tables 4 and 0": b"\xff\xd8" + SOF + segment(0xDA, bytes.fromhex("01 01 40 00 3F 00")),
    "the scan has no data": b"\xff\xd8" + SOF + SOS + b"\xff\xd9",
    "too few for its": b"\xff\xd8" + segment(0xC0, bytes.fromhex("08 FFFF FFFF 01 01 11 00")) + SOS + b"\x00\xff\xd9",
    "coefficients 9 to 5": b"\xff\xd8" + segment(0xC2, SOF[4:]) + segment(0xDA, bytes.fromhex("01 01 00 09 05 00")),
    "refines from bit 3 to bit 1": b"\xff\xd8"
    + segment(0xC2, SOF[4:])
    + segment(0xDA, bytes.fromhex("01 01 00 00 00 31")),
    "table of precision 2": b"\xff\xd8" + segment(0xDB, b"\x20" + b"\1" * 64),
    "DQT fills slot 4": b"\xff\xd8" + segment(0xDB, b"\x04" + b"\1" * 64),
    "step of 0": b"\xff\xd8" + segment(0xDB, b"\x00" + b"\0" * 64),
    "table of class 2": b"\xff\xd8" + segment(0xC4, b"\x20" + b"\0" * 16),
    "DHT fills slot 5": b"\xff\xd8" + segment(0xC4, b"\x05" + b"\0" * 16),
    "more codes in slot 0": b"\xff\xd8" + segment(0xC4, b"\x00\x03" + b"\0" * 15 + b"abc"),
    "300 codes": b"\xff\xd8" + segment(0xC4, b"\x00" + b"\0" * 14 + bytes((150, 150)) + b"\0" * 300),
    "does not follow the first scan": b"\xff\xd8" + SOF + segment(0xDC, b"\0\1"),
    "more than 100,000 segments": b"\xff\xd8" + b"\xff\xfe\x00\x02" * (MAX_ITEMS + 1),
}


@pytest.mark.parametrize("message", BROKEN)
def test_damage_is_told_with_its_place(message):
    with pytest.raises(ValueError, match=rf"^damaged JPEG, at byte [\d,]+: .*{message}"):
        parse(BROKEN[message])


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_give_an_error_or_parts_that_add_up(data):
    original = VARIANTS[data.draw(st.sampled_from(["baseline", "progressive", "CMYK", "ICC", "restart blocks"]))]
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(mutated) - 1))
        mutated[position : position + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    refused_or_adds_up(bytes(mutated))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_an_error_or_parts_that_add_up(data):
    refused_or_adds_up(b"\xff\xd8\xff" + data)


def refused_or_adds_up(data):
    try:
        structure = parse(data)
    except ValueError:
        return
    assert sum(structure.bytes_by_part().values()) == len(data)


def test_a_megabyte_of_stuffed_or_fill_bytes_is_no_burden():
    head = VARIANTS["baseline"][:-2]
    for filler in (b"\xff\x00", b"\xff\xff", b"\xff\xd0"):
        data = head + filler * 500_000 + b"\xff\xd9"
        assert sum(parse(data).bytes_by_part().values()) == len(data)
