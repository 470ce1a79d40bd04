"""Models that others made: float16, values to 255, luma alone, one size, a shortest side. Needs onnx, no torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import photo
from PIL import Image
from small_models import enlarger

from accelir.metrics.luma import luma_of
from accelir.restoration.card import Card
from accelir.restoration.network import open_network
from accelir.restoration.restore import restore
from accelir.storage.files import sha256

pytest.importorskip("onnx")


def saved(folder: Path, model: bytes, **changes: object) -> Path:
    scale = changes.get("scale", 1)
    kind = ("sr", float(scale)) if scale > 1 else ("dejpeg", 0.0)
    card = Card("toy", "1", *kind, 1, sha256(model), 1, 1, macs=9.0, parameters=9, memory=48.0, architecture="toy")
    path = folder / f"toy-{sha256(model)[:8]}-{len(list(folder.iterdir()))}.onnx"
    path.write_bytes(model)
    path.with_suffix(".json").write_text(replace(card, **changes).to_json())
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("plain"), enlarger(2), scale=2)


def off_by(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).max())


def test_float16_is_within_a_level_of_float32(tmp_path: Path, plain: Path) -> None:
    half = saved(tmp_path, enlarger(2, dtype=np.float16), scale=2)
    crop = photo("cup")
    assert 0 <= off_by(restore(crop, half), restore(crop, plain)) <= 1


@pytest.mark.parametrize(("black", "white"), [(0.0, 255.0), (-1.0, 1.0)])
def test_ranges_are_met_in_input_and_output(tmp_path: Path, black: float, white: float) -> None:
    # The bias is a tenth of the range: with a range that isn't the model's another picture comes out.
    brighter = saved(tmp_path, enlarger(bias=(white - black) / 10), range=(black, white))
    reference = saved(tmp_path, enlarger(bias=0.1))
    crop = photo("table")
    assert off_by(restore(crop, brighter), restore(crop, reference)) <= 1
    assert off_by(restore(crop, brighter), restore(crop, saved(tmp_path, enlarger()))) > 20


def test_a_luma_network_keeps_colours(tmp_path: Path) -> None:
    luma = saved(tmp_path, enlarger(2, channels=1), scale=2, channels=1)
    crop = photo("cup")
    out = restore(crop, luma)
    bicubic = np.asarray(Image.fromarray(crop).resize((384, 384), Image.Resampling.BICUBIC)).astype(float)
    inner = ((out > 0) & (out < 255)).all(axis=2)  # where nothing was clipped
    colours, before = (p - luma_of(p)[..., None] for p in (out.astype(float), bicubic))
    assert inner.mean() > 0.9
    assert np.abs(colours - before)[inner].max() <= 1
    gray = np.rint(luma_of(crop)).astype(np.uint8)
    assert off_by(restore(gray, luma), luma_of(out)) <= 2


@pytest.mark.parametrize("size", [(16, 24), (32, 10), (192, 192)])
@pytest.mark.parametrize("picture", [(192, 192), (37, 61), (5, 7), (17, 200)])
def test_a_fixed_size_is_met_by_tiles_without_seams(tmp_path: Path, size: tuple, picture: tuple) -> None:
    fixed = saved(tmp_path, enlarger(2, size=size), scale=2, size=size)
    free = saved(tmp_path, enlarger(2), scale=2)
    crop = np.resize(photo("cloth"), (*picture, 3))
    whole, tiled = restore(crop, free), restore(crop, fixed)
    assert whole.shape == tiled.shape == (2 * picture[0], 2 * picture[1], 3)
    # Where the picture is padded up to the size, its border is a repeated edge, not a mirror.
    assert off_by(tiled[2:-2, 2:-2], whole[2:-2, 2:-2]) <= 1


def test_a_shortest_side_is_met_by_pictures_and_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, enlarger(), least=12, multiple_of=4)
    network, seen = open_network(path), []
    run = type(network)._run
    monkeypatch.setattr(
        type(network), "_run", lambda self, x, shares: (seen.append(x.shape[:2]), run(self, x, shares))[1]
    )
    crop = photo("cloth")[:50, :39]
    assert off_by(network(crop, 4)[1:-1, 1:-1], network(crop)[1:-1, 1:-1]) <= 1
    assert network(crop[:1, :3]).shape == (1, 3, 3)
    assert min(min(shape) for shape in seen) == 12
    assert all(side % 4 == 0 for shape in seen for side in shape)
