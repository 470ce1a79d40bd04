"""restore(): tiles, sizes, gray, threads, and what it says about bad input and broken models. Needs no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from accelir.restoration.card import Card
from accelir.restoration.installed import find, networks
from accelir.restoration.network import WORKING_BYTES, open_network
from accelir.restoration.restore import restore
from accelir.storage.files import sha256

SHIPPED = sorted((Path(__file__).parent.parent / "profiles" / "networks").glob("*.onnx"))

shipped = pytest.mark.parametrize("model", SHIPPED, ids=lambda path: path.stem)


def card(**changes: object) -> Card:
    toy = Card("toy", "1", "dejpeg", 0.0, 1, "0" * 64, 2, 1, macs=75.0, parameters=75, memory=48.0, architecture="toy")
    return replace(toy, **changes)


def save(folder: Path, model: object, toy: Card) -> Path:
    path = folder / f"{toy.name}.onnx"
    path.write_bytes(model.SerializeToString())
    path.with_suffix(".json").write_text(replace(toy, sha256=sha256(path.read_bytes())).to_json())
    return path


def toy_model(scale: int = 1, multiple: int = 1) -> object:
    """A 5x5 random convolution; with a multiple of 2, on pixels unshuffled by 2."""
    onnx = pytest.importorskip("onnx")
    helper, rng = onnx.helper, np.random.default_rng(0)
    channels = 3 * multiple**2
    weight = rng.random((3 * scale**2 * multiple**2, channels, 5, 5), dtype=np.float32) / (25 * channels)
    nodes, name = [], "x"
    if multiple > 1:
        nodes.append(helper.make_node("SpaceToDepth", ["x"], ["small"], blocksize=multiple))
        name = "small"
    nodes.append(helper.make_node("Conv", [name, "w"], ["wide"], pads=[2, 2, 2, 2]))
    nodes.append(helper.make_node("DepthToSpace", ["wide"], ["y"], blocksize=scale * multiple, mode="CRD"))
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 3, "sh", "sw"])],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("toys")
    return {
        "plain": save(folder, toy_model(), card(name="plain")),
        "double": save(folder, toy_model(scale=2), card(name="double", task="sr", strength=2.0, scale=2)),
        "even": save(folder, toy_model(multiple=2), card(name="even", halo=5, multiple_of=2)),
    }


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def off_by(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.abs(a.astype(int) - b).max())


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(["plain", "double", "even"]),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    tile=st.integers(1, 40),
)
def test_tiles_equal_the_whole(toys: dict[str, Path], kind: str, height: int, width: int, tile: int) -> None:
    image = picture(height, width)
    whole = restore(image, toys[kind], threads=1, tile=1000)
    assert whole.shape == (height * (2 if kind == "double" else 1), width * (2 if kind == "double" else 1), 3)
    assert off_by(whole, restore(image, toys[kind], threads=1, tile=tile)) <= 1


@shipped
def test_shipped_networks_equal_the_whole_when_tiled(model: Path) -> None:
    image = picture(97, 113)
    assert off_by(restore(image, model, tile=1000), restore(image, model, tile=32)) <= 1


@shipped
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (2, 3), (33, 17)])
def test_shipped_networks_take_any_size(model: Path, size: tuple[int, int]) -> None:
    out = restore(picture(*size), model)
    scale = open_network(model).card.scale
    assert out.shape == (size[0] * scale, size[1] * scale, 3)
    assert out.dtype == np.uint8


@shipped
def test_shipped_networks_leave_flat_gray_flat(model: Path) -> None:
    out = restore(np.full((40, 40), 128, np.uint8), model)
    assert out.ndim == 2
    assert off_by(out[8:-8, 8:-8], np.full_like(out, 128)[8:-8, 8:-8]) <= 3


@shipped
def test_shipped_networks_are_small_and_their_cards_complete(model: Path) -> None:
    card = Card.read(model.with_suffix(".json"))
    assert model.stat().st_size <= 1_500_000
    assert card.sha256 == sha256(model.read_bytes())
    assert card.licence
    if card.name.endswith("-clean"):
        assert card.trained_on["codecs"] == "none"
    else:
        assert "jpeg:" in card.trained_on["codecs"]
        assert "webp:" in card.trained_on["codecs"]
    assert "CID22" in card.trained_on["data"]
    assert card.trained_on["pictures"] == 260
    after = {name: psnr for name, psnr in card.scores.items() if name.startswith("kodak+urban100+clic2025")}
    for name in (name for name in after if name.endswith(" psnr")):
        assert after[name] > after[f"{name} before"] + (0.0 if card.name.endswith("-detail") else 0.3)
    assert len(after) == 2
    metadata = open_network(model).session.get_modelmeta().custom_metadata_map["accelir"]
    assert Card.from_dict({**json.loads(metadata), "sha256": card.sha256}) == card
    most = 60_000 if card.name.endswith("-light") else 150_000
    assert card.parameters <= most
    assert card.macs <= most


def test_default_tile_keeps_to_the_memory_bound(toys: dict[str, Path]) -> None:
    network = open_network(toys["even"])
    side = network._tile_side(None) + 2 * network._rim()
    assert network.card.memory * side**2 <= WORKING_BYTES
    assert network.card.memory * (side + 4) ** 2 > WORKING_BYTES


def test_no_tile_is_larger_than_asked(toys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    network, seen = open_network(toys["plain"]), []
    run = type(network)._run
    monkeypatch.setattr(
        type(network), "_run", lambda self, rgb, shares: (seen.append(rgb.shape), run(self, rgb, shares))[1]
    )
    network(picture(100, 90), tile=16)
    assert max(max(shape) for shape in seen) == 16 + 2 * 2
    assert len(seen) == 7 * 6


def test_a_network_that_sees_everything_is_not_tiled(tmp_path: Path) -> None:
    path = save(tmp_path, toy_model(), card(halo=None))
    image = picture(40, 40)
    assert off_by(restore(image, path, tile=8), restore(image, path)) == 0


def test_gray_is_given_back_gray(toys: dict[str, Path]) -> None:
    gray = picture(20, 24)[..., 0]
    out = restore(gray, toys["double"])
    assert out.shape == (40, 48)
    assert restore(Image.fromarray(gray), toys["double"]).tolist() == out.tolist()


def test_pillow_and_strided_arrays_are_taken(toys: dict[str, Path]) -> None:
    image = picture(20, 24)
    expected = restore(image, toys["plain"])
    assert (restore(Image.fromarray(image), toys["plain"]) == expected).all()
    assert (restore(np.asfortranarray(image), toys["plain"]) == expected).all()
    assert (restore(np.repeat(image, 2, axis=1)[:, ::2], toys["plain"]) == expected).all()


def test_the_picture_is_left_alone(toys: dict[str, Path]) -> None:
    image = picture(20, 24)
    image.flags.writeable = False
    restore(image, toys["even"])


def test_threads_give_the_same(toys: dict[str, Path]) -> None:
    image = picture(60, 60)
    assert off_by(restore(image, toys["plain"], threads=1), restore(image, toys["plain"], threads=2)) <= 1
    network = open_network(toys["plain"], 1)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(network, [image] * 8))
    assert all((result == results[0]).all() for result in results)


@pytest.mark.parametrize(
    ("image", "error", "says"),
    [
        ([[1, 2]], TypeError, "uint8 array or a Pillow image, got list"),
        (np.zeros((4, 4, 3)), TypeError, "dtype float64"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r"shape \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "no pixel"),
        (Image.new("RGBA", (4, 4)), ValueError, r'mode RGBA.*convert\("RGB"\)'),
    ],
)
def test_bad_pictures_are_refused(toys: dict[str, Path], image: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        restore(image, toys["plain"])


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_bad_threads_are_refused(toys: dict[str, Path], threads: object) -> None:
    with pytest.raises(ValueError, match="threads is 1 or more"):
        restore(picture(4, 4), toys["plain"], threads=threads)


@pytest.mark.parametrize("tile", [0, 2.5, False])
def test_bad_tiles_are_refused(toys: dict[str, Path], tile: object) -> None:
    with pytest.raises(ValueError, match="tile is a side"):
        restore(picture(4, 4), toys["plain"], tile=tile)


def test_importing_architectures_does_not_hide_the_function() -> None:
    code = "import accelir, accelir.architectures; from accelir.architectures import build; accelir.networks()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_networks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown network 'sr-x9'; installed are"):
        restore(picture(4, 4), "sr-x9")
    with pytest.raises(ValueError, match="no such network file"):
        restore(picture(4, 4), "missing.onnx")
    with pytest.raises(TypeError, match="name or a path, got int"):
        restore(picture(4, 4), 4)


def test_a_task_stands_for_its_light_network(toys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = toys["plain"].parent
    monkeypatch.setattr("accelir.restoration.installed._folder", lambda: folder)
    assert networks() == ("double", "even", "plain")
    for suffix in (".onnx", ".json"):
        (folder / f"sr-x8-light{suffix}").touch()
    assert find("sr-x8") == folder / "sr-x8-light.onnx"
    for suffix in (".onnx", ".json"):
        (folder / f"sr-x8-light{suffix}").unlink()


def test_broken_models_are_refused(tmp_path: Path, toys: dict[str, Path]) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(toys["plain"].read_bytes()[:200])
    with pytest.raises(ValueError, match=r"broken\.onnx: not a model that ONNX runtime can read"):
        restore(picture(4, 4), broken)


def test_a_model_without_its_card_is_refused(tmp_path: Path, toys: dict[str, Path]) -> None:
    bare = tmp_path / "bare.onnx"
    bare.write_bytes(toys["plain"].read_bytes())
    with pytest.raises(ValueError, match=r"no card: neither bare\.json"):
        restore(picture(4, 4), bare)


def test_a_card_in_the_metadata_will_do(tmp_path: Path) -> None:
    model = toy_model()
    entry = model.metadata_props.add()
    entry.key, entry.value = "accelir", json.dumps({**asdict(card()), "sha256": None})
    bare = tmp_path / "bare.onnx"
    bare.write_bytes(model.SerializeToString())
    assert restore(picture(9, 9), bare).shape == (9, 9, 3)


def test_a_model_that_is_not_its_cards_is_refused(tmp_path: Path, toys: dict[str, Path]) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(toys["plain"].read_bytes())
    other.with_suffix(".json").write_text(toys["double"].with_suffix(".json").read_text())
    with pytest.raises(ValueError, match="sha256 is another"):
        restore(picture(4, 4), other)


def test_a_model_that_breaks_its_cards_promise_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, toy_model(), card(task="sr", strength=2.0, scale=2))
    with pytest.raises(ValueError, match=r"gave \(1, 3, 4, 4\) where its card promises \(1, 3, 8, 8\)"):
        restore(picture(4, 4), path)


def test_a_model_that_gives_no_numbers_is_refused(tmp_path: Path) -> None:
    model = toy_model()
    weight = model.graph.initializer[0]
    weight.raw_data = b"\xff" * len(weight.raw_data)
    with pytest.raises(ValueError, match="toy: the model gave values that are no numbers"):
        restore(picture(4, 4), save(tmp_path, model, card()))


def test_a_model_that_fails_at_work_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, toy_model(multiple=2), card())
    with pytest.raises(ValueError, match=r"toy: the model fails on an input of \(1, 3, 5, 5\)"):
        restore(picture(5, 5), path)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = save(tmp_path, toy_model(), card())
    assert open_network(path).card.version == "1"
    save(tmp_path, toy_model(), card(version="1.1"))
    assert open_network(path).card.version == "1.1"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"task": "paint"}, "task is 'paint'; wanted is one of sr"),
        ({"task": ["sr"]}, "wanted is one of sr"),
        ({"scale": 2.0}, "scale is 2.0; wanted is a whole number from 1 to 8"),
        ({"halo": -1}, "halo is -1; wanted is a whole number from 0 to 65536 or null"),
        ({"multiple_of": 0}, "multiple_of is 0; wanted is a whole number from 1 to 1024"),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"range": [0, 65535]}, r"range is \(0, 65535\); wanted is \[0, 1\], \[0, 255\] or \[-1, 1\]"),
        ({"channels": 4}, "channels is 4; wanted is 3 or 1"),
        ({"size": [64]}, r"size is \(64,\); wanted is height and width"),
        ({"size": [64, 0]}, "wanted is height and width, 1 to 16384, or null"),
        ({"size": 64}, "'int' object is not iterable"),
        ({"least": 0}, "least is 0"),
        ({"task": "sr", "strength": 4.0, "scale": 2}, "sr wants them equal"),
        ({"hallo": 3}, "unknown entries hallo"),
        ({"format": 2}, "card format 2 is not known"),
        ({"name": ""}, "wanted is a name"),
    ],
)
def test_bad_cards_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Card.from_dict({**asdict(card()), **changes}, "toy.json")


def test_cards_with_entries_missing_or_no_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"toy.json: missing .*'name'"):
        Card.from_dict({"version": "1"}, "toy.json")
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        Card.read(tmp_path / "card.json")


def test_a_card_survives_its_json() -> None:
    assert Card.from_dict(json.loads(card().to_json())) == card()
