"""detail=: a network's result blended with its twin's, in restore, decode and on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from test_restore import card, off_by, picture, save

import accelir
from accelir.cli import main
from accelir.restoration.detail import twin_of


def gain_model(gain: float) -> object:
    """A network that multiplies every value, around 0."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "gain"], ["y"])],
        "gain",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [onnx.numpy_helper.from_array(np.array(gain, np.float32), "gain")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def halving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that halves, and its twin, which changes nothing."""
    folder = tmp_path_factory.mktemp("twins")
    save(folder, gain_model(1.0), card(name="half-detail", halo=0))
    return save(folder, gain_model(0.5), card(name="half", halo=0))


@pytest.mark.parametrize("detail", [0, 0.25, 1])
def test_the_result_lies_between_both_networks(halving: Path, detail: float) -> None:
    image = picture(20, 30)
    expected = np.rint(image * (0.5 + 0.5 * detail))
    assert off_by(accelir.restore(image, halving, detail=detail), expected) <= 1
    if detail == 0:
        assert (accelir.restore(image, halving, detail=0) == accelir.restore(image, halving)).all()


def test_the_amount_is_that_of_both(halving: Path) -> None:
    image = picture(20, 30)
    assert off_by(accelir.restore(image, halving, amount=0.5, detail=0.5), np.rint(image * 0.875)) <= 1
    assert (accelir.restore(image, halving, amount=0, detail=1) == image).all()


def test_decode_blends_as_restore_does(halving: Path) -> None:
    data = accelir.encode(photo()[:64, :64], bpp=2, profile="fidelity")
    plain = accelir.decode(data, network=None)
    assert off_by(accelir.decode(data, network=halving, detail=0.5), np.rint(plain * 0.75)) <= 1


@pytest.mark.parametrize("detail", [-0.1, 1.5, "much", True, float("nan")])
def test_details_outside_of_0_to_1_are_refused(halving: Path, detail: object) -> None:
    with pytest.raises(ValueError, match="detail is a number from 0 to 1"):
        accelir.restore(picture(8, 8), halving, detail=detail)
    data = accelir.encode(photo()[:64, :64], bpp=2, profile="fidelity", effort=0)
    with pytest.raises(ValueError, match="detail is a number from 0 to 1"):
        accelir.decode(data, network=None, detail=detail)


def test_a_network_without_a_twin_says_so(tmp_path: Path) -> None:
    alone = save(tmp_path, gain_model(0.5), card(name="alone", task="denoise", strength=3.0, halo=0))
    with pytest.raises(ValueError, match=r"neither alone-detail\.onnx nor denoise-3-detail is there"):
        accelir.restore(picture(8, 8), alone, detail=0.5)
    assert accelir.restore(picture(8, 8), alone).shape == (8, 8, 3)


def test_a_twin_of_another_scale_is_refused(tmp_path: Path) -> None:
    from test_restore import toy_model

    path = save(tmp_path, toy_model(), card(name="one"))
    save(tmp_path, toy_model(scale=2), card(name="one-detail", task="sr", strength=2.0, scale=2))
    with pytest.raises(ValueError, match="their scales differ"):
        accelir.restore(picture(8, 8), path, detail=1)


def test_the_command_takes_detail_with_a_network_only(halving: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jpg", tmp_path / "out.png"
    source.write_bytes(accelir.encode(photo()[:64, :64], bpp=2, profile="fidelity"))
    told = CliRunner().invoke(main, ["decode", str(source), "-o", str(out), "--detail", "0.5"])
    assert told.exit_code == 2
    assert "--detail is for a restored picture; add --restore" in told.output
    command = ["decode", str(source), "-o", str(out), "--restore", str(halving), "--detail", "0.5"]
    assert CliRunner().invoke(main, command).exit_code == 0
    from PIL import Image

    assert (np.asarray(Image.open(out)) == accelir.decode(source, network=halving, detail=0.5)).all()


def test_a_twin_lies_beside_its_network(halving: Path) -> None:
    assert twin_of(halving).name == "half-detail.onnx"
