"""`--plot` of inspect and encode: the picture and its maps, side by side."""

import io
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

import accelir
from accelir.cli import main
from accelir.commands import plot
from accelir.formats.registry import format_of
from accelir.formats.webp.inspect import macroblocks
from accelir.profile.installed import load_profile

# 150 x 100 pixels: the last blocks are cut.
CROP = photo()[100:200, 200:350]
# 6 inches a panel and 0.3 between them, at 120 dots an inch.
PANEL, GAP = 720, 36


@pytest.fixture
def folder(tmp_path, monkeypatch):
    Image.fromarray(CROP).save(tmp_path / "photo.png")
    (tmp_path / "photo.jpg").write_bytes(accelir.encode(CROP, bpp=1.5))
    (tmp_path / "gray.jpg").write_bytes(accelir.encode(CROP[..., 1], bpp=1.5))
    # Large enough for the tag.
    (tmp_path / "tagged.jpg").write_bytes(accelir.encode(CROP, bpp=6, profile="denoise-25"))
    Image.fromarray(CROP).save(tmp_path / "photo.webp")
    Image.fromarray(CROP).save(tmp_path / "lossless.webp", lossless=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def titles(panels):
    return [panel.title.split(",")[0] for panel in panels]


def boxes(name):
    """Left and right ends of what is drawn of each panel, found in the row in the middle."""
    with Image.open(name) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    row = np.abs(pixels[pixels.shape[0] // 2] - 255).sum(axis=1) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
    return edges[::2], edges[1::2]


def test_a_jpeg_has_its_picture_and_its_bits(folder):
    data = (folder / "photo.jpg").read_bytes()
    picture, bits = plot.file_panels(data)
    np.testing.assert_array_equal(picture.values, accelir.decode(data, network=None))
    np.testing.assert_array_equal(bits.values, format_of(data).cell_bits(data))
    assert (picture.unit, bits.unit, bits.values.shape) == ("", "bits per 32x32 pixels", (4, 5))
    assert bits.values.sum() == pytest.approx(8 * len(data), rel=0.3)


def test_groups_are_those_that_qp_net_sees_in_the_decoded_picture(folder):
    data = (folder / "tagged.jpg").read_bytes()
    picture, groups, _ = plot.file_panels(data)
    model = load_profile("denoise-25").groups
    np.testing.assert_array_equal(groups.values, model.network.groups(picture.values))
    assert (groups.title, groups.groups) == ("utility, by QP-NET of denoise-25", model.count)


def test_the_profile_asked_for_comes_before_the_files_own(folder):
    for name in ("photo.jpg", "tagged.jpg", "lossless.webp"):
        _, groups, *_ = plot.file_panels((folder / name).read_bytes(), "deblur-1.5")
        assert groups.title == "utility, by QP-NET of deblur-1.5"
        assert groups.values.shape == (4, 5)


def test_a_webp_has_its_bits_and_quantisers(folder):
    data = (folder / "photo.webp").read_bytes()
    picture, bits, quantizers = plot.file_panels(data)
    assert picture.values.shape == (100, 150, 3)
    np.testing.assert_array_equal(bits.values, format_of(data).cell_bits(data))
    np.testing.assert_array_equal(quantizers.values, macroblocks(data)[1])
    assert (quantizers.side, quantizers.values.shape) == (16, (7, 10))
    assert titles(plot.file_panels((folder / "lossless.webp").read_bytes())) == ["picture"]


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_an_encoders_panels_are_what_it_decided(format):
    encoder = accelir.Encoder(profile="denoise-25", format=format)
    encoded = encoder.encode(CROP, bpp=2)
    panels = {panel.title: panel.values for panel in plot.encoded_panels(encoded, encoder.settings.profile)}
    np.testing.assert_array_equal(panels["QP of each cell"], encoded.qp_map)
    np.testing.assert_array_equal(panels["bits of each cell"], format_of(encoded.data).cell_bits(encoded.data))
    if format == "jpeg":
        np.testing.assert_array_equal(panels["utility, by QP-NET of denoise-25"], encoded.clusters)
    else:
        assert panels["quantiser of each macroblock"].tolist() == [[encoded.table[0]] * 10] * 7


@pytest.mark.parametrize(
    ("name", "panels"), [("photo.jpg", 2), ("gray.jpg", 2), ("tagged.jpg", 3), ("photo.webp", 3), ("lossless.webp", 1)]
)
def test_the_panels_are_drawn_side_by_side(folder, name, panels):
    plain = call("inspect", name)
    result = call("inspect", name, "--plot", "out.png")
    assert (result.exit_code, result.stdout) == (0, plain.stdout)
    lefts, rights = boxes("out.png")
    assert lefts.tolist() == [GAP + i * (PANEL + GAP) for i in range(panels)]
    assert (rights - lefts).tolist() == [PANEL] * panels


@pytest.mark.parametrize("size", [(1, 1), (40, 700), (700, 40)], ids=str)
def test_every_shape_is_drawn(tmp_path, size):
    data = accelir.encode(Image.fromarray(photo()).resize(size), bpp=9000)
    with Image.open(io.BytesIO(plot.draw(list(plot.file_panels(data, "sr-x4")), "long " * 9))) as image:
        assert 500 < image.width < 3000
        assert 200 < image.height < 1500


def test_bright_blocks_are_those_with_many_bits(folder):
    """The colours of the second panel rise in brightness as the bits of the blocks do."""
    call("inspect", "photo.jpg", "--plot", "out.png")
    lefts, rights = boxes("out.png")
    with Image.open("out.png") as image:
        right = np.asarray(image.convert("L")).astype(int)[:, lefts[1] : rights[1]]
    rows = np.flatnonzero((right < 250).mean(axis=1) > 0.95)
    rows = rows[: np.argmax(np.diff(rows) > 1) + 1]  # the colour bar comes below a gap
    panel = right[rows[0] : rows[-1] + 1]
    bits = format_of((folder / "photo.jpg").read_bytes()).cell_bits((folder / "photo.jpg").read_bytes())
    scale = panel.shape[1] / 150
    ys, xs = ((np.minimum(32 * np.arange(n) + 16, side - 2) * scale).astype(int) for n, side in ((4, 100), (5, 150)))
    centers = panel[np.ix_(ys, xs)]
    order = np.argsort(bits, axis=None)
    assert np.all(np.diff(centers.ravel()[order]) >= -1)


def test_encoding_draws_beside_the_file(folder):
    plain = call("encode", "photo.png", "-o", "out.jpg", "--bpp", 2)
    data = (folder / "out.jpg").read_bytes()
    drawn = call("encode", "photo.png", "-o", "out.jpg", "--bpp", 2, "--plot", "map.png", "--force")
    assert (drawn.exit_code, drawn.stdout) == (0, plain.stdout)
    assert (folder / "out.jpg").read_bytes() == data
    assert len(boxes("map.png")[0]) == 4


def test_a_plot_that_exists_is_replaced_only_when_asked(folder):
    (folder / "out.png").write_bytes(b"precious")
    for arguments in (["inspect", "photo.jpg"], ["encode", "photo.png", "--bpp", 2, "-o", "new.jpg"]):
        result = call(*arguments, "--plot", "out.png")
        assert (result.exit_code, "out.png exists; --force replaces it" in result.stderr) == (1, True)
        assert (folder / "out.png").read_bytes() == b"precious"
    assert not (folder / "new.jpg").exists()
    assert call("inspect", "photo.jpg", "--plot", "out.png", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("inspect photo.jpg gray.jpg --plot out.png", "--plot takes one file and 2 came"),
        ("inspect photo.jpg --plot -", "a .png file to write, not -"),
        ("inspect photo.jpg --plot out.jpg", "a .png file to write, not out.jpg"),
        ("inspect photo.jpg --profile sr-x4", "--profile is for --plot"),
        ("encode photo.png --bpp 2 -o out.png --format jpeg --plot out.png", "a .png file to write, not out.png"),
        ("encode photo.png photo.webp --bpp 2 --plot out.png", "--plot takes one file and 2 came"),
    ],
)
def test_wrong_calls_exit_with_2(folder, arguments, message):
    result = call(*arguments.split())
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert not (folder / "out.png").exists()


@pytest.mark.parametrize(
    ("profile", "message"),
    [("fidelity", "tells no groups of cells apart"), ("none", "no profile 'none'"), ("./none", "no profile.json")],
)
def test_a_profile_without_groups_is_refused(folder, profile, message):
    result = call("inspect", "photo.jpg", "--plot", "out.png", "--profile", profile)
    assert (result.exit_code, message in result.stderr) == (1, True), result.stderr


def test_a_folder_that_is_not_there_is_named(folder):
    result = call("inspect", "photo.jpg", "--plot", "none/out.png")
    assert (result.exit_code, "none/out.png can't be written" in result.stderr) == (1, True), result.stderr


def test_without_matplotlib_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for arguments in (["inspect", "photo.jpg"], ["encode", "photo.png", "--bpp", 2, "-o", "new.jpg"]):
        result = call(*arguments, "--plot", "out.png")
        assert (result.exit_code, "pip install 'accelir[plot]'" in result.stderr) == (1, True)
    assert not (folder / "out.png").exists()
