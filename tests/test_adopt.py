"""Models of others: what is measured of them, what is refused, and the command that installs them. Needs onnx."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo

import accelir
from accelir.cli import main
from accelir.restoration.adopt import adopt
from accelir.restoration.card import Card
from accelir.restoration.convert import read_model
from accelir.restoration.installed import find, install, own, own_folder, uninstall
from accelir.restoration.measure import measure
from accelir.restoration.network import Network
from accelir.restoration.session import open_model

onnx = pytest.importorskip("onnx")

from onnx import helper  # noqa: E402
from small_models import enlarger, model_of, without_card  # noqa: E402

from accelir.training.package import add_gradient  # noqa: E402

SHARPENER = enlarger(sharpness=0.6)


@pytest.fixture
def _user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without networks, in an empty folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def call(*words: object) -> object:
    return CliRunner().invoke(main, ["network", *map(str, words)])


def node(operator: str, inputs: list[str], outputs: list[str], **attributes: object) -> object:
    return helper.make_node(operator, inputs, outputs, **attributes)


# Measuring


@pytest.mark.parametrize("name", ["sr-x4-light", "sr-x2-light", "denoise-25-light", "dejpeg-light"])
def test_what_is_measured_agrees_with_what_is_known(name: str) -> None:
    known, model = Card.read(find(name).with_suffix(".json")), find(name).read_bytes()
    card = measure(without_card(model), name)
    assert (card.scale, card.multiple_of, card.channels) == (known.scale, known.multiple_of, known.channels)
    assert (card.range, card.size, card.least) == ((0.0, 1.0), None, known.multiple_of)
    assert (card.macs, card.parameters) == (known.macs, known.parameters)
    # The known halo is the farthest path through the layers; what comes that way may be too little to be seen.
    assert known.halo / 2 <= card.halo <= known.halo
    assert known.memory <= card.memory <= 1.5 * known.memory


@pytest.mark.parametrize("name", ["sr-x4-light", "deblur-1.5-light"])
def test_tiles_of_a_measured_halo_leave_no_seams(name: str) -> None:
    model = find(name).read_bytes()
    network = Network(measure(model, name), open_model(model))
    crop = photo("table")[:96, :96]
    off = np.abs(network(crop, 24).astype(int) - network(crop))
    assert off.max() <= 1
    assert off.mean() < 0.01


@pytest.mark.parametrize("scale", [1, 3, 8])
def test_scales_are_measured(scale: int) -> None:
    card = measure(enlarger(scale), "toy")
    assert (card.scale, card.task, card.halo) == (scale, "dejpeg" if scale == 1 else "sr", 1)
    assert card.least == 2  # of which a mirror needs as many
    assert card.macs == 9 * 9 * scale**2


@pytest.mark.parametrize("radius", [1, 5, 30])
def test_halos_are_measured(radius: int) -> None:
    assert measure(enlarger(radius=radius), "toy").halo == radius


def test_a_model_that_sees_everything_has_no_halo() -> None:
    nodes = [node("GlobalAveragePool", ["x"], ["mean"]), node("Sub", ["x", "mean"], ["y"])]
    assert measure(model_of(nodes, {}), "toy").halo is None


def test_float16_luma_and_a_fixed_size_are_measured() -> None:
    card = measure(enlarger(2, 1, np.float16, (40, 24)), "toy")
    assert (card.channels, card.size, card.scale, card.halo, card.multiple_of, card.least) == (1, (40, 24), 2, 1, 1, 1)


def test_a_multiple_is_measured() -> None:
    nodes = [node("SpaceToDepth", ["x"], ["small"], blocksize=6), node("DepthToSpace", ["small"], ["y"], blocksize=6)]
    assert measure(model_of(nodes, {}), "toy").multiple_of == 6


@pytest.mark.parametrize(("white", "bias"), [(1.0, 0.02), (255.0, 5.0)])
def test_ranges_are_measured(white: float, bias: float) -> None:
    # A bias of five levels, as trained ones are in the range of their model; in the other range it is all, or nothing.
    assert measure(enlarger(2, bias=bias), "toy").range == (0.0, white)


def test_a_range_that_is_given_is_taken() -> None:
    assert measure(enlarger(2), "toy", (-1.0, 1.0)).range == (-1.0, 1.0)


# What is refused


def test_a_result_that_is_no_multiple_is_refused() -> None:
    nodes = [node("Conv", ["x", "w"], ["y"])]
    model = model_of(nodes, {"w": np.ones((3, 3, 3, 3), np.float32) / 27})
    with pytest.raises(
        ValueError, match=r"it gave \(1, 3, \d+, \d+\) for .* taken are .* whole multiple of the sides, 1 to 8"
    ):
        measure(model, "toy")


def test_more_channels_than_came_in_are_refused() -> None:
    model = model_of([node("Concat", ["x", "x"], ["y"], axis=1)], {})
    with pytest.raises(ValueError, match=r"it gave \(1, 6, .* as many channels as came in"):
        measure(model, "toy")


def test_values_that_are_no_numbers_are_refused() -> None:
    model = model_of([node("Log", ["x"], ["log"]), node("Sqrt", ["log"], ["y"])], {})
    with pytest.raises(ValueError, match=r"no finite numbers \(NaN or infinity\).*float32"):
        measure(model, "toy")


def test_operators_that_are_not_there_are_named() -> None:
    with pytest.raises(ValueError, match=r"it uses the operator Warp, which ONNX runtime hasn't; export"):
        measure(model_of([node("Warp", ["x"], ["y"])], {}), "toy")


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (model_of([node("Identity", ["x"], ["y"])], {}, channels=4), "C = 3 .RGB. or 1 .luma."),
        (model_of([node("Identity", ["x"], ["y"])], {}, kind=onnx.TensorProto.UINT8), r"it has x tensor\(uint8\)"),
        (b"no model", "ONNX"),
        (b"", "no ONNX file, or was cut short"),
    ],
)
def test_other_faces_and_files_are_refused(model: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        measure(model, "toy")


def test_weights_in_another_file_are_refused() -> None:
    model = onnx.load_from_string(enlarger())
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "weights.bin")
    with pytest.raises(ValueError, match=r"weights lie in another file .* save_as_external_data=False"):
        measure(model.SerializeToString(), "toy")


def test_another_picture_is_refused() -> None:
    black = model_of([node("Mul", ["x", "nothing"], ["y"])], {"nothing": np.zeros(1, np.float32)})
    with pytest.raises(ValueError, match=r"what it gives is another picture \(denoise-15: PSNR .*--range"):
        adopt(black, "toy", pictures=[photo("cup")])


def test_a_network_that_restores_nothing_is_refused_unless_its_task_is_named() -> None:
    same = model_of([node("Identity", ["x"], ["y"])], {})
    with pytest.raises(ValueError, match=r"it restores nothing that was tried .*by --task"):
        adopt(same, "toy", pictures=[photo("cup")])
    adopted = adopt(same, "toy", pictures=[photo("cup")], task="denoise-10")
    assert not adopted.gains
    assert (adopted.card.task, adopted.card.strength) == ("denoise", 10.0)


def test_a_task_of_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="it enlarges by 1 and sr-x4 wants 4"):
        adopt(SHARPENER, "toy", pictures=[photo("cup")], task="sr-x4")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"task": "sr", "scale": 2, "strength": 2.0}, "scale is 2 in its card and 1 when run"),
        ({"halo": 0}, "halo is 0 in its card and 1 when run"),
        ({"channels": 1}, "channels is 1 in its card and 3 when run"),
    ],
)
def test_a_card_that_is_not_true_is_refused(changes: dict[str, object], says: str) -> None:
    card = replace(measure(SHARPENER, "toy"), task="deblur", strength=1.5)
    assert adopt(SHARPENER, "toy", pictures=[photo("cup")], stated=card).card == card
    with pytest.raises(ValueError, match=says):
        adopt(SHARPENER, "toy", pictures=[photo("cup")], stated=replace(card, **changes))


def test_a_scale_that_a_model_only_claims_is_not_believed() -> None:
    model = onnx.load_from_string(model_of([node("Relu", ["x"], ["y"])], {}, size=(64, 64)))
    for axis in (2, 3):
        model.graph.output[0].type.tensor_type.shape.dim[axis].dim_value = 128
    assert measure(model.SerializeToString(), "toy").scale == 1


def test_black_and_white_are_tried() -> None:
    nodes = [node("ReduceMax", ["x"], ["most"], keepdims=1), node("Div", ["x", "most"], ["y"])]
    with pytest.raises(ValueError, match=r"no finite numbers .* or black or white ones"):
        measure(model_of(nodes, {}), "toy")


@pytest.mark.parametrize("model", [enlarger(2, 1), enlarger(2, dtype=np.float16), enlarger(2, size=(64, 64))])
def test_gradients_are_for_plain_networks(model: bytes, tmp_path: Path) -> None:
    path = tmp_path / "toy.onnx"
    path.write_bytes(model)
    path.with_suffix(".json").write_text(measure(model, "toy").to_json())
    with pytest.raises(
        ValueError, match="toy: gradient graphs are for networks of float32, RGB from 0 to 1 and any size"
    ):
        add_gradient(path)


# The command


@pytest.mark.usefixtures("_user")
def test_a_network_is_added_used_shown_and_removed(tmp_path: Path) -> None:
    (tmp_path / "my sharpener.onnx").write_bytes(SHARPENER)
    added = call("add", "my sharpener.onnx", "--licence", "CC0")
    assert added.exit_code == 0, added.stderr
    lines = added.stdout.splitlines()
    assert lines[0].startswith("my-sharpener: deblur-1.5, enlarges by 1")
    assert any(line.startswith("deblur-1.5: PSNR ") and "no gain" not in line for line in lines)
    assert lines[-1] == f"installed: {own_folder() / 'my-sharpener.onnx'}"
    assert str(own_folder()).startswith(str(tmp_path))
    assert "my-sharpener" in accelir.networks()

    crop = photo("cup")[:32, :40]
    sharp = accelir.restore(crop, "my-sharpener")
    assert (sharp == accelir.restore(crop, find("my-sharpener"))).all()
    assert (sharp != crop).any()

    shown = json.loads(call("show", "my-sharpener", "--json").stdout)
    assert (shown["task"], shown["licence"], shown["halo"]) == ("deblur", "CC0", 1)
    assert "deblur-1.5 psnr before" in call("show", "my-sharpener").stdout
    listed = [json.loads(line) for line in call("list", "--json").stdout.splitlines()]
    assert {card["name"] for card in listed if card["own"]} == {"my-sharpener"}
    assert [line.split()[0] for line in call("list").stdout.splitlines()] == list(accelir.networks())

    assert call("add", "my sharpener.onnx").exit_code == 1
    assert call("add", "my sharpener.onnx", "--force", "--quiet").stdout == ""
    assert call("remove", "my-sharpener").exit_code == 0
    assert not list(own_folder().iterdir())
    assert "my-sharpener" not in accelir.networks()


@pytest.mark.usefixtures("_user")
def test_a_model_with_a_true_card_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(find("sr-x2").read_bytes())
    assert "comes with the package; give this one another by --name" in call("add", "a.onnx").stderr
    assert call("add", "a.onnx", "--name", "other").exit_code == 0
    known = Card.read(find("sr-x2").with_suffix(".json"))
    assert Card.read(find("other").with_suffix(".json")) == replace(known, name="other")


@pytest.mark.usefixtures("_user")
def test_what_is_wrong_with_a_model_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "warp.onnx").write_bytes(model_of([node("Warp", ["x"], ["y"])], {}))
    refused = call("add", "warp.onnx")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("accelir: warp.onnx: it uses the operator Warp")
    assert refused.stderr.count("\n") == 1
    assert own() == ()


@pytest.mark.usefixtures("_user")
@pytest.mark.parametrize("name", ["", "a/b", "..", "auto", "none", "a.onnx", "x" * 101, "sr-x4-light"])
def test_names_that_would_not_do_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"is no name for a network|comes with the package"):
        install(SHARPENER, replace(measure(SHARPENER, "toy"), name=name))


@pytest.mark.usefixtures("_user")
def test_only_the_users_own_are_removed() -> None:
    with pytest.raises(ValueError, match="network 'sr-x4-light' comes with the package; your own are none"):
        uninstall("sr-x4-light")
    assert "is not installed" in call("remove", "sr-x9").stderr
    assert call("show", "sr-x9").exit_code == 2


@pytest.mark.usefixtures("_user")
def test_a_broken_card_of_the_users_hides_no_other_network() -> None:
    own_folder().mkdir(parents=True)
    for suffix, text in ((".onnx", ""), (".json", "{")):
        (own_folder() / f"broken{suffix}").write_text(text)
    listed = call("list")
    assert listed.exit_code == 0
    assert "sr-x4-light" in listed.stdout
    assert "not JSON" in listed.stderr


# Weights of PyTorch, and of others


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x4.param", "converters lead to ncnn, not back"),
        ("x4.bin", r"\.pth, \.safetensors or \.onnx that they were made of"),
        ("x4.tflite", r"a file that ends in \.tflite; taken are \.onnx, \.pth"),
    ],
)
def test_other_files_are_refused(name: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_model(Path(name))


@pytest.fixture(scope="module")
def _spandrel() -> None:
    """spandrel, also where torchvision was built for another torch than this; its operators aren't used here."""
    torch = pytest.importorskip("torch")
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            torch.library.define(f"torchvision::{operator}", "(Tensor boxes, Tensor scores, float most) -> Tensor")
    pytest.importorskip("spandrel")


@pytest.fixture(scope="module")
def compact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as Real-ESRGAN's small networks have them, x2, which all but repeat each pixel."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    shapes = [(8, 3), (8,), (8, 8), (8,), (12, 8)]  # convolutions and what PReLU takes, by turns
    weights = {}
    for number, shape in enumerate(shapes):
        if len(shape) == 1:
            weights[f"body.{number}.weight"] = torch.full(shape, 0.2)
        else:
            weights[f"body.{number}.weight"] = 0.03 * torch.randn(*shape, 3, 3)
            weights[f"body.{number}.bias"] = torch.zeros(shape[0])
    path = tmp_path_factory.mktemp("weights") / "compact.pth"
    torch.save(weights, path)
    return path


@pytest.mark.usefixtures("_spandrel")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_weights_of_pytorch_become_a_network(compact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    added = call("add", compact, "--task", "sr-x2", "--name", "small")
    assert added.exit_code == 0, added.stderr
    card = Card.read(find("small").with_suffix(".json"))
    assert (card.scale, card.size, card.macs, card.architecture) == (2, None, 216 + 576 + 864, "RealESRGAN Compact")
    crop = photo("cup")[:20, :30]
    assert accelir.restore(crop, "small").shape == (40, 60, 3)


@pytest.mark.usefixtures("_spandrel")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_safetensors_are_the_same_and_other_weights_are_refused(compact: Path, tmp_path: Path) -> None:
    torch, safetensors = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    safetensors.save_file(torch.load(compact), tmp_path / "compact.safetensors")
    assert read_model(tmp_path / "compact.safetensors") == read_model(compact)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "junk.pth").write_bytes(b"junk")
    for name in ("other.pth", "junk.pth"):
        with pytest.raises(ValueError, match=r"spandrel can't load it: .*export an \.onnx"):
            read_model(tmp_path / name)


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pth").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(ValueError, match=r"weights of PyTorch need spandrel: pip install 'accelir\[convert\]'"):
        read_model(tmp_path / "a.pth")
