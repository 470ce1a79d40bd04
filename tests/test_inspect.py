"""The report of `inspect`: numbers that add up, JSON that goes round, text that tells."""

import io
import json

import numpy as np
import pytest
from helpers import photo
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import accelir
from accelir.formats.inspect import inspect
from accelir.formats.webp import parse as webp_chunks


def picture(mode="RGB", size=(70, 45)):
    rng = np.random.default_rng(5)
    small = Image.fromarray(rng.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def encoded(name="JPEG", mode="RGB", size=(70, 45), **options):
    buffer = io.BytesIO()
    picture(mode, size).save(buffer, name, **options)
    return buffer.getvalue()


FILES = {
    "jpeg": encoded(),
    "progressive": encoded(progressive=True, comment=b"hello", icc_profile=b"profile"),
    "gray": encoded(mode="L", restart_marker_blocks=4),
    "cmyk": encoded(mode="CMYK"),
    "trailing": encoded() + b"and more",
    "webp": encoded("WEBP"),
    "lossless webp": encoded("WEBP", lossless=True),
    "webp with alpha and metadata": encoded("WEBP", "RGBA", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", xmp=b"<x/>"),
    "animation": encoded("WEBP", save_all=True, append_images=[picture().transpose(Image.Transpose.ROTATE_180)]),
}


@pytest.mark.parametrize("name", FILES)
def test_parts_add_up_and_the_size_is_right(name):
    report = inspect(FILES[name], name)
    assert (report.width, report.height) == (70, 45)
    assert report.size == sum(report.parts.values()) == len(FILES[name])
    assert report.bpp == 8 * len(FILES[name]) / (70 * 45)


@pytest.mark.parametrize("name", FILES)
def test_the_dictionary_goes_through_json(name):
    report = inspect(FILES[name], name)
    found = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert found["name"] == name
    assert found["format"] in ("jpeg", "webp")
    assert sum(found["parts"].values()) == len(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_the_text_starts_with_the_name_and_fits_a_screen(name):
    lines = list(inspect(FILES[name], name).lines())
    assert lines[0].startswith(f"{name}: ")
    assert "70 x 45" in lines[0]
    assert all(len(line) <= 120 and line.isprintable() for line in lines)


def test_text_tells_tables_scans_metadata_and_sampling():
    text = "\n".join(inspect(FILES["progressive"]).lines())
    for expected in ("progressive, 8 bits, 4:2:0", "ICC, ", "COM", "scan 10", "steps 1", "QP map        not recorded"):
        assert expected in text
    assert "every 4 MCUs" in "\n".join(inspect(FILES["gray"]).lines())


def test_text_tells_what_receivers_show_and_which_segment_is_a_comment():
    data = accelir.encode(photo(), bpp=0.2, profile="fidelity", scale=2, effort=0)
    lines = list(inspect(data).lines())
    height, width = photo().shape[:2]
    assert f"  receivers show {width} x {height} pixels" in lines
    assert any(text.startswith("  COM           comment, ") for text in lines)


def test_steps_are_shown_row_by_row():
    shown = [line.split()[-8:] for line in inspect(FILES["jpeg"]).lines() if line.startswith("  steps 0")]
    with Image.open(io.BytesIO(FILES["jpeg"])) as image:
        assert shown == [[str(step) for step in image.quantization[0][:8]]]


def test_a_flat_table_takes_one_line():
    lines = list(inspect(encoded(qtables=[[20] * 64] * 2)).lines())
    assert "  steps 0       20 everywhere" in lines


def test_bits_of_a_single_cell_are_those_of_the_scan():
    data = encoded(size=(32, 32), optimize=True)
    report = inspect(data)
    bits = report.cell_bits
    assert bits.minimum == bits.median == bits.maximum
    stuffed = data.count(b"\xff\x00")
    assert 0 <= report.parts["scans"] - stuffed - bits.median / 8 < 1


def test_a_busy_cell_takes_more_bits_than_a_flat_one():
    pixels = np.full((32, 96, 3), 128, np.uint8)
    pixels[:, :32] = np.random.default_rng(0).integers(0, 256, (32, 32, 3))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    bits = inspect(buffer.getvalue()).cell_bits
    assert bits.minimum <= bits.median < bits.maximum / 20


def test_kinds_that_the_core_does_not_read_have_no_cell_bits():
    report = inspect(FILES["cmyk"])
    assert report.cell_bits is None
    assert report.damage == ""


def test_damage_in_a_scan_is_told_and_the_rest_still_shown():
    data = FILES["jpeg"]
    report = inspect(data[: len(data) * 9 // 10] + b"\xff\xd9")
    assert "damaged JPEG" in report.damage
    assert report.cell_bits is None
    assert any("damage" in line for line in report.lines())


def test_chunks_of_a_webp_are_listed():
    names = [chunk.name for chunk in inspect(FILES["webp with alpha and metadata"]).chunks]
    assert names[0] == "VP8X"
    assert {"EXIF", "XMP "} < set(names)
    assert [chunk.name for chunk in inspect(FILES["lossless webp"]).chunks] == ["VP8L"]


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" * 9])
def test_other_formats_are_refused(data):
    with pytest.raises(ValueError, match=r"neither JPEG nor WebP: the data \(\d+ bytes\) starts with"):
        inspect(data)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_is_refused(name):
    data = FILES[name].removesuffix(b"and more")
    for length in range(12, len(data), 7):
        with pytest.raises(ValueError, match=r"damaged .*, at byte"):
            inspect(data[:length])


def test_a_webp_without_pixels_is_refused():
    data = bytearray(FILES["webp"])
    data[26:28] = bytes(2)
    with pytest.raises(ValueError, match="a picture of 0 x 45 pixels"):
        inspect(bytes(data))


def test_a_webp_without_a_picture_is_refused():
    with pytest.raises(ValueError, match="no picture in the chunks"):
        webp_chunks.parse(b"RIFF" + (12).to_bytes(4, "little") + b"WEBPEXIF" + bytes(4))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_give_an_error_or_a_report(data):
    mutated = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(mutated) - 1))
        mutated[position : position + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        report = inspect(bytes(mutated))
    except ValueError:
        return
    assert sum(report.parts.values()) == len(mutated)
    assert all(isinstance(line, str) for line in report.lines())
    json.dumps(report.as_dict())
