"""`accelir inspect --plot`: the picture and its maps, side by side."""

import io
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

import accelir
from accelir import plot
from accelir.cli import main
from accelir.inspect import cell_bits

# 150 x 100 pixels: the last blocks are cut.
CROP = photo()[100:200, 200:350]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes(accelir.encode(CROP, bpp=1.5))
    (tmp_path / "gray.jpg").write_bytes(accelir.encode(CROP[..., 1], bpp=1.5))
    Image.fromarray(CROP).save(tmp_path / "photo.webp")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)])


def test_a_jpeg_has_its_picture_and_its_bits(folder):
    data = (folder / "photo.jpg").read_bytes()
    picture, bits = plot.panels(data)
    np.testing.assert_array_equal(picture.values, accelir.decode(data, network=None))
    np.testing.assert_array_equal(bits.values, cell_bits(data))
    assert (picture.unit, bits.unit, bits.values.shape) == ("", "bits", (4, 5))
    assert bits.values.sum() == pytest.approx(8 * len(data), rel=0.3)


def test_a_webp_has_its_picture(folder):
    (picture,) = plot.panels((folder / "photo.webp").read_bytes())
    assert picture.values.shape == (100, 150, 3)


@pytest.mark.parametrize(("name", "panels"), [("photo.jpg", 2), ("gray.jpg", 2), ("photo.webp", 1)])
def test_the_panels_are_drawn_side_by_side(folder, name, panels):
    plain = call(name)
    result = call(name, "--plot", "out.png")
    assert (result.exit_code, result.stdout) == (0, plain.stdout)
    with Image.open("out.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape[1] == panels * 768
    inked = (np.abs(pixels - 255).sum(axis=2) > 0).mean(axis=0)
    for panel in range(panels):
        assert inked[panel * 768 : panel * 768 + 768].max() > 0.5


def test_bright_blocks_are_those_with_many_bits(folder):
    """The colours of the second panel rise in brightness as the bits of the blocks do."""
    data = (folder / "photo.jpg").read_bytes()
    with Image.open(io.BytesIO(plot.plot(data, "photo.jpg"))) as image:
        right = np.asarray(image.convert("L")).astype(int)[:, 768:]
    rows = np.flatnonzero((right < 250).mean(axis=1) > 0.6)
    columns = np.flatnonzero((right[rows] < 250).mean(axis=0) > 0.95)
    columns = columns[: np.argmax(np.diff(columns) > 1) + 1]  # the colour bar comes behind a gap
    panel = right[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    bits = cell_bits(data)
    scale = len(columns) / 150
    ys, xs = ((np.minimum(32 * np.arange(n) + 16, side - 2) * scale).astype(int) for n, side in ((4, 100), (5, 150)))
    centers = panel[np.ix_(ys, xs)]
    order = np.argsort(bits, axis=None)
    assert np.all(np.diff(centers.ravel()[order]) >= -1)


def test_a_plot_that_exists_is_replaced_only_when_asked(folder):
    (folder / "out.png").write_bytes(b"precious")
    result = call("photo.jpg", "--plot", "out.png")
    assert (result.exit_code, "out.png exists; --force replaces it" in result.stderr) == (1, True)
    assert (folder / "out.png").read_bytes() == b"precious"
    assert call("photo.jpg", "--plot", "out.png", "--force").exit_code == 0


@pytest.mark.parametrize("arguments", [["photo.jpg", "gray.jpg", "--plot", "out.png"], ["photo.jpg", "--plot", "-"]])
def test_wrong_calls_exit_with_2(folder, arguments):
    assert call(*arguments).exit_code == 2
    assert not (folder / "out.png").exists()


def test_without_matplotlib_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = call("photo.jpg", "--plot", "out.png")
    assert (result.exit_code, "pip install 'accelir[plot]'" in result.stderr) == (1, True)
