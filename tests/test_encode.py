"""encode, Encoder and Encoded: any picture and budget gives a right file or an error that says what is wrong."""

import functools
import inspect
import io
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from helpers import SUBSAMPLINGS, by_pillow, decode_both, noise, photo, psnr, smooth
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import accelir
from accelir import BudgetError, Encoder, encode
from accelir.core import jpeg as core

SMALL = photo("cup")[:45, :67]
"""Of odd sides; read-only."""

# Results


def test_encode_is_the_encoders_data():
    data = encode(SMALL, bpp=2.0, effort=3, subsampling="4:2:2", progressive=True)
    result = Encoder(effort=3, subsampling="4:2:2", progressive=True).encode(SMALL, bpp=2.0)
    assert isinstance(data, bytes)
    assert data == result.data


def test_encode_takes_what_the_encoder_takes():
    names = set(inspect.signature(encode).parameters)
    assert names == {
        *inspect.signature(Encoder.__init__).parameters,
        *inspect.signature(Encoder.encode).parameters,
    } - {"self"}
    keyword_only = [p.kind for n, p in inspect.signature(encode).parameters.items() if n != "image"]
    assert set(keyword_only) == {inspect.Parameter.KEYWORD_ONLY}


def test_a_result_says_how_the_file_came_about():
    result = Encoder(effort=4, subsampling="4:2:0", progressive=False).encode(SMALL, max_bytes=1500)
    assert result.bpp == len(result.data) * 8 / (45 * 67)
    assert result.qp_map.shape == result.clusters.shape == (2, 3)
    assert result.qp_map.dtype == np.int32
    assert 15 <= result.qp_map.min() == result.qp_map.max() <= 95
    assert 0 <= result.clusters.min() <= result.clusters.max() <= 9
    assert not Encoder(profile="fidelity").encode(SMALL, max_bytes=1500).clusters.any()
    assert result.table.dtype == np.uint8
    assert result.stats["profile"] == "sr-x4"
    assert result.stats["format"] == "jpeg"
    assert result.stats["effort"] == 4
    assert result.stats["subsampling"] == "4:2:0"
    assert result.stats["progressive"] is False
    assert result.stats["max_bytes"] == 1500
    assert result.stats["passes"] >= 1
    assert result.stats["step"] > 0
    assert result.stats["seconds"] > 0


def test_bpp_counts_every_byte_of_the_file():
    for bpp in (1.5, Fraction(3, 2), np.float16(1.5), np.float32(1.5), np.longdouble(1.5), np.uint8(2), 2):
        result = Encoder().encode(SMALL, bpp=bpp, xmp=b"x" * 200)
        assert result.stats["max_bytes"] == math.floor(float(bpp) * 45 * 67 / 8)
        assert len(result.data) <= result.stats["max_bytes"]
        assert result.bpp <= bpp


def test_the_table_is_the_one_in_the_file():
    result = Encoder(profile="fidelity", subsampling="4:2:0").encode(photo("cup"), bpp=1.5)
    with Image.open(io.BytesIO(result.data)) as image:
        in_file = image.quantization
    assert len(in_file) == len(result.table) == 2  # the fidelity profile quantises subsampled chroma otherwise
    for number, table in in_file.items():
        np.testing.assert_array_equal(np.reshape(table, (8, 8)), result.table[number])


def test_a_small_file_has_one_table():
    small, large = (Encoder(profile="fidelity").encode(photo("cup"), max_bytes=n) for n in (2000, 4000))
    assert [len(small.table), len(large.table)] == [1, 2]
    assert small.data.count(b"\xff\xdb\x00\x43") == 1  # DQT of 67 bytes


def test_metadata_makes_no_file_small_or_large():
    """A table is worth its bytes or not by what the picture itself gets."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + bytes(3000)
    with_exif = Encoder(profile="fidelity").encode(photo("cup"), max_bytes=5000, exif=exif)
    assert len(with_exif.table) == 1


def test_qp_of_uniform_files_rises_with_the_budget():
    qps = [Encoder().encode(photo("cup"), bpp=bpp).qp_map[0, 0] for bpp in (0.2, 0.5, 1, 2, 4, 8)]
    assert qps == sorted(qps)
    assert qps[-1] - qps[0] > 40  # measured 15..95


def test_save_writes_the_whole_file(tmp_path):
    result = Encoder().encode(SMALL, bpp=2)
    result.save(tmp_path / "photo.jpg")
    assert (tmp_path / "photo.jpg").read_bytes() == result.data
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]
    with pytest.raises(OSError, match="missing"):
        result.save(tmp_path / "missing" / "photo.jpg")


def test_decode_gives_the_pixels_that_decoders_give():
    data = encode(SMALL, bpp=2)
    np.testing.assert_array_equal(accelir.decode(data, network=None), decode_both(data))


@pytest.mark.parametrize("effort", range(10))
@pytest.mark.parametrize("kind", ["photo", "gray", "noise"])
def test_the_same_input_gives_the_same_bytes_at_every_effort(effort, kind):
    pixels = {"photo": SMALL, "gray": SMALL[..., 1], "noise": noise(45, 67)}[kind]
    first = encode(pixels, max_bytes=1400, effort=effort)
    assert encode(pixels.copy(), max_bytes=1400, effort=effort) == first
    assert decode_both(first).shape == pixels.shape


@pytest.mark.parametrize("subsampling", [*SUBSAMPLINGS, "auto"])
@pytest.mark.parametrize("progressive", [False, True, "auto"])
def test_layout_and_kind_are_what_was_asked_for(subsampling, progressive):
    result = Encoder(subsampling=subsampling, progressive=progressive).encode(SMALL, max_bytes=1400)
    read = core.read(result.data)
    assert result.stats["subsampling"] == read.levels.subsampling
    assert result.stats["progressive"] is read.progressive
    if subsampling != "auto":
        assert read.levels.subsampling == subsampling
    if progressive != "auto":
        assert read.progressive is progressive


def test_auto_kind_is_the_smaller_one():
    # At the finest tables only the kind tells the files apart.
    for pixels in (SMALL, photo("table")):
        sizes = [len(encode(pixels, max_bytes=10**7, progressive=p, subsampling="4:4:4")) for p in (False, True)]
        assert len(encode(pixels, max_bytes=10**7, progressive="auto", subsampling="4:4:4")) == min(sizes)


def test_auto_subsampling_is_the_better_one(crop):
    for bpp in (0.6, 3.0):
        faithful = functools.partial(encode, crop, bpp=bpp, profile="fidelity")
        scores = [psnr(by_pillow(faithful(subsampling=s)), crop) for s in ("4:2:0", "4:4:4")]
        # It decides by trials of little effort, so that a near tie may go the other way; measured 0.05 dB at most.
        assert psnr(by_pillow(faithful()), crop) > max(scores) - 0.1


def test_auto_subsampling_follows_the_picture():
    stripes = np.full((96, 96, 3), (200, 90, 90), np.uint8)
    stripes[:, ::2] = (90, 90, 200)
    for effort in (0, 1, 2, 3, 5, 9):
        for pixels, expected in ((photo("table"), "4:2:0"), (stripes, "4:4:4")):
            assert Encoder(effort=effort).encode(pixels, bpp=1).stats["subsampling"] == expected


def test_profiles_say_how_much_better_full_chroma_must_be():
    # At 4 bpp 4:4:4 is better for decoded RGB, but a denoiser is better off without.
    for profile, expected in (("fidelity", "4:4:4"), ("denoise-25", "4:2:0")):
        assert Encoder(profile=profile).encode(photo("cup"), bpp=4).stats["subsampling"] == expected


# Kinds of input


def test_arrays_of_any_layout_give_the_same_file():
    base = np.array(SMALL)
    reference = encode(base, max_bytes=1400)
    wide = np.zeros((90, 201, 4), np.uint8)
    wide[::2, ::3, 1:] = base
    backwards = base[::-1, ::-1, ::-1].copy()
    read_only = base.copy()
    read_only.flags.writeable = False
    for layout in (
        np.asfortranarray(base),
        wide[::2, ::3, 1:],
        backwards[::-1, ::-1, ::-1],
        read_only,
        np.ascontiguousarray(base.transpose(1, 2, 0)).transpose(2, 0, 1),
        np.frombuffer(bytearray(base.tobytes()), np.uint8).reshape(base.shape),
    ):
        np.testing.assert_array_equal(layout, base)
        before = layout.tobytes()
        assert encode(layout, max_bytes=1400) == reference
        assert layout.tobytes() == before


def test_gray_arrays_of_any_layout_give_the_same_file():
    gray = np.ascontiguousarray(SMALL[..., 1])
    reference = encode(gray, max_bytes=900)
    for layout in (SMALL[..., 1], np.asfortranarray(gray), gray[::-1, ::-1].copy()[::-1, ::-1]):
        assert encode(layout, max_bytes=900) == reference


def test_broadcast_arrays_work():
    row = np.broadcast_to(SMALL[0], SMALL.shape)
    assert encode(row, max_bytes=900) == encode(row.copy(), max_bytes=900)


def test_the_core_takes_strided_arrays_as_they_are():
    strided = photo("cup")[::-2, 1::3]
    found = core.Coefficients.from_pixels(strided, "4:2:0").arrays()
    expected = core.Coefficients.from_pixels(strided.copy(), "4:2:0").arrays()
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_pillow_images_are_taken_as_their_pixels(mode):
    image = Image.fromarray(SMALL).convert(mode)
    pixels = np.asarray(image.convert("RGB" if mode in ("P", "RGB") else "L"))
    assert encode(image, max_bytes=2500) == encode(pixels, max_bytes=2500)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa", "La"])
def test_transparency_is_refused_for_jpeg(mode):
    with pytest.raises(ValueError, match=f"transparency and the image .mode {mode}"):
        encode(Image.new(mode, (9, 9)), bpp=8)


def test_a_palette_with_transparency_is_refused():
    image = Image.fromarray(SMALL).convert("P")
    image.info["transparency"] = image.getpixel((5, 5))
    with pytest.raises(ValueError, match="transparency"):
        encode(image, bpp=8)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "NoneType"),
        (SMALL.tolist(), "list"),
        (b"\xff\xd8\xff", "bytes"),
        ("photo.png", "str"),
        (np.uint8(5), "uint8"),
        (SMALL.astype(np.float32), "float32"),
        (np.full((8, 8, 3), np.nan), "float64"),
        (SMALL.astype(np.int8), "int8"),
        (SMALL.astype(np.uint32), "uint32"),
        (SMALL > 9, "bool"),
        (SMALL.astype(object), "object"),
        (SMALL.astype(complex), "complex"),
        (np.zeros((2, 2), [("r", "u1")]), "'r'"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_other_types_are_refused(image, message):
    with pytest.raises(TypeError, match=message) as caught:
        encode(image, bpp=8)
    assert "uint8" in str(caught.value)


@pytest.mark.parametrize(
    "shape",
    [(), (5,), (5, 5, 1), (5, 5, 2), (5, 5, 4), (3, 5, 5), (1, 5, 5, 3), (0,), (0, 5, 3), (5, 0, 3), (5, 5, 0), (0, 0),
     (0, 5), (5, 0), (65536, 1), (1, 65536), (65536, 1, 3), (1, 65536, 3), (0, 65536, 3)],
    ids=str,
)  # fmt: skip
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(height, width|1 to \d+ pixels"):
        encode(np.zeros(shape, np.uint8), max_bytes=1000)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0), (65536, 1), (1, 65536, 3), (5, 5, 4), (5,)], ids=str)
def test_the_core_refuses_these_shapes_too(shape):
    with pytest.raises(ValueError, match="shape"):
        core.Coefficients.from_pixels(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("smoothing", [-0.01, 1.01, float("nan"), float("inf")])
def test_the_core_refuses_a_smoothing_out_of_range(smoothing):
    with pytest.raises(ValueError, match="chroma_smoothing must be 0 to 1"):
        core.Coefficients.from_pixels(np.zeros((8, 8, 3), np.uint8), "4:2:0", smoothing)


# Budgets


@pytest.mark.parametrize(
    ("budget", "error"),
    [
        ({}, TypeError),
        ({"bpp": None, "max_bytes": None}, TypeError),
        ({"bpp": 1.0, "max_bytes": 1000}, TypeError),
        ({"bpp": "1"}, TypeError),
        ({"bpp": True}, TypeError),
        ({"bpp": 1j}, TypeError),
        ({"bpp": Decimal(1)}, TypeError),
        ({"bpp": [1.0]}, TypeError),
        ({"bpp": 0}, ValueError),
        ({"bpp": -0.0}, ValueError),
        ({"bpp": -1.5}, ValueError),
        ({"bpp": math.nan}, ValueError),
        ({"bpp": math.inf}, ValueError),
        ({"bpp": -math.inf}, ValueError),
        ({"max_bytes": 1000.0}, TypeError),
        ({"max_bytes": math.nan}, TypeError),
        ({"max_bytes": "1000"}, TypeError),
        ({"max_bytes": True}, TypeError),
        ({"max_bytes": 0}, ValueError),
        ({"max_bytes": -1}, ValueError),
        ({"max_bytes": -(2**70)}, ValueError),
    ],
    ids=str,
)
def test_wrong_budgets_are_refused(budget, error):
    with pytest.raises(error, match=r"bpp|max_bytes") as caught:
        encode(SMALL, **budget)
    assert not isinstance(caught.value, BudgetError)


@pytest.mark.parametrize("budget", [{"bpp": 1e-9}, {"bpp": 5e-324}, {"max_bytes": 1}], ids=str)
def test_tiny_budgets_are_budget_errors(budget):
    with pytest.raises(BudgetError, match="smallest"):
        encode(SMALL, **budget)


@pytest.mark.parametrize(
    "budget",
    [{"bpp": 1e9}, {"bpp": 1e300}, {"bpp": 1.7e308}, {"bpp": 10**400}, {"max_bytes": 2**62}, {"max_bytes": 2**64},
     {"max_bytes": 10**30}, {"max_bytes": np.uint64(2**64 - 1)}],
    ids=lambda b: f"{next(iter(b))}={next(iter(b.values())):.1e}" if next(iter(b.values())) < 1e300 else "huge",
)  # fmt: skip
def test_huge_budgets_give_the_finest_file(budget):
    assert encode(SMALL, **budget) == encode(SMALL, max_bytes=10**9)


def test_numpy_integers_are_integers():
    assert encode(SMALL, max_bytes=np.int64(1400)) == encode(SMALL, max_bytes=1400)


# Settings


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ({"format": "png"}, ValueError),
        ({"format": "JPEG"}, ValueError),
        ({"format": None}, ValueError),
        ({"profile": "nothing"}, ValueError),
        ({"profile": ""}, ValueError),
        ({"profile": "../profiles/fidelity"}, ValueError),
        ({"profile": None}, TypeError),
        ({"profile": 5}, TypeError),
        ({"effort": -1}, ValueError),
        ({"effort": 10}, ValueError),
        ({"effort": 5.0}, TypeError),
        ({"effort": "5"}, TypeError),
        ({"effort": True}, TypeError),
        ({"effort": None}, TypeError),
        ({"subsampling": "4:1:1"}, ValueError),
        ({"subsampling": "gray"}, ValueError),
        ({"subsampling": None}, ValueError),
        ({"subsampling": 420}, ValueError),
        ({"progressive": "yes"}, ValueError),
        ({"progressive": 1}, ValueError),
        ({"progressive": None}, ValueError),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(setting, error):
    (name,) = setting
    with pytest.raises(error, match=name):
        encode(SMALL, bpp=2, **setting)
    with pytest.raises(error, match=name):
        Encoder(**setting)


@pytest.mark.parametrize("name", ["quality", "max_byte", "optimize", "Effort", "restart_interval"])
def test_unknown_keywords_are_refused(name):
    with pytest.raises(TypeError, match=name):
        encode(SMALL, bpp=2, **{name: 5})
    with pytest.raises(TypeError, match=name):
        Encoder(**{name: 5})
    with pytest.raises(TypeError, match=name):
        Encoder().encode(SMALL, bpp=2, **{name: 5})


def test_settings_and_budgets_are_keywords_only():
    with pytest.raises(TypeError, match="positional"):
        encode(SMALL, 2.0)
    with pytest.raises(TypeError, match="positional"):
        Encoder("fidelity")
    with pytest.raises(TypeError, match="positional"):
        Encoder().encode(SMALL, 2.0)


@settings(max_examples=60)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    gray=st.booleans(),
    effort=st.sampled_from((0, 3, 5)),
    subsampling=st.sampled_from((*SUBSAMPLINGS, "auto")),
    progressive=st.sampled_from((False, True, "auto")),
    share=st.floats(0.02, 1.1),
    kind=st.sampled_from(("noise", "smooth", "photo", "flat")),
)
def test_any_picture_at_any_budget(width, height, gray, effort, subsampling, progressive, share, kind):
    pixels = {
        "noise": lambda: noise(height, width),
        "smooth": lambda: smooth(height, width),
        "photo": lambda: photo("cloth")[:height, :width],
        "flat": lambda: np.full((height, width, 3), 77, np.uint8),
    }[kind]()
    pixels = pixels[..., 0] if gray else pixels
    budget = int(700 + share * pixels.size)  # 700 bytes hold the headers of any kind of file
    result = Encoder(effort=effort, subsampling=subsampling, progressive=progressive).encode(pixels, max_bytes=budget)
    assert len(result.data) <= budget
    assert decode_both(result.data).shape == pixels.shape
