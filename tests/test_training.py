"""The training loop: it learns, resumes where a kill left it, exports what it learnt; its data are what it says."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import photo, save_waves
from PIL import Image

from accelir.metrics import psnr
from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures, load, split
from accelir.restoration.tasks import Task
from accelir.training import codecs
from accelir.training.codecs import Codec, draw, parse_mixture
from accelir.training.data import Feed, PairSource, Sampler
from accelir.training.worth import Wanted, curves, measure


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of stripes and smooth colour, 96 x 80."""
    return save_waves(tmp_path_factory.mktemp("pictures"), 4, 80, 96)


def source(pictures: Path, task: str = "sr-x2", mixture: str = "jpeg:30-90", seed: int = 0) -> PairSource:
    return PairSource(tuple(list_pictures(pictures)), Task.parse(task), mixture, seed)


def test_half_of_the_truths_are_shrunk_to_finer_detail_at_about_their_size(pictures: Path) -> None:
    plain, finer = (replace(source(pictures, mixture="none"), smallest=factor) for factor in (1.0, 0.4))
    truths = [finer.pair(index)[1] for index in range(24)]
    assert all((finer.pair(index)[1] == truth).all() for index, truth in enumerate(truths[:4]))
    sides = {truth.shape[:2] for truth in truths}
    assert (80, 96) in sides
    assert len(sides) > 1
    assert all(min(side) >= 77 and max(side) <= 96 for side in sides)
    detail = [np.abs(np.diff(truth.astype(float), axis=1)).mean() for truth in truths]
    unshrunk = [np.abs(np.diff(plain.pair(index)[1].astype(float), axis=1)).mean() for index in range(24)]
    assert np.mean(detail) > 1.1 * np.mean(unshrunk)


@pytest.mark.parametrize("text", ["sr-x2", "sr-x4", "denoise-25", "deblur-1.5", "dejpeg"])
def test_tasks_are_read_and_written(text: str) -> None:
    assert str(Task.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "sr", "sr-x1", "sr-x9", "sr-4", "denoise", "denoise-0", "denoise-x", "deblur--1", "dejpeg-3"]
)
def test_unknown_tasks_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unknown task .*; write sr-x2"):
        Task.parse(text)


def test_tasks_degrade_as_the_protocol_says() -> None:
    truth = np.random.default_rng(1).integers(60, 190, (64, 48, 3), dtype=np.uint8)
    rng = np.random.default_rng(0)
    small = Task.parse("sr-x4").degrade(truth, rng)
    assert (small == np.asarray(Image.fromarray(truth).resize((12, 16), Image.Resampling.BICUBIC))).all()
    noisy = Task.parse("denoise-25").degrade(truth, rng)
    assert 23 < np.std(noisy.astype(float) - truth) < 26
    assert (Task.parse("dejpeg").degrade(truth, rng) == truth).all()


def test_blur_is_a_gaussian_on_each_channel() -> None:
    pytest.importorskip("scipy")
    truth = np.zeros((31, 31, 3), np.uint8)
    truth[15, 15] = 255, 0, 255
    soft = Task.parse("deblur-1.5").degrade(truth, np.random.default_rng(0)).astype(float)
    assert abs(soft[15, 15, 0] - 255 / (2 * np.pi * 1.5**2)) < 1
    assert soft[..., 1].max() == 0


def test_mixtures_are_read() -> None:
    mixture = parse_mixture("jpeg:10-100*3, flat:4-40*2,webp:20-95,ours:sr-x4:0.5-2,none*0.5")
    assert mixture[0] == Codec("jpeg", 10, 100, weight=3)
    assert mixture[3] == Codec("ours", 0.5, 2, "sr-x4")
    assert [codec.weight for codec in mixture] == [3, 2, 1, 1, 0.5]


def test_encoders_one_after_another_are_read() -> None:
    (codec,) = parse_mixture("jpeg:10-60+webp:20-90+jpeg444:70-98*2")
    assert (codec.name, codec.low, codec.high, codec.weight) == ("jpeg444", 70, 98, 2)
    assert codec.before == Codec("webp", 20, 90, before=Codec("jpeg", 10, 60))


def test_a_second_encoder_works_on_a_shifted_grid() -> None:
    """Blocks that are flat for the first encoder are cut by the second one's."""
    blocks = np.repeat(np.repeat(np.random.default_rng(1).integers(60, 200, (8, 8)), 8, axis=0), 8, axis=1)
    picture = np.repeat(blocks[..., None], 3, axis=2).astype(np.uint8)
    once, twice = parse_mixture("jpeg:70-70,jpeg:70-70+jpeg:70-70")
    files = (codec(picture, np.random.default_rng(0), picture) for codec in (once, twice))
    errors = [np.abs(file.astype(float) - picture).mean() for file in files]
    assert errors[0] < 0.5 < 1 < errors[1]


def test_chroma_is_halved_but_for_jpeg444() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 200
    mixture = parse_mixture("jpeg:98-98,jpeg444:98-98")
    half, full = (codec(stripes, np.random.default_rng(0), stripes) for codec in mixture)
    assert np.abs(full.astype(float) - stripes).mean() < 5 < 30 < np.abs(half.astype(float) - stripes).mean()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jpeg",
        "jpeg:90",
        "jpeg:10-60+",
        "jpeg:90-10",
        "jpeg:0-90",
        "jpeg:10-101",
        "jpeg:a-b",
        "jpeg:10-90*0",
        "jpeg:10-90,,none",
    ],
)
def test_unreadable_qualities_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read the codec"):
        parse_mixture(text)


@pytest.mark.parametrize(
    "text", ["png:1-2", "ours:0.5-2", "none:1-2", "flat:0-3", "steered:0.5-2", "steered:sr-x2:0.5-2+jpeg:10-90"]
)
def test_unreadable_codecs_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read the codec"):
        parse_mixture(text)


def test_draws_follow_the_weights() -> None:
    rng = np.random.default_rng(0)
    names = [draw(parse_mixture("jpeg:10-90*3,none"), rng).name for _ in range(400)]
    assert 270 < names.count("jpeg") < 330


@pytest.mark.parametrize("text", ["jpeg:10-10", "flat:40-40", "webp:5-5"])
def test_codecs_lose_something_but_not_all(text: str) -> None:
    y, x = np.mgrid[:64, :64]
    picture = np.stack([4 * x, 4 * y, 2 * (x + y)], axis=2).astype(np.uint8)
    out = parse_mixture(text)[0](picture, np.random.default_rng(0), picture)
    assert out.shape == picture.shape
    assert 0.1 < np.abs(out.astype(float) - picture).mean() < 12


def test_steered_files_come_closer_to_the_truth_through_the_installed_network() -> None:
    truth = photo("cup")[:128, :128]
    picture = Task.parse("sr-x2").degrade(truth, np.random.default_rng(0))
    mixture = parse_mixture("ours:sr-x2:2-2,steered:sr-x2:2-2")
    blind, steered = (codec(picture, np.random.default_rng(0), truth) for codec in mixture)
    network = open_network("sr-x2-light")
    assert psnr(network(steered), truth) > psnr(network(blind), truth) + 0.2


def test_our_encoder_is_called_with_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class BudgetError(ValueError):
        smallest = 700

    def encode(picture: np.ndarray, *, profile: str, **size: float) -> bytes:
        asked.append((profile, size))
        if len(asked) == 1:
            raise BudgetError
        scratch = codecs.io.BytesIO()
        Image.fromarray(picture).save(scratch, "JPEG")
        return scratch.getvalue()

    monkeypatch.setitem(sys.modules, "accelir", SimpleNamespace(encode=encode, BudgetError=BudgetError))
    black = np.zeros((16, 16, 3), np.uint8)
    out = parse_mixture("ours:sr-x4:0.5-2")[0](black, np.random.default_rng(0), black)
    assert out.shape == (16, 16, 3)
    assert [profile for profile, _ in asked] == ["sr-x4", "sr-x4"]
    assert 0.5 <= asked[0][1]["bpp"] <= 2
    assert asked[1][1] == {"max_bytes": 700, "format": "jpeg"}


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no picture in"):
        list_pictures(tmp_path)


def test_validation_is_held_out() -> None:
    paths = [Path(str(i)) for i in range(100)]
    train, held = split(paths)
    assert len(held) == 5
    assert not set(train) & set(held)
    assert split(paths[:3]) == (paths[:3], paths[2:3])


def test_pairs_depend_on_seed_and_index_alone(pictures: Path) -> None:
    first, again = source(pictures).pair(7), source(pictures).pair(7)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert first[1].shape == (80, 96, 3)
    assert first[0].shape == (40, 48, 3)
    other = source(pictures, seed=1).pair(7)
    assert not np.array_equal(first[0], other[0])


def test_worker_processes_give_the_same_stream(pictures: Path) -> None:
    inline, spawned = Feed(source(pictures), 3, workers=0), Feed(source(pictures), 3, workers=1, ahead=4)
    try:
        for _ in range(6):
            assert all((a == b).all() for a, b in zip(inline.take(), spawned.take(), strict=True))
    finally:
        spawned.close()


def test_workers_end_with_a_killed_parent(pictures: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from accelir.restoration.pictures import *\n"
        "from accelir.training.data import *\n"
        "if __name__ == '__main__':\n"
        f"    source = PairSource(tuple(list_pictures({str(pictures)!r})), Task.parse('dejpeg'), 'none')\n"
        "    feed = Feed(source, workers=1, ahead=2); feed.take()\n"
        "    print(*feed._pool._processes, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    worker = int(subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).stdout)
    deadline = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").exists() or " Z " not in Path(f"/proc/{process}/stat").read_text()


def test_crops_of_input_and_truth_are_of_one_place(pictures: Path) -> None:
    sampler = Sampler(source(pictures, "sr-x2", "none"), 16, 8, slots=4, workers=0)
    x, y = sampler.sample(0)
    assert x.shape == (8, 16, 16, 3)
    assert y.shape == (8, 32, 32, 3)
    shrunk = y.reshape(8, 16, 2, 16, 2, 3).mean((2, 4))
    assert np.abs(shrunk - x).mean() < 6


def test_batches_after_a_resume_are_those_of_an_unbroken_run(pictures: Path) -> None:
    whole = Sampler(source(pictures), 16, 4, slots=6, fresh=0.7, workers=0)
    unbroken = [whole.sample(step) for step in range(10)]
    resumed = Sampler(source(pictures), 16, 4, step=6, slots=6, fresh=0.7, workers=0)
    for step in range(6, 10):
        assert all((a == b).all() for a, b in zip(unbroken[step], resumed.sample(step), strict=True))


def test_batches_that_are_cut_ahead_are_those_of_their_steps(pictures: Path) -> None:
    one, other = (Sampler(source(pictures), 16, 4, slots=6, fresh=0.7, workers=0) for _ in range(2))
    for step, batch in enumerate(one.batches(0, 5)):
        assert all((a == b).all() for a, b in zip(batch, other.sample(step), strict=True))
    assert step == 4


def test_patches_larger_than_a_picture_are_refused(pictures: Path) -> None:
    with pytest.raises(ValueError, match="input of 48x40 pixels, smaller than the patch of 64"):
        Sampler(source(pictures), 64, 4, slots=2, workers=0)


def test_opened_pictures_are_kept(pictures: Path) -> None:
    path = list_pictures(pictures)[0]
    assert load(path) is load(path)


# What follows needs torch.


def recipe(**changes: object) -> object:
    pytest.importorskip("torch")
    from accelir.training.trainer import TrainingRecipe

    small = TrainingRecipe(
        task="dejpeg", network="artefact", options={"channels": 8, "layers": 1, "expansion": 16}, codecs="jpeg:5-20",
        steps=40, batch=4, patch=24, rate=4e-3, slots=4, fresh=0.2,
    )  # fmt: skip
    return replace(small, **changes)


def trainer(pictures: Path, folder: Path, **changes: object) -> object:
    chosen = recipe(**changes)
    import torch

    from accelir.training.trainer import Trainer

    torch.set_num_threads(1)
    return Trainer(chosen, pictures, folder, workers=0, device="cpu")


def test_training_restores_held_out_pictures(pictures: Path, tmp_path: Path) -> None:
    run = trainer(pictures, tmp_path, steps=150)
    run.run(every=75, progress=False)
    (_, _, _, before, after) = run.rows[-1]
    assert after > before + 0.2
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [75, 150]
    assert float(rows[-1]["psnr"]) == after
    pytest.importorskip("matplotlib")
    with Image.open(tmp_path / "curve.png") as curve:
        assert curve.size[0] > 100


def test_a_resumed_run_ends_as_an_unbroken_one(pictures: Path, tmp_path: Path) -> None:
    unbroken = trainer(pictures, tmp_path / "a")
    unbroken.run(every=20, progress=False)
    trainer(pictures, tmp_path / "b").run(every=20, progress=False, stop=lambda step: step == 27)
    resumed = trainer(pictures, tmp_path / "b")
    assert resumed.step == 20
    resumed.run(every=20, progress=False)
    assert resumed.step == 40
    assert abs(resumed.rows[-1][2] - unbroken.rows[-1][2]) < 1e-5
    for a, b in zip(resumed.ema.parameters(), unbroken.ema.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-5


def test_a_killed_run_loses_at_most_one_interval(pictures: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    options = (
        "--task dejpeg --network artefact --set channels=8 --set layers=1 --set expansion=16 --steps 100000 --every 20"
        " --batch 4 --patch 24 --slots 4 --workers 0 --codecs jpeg:5-20"
    )
    command = [sys.executable, "-m", "accelir.training.cli", str(pictures), str(tmp_path / "run"), *options.split()]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    state = torch.load(checkpoint, weights_only=True)
    assert state["step"] % 20 == 0
    assert state["rows"][-1][0] == state["step"]
    assert state["recipe"]["options"] == {"channels": 8, "layers": 1, "expansion": 16}


@pytest.mark.parametrize(("found", "expected"), [(True, "cuda"), (False, "cpu")])
def test_cuda_is_taken_where_there_is_any(found: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from accelir.training.trainer import choose_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    assert choose_device("auto").type == expected
    assert choose_device("cpu").type == "cpu"
    if found:
        assert choose_device("cuda").type == "cuda"
    else:
        with pytest.raises(ValueError, match="finds no CUDA; use cpu"):
            choose_device("cuda")


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_asked_of_the_device_in_use(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from accelir.training.trainer import bfloat16_is_native

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: native)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: not native, raising=False)
    assert bfloat16_is_native(torch.device("cuda")) == native
    assert bfloat16_is_native(torch.device("cpu")) != native


def test_dilated_convolutions_are_trained_in_float32_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from accelir.architectures import build
    from accelir.training import trainer

    monkeypatch.setattr(trainer, "bfloat16_is_native", lambda device: True)
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert not trainer.takes_bfloat16(build("ircnn", channels=28), cpu)
    assert trainer.takes_bfloat16(build("ircnn", channels=28), cuda)
    assert trainer.takes_bfloat16(build("dncnn", channels=28), cpu)


def test_a_folder_of_another_recipe_is_refused(pictures: Path, tmp_path: Path) -> None:
    trainer(pictures, tmp_path).save()
    with pytest.raises(ValueError, match="holds a run with another rate, seed"):
        trainer(pictures, tmp_path, rate=1e-4, seed=3)


def test_a_run_from_before_an_option_goes_on(pictures: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    run = trainer(pictures, tmp_path)
    run.save()
    state = torch.load(run.checkpoint, weights_only=True)
    del state["recipe"]["relative"]
    torch.save(state, run.checkpoint)
    trainer(pictures, tmp_path)
    with pytest.raises(ValueError, match="holds a run with another relative;"):
        trainer(pictures, tmp_path, relative=True)


@pytest.mark.parametrize("step", [0, 39])
def test_a_relative_loss_lets_fine_crops_count_more(step: int, pictures: Path, tmp_path: Path) -> None:
    """Two crops, off by 20 levels and by 1; both are restored half."""
    torch = pytest.importorskip("torch")
    y = torch.full((2, 3, 8, 8), 0.5)
    off = torch.tensor([20.0, 1.0]).view(2, 1, 1, 1) / 255
    shares = []
    for relative in (False, True):
        run = trainer(pictures, tmp_path / str(relative), relative=relative)
        run.step = step
        out = (y + off / 2).requires_grad_()
        run._loss(out, y + off, y).backward()
        force = out.grad.abs().sum((1, 2, 3))
        shares.append(float(force[1] / force[0]))
    weight = 6 / 25 if step == 0 else 26 / 425  # of (1 + 5) to (20 + 5) levels, or of their squares
    assert shares[1] == pytest.approx(shares[0] / weight, rel=1e-4)


def test_weights_of_another_run_are_taken_as_a_start(pictures: Path, tmp_path: Path) -> None:
    first = trainer(pictures, tmp_path / "a")
    first.run(every=40, progress=False)
    second = trainer(pictures, tmp_path / "b", rate=1e-4)
    second.load_weights(tmp_path / "a" / "checkpoint.pt")
    for a, b in zip(first.ema.parameters(), second.network.parameters(), strict=True):
        assert (a == b).all()
    second.save()
    resumed = trainer(pictures, tmp_path / "b", rate=1e-4)
    assert resumed.start == {"options": first.recipe.options, "codecs": "jpeg:5-20", "steps": 40, "seed": 0}


def test_a_deeper_network_starts_as_the_shallower_one(pictures: Path, tmp_path: Path) -> None:
    import torch

    shallow = trainer(pictures, tmp_path / "a", task="sr-x2", network="rep", options={"layers": 1, "channels": 8})
    shallow.run(every=40, progress=False)
    deep = trainer(pictures, tmp_path / "b", task="sr-x2", network="rep", options={"layers": 3, "channels": 8})
    deep.load_weights(tmp_path / "a" / "checkpoint.pt")
    x = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(deep.network(x), shallow.ema(x))
        assert torch.equal(deep.ema(x), shallow.ema(x))
    wider = trainer(pictures, tmp_path / "c", task="sr-x2", network="rep", options={"layers": 3, "channels": 16})
    with pytest.raises(ValueError, match="another network"):
        wider.load_weights(tmp_path / "a" / "checkpoint.pt")


def test_recipes_survive_json(pictures: Path, tmp_path: Path) -> None:
    import json

    run = trainer(pictures, tmp_path)
    assert json.loads((tmp_path / "recipe.json").read_text()) == asdict(run.recipe)


def test_an_exported_run_restores_as_torch_does(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    run = trainer(pictures, tmp_path, task="sr-x2", network="arsr", options={"layers": 1, "expansion": 16})
    run.run(every=40, progress=False)
    from accelir.restoration.network import open_network
    from accelir.restoration.restore import restore
    from accelir.training.export import export
    from accelir.training.trainer import run_network

    path = export(run, "toy", tmp_path, licence="CC0-1.0")
    card = open_network(path).card
    assert (card.task, card.scale, card.licence, card.halo) == ("sr", 2, "CC0-1.0", 8)
    assert card.trained_on["codecs"] == run.recipe.codecs
    assert card.macs > 1000
    picture = np.asarray(Image.open(list_pictures(pictures)[0]))[:33, :47]
    expected = run_network(run.ema, picture, run.device).astype(int)
    assert np.abs(restore(picture, path, tile=16) - expected).max() <= 1
    path.with_suffix(".json").unlink()
    assert np.abs(restore(picture, path) - expected).max() <= 1


def test_the_command_trains_and_exports(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from click.testing import CliRunner

    from accelir.training.cli import main

    command = [str(pictures), str(tmp_path), "--task", "dejpeg", "--network", "artefact", "--set", "channels=8"]
    command += ["--set", "layers=1", "--steps", "4", "--patch", "16", "--batch", "2", "--slots", "2", "--workers", "0"]
    result = CliRunner().invoke(main, [*command, "--export", "toy"])
    assert result.exit_code == 0, result.output
    assert "dB on held-out pictures after 4 steps" in result.output
    assert (tmp_path / "toy.onnx").exists()
    assert (tmp_path / "toy.json").exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--task", "paint", "--network", "artefact"], "unknown task 'paint'"),
        (["--task", "dejpeg", "--network", "artefact", "--codecs", "gif:1-2"], "cannot read the codec 'gif:1-2'"),
        (["--task", "dejpeg", "--network", "artefact", "--set", "depth=3"], "artefact takes no depth"),
        (["--task", "dejpeg", "--network", "artefact", "--set", "depth"], "write NAME=VALUE"),
        (["--task", "sr-x2", "--network", "dncnn", "--steps", "1"], "dncnn takes no scale"),
        (["--task", "dejpeg", "--network", "edsr"], "edsr is for super-resolution, which dejpeg is not"),
        (["--task", "sr-x2", "--network", "edsr", "--set", "scale=4"], "scale follows from the task, sr-x2"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(pictures: Path, tmp_path: Path, wrong: list[str], says: str) -> None:
    pytest.importorskip("torch")
    from click.testing import CliRunner

    from accelir.training.cli import main

    result = CliRunner().invoke(main, [str(pictures), str(tmp_path), *wrong])
    assert result.exit_code != 0
    assert says in result.output


def wanted(share: Callable[[float], float], format: str = "jpeg") -> list[Wanted]:
    """Files of many steps, and what each wants."""
    return [Wanted(format, step, share(step)) for step in np.geomspace(1, 64, 400)]


def test_a_curve_follows_what_files_want() -> None:
    curve = curves(wanted(lambda step: np.log2(step) / 6))["jpeg"]
    assert [step for step, _ in curve] == sorted(step for step, _ in curve)
    assert (curve[0][0], curve[-1][0]) == (1, 64)
    for step, share in curve[2:-2]:
        assert share == pytest.approx(np.log2(step) / 6, abs=0.05)


def test_a_curve_minds_the_files_that_want_least() -> None:
    most, few = wanted(lambda step: 1.0), wanted(lambda step: 0.2)[::15]
    assert all(share == pytest.approx(0.32) for _, share in curves([*most, *few])["jpeg"])


def test_a_curve_stays_within_0_and_1_and_never_falls() -> None:
    rows = curves(wanted(lambda step: 3 - step / 4))["jpeg"]
    assert all(0 <= share <= 1 for _, share in rows)
    assert [share for _, share in rows] == sorted(share for _, share in rows)


def test_each_format_has_a_curve_of_its_own() -> None:
    found = curves([*wanted(lambda step: 1.0), *wanted(lambda step: 0.0, "webp")])
    assert {share for _, share in found["jpeg"]} == {1.0}
    assert {share for _, share in found["webp"]} == {0.0}


def test_fine_files_want_less_than_coarse_ones() -> None:
    measured = measure(open_network("dejpeg", 1), [photo("cup"), photo("table")], "jpeg:20-20,jpeg:97-97,none", 3)
    coarse, fine = ([one.share for one in measured if (one.step > 50) == is_coarse] for is_coarse in (True, False))
    assert min(coarse) > max(fine)
    assert {one.format for one in measured} == {"jpeg"}


def test_our_webp_files_are_in_the_loop() -> None:
    (codec,) = parse_mixture("ours-webp:fidelity:1-1")
    assert codec.file(photo("cup"), np.random.default_rng(0), photo("cup"))[8:12] == b"WEBP"
