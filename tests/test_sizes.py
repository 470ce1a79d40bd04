"""size=: the smallest network of a family that reaches it, then Lanczos; in restore, decode and the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo, psnr
from PIL import Image

import accelir
from accelir.cli import main
from accelir.restoration.installed import find
from accelir.restoration.sizes import network_for, resized

CROP = photo("cup")[:60, :80]


def shrunk(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


@pytest.mark.parametrize(
    ("network", "size", "chosen"),
    [
        ("sr-x4", (120, 90), "sr-x2"),  # 3/2
        ("sr-x4-light", (120, 90), "sr-x2-light"),
        ("sr-x2", (160, 120), "sr-x2"),
        ("sr-x2", (161, 120), "sr-x4"),  # one side reaches further
        ("sr-x2-light", (213, 160), "sr-x4-light"),  # 8/3
        ("sr-x2-light", (999, 120), "sr-x4-light"),  # the largest there is
        ("sr-x2-light", None, "sr-x2-light"),
        ("dejpeg", (999, 120), "dejpeg-light"),
        ("dejpeg", (9, 9), "dejpeg-light"),
    ],
)
def test_the_smallest_network_that_reaches_a_size_is_taken(network: str, size: tuple | None, chosen: str) -> None:
    assert find(network_for(network, CROP.shape, size)) == find(chosen)


def test_a_size_that_is_not_larger_takes_no_network_that_enlarges() -> None:
    for size in ((80, 60), (40, 60), (7, 9)):
        assert network_for("sr-x4", CROP.shape, size) is None
        assert (accelir.restore(CROP, "sr-x4", size=size) == resized(CROP, size)).all()


def test_a_file_that_is_not_installed_is_alone(tmp_path: Path) -> None:
    path = tmp_path / "sr-x4-light.onnx"
    for suffix in (".onnx", ".json"):
        path.with_suffix(suffix).write_bytes(find("sr-x4").with_suffix(suffix).read_bytes())
    assert find(network_for(path, CROP.shape, (100, 70))) == path
    assert accelir.restore(CROP, path, size=(100, 70)).shape == (70, 100, 3)


@pytest.mark.parametrize("size", [(120, 90), (213, 160), (100, 201), (640, 480), (80, 60), (1, 1)])
def test_any_size_is_met(size: tuple[int, int]) -> None:
    assert accelir.restore(CROP, "sr-x4", size=size).shape == (size[1], size[0], 3)
    assert accelir.restore(CROP[..., 0], "sr-x4", size=size).shape == (size[1], size[0])


@pytest.mark.parametrize("size", [(288, 288), (324, 324)])
def test_an_odd_factor_gains_over_lanczos_alone(size: tuple[int, int]) -> None:
    # 3/2 of 192 pixels and 27/16: networks are trained on whole factors, and help between them, too.
    truth = photo()[20 : 20 + size[1], 150 : 150 + size[0]]
    small = shrunk(truth, (192, 192))
    assert psnr(accelir.restore(small, "sr-x2", size=size), truth) > psnr(resized(small, size), truth) + 0.3


def test_decode_meets_sizes_as_restore_does() -> None:
    data = accelir.encode(CROP, bpp=2, profile="sr-x4")
    plain = accelir.decode(data, network=None)
    assert (accelir.decode(data, size=(120, 90)) == accelir.restore(plain, "sr-x2", size=(120, 90))).all()
    assert (accelir.decode(data, network=None, size=(120, 90)) == resized(plain, (120, 90))).all()
    assert (accelir.decode(data, size=(320, 240)) == accelir.decode(data)).all()


@pytest.mark.parametrize("factor", [1, 2])
def test_a_file_of_a_smaller_picture_meets_sizes_without_its_padding(factor: int) -> None:
    picture = photo()[40:241, 100:301]  # 201 x 201: coded as 101 x 101, of which the last row and column are padding
    data = accelir.encode(picture, bpp=0.3, profile="fidelity", scale=2)
    own, other = accelir.decode(data), accelir.decode(data, size=(201 * factor, 201 * factor))
    assert own.shape == (201, 201, 3)
    if factor == 1:
        assert (own == other).all()
    # Were the padding still there, the picture would be squeezed by a pixel in 202.
    assert psnr(shrunk(other, (201, 201)), own) > psnr(
        shrunk(np.pad(other, ((0, 4), (0, 4), (0, 0)), "edge"), (201, 201)), own
    )


def test_transparency_meets_sizes() -> None:
    data = accelir.encode(Image.fromarray(np.dstack([CROP, CROP[..., 0]])), bpp=9, format="webp", profile="sr-x2")
    assert accelir.decode(data, alpha=True, size=(100, 70)).shape == (70, 100, 4)


@pytest.mark.parametrize(
    ("size", "error", "says"),
    [
        ((0, 5), ValueError, "size is from 1 x 1 to 65536 x 65536 pixels, not 0 x 5"),
        ((5, 70000), ValueError, "not 5 x 70000"),
        (5, TypeError, r"size is \(width, height\) in whole pixels, not 5"),
        ((5.0, 5), TypeError, "whole pixels"),
        ((5, 5, 3), TypeError, "width, height"),
    ],
)
def test_other_sizes_are_refused(size: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        accelir.restore(CROP, "sr-x2", size=size)
    with pytest.raises(error, match=says):
        accelir.decode(accelir.encode(CROP, bpp=2), size=size)


def test_the_command_takes_sizes(tmp_path: Path) -> None:
    file, out = tmp_path / "a.jpg", tmp_path / "a.png"
    file.write_bytes(accelir.encode(CROP, bpp=2, profile="sr-x4"))
    words = ["decode", str(file), "-o", str(out), "--force", "--size"]
    assert CliRunner().invoke(main, [*words, "120x90", "--restore"]).exit_code == 0
    assert (np.asarray(Image.open(out)) == accelir.decode(file, size=(120, 90))).all()
    assert CliRunner().invoke(main, [*words, "120X90"]).exit_code == 0
    assert (np.asarray(Image.open(out)) == accelir.decode(file, network=None, size=(120, 90))).all()
    for text in ("120", "120x", "ax9", "0x9", "1x2x3"):
        assert CliRunner().invoke(main, [*words, text]).exit_code == 2
