"""Saving through Pillow, by concern: what comes out, modes, metadata, options, overriding, threads, leaks."""

import gc
import importlib
import io
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import decode_both, photo, segments_of
from PIL import Image, ImageCms, JpegImagePlugin

import accelir
from accelir import pillow_plugin

SMALL = photo("cup")[:72, :96]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


@pytest.fixture(autouse=True)
def _pillow_as_it_was():
    Image.init()
    before = dict(Image.SAVE), dict(Image.SAVE_ALL)
    yield
    assert (dict(Image.SAVE), dict(Image.SAVE_ALL)) == before


def picture(mode="RGB", pixels=SMALL):
    image = Image.fromarray(pixels)
    if mode in ("LA", "PA", "RGBA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        return image.convert(mode)
    return image.convert("L").convert(mode) if mode.startswith("I;16") else image.convert(mode)


def saved(image, format="ACCELIR_JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# what comes out


def test_the_file_is_that_of_the_python_call():
    settings = {"profile": "deblur-1.5", "effort": 2, "qp_map": np.array([[50, 60, 70]] * 3)}
    data = saved(picture(), max_bytes=2500, **settings)
    assert data == accelir.encode(SMALL, max_bytes=2500, **settings)
    decode_both(data)


def test_files_open_as_ordinary_ones(tmp_path):
    picture().save(tmp_path / "photo.jpg", "ACCELIR_JPEG", bpp=2)
    assert (tmp_path / "photo.jpg").stat().st_size <= 2 * 96 * 72 / 8
    with Image.open(tmp_path / "photo.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (96, 72))


def test_no_extension_is_claimed_and_nothing_is_opened():
    assert not set(Image.registered_extensions().values()) & {"ACCELIR_JPEG", "ACCELIR_WEBP"}
    assert not set(Image.OPEN) & {"ACCELIR_JPEG", "ACCELIR_WEBP"}
    assert (Image.MIME["ACCELIR_JPEG"], Image.MIME["ACCELIR_WEBP"]) == ("image/jpeg", "image/webp")


def test_a_budget_that_cannot_be_met_leaves_no_file(tmp_path):
    with pytest.raises(accelir.BudgetError):
        picture().save(tmp_path / "photo.jpg", "ACCELIR_JPEG", max_bytes=20)
    assert list(tmp_path.iterdir()) == []


# modes


@pytest.mark.parametrize(("mode", "decoded"), [("RGB", "RGB"), ("P", "RGB"), ("L", "L"), ("1", "L")])
def test_modes_that_are_taken(mode, decoded):
    image = picture(mode)
    data = saved(image, max_bytes=8000)
    assert opened(data).mode == decoded
    assert data == accelir.encode(np.asarray(image.convert(decoded)), max_bytes=8000)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_refused_for_jpeg(mode):
    with pytest.raises(OSError, match=rf"cannot write mode {mode} with transparency as JPEG.*background='white'"):
        saved(picture(mode), max_bytes=8000)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_a_transparent_colour_is_transparency(mode):
    image = picture(mode)
    color = image.getpixel((0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=color)
    image = Image.open(buffer)
    with pytest.raises(ValueError, match="background"):
        saved(image, max_bytes=8000)
    background = "white" if color != 255 else "black"
    expected = 255 if background == "white" else 0
    flat = np.asarray(opened(saved(image, max_bytes=10**6, background=background)))
    assert abs(int(flat[0, 0].mean()) - expected) < 32


@pytest.mark.parametrize(("mode", "decoded"), [("RGBA", "RGB"), ("LA", "L")])
def test_a_background_shows_where_the_picture_is_transparent(mode, decoded):
    image = picture(mode)
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 48, 72))
    image.putalpha(alpha)
    data = saved(image, max_bytes=10**6, background="white")
    assert opened(data).mode == decoded
    pixels = np.asarray(opened(data))
    assert pixels[:, :40].min() >= 250
    assert np.abs(pixels[:, 56:].astype(int) - np.asarray(picture(decoded))[:, 56:]).max() < 24


def test_half_transparency_is_mixed():
    image = Image.new("RGBA", (32, 32), (200, 0, 0, 51))
    assert opened(saved(image, max_bytes=10**5, background=(0, 100, 0))).getpixel((16, 16)) == pytest.approx(
        (40, 80, 0), abs=2
    )


@pytest.mark.parametrize("format", ["ACCELIR_JPEG", "ACCELIR_WEBP"])
@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "LAB", "I;16", "F", "I"])
def test_other_modes_are_converted(format, mode):
    assert opened(saved(picture(mode), format, max_bytes=8000)).size == (96, 72)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_webp_keeps_transparency(mode):
    image = picture(mode)
    if mode != "PA":
        alpha = np.linspace(0, 255, 96 * 72).astype(np.uint8).reshape(72, 96)
        image.putalpha(Image.fromarray(alpha))
    data = saved(image, "ACCELIR_WEBP", max_bytes=9000)
    assert len(data) <= 9000
    assert (opened(data).format, opened(data).size) == ("WEBP", (96, 72))
    np.testing.assert_array_equal(
        np.asarray(opened(data).convert("RGBA"))[..., 3], np.asarray(image.convert("RGBA"))[..., 3]
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_a_transparent_colour_stays_transparent_in_webp(mode):
    image = picture(mode)
    image.info["transparency"] = (0, 0, 0) if mode == "RGB" else 0
    transparent = np.asarray(image.convert("RGBA"))[..., 3]
    found = np.asarray(opened(saved(image, "ACCELIR_WEBP", max_bytes=9000)).convert("RGBA"))[..., 3]
    np.testing.assert_array_equal(found, transparent)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_modes_that_webp_takes(mode):
    data = saved(picture(mode), "ACCELIR_WEBP", max_bytes=5000)
    assert (opened(data).format, opened(data).mode, len(data) <= 5000) == ("WEBP", "RGB", True)
    expected = picture(mode).convert("L" if mode in ("1", "L") else "RGB")
    assert data == accelir.encode(expected, max_bytes=5000, format="webp")


# metadata


def test_metadata_of_webp_is_read_back():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A maker", 6
    image = opened(saved(picture(), "ACCELIR_WEBP", max_bytes=9000, exif=exif, icc_profile=SRGB, xmp=XMP))
    assert dict(image.getexif()) == {0x010F: "A maker", 0x0112: 6}
    assert (image.info["icc_profile"], image.info["xmp"]) == (SRGB, XMP)
    own = picture()
    own.info["icc_profile"] = SRGB
    assert opened(saved(own, "ACCELIR_WEBP", max_bytes=9000)).info["icc_profile"] == SRGB
    assert "icc_profile" not in opened(saved(own, "ACCELIR_WEBP", max_bytes=9000, icc_profile=None)).info


def test_metadata_is_read_back():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A maker", 6
    image = opened(
        saved(picture(), max_bytes=9000, exif=exif, icc_profile=SRGB, xmp=XMP, dpi=(300, 150), comment="dawn")
    )
    assert dict(image.getexif()) == {0x010F: "A maker", 0x0112: 6}
    assert (image.info["icc_profile"], image.info["xmp"]) == (SRGB, XMP)
    assert (image.info["dpi"], image.info["comment"]) == ((300, 150), b"dawn")


def test_what_pillow_writes_is_written_alike():
    options = {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", "icc_profile": SRGB, "xmp": XMP, "comment": b"dawn"}
    kept = (0xE1, 0xE2, 0xFE)
    ours, theirs = (
        sorted(s[:2] for s in segments_of(saved(picture(), name, **options, **size)) if s.marker in kept)
        for name, size in (("ACCELIR_JPEG", {"max_bytes": 9000, "profile": "fidelity"}), ("JPEG", {}))
    )
    assert ours == theirs


def test_the_images_own_icc_profile_and_comment_are_kept_unless_told_otherwise():
    image = picture()
    image.info.update(icc_profile=SRGB, comment=b"dawn", dpi=(72, 72), exif=b"Exif\0\0")
    info = opened(saved(image, max_bytes=9000)).info
    assert (info["icc_profile"], info["comment"]) == (SRGB, b"dawn")
    assert not {"dpi", "exif"} & set(info)
    for nothing in (None, b""):
        assert not {"icc_profile", "comment"} & set(
            opened(saved(image, max_bytes=9000, profile="fidelity", icc_profile=nothing, comment=nothing)).info
        )


def test_an_earlier_files_network_is_not_carried_over():
    first = opened(saved(picture(), max_bytes=10_000))
    assert first.info["comment"].startswith(b"aRa")
    data = saved(first, max_bytes=20_000, profile="deblur-1.5")
    (name,) = [s.payload for s in segments_of(data) if s.marker == 0xFE]
    assert name.startswith(b"aRd")


def test_the_icc_profile_survives_a_background():
    image = picture("RGBA")
    image.info["icc_profile"] = SRGB
    assert opened(saved(image, max_bytes=9000, background="white")).info["icc_profile"] == SRGB


# options


@pytest.mark.parametrize(
    ("given", "sampling"),
    [("4:4:4", 0), (0, 0), ("4:2:2", 1), (1, 1), ("4:2:0", 2), (2, 2), ("4:1:1", 2)],
)
def test_subsampling_is_taken_as_pillow_takes_it(given, sampling):
    theirs, ours = (opened(saved(picture(), f, subsampling=given, **s)) for f, s in (("JPEG", {}), OURS))
    assert JpegImagePlugin.get_sampling(ours) == JpegImagePlugin.get_sampling(theirs) == sampling


OURS = ("ACCELIR_JPEG", {"max_bytes": 5000})


def test_subsampling_can_be_kept():
    source = opened(saved(picture(), "JPEG", subsampling="4:2:2"))
    assert JpegImagePlugin.get_sampling(opened(saved(source, max_bytes=5000, subsampling="keep"))) == 1
    with pytest.raises(ValueError, match="opened from a JPEG"):
        saved(picture(), max_bytes=5000, subsampling="keep")
    with pytest.raises(ValueError, match="subsampling must be"):
        saved(picture(), max_bytes=5000, subsampling="4:1:0")


@pytest.mark.parametrize(
    ("options", "progressive"),
    [
        ({"progressive": True}, True),
        ({"progressive": 0}, False),
        ({"progression": 1}, True),
        ({"progressive": False}, False),
    ],
)
def test_progressive_is_taken_as_pillow_takes_it(options, progressive):
    assert bool(opened(saved(picture(), max_bytes=5000, **options)).info.get("progressive")) is progressive


def test_without_subsampling_and_progressive_the_encoder_chooses():
    assert saved(picture(), max_bytes=5000) == accelir.encode(SMALL, max_bytes=5000)
    options = {"subsampling": -1, "progressive": "auto"}
    assert saved(picture(), max_bytes=5000, **options) == accelir.encode(SMALL, max_bytes=5000)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("bbp", "bpp"), ("maxbytes", "max_bytes"), ("sub_sampling", "subsampling"), ("profil", "profile")],
)
def test_a_misspelt_option_is_refused_with_the_nearest_right_one(wrong, right):
    with pytest.raises(TypeError, match=f"unknown option '{wrong}' for accelir's jpeg; did you mean '{right}'"):
        saved(picture(), max_bytes=5000, **{wrong: 1})


@pytest.mark.parametrize("option", ["quality", "qtables", "optimize", "lossless"])
def test_options_that_are_pillows_alone_are_refused(option):
    with pytest.raises(TypeError, match=f"unknown option '{option}'.*taken are bpp, max_bytes"):
        saved(picture(), max_bytes=5000, **{option: 1})


@pytest.mark.parametrize("option", ["subsampling", "dpi", "comment", "background", "progressive"])
def test_jpegs_own_options_are_refused_for_webp(option):
    with pytest.raises(TypeError, match=f"unknown option '{option}' for accelir's webp"):
        saved(picture(), "ACCELIR_WEBP", max_bytes=5000, **{option: 1})


def test_a_size_must_be_given():
    for options in ({}, {"profile": "fidelity"}, {"bpp": 1, "max_bytes": 5000}):
        with pytest.raises(TypeError, match="exactly one of bpp and max_bytes"):
            saved(picture(), **options)


@pytest.mark.parametrize("format", ["ACCELIR_JPEG", "ACCELIR_WEBP"])
def test_several_pictures_in_a_file_are_refused(format):
    for options in ({"save_all": True}, {"append_images": [picture()]}):
        with pytest.raises(OSError, match="one picture a file"):
            saved(picture(), format, bpp=2, **options)


# overriding


def test_overridden_formats_take_a_size(tmp_path):
    with pillow_plugin.registered():
        picture().save(tmp_path / "photo.jpg", max_bytes=3000, profile="fidelity")
    assert (tmp_path / "photo.jpg").read_bytes() == accelir.encode(SMALL, max_bytes=3000, profile="fidelity")


def test_overridden_webp_takes_a_size(tmp_path):
    with pillow_plugin.registered(), Image.open(io.BytesIO(saved(picture("RGBA"), "PNG"))) as image:
        image.save(tmp_path / "photo.webp", max_bytes=3000, profile="fidelity")
    with Image.open(tmp_path / "photo.webp") as image:
        assert (image.format, image.size) == ("WEBP", (96, 72))
    assert 2000 < (tmp_path / "photo.webp").stat().st_size <= 3000


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
@pytest.mark.parametrize("options", [{}, {"quality": 30}, {"bpp": None}, {"effort": 3, "nonsense": 1}])
def test_saves_without_a_size_go_to_pillow_untouched(format, options):
    before = saved(picture(), format, **options)
    with pillow_plugin.registered():
        assert saved(picture(), format, **options) == before


def test_an_animation_goes_to_pillow_unless_a_size_is_given():
    frames = {"save_all": True, "append_images": [picture(pixels=SMALL[::-1].copy())]}
    before = saved(picture(), "WEBP", **frames)
    with pillow_plugin.registered():
        assert saved(picture(), "WEBP", **frames) == before
        with pytest.raises(OSError, match="one picture a file"):
            saved(picture(), "WEBP", bpp=2, **frames)
        with pytest.raises(KeyError, match="JPEG"):  # as without us
            saved(picture(), "JPEG", save_all=True)


def test_pillow_refuses_what_it_refuses():
    with pillow_plugin.registered(), pytest.raises(OSError, match="cannot write mode RGBA as JPEG"):
        saved(picture("RGBA"), "JPEG")


def test_one_format_can_be_overridden_alone():
    webp = Image.SAVE["WEBP"]
    with pillow_plugin.registered(override=("JPEG",)):
        assert Image.SAVE["WEBP"] is webp
        assert len(saved(picture(), "JPEG", max_bytes=3000)) <= 3000


def test_registering_twice_is_undone_at_once():
    before = Image.SAVE["JPEG"]
    pillow_plugin.register()
    pillow_plugin.register()
    pillow_plugin.unregister()
    assert Image.SAVE["JPEG"] is before
    pillow_plugin.unregister()
    assert Image.SAVE["JPEG"] is before


def test_a_block_inside_of_another_leaves_what_it_found():
    before = Image.SAVE["JPEG"]
    with pillow_plugin.registered(("JPEG",)):
        outer = Image.SAVE["JPEG"]
        with pytest.raises(RuntimeError), pillow_plugin.registered():
            raise RuntimeError
        assert Image.SAVE["JPEG"] is outer
    assert Image.SAVE["JPEG"] is before


def test_a_handler_that_another_registers_later_stays():
    def another(image, fp, filename):
        fp.write(b"another")

    before = Image.SAVE["JPEG"]
    try:
        with pillow_plugin.registered():
            Image.register_save("JPEG", another)
        assert saved(picture(), "JPEG", bpp=2) == b"another"
    finally:
        Image.register_save("JPEG", before)


def test_registering_again_after_pillows_plugin_was_loaded_again():
    handlers = dict(Image.SAVE), dict(Image.SAVE_ALL)
    try:
        pillow_plugin.register()
        importlib.reload(sys.modules["PIL.WebPImagePlugin"])
        again = Image.SAVE["WEBP"]
        assert again is not handlers[0]["WEBP"]
        pillow_plugin.register()
        assert Image.SAVE["WEBP"] is not again
        pillow_plugin.unregister()
        assert Image.SAVE["WEBP"] is again
    finally:
        pillow_plugin.unregister()
        Image.SAVE.update(handlers[0])
        Image.SAVE_ALL.update(handlers[1])


@pytest.mark.parametrize("override", ["JPEG", ("PNG",), ("JPEG", "GIF")])
def test_other_formats_cannot_be_overridden(override):
    for call in (pillow_plugin.register, pillow_plugin.unregister):
        with pytest.raises(ValueError, match="override must be a collection of 'JPEG' and 'WEBP'"):
            call(override)


@pytest.mark.parametrize("first", ["accelir.pillow_plugin", "PIL.Image", "PIL.WebPImagePlugin"])
def test_pillows_plugins_that_load_later_do_not_take_their_place_back(first, tmp_path):
    """In a process of its own, as nothing of Pillow is loaded there yet."""
    code = f"""
import {first}
from accelir import pillow_plugin
pillow_plugin.register()
from PIL import Image, JpegImagePlugin, MpoImagePlugin, WebPImagePlugin
Image.preinit(), Image.init()
image = Image.effect_noise((96, 72), 40)
image.save("photo.jpg", max_bytes=2000)
try:
    image.save("photo.webp", max_bytes=2000, nonsense=1)
except TypeError as error:
    assert "accelir's webp" in str(error), error
else:
    raise SystemExit("Pillow has saved the WebP")
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert 1900 < (tmp_path / "photo.jpg").stat().st_size <= 2000


# threads and leaks


def test_threads_get_the_same_files():
    crops = [np.ascontiguousarray(photo()[y : y + 64, 8 * y : 8 * y + 80]) for y in range(0, 60, 5)]
    expected = [accelir.encode(c, max_bytes=2000) for c in crops]
    with pillow_plugin.registered(), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda c: saved(Image.fromarray(c), "JPEG", max_bytes=2000), crops))
    assert found == expected


def test_threads_that_register_at_once_register_once():
    before = Image.SAVE["JPEG"], Image.SAVE["WEBP"]
    barrier = threading.Barrier(8)

    def race(_):
        barrier.wait()
        pillow_plugin.register()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(race, range(8)))
    pillow_plugin.unregister()
    assert (Image.SAVE["JPEG"], Image.SAVE["WEBP"]) == before


def test_neither_pictures_nor_files_are_held(tmp_path):
    image = picture()
    with open(tmp_path / "photo.jpg", "wb") as file:
        image.save(file, "ACCELIR_JPEG", max_bytes=3000)
        assert not file.closed
        with pytest.raises(TypeError):
            image.save(file, "ACCELIR_JPEG", bbp=1)
        assert not file.closed
    assert image.encoderinfo == {}
    gone = weakref.ref(image)
    del image
    gc.collect()
    assert gone() is None


def test_many_saves_take_no_more_memory():
    resource = pytest.importorskip("resource", reason="memory as POSIX tells it")
    image = picture()

    def peak():
        for _ in range(20):
            saved(image, max_bytes=10**6, effort=0, icc_profile=bytes(500_000))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    first = peak()
    assert max(peak() for _ in range(3)) - first < 6000  # KiB; the 60 files have 30,000


# a save that fails


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_save_that_fails_leaves_the_file_whole(tmp_path, as_bytes):
    path = tmp_path / "photo.jpg"
    picture().save(path, quality=90)
    before = path.read_bytes()
    with pytest.raises(accelir.BudgetError):
        Image.open(path).save(bytes(path) if as_bytes else path, "ACCELIR_JPEG", max_bytes=20)
    with pytest.raises(TypeError, match="unknown option"):
        Image.open(path).save(path, "ACCELIR_JPEG", max_bytes=8000, quality=5)
    with pillow_plugin.registered(), pytest.raises(accelir.BudgetError):
        Image.open(path).save(path, max_bytes=20)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_save_onto_its_source_that_succeeds_is_the_new_file(tmp_path):
    path = tmp_path / "photo.jpg"
    picture().save(path, quality=90)
    expected = saved(Image.open(path), max_bytes=2000)
    Image.open(path).save(path, "ACCELIR_JPEG", max_bytes=2000)
    assert path.read_bytes() == expected


@pytest.mark.parametrize("suffix", [".pdf", ".mpo", ".tif", ".png"])
@pytest.mark.parametrize("size", [{"bpp": 1.2}, {"max_bytes": 2000}])
def test_formats_that_know_no_size_refuse_one_while_registered(tmp_path, suffix, size):
    path = tmp_path / f"photo{suffix}"
    with pillow_plugin.registered():
        picture().save(path)
        before = path.read_bytes()
        with pytest.raises(TypeError, match=f"{next(iter(size))} is an option of JPEG and WEBP, not of"):
            picture().save(path, **size)
    assert path.read_bytes() == before


def test_iptc_jfif_and_transparencys_options_are_taken():
    data = saved(picture(), max_bytes=9000, jfif=False, iptc=b"\x1c\x02\x78\0\x01A")
    assert data == accelir.encode(SMALL, max_bytes=9000, jfif=False, iptc=b"\x1c\x02\x78\0\x01A")
    image = picture("RGBA")
    data = saved(image, "ACCELIR_WEBP", max_bytes=9000, exact=True, alpha_quality=20)
    assert data == accelir.encode(image, max_bytes=9000, format="webp", exact=True, alpha_quality=20)
