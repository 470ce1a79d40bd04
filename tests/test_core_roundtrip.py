"""Levels written and read again: by our own reader, by an independent decoder's coefficients, and as pixels."""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from helpers import (
    PHOTO_CROPS,
    SUBSAMPLINGS,
    block_shapes,
    by_pillow,
    decode_both,
    noise,
    photo,
    pillow_jpeg,
    psnr,
    random_levels,
    read_levels,
    segments_of,
    smooth,
    write_levels,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import idctn

import accelir
from accelir.cells.color_weights import ZIGZAG
from accelir.cells.modes import make_modes
from accelir.core import jpeg as core
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import make_job
from accelir.profile.installed import load_profile

KINDS = ("zero", "sparse", "dense", "wide", "extreme")
SIDES = st.integers(1, 40)
LAYOUTS = st.sampled_from(("gray", *SUBSAMPLINGS))
RESTARTS = st.sampled_from((0, 0, 1, 2, 7, 65535))
SEEDS = st.integers(0, 2**32 - 1)
COMMENT = b"\xff\xfe\x00\x07hello"
# The largest side that libjpeg and its kin take (JPEG_MAX_DIMENSION); the format itself goes to 65,535.
LIBJPEG_MAX_SIDE = 65500


def tables_for(rng, subsampling, kind="any"):
    rows = 1 if subsampling == "gray" else int(rng.integers(1, 3))
    return rng.integers(1, 256 if kind == "any" else 9, (rows, 64)).astype(np.uint8)


def coefficients_by_libjpeg(data: bytes, folder: Path):
    """What libjpeg's own entropy decoder finds: levels and tables of each component."""
    jpeglib = pytest.importorskip("jpeglib", reason="jpeglib reads coefficients by libjpeg")
    path = folder / "levels.jpg"
    path.write_bytes(data)
    jpeg = jpeglib.read_dct(str(path))
    levels = [jpeg.Y] if jpeg.num_components == 1 else [jpeg.Y, jpeg.Cb, jpeg.Cr]
    return [np.asarray(a) for a in levels], [np.asarray(jpeg.get_component_qt(i)) for i in range(len(levels))]


def assert_same_levels(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=200)
@given(width=SIDES, height=SIDES, subsampling=LAYOUTS, progressive=st.booleans(), restart=RESTARTS, seed=SEEDS,
       kind=st.sampled_from(KINDS), comment=st.booleans())  # fmt: skip
def test_our_reader_gives_back_what_was_written(width, height, subsampling, progressive, restart, seed, kind, comment):
    rng = np.random.default_rng(seed)
    levels = random_levels(rng, block_shapes(width, height, subsampling), kind)
    tables = tables_for(rng, subsampling)
    segments = COMMENT if comment else b""
    data = write_levels(levels, tables, width, height, subsampling, progressive, restart, segments)
    assert data.startswith(b"\xff\xd8" + segments)
    read = core.read(data)
    assert (read.levels.width, read.levels.height) == (width, height)
    assert read.levels.subsampling == subsampling
    assert read.progressive is progressive
    for i, table in enumerate(read.tables):
        np.testing.assert_array_equal(table, tables[min(i, len(tables) - 1)])
    assert_same_levels(read.levels.arrays(), levels)


@settings(max_examples=120)
@given(width=SIDES, height=SIDES, subsampling=LAYOUTS, progressive=st.booleans(), restart=RESTARTS, seed=SEEDS,
       kind=st.sampled_from(KINDS))  # fmt: skip
def test_libjpeg_finds_the_same_coefficients(
    tmp_path_factory, width, height, subsampling, progressive, restart, seed, kind
):
    rng = np.random.default_rng(seed)
    levels = random_levels(rng, block_shapes(width, height, subsampling), kind)
    tables = tables_for(rng, subsampling)
    data = write_levels(levels, tables, width, height, subsampling, progressive, restart)
    found, found_tables = coefficients_by_libjpeg(data, tmp_path_factory.getbasetemp())
    for i, table in enumerate(found_tables):
        np.testing.assert_array_equal(table.ravel()[ZIGZAG], tables[min(i, len(tables) - 1)])
    # libjpeg's arrays go on over the blocks that only pad MCUs.
    assert_same_levels([f[: a.shape[0], : a.shape[1]] for f, a in zip(found, levels, strict=True)], levels)


@settings(max_examples=120)
@given(width=SIDES, height=SIDES, subsampling=LAYOUTS, progressive=st.booleans(), restart=RESTARTS, seed=SEEDS,
       kind=st.sampled_from(("zero", "sparse", "dense")))  # fmt: skip
def test_decoders_take_any_levels_without_a_warning_and_agree(
    width, height, subsampling, progressive, restart, seed, kind
):
    rng = np.random.default_rng(seed)
    levels = random_levels(rng, block_shapes(width, height, subsampling), kind)
    data = write_levels(levels, tables_for(rng, subsampling), width, height, subsampling, progressive, restart, COMMENT)
    pixels = decode_both(data)
    assert pixels.shape == ((height, width) if subsampling == "gray" else (height, width, 3))


@pytest.mark.parametrize("progressive", [False, True])
def test_gray_pixels_are_the_inverse_dct_of_the_levels(progressive):
    rng = np.random.default_rng(4)
    (shape,) = block_shapes(67, 45, "gray")
    levels = random_levels(rng, [shape], "sparse")
    tables = tables_for(rng, "gray", "fine")
    table = np.empty(64)
    table[ZIGZAG] = tables[0]
    blocks = idctn(levels[0] * table.reshape(8, 8), axes=(2, 3), norm="ortho") + 128
    expected = blocks.transpose(0, 2, 1, 3).reshape(shape[0] * 8, -1)[:45, :67].clip(0, 255)
    found = decode_both(write_levels(levels, tables, 67, 45, "gray", progressive))
    # Half of it is the rounding of pixels; measured 0.53.
    assert np.abs(found - expected).max() < 0.75


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["gray", *SUBSAMPLINGS])
def test_largest_dc_differences_and_ac_levels_survive(subsampling, progressive, tmp_path):
    levels = [np.zeros(shape, np.int16) for shape in block_shapes(64, 48, subsampling)]
    for component in levels:
        flat = component.reshape(-1, 64)
        flat[::2, 0], flat[1::2, 0] = -1024, 1023
        flat[:, 1], flat[:, 62], flat[:, 63] = 1023, -1023, 1023
    data = write_levels(levels, np.ones((1, 64), np.uint8), 64, 48, subsampling, progressive)
    assert_same_levels(read_levels(data), levels)
    assert_same_levels(coefficients_by_libjpeg(data, tmp_path)[0], levels)


@pytest.mark.parametrize("place", [1, 16, 17, 32, 33, 48, 49, 62, 63])
def test_runs_of_zeros_longer_than_a_symbol_holds(place, tmp_path):
    levels = [np.zeros((3, 3, 8, 8), np.int16)]
    levels[0].reshape(-1, 64)[::2, ZIGZAG[place]] = [1, -1, 37, -400, 1023]
    for progressive in (False, True):
        data = write_levels(levels, np.ones((1, 64), np.uint8), 24, 24, "gray", progressive)
        assert_same_levels(read_levels(data), levels)
        assert_same_levels(coefficients_by_libjpeg(data, tmp_path)[0], levels)


def test_more_empty_blocks_in_a_row_than_an_end_of_band_run_counts(tmp_path):
    # A progressive scan's runs count to 32,767 blocks (T.81, G.1.2.2); here 41,900 empty blocks lie between two that
    # aren't, in every bit plane.
    levels = [np.zeros((164, 256, 8, 8), np.int16)]
    levels[0][0, 5, 0, 1], levels[0][-1, -80, 3, 3], levels[0][-1, -80, 0, 2] = 7, -5, 1
    data = write_levels(levels, np.full((1, 64), 9, np.uint8), 2048, 1312, "gray", True)
    assert_same_levels(read_levels(data), levels)
    assert_same_levels(coefficients_by_libjpeg(data, tmp_path)[0], levels)
    decode_both(data)


def test_refinement_scans_buffer_any_number_of_correction_bits(tmp_path):
    # Every coefficient needs correction bits, none is new: the longest wait between two symbols.
    levels = [np.full((24, 32, 8, 8), 1000, np.int16), *(np.full((24, 32, 8, 8), -1001, np.int16),) * 2]
    data = write_levels(levels, np.ones((1, 64), np.uint8), 256, 192, "4:4:4", True)
    assert_same_levels(read_levels(data), levels)
    assert_same_levels(coefficients_by_libjpeg(data, tmp_path)[0], levels)


@pytest.mark.parametrize("progressive", [False, True])
def test_restart_markers_stand_where_the_interval_says(progressive):
    rng = np.random.default_rng(8)
    levels = random_levels(rng, block_shapes(80, 64, "4:2:0"), "sparse")
    data = write_levels(levels, np.full((1, 64), 7, np.uint8), 80, 64, "4:2:0", progressive, 3)
    scans = [s for s in segments_of(data) if s.marker == 0xDA]
    assert len(scans) > 3 if progressive else len(scans) == 1
    for scan in scans:
        # Interleaved scans count MCUs of 16x16, the others blocks (T.81, A.2.2).
        units = {1: {1: 80, 2: 20, 3: 20}[scan.payload[1]], 3: 20}[scan.payload[0]]
        coded = scan.coded
        markers = [coded[i + 1] & 7 for i in range(len(coded) - 1) if coded[i] == 0xFF and coded[i + 1] != 0]
        assert markers == [i % 8 for i in range((units - 1) // 3)]
    with_none = write_levels(levels, np.full((1, 64), 7, np.uint8), 80, 64, "4:2:0", progressive)
    np.testing.assert_array_equal(decode_both(data), decode_both(with_none))


SMALL = [(1, 1), (1, 2), (2, 1), (3, 5), (1, 17), (17, 1), (4, 9), (7, 7), (8, 8), (9, 7), (15, 16), (16, 15), (17, 17),
         (31, 33), (33, 31)]  # fmt: skip


@pytest.mark.parametrize("size", SMALL, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("subsampling", ["gray", *SUBSAMPLINGS])
def test_small_and_odd_pictures_come_back(size, subsampling):
    width, height = size
    pixels = smooth(height, width, None if subsampling == "gray" else 3)
    layout = "auto" if subsampling == "gray" else subsampling
    for progressive in (False, True):
        data = accelir.encode(pixels, max_bytes=50_000, subsampling=layout, progressive=progressive)
        decoded = decode_both(data)
        assert decoded.shape == pixels.shape
        read = core.read(data)
        assert (read.levels.width, read.levels.height, read.levels.subsampling) == (width, height, subsampling)
        # Tables of ones: measured 50.3 dB at the least, for 9x7 pixels in 4:2:0.
        assert psnr(decoded, pixels) > 49


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("shape", [(1, LIBJPEG_MAX_SIDE), (LIBJPEG_MAX_SIDE, 1)])
def test_the_longest_pictures_that_libjpeg_decodes(shape, gray):
    pixels = smooth(*shape, None if gray else 3)
    for budget in (9_000, 10**6):
        data = accelir.encode(pixels, max_bytes=budget, profile="fidelity")
        assert len(data) <= budget
        # Measured 31.6 dB and more.
        assert psnr(decode_both(data), pixels) > 30


@pytest.mark.parametrize("shape", [(1, 65535), (65535, 1)])
def test_the_longest_pictures_of_the_format(shape):
    pixels = noise(*shape)
    with pytest.raises(ValueError, match="a JPEG picture is 1 to 65500 pixels"):
        core.Coefficients.from_pixels(pixels, "4:2:0")
    # What nothing but our own reader opens is made of coefficients alone.
    rng = np.random.default_rng(0)
    shapes = block_shapes(shape[1], shape[0], "4:2:0")
    coefficients = [rng.normal(0, 30, s).astype(np.float32) for s in shapes]
    targets = core.Coefficients.from_arrays(coefficients, shape[1], shape[0], "4:2:0")
    job = make_job(load_profile("fidelity").jpeg, get_effort(5), shape)
    read = core.read(job.run(targets, max_bytes=10**6).data)
    assert (read.levels.height, read.levels.width) == shape
    # All-ones tables: levels are the coefficients, rounded.
    for found, exact in zip(read.levels.arrays(), coefficients, strict=True):
        assert np.abs(found - exact).max() <= 0.5


@pytest.mark.parametrize("effort", [0, 5])
def test_sixteen_megapixels(effort):
    y, x = np.ogrid[:4000, :4000]
    # In 16 bits and with few temporaries: the test is of the encoder, not of NumPy.
    waves = (40 * np.sin(x / 37) + 128).astype(np.int16) + (40 * np.cos(y / 53)).astype(np.int16)
    grain = np.random.default_rng(0).integers(-12, 13, (400, 4000), dtype=np.int16)
    pixels = np.repeat((waves + np.tile(grain, (10, 1))).astype(np.uint8)[..., None], 3, axis=2)
    budget = 2_400_000
    data = accelir.encode(pixels, max_bytes=budget, effort=effort)
    assert 0.995 * budget <= len(data) <= budget
    # Both decoders on all of it would take longer than the encoder did.
    assert psnr(by_pillow(data)[::5], pixels[::5]) > 30


FLAT = {"black": (0, 0, 0), "white": (255, 255, 255), "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255),
        "gray": (128, 128, 128)}  # fmt: skip


@pytest.mark.parametrize("color", FLAT.values(), ids=FLAT)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_flat_pictures_keep_their_colour(color, subsampling):
    pixels = np.broadcast_to(np.uint8(color), (37, 21, 3))
    decoded = decode_both(accelir.encode(pixels, max_bytes=2000, subsampling=subsampling))
    # YCbCr of 8 bits can't do better than 1.
    assert np.abs(decoded.astype(int) - color).max() <= 1


@pytest.mark.parametrize("name", ["noise", "gradient", "photo", "gray noise", "gray photo"])
@pytest.mark.parametrize("effort", [0, 5, 9])
def test_pictures_of_all_kinds_decode_everywhere(name, effort, tmp_path):
    pixels = {
        "noise": lambda: noise(57, 91),
        "gradient": lambda: np.broadcast_to(np.arange(91, dtype=np.uint8)[:, None] * np.uint8([1, 2, 0]), (57, 91, 3)),
        "photo": lambda: photo("cup")[:57, :91],
        "gray noise": lambda: noise(57, 91, None),
        "gray photo": lambda: photo("cup")[:57, :91, 1],
    }[name]()
    result = accelir.Encoder(effort=effort).encode(pixels, max_bytes=2500)
    decode_both(result.data)
    found, tables = coefficients_by_libjpeg(result.data, tmp_path)
    read = core.read(result.data)
    for libjpegs, ours in zip(found, read.levels.arrays(), strict=True):
        np.testing.assert_array_equal(libjpegs[: ours.shape[0], : ours.shape[1]], ours)
    np.testing.assert_array_equal(tables[0], result.table[0])


def test_without_jfif_decoders_agree_that_it_is_ycbcr():
    pixels = np.broadcast_to(np.uint8([200, 30, 60]), (16, 16, 3))
    data = accelir.encode(pixels, max_bytes=1000, jfif=False)
    assert not any(0xE0 <= s.marker <= 0xEF for s in segments_of(data))
    assert simplejpeg.decode_jpeg_header(data)[2] == "YCbCr"
    assert np.abs(decode_both(data).astype(int) - pixels).max() <= 1


def test_target_coefficients_come_back_from_their_arrays():
    coefficients = core.Coefficients.from_pixels(photo("cup")[:50, :70], "4:2:0")
    again = core.Coefficients.from_arrays(coefficients.arrays(), 70, 50, "4:2:0")
    assert (again.width, again.height, again.subsampling) == (70, 50, "4:2:0")
    for a, b in zip(coefficients.arrays(), again.arrays(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("progressive", ["never", "always"])
@pytest.mark.parametrize("rdo", [0.0, 1e-6])
def test_targets_beyond_the_largest_levels_are_clamped_to_them(rdo, progressive, tmp_path):
    # Coefficients may be -1024 to 1024; AC levels have ten bits and DC differences eleven (T.81, tables F.1 and F.2).
    targets = np.zeros((2, 3, 8, 8), np.float32)
    targets[..., 0, 0] = [[-1024, 1024, -1024], [1024, -1024, 1024]]
    targets[..., 0, 4], targets[..., 7, 7] = 1024, -1024
    settings = core.Settings(
        relative_steps=np.ones((2, 64), np.float32),
        weights=np.ones((1, 3, 64), np.float32),
        modes=make_modes(lambda_=rdo),
        mode_map=np.zeros((1, 1), np.int32),
        progressive=progressive,
    )
    encoding = core.encode(core.Coefficients.from_arrays([targets], 24, 16, "gray"), settings, step=1.0)
    (levels,) = read_levels(encoding.data)
    np.testing.assert_array_equal(levels[..., 0, 4], 1023)
    np.testing.assert_array_equal(levels[..., 7, 7], -1023)
    np.testing.assert_array_equal(levels[..., 0, 0], np.minimum(targets[..., 0, 0], 1023))
    assert_same_levels(coefficients_by_libjpeg(encoding.data, tmp_path)[0], [levels])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": lambda a: [a[0][:-1], *a[1:]]}, r"shape \(2, 3, 8, 8\)"),
        ({"levels": lambda a: a[:1]}, "3 components, not 1"),
        ({"levels": lambda a: [np.full_like(x, 1024) for x in a]}, "1024"),
        ({"levels": lambda a: [np.full_like(x, -1024) for x in a]}, "-1024"),
        ({"levels": lambda a: [np.full_like(x, 32767) for x in a]}, "32767"),
        ({"tables": lambda t: t * 0}, "1 to 255, not 0"),
        ({"tables": lambda t: t[0]}, "tables"),
        ({"tables": lambda t: t.repeat(4, 0)}, "tables"),
        ({"width": lambda _: 0}, "1 to 65535"),
        ({"height": lambda _: 65536}, "1 to 65535"),
        ({"width": lambda _: 25}, "shape"),
        ({"subsampling": lambda _: "4:1:1"}, "4:1:1"),
        ({"restart_interval": lambda _: -1}, "restart_interval"),
        ({"restart_interval": lambda _: 65536}, "restart_interval"),
    ],
)
def test_wrong_levels_are_refused(change, message):
    arguments = {
        "levels": [np.zeros(s, np.int16) for s in block_shapes(24, 16, "4:4:4")],
        "tables": np.ones((1, 64), np.uint8),
        "width": 24,
        "height": 16,
        "subsampling": "4:4:4",
        "restart_interval": 0,
    }
    assert write_levels(**arguments)
    for name, changed in change.items():
        arguments[name] = changed(arguments[name])
    with pytest.raises(ValueError, match=message):
        write_levels(**arguments)


# Files of others.


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 2}], ids=str
)
@pytest.mark.parametrize("subsampling", ["gray", *SUBSAMPLINGS])
def test_we_read_pillows_files_as_libjpeg_does(subsampling, options, tmp_path):
    pixels = photo("table")[:51, :77]
    if subsampling == "gray":
        data = pillow_jpeg(pixels[..., 0], **options)
    else:
        data = pillow_jpeg(pixels, subsampling=subsampling, quality=83, **options)
    read = core.read(data)
    assert (read.levels.width, read.levels.height, read.levels.subsampling) == (77, 51, subsampling)
    assert read.progressive is bool(options.get("progressive"))
    levels, tables = coefficients_by_libjpeg(data, tmp_path)
    for found, expected in zip(read.levels.arrays(), levels, strict=True):
        np.testing.assert_array_equal(found, expected[: found.shape[0], : found.shape[1]])
    for found, expected in zip(read.tables, tables, strict=True):
        np.testing.assert_array_equal(found, expected.ravel()[ZIGZAG])


# Damaged files.


def small_file(progressive: bool, restart: int = 0) -> bytes:
    rng = np.random.default_rng(2)
    levels = random_levels(rng, block_shapes(20, 18, "4:2:0"), "sparse")
    tables = rng.integers(1, 99, (2, 64)).astype(np.uint8)
    return write_levels(levels, tables, 20, 18, "4:2:0", progressive, restart, COMMENT)


SMALL_FILES = [small_file(False), small_file(True), small_file(False, 1), small_file(True, 2)]


@pytest.mark.parametrize("data", SMALL_FILES, ids=["sequential", "progressive", "restarts", "progressive restarts"])
def test_every_truncation_is_an_error(data):
    for length in range(len(data)):
        with pytest.raises(ValueError, match=r"JPEG"):
            core.read(data[:length])


def read_or_refuse(data: bytes) -> None:
    """Either is right for damaged data; a crash or another exception isn't. Whatever is read must be well formed."""
    try:
        read = core.read(data, max_pixels=1 << 20)
    except ValueError:
        return
    levels = read.levels
    assert [a.shape for a in levels.arrays()] == block_shapes(levels.width, levels.height, levels.subsampling)


@settings(max_examples=400)
@given(
    data=st.sampled_from(SMALL_FILES),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_never_crash_the_reader(data, flips):
    damaged = bytearray(data)
    for at, change in flips:
        damaged[at % len(data)] ^= change
    read_or_refuse(bytes(damaged))


@settings(max_examples=200)
@given(
    data=st.sampled_from(SMALL_FILES),
    cut=st.integers(0, 10_000),
    length=st.integers(0, 60),
    insert=st.binary(max_size=12),
)
def test_cut_and_inserted_bytes_never_crash_the_reader(data, cut, length, insert):
    at = cut % len(data)
    read_or_refuse(data[:at] + insert + data[at + length :])


@given(st.binary(max_size=200))
@example(b"")
@example(b"\xff\xd8")
@example(b"\xff\xd8\xff")
@example(b"\xff\xd8\xff\xd9")
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(ValueError, match="JPEG"):
        core.read(b"\xff\xd8" + data)
    with pytest.raises(ValueError, match="JPEG"):
        core.read(data)


def test_a_header_that_claims_a_huge_picture_is_refused_before_memory_is_taken():
    data = bytearray(SMALL_FILES[0])
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(ValueError, match=r"65535 x 65535"):
        core.read(bytes(data))


def test_pictures_above_the_pixel_limit_are_refused():
    assert core.read(SMALL_FILES[0], max_pixels=360).levels.width == 20
    with pytest.raises(ValueError, match="limit of 359"):
        core.read(SMALL_FILES[0], max_pixels=359)


def test_four_components_and_other_samplings_are_refused():
    buffer = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(buffer, "JPEG")
    cmyk = buffer.getvalue()
    with pytest.raises(ValueError, match="4 components"):
        core.read(cmyk)
    data = bytearray(SMALL_FILES[0])
    at = data.index(b"\xff\xc0") + 11
    assert data[at] == 0x22
    data[at] = 0x41
    with pytest.raises(ValueError, match="sampling"):
        core.read(bytes(data))


def repacked(data, *options):
    """A file as jpegtran packs its levels, which gets a JFIF segment where it had none."""
    call = ["jpegtran", "-copy", "none", *options]
    return subprocess.run(call, input=data, capture_output=True, check=True).stdout


@pytest.mark.skipif(shutil.which("jpegtran") is None, reason="jpegtran is in Debian's libjpeg-turbo-progs")
@pytest.mark.parametrize("bpp", [0.3, 0.8, 1.2, 1.8, 2.5, 4.0])
@pytest.mark.parametrize("profile", ["fidelity", "sr-x4", "denoise-25"])
@pytest.mark.parametrize("crop", PHOTO_CROPS)
def test_no_lossless_repacking_finds_a_smaller_file_at_the_default_effort(crop, profile, bpp):
    noise = np.random.default_rng(3).normal(0, 12, photo(crop).shape)
    noisy = np.clip(photo(crop) + noise, 0, 255).astype(np.uint8)
    for pixels in (photo(crop), np.ascontiguousarray(photo(crop)[..., 1]), noisy):
        data = accelir.encode(pixels, bpp=bpp, profile=profile)
        name = 11 if b"\xff\xfe\0\x09aR" in data[:40] else 0  # the network's name, which jpegtran leaves out
        for options in (["-optimize"], ["-optimize", "-progressive"]):
            assert len(repacked(data, *options)) >= 0.999 * (len(data) - name)


@pytest.mark.skipif(shutil.which("jpegtran") is None, reason="jpegtran is in Debian's libjpeg-turbo-progs")
def test_scans_are_chosen_at_the_size_that_the_file_ends_with():
    data = accelir.encode(np.ascontiguousarray(photo()[144:, 344:, 1]), bpp=3.5, profile="sr-x2")
    name = 11  # bytes that jpegtran leaves out
    assert len(repacked(data, "-optimize", "-progressive")) >= 0.999 * (len(data) - name)
