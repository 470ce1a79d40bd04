"""What `accelir encode` keeps beside the picture: by kind, from any format, upright whatever is left out."""

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

import accelir
from accelir.cli import main
from accelir.commands import exif as exif_blocks
from accelir.commands.metadata import KINDS, joined, metadata_of, parse_kinds, without_place
from accelir.formats.jpeg.parse import parse

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:title="A title"/></rdf:RDF></x:xmpmeta>'
IPTC = b"\x1c\x02\x78" + struct.pack(">H", 9) + b"A caption"
IRB = b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(IPTC)) + IPTC
ICC = b"\0" * 16 + b"RGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 88


def picture(size=(96, 72), seed=1):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def tags(orientation=6):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 0.0)})
    exif.get_ifd(0x8769).update({0xA002: 96, 0xA003: 72, 0x927C: b"a maker's note"})
    return exif


def app13(payload=IRB):
    return b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload


def camera(name="camera.jpg", **options):
    told = {"exif": tags(), "xmp": XMP, "comment": "hello", "dpi": (300, 300), "icc_profile": ICC, "extra": app13()}
    picture().save(name, quality=95, **{**told, **options})


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def opened(name):
    return Image.open(io.BytesIO(Path(name).read_bytes()))


def encoded(source, *options, to="out.jpg", size=6000):
    result = call("encode", source, "-o", to, "--max-bytes", size, "--force", *options)
    assert result.exit_code == 0, result.output
    image = opened(to)
    image.load()
    return image, metadata_of(image), result


def found(metadata):
    return {*metadata.kinds} | ({"gps"} if b"GPS" in metadata.xmp or place_of(metadata.exif) else set())


def place_of(exif):
    tags = Image.Exif()
    tags.load(exif)
    return tags.get_ifd(0x8825) if exif else {}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def raw_profile(data, kind):
    digits = data.hex()
    lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    return f"\n{kind}\n{len(data):8d}\n{lines}\n"


def save_png(name):
    picture().save(name, exif=tags(), dpi=(300, 300), icc_profile=ICC)


def save_imagemagick_png(name):
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", raw_profile(tags().tobytes(), "exif"), zip=True)
    info.add_text("Raw profile type iptc", raw_profile(IRB.removeprefix(b"Photoshop 3.0\0"), "iptc"))
    info.add_text("Raw profile type xmp", raw_profile(XMP, "xmp"), zip=True)
    info.add_text("Raw profile type icc", raw_profile(ICC, "icc"), zip=True)
    picture().save(name, pnginfo=info, dpi=(300, 300))


def save_tiff(name):
    told = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in {0x010F: "Maker", 0x83BB: IPTC, 700: XMP}.items():
        told[tag] = value
    told[0x8825] = {1: "N", 2: (47.0, 22.0, 0.0)}
    told[0x8769] = {0xA002: 96, 0xA003: 72}
    picture().save(name, tiffinfo=told, dpi=(300, 300), icc_profile=ICC)


def save_webp(name):
    picture().save(name, exif=tags(), xmp=XMP, icc_profile=ICC)


SOURCES = {
    "camera.jpg": (camera, {*KINDS}),
    "a.png": (save_png, {"icc", "exif", "gps", "density"}),
    "imagemagick.png": (save_imagemagick_png, {*KINDS} - {"comment"}),
    "a.tif": (save_tiff, {*KINDS} - {"comment"}),
    "a.webp": (save_webp, {"icc", "exif", "gps", "xmp"}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_everything_is_kept_by_default(name):
    save, kinds = SOURCES[name]
    save(name)
    image, metadata, result = encoded(name)
    assert kinds - {"gps"} <= found(metadata)
    assert result.stderr == ""
    assert image.getexif()[0x010F] == "Maker"
    assert ("gps" in found(metadata)) is ("gps" in kinds)
    assert metadata.density == pytest.approx((300, 300)) or "density" not in kinds
    assert metadata.icc == ICC
    if "iptc" in kinds:
        assert metadata.iptc == IPTC
    if "xmp" in kinds:
        assert metadata.xmp == XMP


@pytest.mark.parametrize("source", ["camera.jpg", "imagemagick.png"])
@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--strip"], set()),
        (["--strip", "all"], set()),
        (["--keep", "none"], set()),
        (["--keep", "icc,exif"], {"icc", "exif"}),
        (["--keep", "exif,gps"], {"exif", "gps"}),
        (["--strip", "gps"], {*KINDS} - {"gps"}),
        (["--strip", "exif,comment"], {*KINDS} - {"exif", "gps", "comment"}),
        (["--keep", "icc,xmp,density", "--strip", "xmp"], {"icc", "density"}),
    ],
)
@pytest.mark.parametrize("coded", ["--reencode", "--quiet"])
def test_kinds_are_kept_and_stripped_by_name(source, options, kept, coded):
    SOURCES[source][0](source)
    # The second time the JPEG fits and is copied, where that can be.
    size = 6000 if coded == "--reencode" else 60_000
    _, metadata, _ = encoded(source, *options, coded, size=size)
    at_home = SOURCES[source][1]
    # Pillow reads a density from EXIF where there is no other.
    assert found(metadata) - {"density"} == (kept & at_home) - {"density"}
    assert "density" not in kept or metadata.density == pytest.approx((300, 300))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [[], ["--strip"], ["--strip", "exif"], ["--auto-orient"], ["--keep", "icc"]])
def test_pictures_stay_upright(orientation, options):
    from PIL import ImageOps

    camera(exif=tags(orientation))
    upright = ImageOps.exif_transpose(opened("camera.jpg"))
    image, metadata, _ = encoded("camera.jpg", *options)
    shown = ImageOps.exif_transpose(image)
    assert shown.size == upright.size
    error = np.asarray(shown, float) - np.asarray(upright, float)
    assert (error**2).mean() < 100
    turned = bool(options) and orientation != 1
    assert metadata.orientation == (1 if turned else orientation)
    if "--auto-orient" in options:
        sizes = exif_sizes(metadata.exif)
        assert sizes == image.size


def exif_sizes(exif):
    tags = Image.Exif()
    tags.load(exif)
    ifd = tags.get_ifd(0x8769)
    return ifd[0xA002], ifd[0xA003]


def test_the_makers_note_keeps_its_place():
    before = tags().tobytes().removeprefix(b"Exif\0\0")
    for after in (exif_blocks.changed(before, (72, 96), upright=True), exif_blocks.without_gps(before)):
        assert len(after) == len(before)
        assert after.index(b"a maker's note") == before.index(b"a maker's note")
    assert exif_blocks.orientation_of(exif_blocks.changed(before, (72, 96), upright=True)) == 1


def test_the_place_is_overwritten_not_only_unlinked():
    before = tags().tobytes().removeprefix(b"Exif\0\0")
    values = struct.pack("<6I", 47, 1, 22, 1, 0, 1), struct.pack(">6I", 47, 1, 22, 1, 0, 1)
    assert any(value in before for value in values)
    assert not any(value in exif_blocks.without_gps(before) for value in values)


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_damaged_exif_is_read_as_none(cut):
    whole = tags().tobytes().removeprefix(b"Exif\0\0")
    for data in (whole[:cut], whole[:cut] + b"\xff" * 8 + whole[cut + 8 :]):
        assert 1 <= exif_blocks.orientation_of(data) <= 8
        assert len(exif_blocks.changed(data, (1, 2), upright=True)) == len(data)
        assert len(exif_blocks.without_gps(data)) in (0, len(data))


def test_exif_whose_place_is_its_own_directory_is_no_trap():
    # Two entries: the GPS directory is the directory that names it.
    entries = struct.pack("<HHII", 0x8825, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 1, 6)
    own = b"II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    assert b"\x25\x88" not in exif_blocks.without_gps(own)
    many = b"II*\0" + struct.pack("<IH", 8, 65535) + struct.pack("<HHII", 0x8825, 4, 1, 8) * 65535 + bytes(4)
    assert exif_blocks.without_gps(many) == b""
    assert exif_blocks.orientation_of(many) == 1


@pytest.mark.parametrize("piece", [b"<rdf:RDF", b"<rdf:RDF>", b"<x:GPSa", b"<x:GPSa>", b' x:GPSa="', b" a:GPS="])
def test_hostile_xmp_takes_no_time(piece):
    hostile = piece * 200_000
    begin = time.monotonic()
    without_place(hostile)
    joined(hostile, hostile)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("xmp", "bare"),
    [
        (b'<d exif:GPSLatitude="47,22N" a="b" exif:GPSAltitude=\'5\'/>', b'<d a="b"/>'),
        (b"<d><exif:GPSLatitude>47,22N</exif:GPSLatitude><a/></d>", b"<d><a/></d>"),
        (b"<d><exif:GPSTag/><a/></d>", b"<d><a/></d>"),
        (b"<d><exif:GPSList><b/></exif:GPSList></d>", b""),
        ('<d exif:GPSLatitude="1"/>'.encode("utf-16-le"), b""),
        (XMP, XMP),
    ],
)
def test_xmp_without_the_place(xmp, bare):
    assert without_place(xmp) == bare


def test_xmp_of_any_size_is_kept():
    long = XMP.replace(b"A title", b"A title " * 20_000)
    picture().save("long.webp", xmp=long)
    _, metadata, result = encoded("long.webp", size=300_000)
    assert metadata.xmp.count(b"A title ") == 20_000
    assert result.stderr == ""
    camera("again.jpg", xmp=XMP)
    # Read back from our own extended XMP, it is one packet again.
    again, told, _ = encoded("out.jpg", "--reencode", to="again.jpg", size=300_000)
    assert told.xmp.count(b"A title ") == 20_000
    assert again.format == "JPEG"


def test_what_the_format_cannot_hold_is_told_in_one_line():
    camera()
    _, _, result = encoded("camera.jpg", to="out.webp")
    assert result.stderr == (
        "accelir: camera.jpg: warning: left out, as the WebP has no place for it: IPTC, the comment, the density\n"
    )
    long = tags(orientation=6)
    long[0x010E] = "x" * 70_000
    picture().save("long.png", exif=long)
    image, metadata, result = encoded("long.png")
    assert result.stderr == "accelir: long.png: warning: left out, as the JPEG has no place for it: EXIF\n"
    assert (metadata.exif, image.size) == (b"", (72, 96))
    _, metadata, result = encoded("long.png", to="long.webp", size=90_000)
    assert len(metadata.exif) > 70_000
    assert result.stderr == "accelir: long.png: warning: left out, as the WebP has no place for it: the density\n" or (
        result.stderr == ""
    )


@pytest.mark.parametrize(
    ("suffix", "told"), [(".tif", "2 further pages"), (".gif", "2 further frames"), (".mpo", "2 further pictures")]
)
def test_further_pages_and_frames_are_told(suffix, told):
    pictures = [picture(seed=i) for i in range(3)]
    pictures[0].save("many" + suffix, save_all=True, append_images=pictures[1:])
    _, _, result = encoded("many" + suffix, "--keep", "none", "--json")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert told in result.stdout


def test_a_gain_map_is_told():
    xmp = XMP.replace(b"dc:title", b'hdrgm:Version="1.0" dc:title')
    camera(xmp=xmp)
    _, _, result = encoded("camera.jpg", "--reencode")
    assert "the gain map" in result.stderr
    _, _, result = encoded("camera.jpg", size=60_000)
    assert result.stderr == ""  # copied, with all that follows


def test_warnings_of_the_encoder_are_told_for_every_file():
    cmyk = b"\0" * 16 + b"CMYKLab " + b"\0" * 12 + b"acsp" + b"\0" * 88
    for name in ("a.png", "b.png"):
        picture().save(name, icc_profile=cmyk)
    result = call("encode", "a.png", "b.png", "--max-bytes", 4000)
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["a.png", "b.png"]
    assert all("an ICC profile for 'CMYK' was left out" in line for line in lines)


@pytest.mark.parametrize("text", ["exif,", "none,icc", "ICC PROFILE", "", "photo.png"])
def test_other_words_for_kinds_are_a_wrong_call(text):
    with pytest.raises(ValueError, match="is no list of"):
        parse_kinds(text)
    camera()
    result = call("encode", "camera.jpg", "--bpp", 1, "--strip", text)
    assert result.exit_code == 2
    assert "--strip stands behind the input" in " ".join(result.stderr.split())


def test_a_place_needs_what_holds_it():
    camera()
    assert call("encode", "camera.jpg", "--bpp", 1, "--keep", "gps").exit_code == 2


def test_a_budget_that_metadata_fill_says_so():
    camera(xmp=XMP.replace(b"A title", b"x" * 5000))
    result = call("encode", "camera.jpg", "-o", "out.jpg", "--max-bytes", 3000)
    assert result.exit_code == 1
    assert "of them are metadata, which --strip leaves out" in result.stderr
    assert call("encode", "camera.jpg", "-o", "out.jpg", "--max-bytes", 3000, "--strip").exit_code == 0


# Inputs that fit


def test_an_input_that_fits_is_copied():
    camera()
    result = call("encode", "camera.jpg", "-o", "out.jpg", "--max-bytes", "100k")
    assert result.exit_code == 0
    assert result.stdout.endswith("copied: it fits already\n")
    assert Path("out.jpg").read_bytes() == Path("camera.jpg").read_bytes()


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_copy_follows_the_rules_for_metadata_and_keeps_the_pixels(format):
    source, out = f"a.{format}", f"out.{format}"
    (camera if format == "jpeg" else save_webp)(source)
    image, metadata, result = encoded(source, "--keep", "icc", "--auto-orient", to=out, size=100_000)
    assert found(metadata) == {"icc"}
    assert "copied" not in result.stdout  # it had to be turned
    picture().save("up." + format, quality=90, xmp=XMP, icc_profile=ICC)
    image, metadata, result = encoded("up." + format, "--keep", "icc", to=out, size=100_000)
    assert "copied: it fits already" in result.stdout
    assert found(metadata) - {"density"} == {"icc"}
    np.testing.assert_array_equal(np.asarray(image), np.asarray(opened("up." + format)))


@pytest.mark.parametrize(
    "options",
    [["--reencode"], ["--max-side", "50"], ["--subsampling", "4:4:4"], ["--sequential"], ["--format", "webp"]],
)
def test_what_asks_for_coding_is_coded(options):
    camera(exif=tags(1))
    result = call("encode", "camera.jpg", "--out-dir", "out", "--max-bytes", "100k", *options, "--json")
    assert result.exit_code == 0
    assert "copied" not in result.stdout


def test_files_that_ordinary_decoders_do_not_open_are_coded():
    picture().convert("CMYK").save("cmyk.jpg")
    image, _, result = encoded("cmyk.jpg", size=100_000)
    assert (image.mode, "copied" in result.stdout) == ("RGB", False)


def test_what_follows_the_picture_goes_with_the_first_part_that_goes():
    camera()
    data = Path("camera.jpg").read_bytes()
    Path("trailing.jpg").write_bytes(data + b"\xff\xd8 another picture")
    encoded("trailing.jpg", size=100_000)
    assert Path("out.jpg").read_bytes() == data + b"\xff\xd8 another picture"
    _, _, result = encoded("trailing.jpg", "--strip", "comment", size=100_000)
    assert parse(Path("out.jpg").read_bytes()).trailing_size == 0
    assert "what follows the picture" in result.stderr


def test_the_name_of_the_network_stays_in_a_copy():
    picture((400, 300)).save("photo.png")
    assert call("encode", "photo.png", "-o", "ours.jpg", "--max-bytes", "12k").exit_code == 0
    encoded("ours.jpg", "--strip", size=100_000)
    assert "made for      sr-x4" in call("inspect", "out.jpg").stdout


# Colours


def wide_profile():
    """Adobe RGB's primaries and gamma of 2.2, as a profile of version 2 (ICC.1:2001-04): matrix and curves."""
    number = [round(v * 65536).to_bytes(4, "big", signed=True) for v in (0.9642, 1, 0.8249)]
    columns = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    tags = {b"wtpt": b"XYZ \0\0\0\0" + b"".join(number)}
    for name, column in zip(b"rgb", columns, strict=True):
        values = b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in column)
        tags[bytes([name]) + b"XYZ"] = b"XYZ \0\0\0\0" + values
        tags[bytes([name]) + b"TRC"] = b"curv\0\0\0\0\0\0\0\1\x02\x33\0\0"
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content
    head = bytearray(128)
    head[:4], head[8], head[12:20] = struct.pack(">I", 128 + len(table) + len(body)), 2, b"mntrRGB "
    head[20:24], head[36:40], head[68:80] = b"XYZ ", b"acsp", b"".join(number)
    return bytes(head) + table + body


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def shown(image, profile):
    """An image's colours in sRGB."""
    return ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    )


def difference(a, b):
    return np.abs(np.asarray(a, float) - np.asarray(b, float)).mean()


@pytest.mark.parametrize("source", ["wide.png", "wide.jpg"])
def test_colours_without_their_profile_are_converted_to_srgb(source):
    picture().save(source, icc_profile=wide_profile(), **({"quality": 98} if source.endswith("jpg") else {}))
    image, metadata, result = encoded(source, "--strip", "icc", size=20_000)
    expected = shown(opened(source), wide_profile())
    assert difference(expected, picture()) > 5
    assert difference(image, expected) < 2
    assert (metadata.icc, result.stderr, "copied" in result.stdout) == (b"", "", False)
    kept, metadata, _ = encoded(source, size=20_000)
    assert metadata.icc == wide_profile()
    assert difference(kept, opened(source)) < 2


def test_transparency_stays_where_colours_are_converted():
    alpha = np.full((72, 96), 255, np.uint8)
    alpha[:36] = 40
    image = picture()
    image.putalpha(Image.fromarray(alpha))
    image.save("a.png", icc_profile=wide_profile())
    image, _, result = encoded("a.png", "--strip", "icc", to="out.webp", size=20_000)
    np.testing.assert_array_equal(np.asarray(image)[..., 3], alpha)
    assert (
        difference(image.convert("RGB").crop((0, 40, 96, 72)), shown(picture(), wide_profile()).crop((0, 40, 96, 72)))
        < 3
    )
    assert result.stderr == ""


def test_a_profile_of_srgb_goes_without_coding_anew():
    picture().save("s.jpg", quality=90, icc_profile=SRGB)
    image, metadata, result = encoded("s.jpg", "--strip", "icc", size=20_000)
    assert "copied" in result.stdout
    np.testing.assert_array_equal(np.asarray(image), np.asarray(opened("s.jpg")))
    assert metadata.icc == b""


def test_colours_that_cannot_be_converted_are_told_in_one_line():
    picture().save("odd.png", icc_profile=ICC)
    image, _, result = encoded("odd.png", "--strip", "icc", size=20_000)
    assert result.stderr.count("\n") == 1
    assert "they will look otherwise" in result.stderr
    assert difference(image, picture()) < 2


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_file_that_fits_keeps_no_profile_of_other_colours(format):
    cmyk = ICC[:16] + b"CMYK" + ICC[20:]
    picture().save(f"a.{format}", quality=90, icc_profile=cmyk)
    _, metadata, result = encoded(f"a.{format}", to=f"out.{format}", size=20_000)
    assert metadata.icc == b""
    assert "an ICC profile for 'CMYK' was left out" in result.stderr


# Transparency


def test_hidden_colours_and_the_quality_of_transparency_are_as_asked():
    rng = np.random.default_rng(2)
    alpha = rng.integers(60, 256, (72, 96), dtype=np.uint8)
    alpha[:32] = 0
    image = picture()
    image.putalpha(Image.fromarray(alpha))
    image.save("a.png")
    files = {}
    for options in ((), ("--exact",), ("--alpha-quality", "20")):
        encoded("a.png", *options, to="out.webp", size=30_000)
        files[options] = Path("out.webp").read_bytes()
        assert files[options] == accelir.encode(
            image,
            max_bytes=30_000,
            format="webp",
            exact="--exact" in options,
            alpha_quality=20 if "20" in options else 100,
        )
    top = (0, 0, 96, 32)
    exact = Image.open(io.BytesIO(files["--exact",]))
    assert difference(exact.convert("RGB").crop(top), picture().crop(top)) < 3
    assert len(files["--alpha-quality", "20"]) < 0.8 * len(files[()])


def test_options_of_transparency_are_refused_for_jpeg():
    picture().save("a.png")
    for options in (["--exact"], ["--alpha-quality", "20"]):
        result = call("encode", "a.png", "-o", "out.jpg", "--max-bytes", 9000, *options)
        assert result.exit_code == 1
        assert "is for WebP: a JPEG file has no transparency" in result.stderr
