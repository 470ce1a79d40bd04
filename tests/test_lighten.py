"""Lighter networks: students learn from teachers, pruning keeps what counts, int8 is near float32, runs resume."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import save_waves

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("torch_pruning")

from accelir.architectures import build  # noqa: E402
from accelir.architectures.blocks import Restorer, collapse  # noqa: E402
from accelir.restoration.network import open_network  # noqa: E402
from accelir.restoration.session import open_model, run_model  # noqa: E402
from accelir.training import bench, lighten, prune  # noqa: E402
from accelir.training.cli import main  # noqa: E402
from accelir.training.count import count  # noqa: E402
from accelir.training.distil import DistillingTrainer, Lesson, affinity, attention  # noqa: E402
from accelir.training.export import to_onnx  # noqa: E402
from accelir.training.layers import shaped  # noqa: E402
from accelir.training.lighten import Lightening, LighteningPlan, Limit, opened  # noqa: E402
from accelir.training.quantise import QuantConv, aware, plain, quantised  # noqa: E402
from accelir.training.trainer import Trainer, TrainingRecipe  # noqa: E402

RECIPE = TrainingRecipe(
    task="sr-x2", network="rep", options={"channels": 8, "layers": 2, "expansion": 16}, codecs="jpeg:40-90", steps=30,
    batch=2, patch=16, rate=4e-3, slots=3, fresh=0.2,
)  # fmt: skip
PLAN = LighteningPlan(to="1200mac", prunings=2, finetune=4, aware=2, round_to=1)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    monkeypatch.setattr(bench, "RUNS", 1)
    monkeypatch.setattr(bench, "SIDE", 32)
    monkeypatch.setattr(bench, "peak_memory", lambda model: None)
    monkeypatch.setattr(lighten, "CALIBRATION", 2)
    monkeypatch.setattr(prune, "TRIES", 5)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of coloured waves, 96 x 80."""
    return save_waves(tmp_path_factory.mktemp("pictures"), 3, 80, 96)


@pytest.fixture(scope="module")
def teacher_run(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    Trainer(RECIPE, pictures, folder, workers=0, device="cpu").run(every=30, progress=False)
    return folder


def lightening(run: Path, pictures: Path, folder: Path, **changes: object) -> Lightening:
    return Lightening(run, pictures, folder, replace(PLAN, **changes), workers=0, device="cpu")


def shaken(name: str, **options: object) -> Restorer:
    """Small, and with last layers that are not zero any more."""
    network = collapse(build(name, **options))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def weights(network: Restorer) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def output(model: bytes, x: np.ndarray) -> np.ndarray:
    return run_model(open_model(model, 1), x)


def test_channels_that_do_nothing_are_the_first_to_go() -> None:
    network = shaken("dncnn", channels=8, layers=4)
    convs = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    with torch.no_grad():
        for conv in convs[:-1]:
            conv.weight[::2] = conv.bias[::2] = 0
    smaller = prune.without(network, 0.5, round_to=1)
    widths = [module.out_channels for module in smaller.modules() if isinstance(module, torch.nn.Conv2d)]
    assert widths == [4, 4, 4, 3]
    x = torch.rand(1, 3, 12, 12)
    assert (smaller(x) - network(x)).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rep", {"channels": 16, "layers": 3, "expansion": 16}),
        ("artefact", {"channels": 16, "layers": 2, "expansion": 16}),
        ("fsrcnn", {"channels": 16, "narrow": 8}),
        ("edsr", {"channels": 16, "blocks": 4, "scale": 2}),
        ("srunet", {"channels": 16}),
    ],
)
def test_pruned_networks_cost_what_is_asked_and_run(name: str, options: dict[str, object]) -> None:
    network = shaken(name, **options)
    most = 0.7 * weights(network)
    smaller = prune.reduced(network, most, weights, round_to=4)
    assert 0.2 * most < weights(smaller) <= most
    hidden = [m.out_channels for m in smaller.modules() if isinstance(m, torch.nn.Conv2d) and m.out_channels > 12]
    assert all(width % 4 == 0 for width in hidden)
    again = shaped(build(name, **options), smaller.state_dict())
    x = torch.rand(1, 3, 16, 16)
    assert torch.equal(again.eval()(x), smaller.eval()(x))


@pytest.mark.parametrize(("name", "options"), [("carn", {"channels": 8}), ("f2srgan", {"channels": 16, "blocks": 1})])
def test_networks_that_pruning_would_break_are_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="pruning would break; take a smaller student"):
        prune.without(shaken(name, **options), 0.5, round_to=2)


def test_goals_that_pruning_does_not_reach_are_refused() -> None:
    with pytest.raises(ValueError, match=r"leaves a cost of .* and 100 is asked; begin with a student of fewer layers"):
        prune.reduced(shaken("dncnn", channels=8, layers=3), 100, weights, round_to=8)


def test_what_is_compared_knows_neither_channels_nor_their_size() -> None:
    features = torch.rand(2, 6, 24, 36)
    assert attention(features).shape == (2, 144)
    assert affinity(features).shape == (2, 144, 144)
    assert torch.allclose(attention(features), attention(3 * features.flip(1)), atol=1e-6)
    assert torch.allclose(affinity(features), affinity(3 * features.flip(1)), atol=1e-6)
    doubled = torch.cat([features, features], dim=1)
    assert torch.allclose(affinity(features), affinity(doubled), atol=1e-6)
    assert not torch.allclose(attention(features), attention(features.flip(3)), atol=1e-3)
    assert not torch.allclose(affinity(features), affinity(torch.rand(2, 6, 24, 36)), atol=1e-3)


def test_a_teacher_has_nothing_to_tell_itself(pictures: Path, tmp_path: Path) -> None:
    network = shaken("rep", scale=2, **RECIPE.options)
    x, y = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32)
    losses = []
    for i, lesson in enumerate((Lesson(), Lesson(0, 0, 0))):
        trainer = DistillingTrainer(
            RECIPE,
            pictures,
            tmp_path / str(i),
            teacher=network,
            network=network,
            lesson=lesson,
            workers=0,
            device="cpu",
        )
        with trainer._autocast():
            out = trainer.network(x)
        losses.append(float(trainer._loss(out.float(), x, y).detach()))
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@pytest.mark.parametrize("part", ["outputs", "attention", "affinity"])
def test_each_part_of_a_lesson_draws_a_student_nearer(part: str, pictures: Path, tmp_path: Path) -> None:
    teacher = shaken("rep", scale=2, channels=12, layers=3, expansion=16)
    lesson = replace(Lesson(0, 0, 0), **{part: 100.0})
    trainer = DistillingTrainer(
        RECIPE, pictures, tmp_path, teacher=teacher, network=shaken("rep", scale=2, channels=8, layers=2, expansion=16),
        lesson=lesson, workers=0, device="cpu",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    batch = [rng.integers(0, 256, (2, side, side, 3), dtype=np.uint8) for side in (16, 32)]
    losses = [trainer._train_one((batch[0], batch[1])) for _ in range(25)]
    assert losses[-1] < 0.9 * losses[0]


def test_teachers_of_another_scale_are_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the teacher enlarges by 4, the student by 2"):
        DistillingTrainer(RECIPE, pictures, tmp_path, teacher=shaken("fsrcnn", channels=8), workers=0, device="cpu")


def test_int8_is_near_float32_and_leaves_the_enlargement_alone() -> None:
    network = shaken("rep", scale=2, channels=16, layers=3)
    model, rng = to_onnx(network), np.random.default_rng(0)
    inputs = [rng.random((1, 3, 24, 24), np.float32) for _ in range(3)]
    small = quantised(model, inputs)
    assert len(small) < 0.6 * len(model)
    graph = onnx.load_from_string(small).graph
    sources = {name: node.op_type for node in graph.node for name in node.output}
    convs = [sources[node.input[1]] for node in graph.node if node.op_type == "Conv"]
    assert sorted(convs) == ["Constant", *["DequantizeLinear"] * 5]
    off = output(small, inputs[0]) - output(model, inputs[0])
    assert 0 < np.abs(off).mean() < 0.01


def test_training_that_knows_of_int8_rounds_as_the_file_does() -> None:
    network = shaken("rep", scale=2, channels=16, layers=3)
    inputs = [np.random.default_rng(i).random((1, 3, 24, 24), np.float32) for i in range(3)]
    rounding = aware(network, inputs)
    with torch.inference_mode():
        simulated = rounding.eval()(torch.from_numpy(inputs[0])).numpy()
    exact, rounded = (output(model, inputs[0]) for model in (to_onnx(network), quantised(to_onnx(network), inputs)))
    assert np.abs(simulated - rounded).mean() < 0.5 * np.abs(exact - rounded).mean()
    rounding.train()(torch.from_numpy(inputs[0])).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in rounding.parameters())
    assert not any(isinstance(module, QuantConv) for module in plain(rounding).modules())
    assert torch.equal(plain(rounding)(torch.from_numpy(inputs[0])), network(torch.from_numpy(inputs[0])))


@pytest.mark.parametrize(("text", "most"), [("1200mac", 1200), ("30ms", 30), ("2.5x", 4)])
def test_goals_are_read(text: str, most: float) -> None:
    teacher = bench.Row("teacher", 5000, 1, 1, 10.0, None, None, 30, 50)
    assert Limit.parse(text).most(teacher) == most


@pytest.mark.parametrize("text", ["", "30", "x", "0x", "-3ms", "3 ms", "1e3mac", "30MAC"])
def test_unreadable_goals_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 50000mac \(a pixel\), 30ms or 2.7x"):
        Limit.parse(text)


def test_a_lightening_goes_through_its_stages_and_resumes(
    teacher_run: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lightening(teacher_run, pictures, tmp_path)
    rows = first.run()
    assert [row.stage for row in rows] == ["teacher", "pruned-1", "pruned-2", "int8"]
    assert rows[0].macs > rows[1].macs > rows[2].macs == rows[3].macs
    assert rows[2].macs <= 1200
    assert rows[3].psnr > rows[2].psnr - 0.3
    # A stage that was killed before its row goes on from its checkpoint.
    (tmp_path / "pruned-2" / "row.json").unlink()
    kept = torch.load(tmp_path / "pruned-2" / "checkpoint.pt", weights_only=True)["ema"]
    again = lightening(teacher_run, pictures, tmp_path)
    assert [row.psnr for row in again.run()] == [row.psnr for row in rows]
    assert all(torch.equal(kept[name], value) for name, value in again._last.ema.state_dict().items())
    # What came out can be made lighter still.
    further = lightening(tmp_path / "pruned-2", pictures, tmp_path / "further", to="1000mac", prunings=1)
    assert further.run()[-1].macs <= 1000
    # A stage that is done is not done again.
    monkeypatch.setattr(lighten, "measured", None)
    monkeypatch.setattr(lighten, "quantised", None)
    assert lightening(teacher_run, pictures, tmp_path).run()[-1] == rows[-1]
    with pytest.raises(ValueError, match="another finetune, round_to; choose another folder"):
        lightening(teacher_run, pictures, tmp_path, finetune=9, round_to=2)


def test_a_student_may_be_another_network_of_the_same_kind(teacher_run: Path, pictures: Path, tmp_path: Path) -> None:
    work = lightening(teacher_run, pictures, tmp_path, student={"layers": 1}, steps=3, to="1200mac", prunings=1)
    rows = work.run()
    assert [row.stage for row in rows] == ["teacher", "student", "pruned-1", "int8"]
    recipe, network = opened(tmp_path / "student" / "checkpoint.pt")
    assert recipe.options["layers"] == 1
    assert count(to_onnx(network)).macs == rows[1].macs < rows[0].macs
    (tmp_path / "pruned-1" / "row.json").unlink()
    resumed = lightening(
        teacher_run, pictures, tmp_path, student={"layers": 1}, steps=3, to="1200mac", prunings=1
    ).run()
    assert [row.psnr for row in resumed] == [row.psnr for row in rows]


def test_training_that_knows_of_int8_is_kept_if_it_helps(
    teacher_run: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lighten, "INT8_LOSS", -100.0)
    work = lightening(teacher_run, pictures, tmp_path, prunings=1)
    rows = work.run()
    assert (tmp_path / "int8" / "aware" / "checkpoint.pt").exists()
    _, network = opened(tmp_path / "pruned-1" / "checkpoint.pt")
    after = work._judged("int8", network, quantised(to_onnx(network), work._calibration))
    assert rows[-1].psnr >= after.psnr


def test_a_network_that_is_light_enough_is_only_rounded(teacher_run: Path, pictures: Path, tmp_path: Path) -> None:
    work = lightening(teacher_run, pictures, tmp_path, to="1x")
    assert [row.stage for row in work.run()] == ["teacher", "int8"]
    exact, _ = work.export("same")
    assert open_network(exact).card.trained_on["steps"] == RECIPE.steps


def test_a_folder_without_a_run_is_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no run to make lighter: there is no .*checkpoint.pt"):
        lightening(tmp_path, pictures, tmp_path / "light")


def test_the_command_prints_a_table_and_writes_networks(teacher_run: Path, pictures: Path, tmp_path: Path) -> None:
    command = ["lighten", str(teacher_run), "--to", "2000mac", "--pictures", str(pictures), "--out", str(tmp_path)]
    command += ["--prunings", "1", "--finetune", "2", "--round-to", "2", "--workers", "0", "--export", "small"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert [line.split(" | ")[0] for line in result.stdout.splitlines()[2:]] == ["| teacher", "| pruned-1", "| int8"]
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    exact, rounded = (open_network(tmp_path / f"{name}.onnx") for name in ("small", "small-int8"))
    assert exact.card.macs == rounded.card.macs <= 2000
    assert json.loads(exact.card.to_json())["trained_on"]["steps"] == 2
    assert np.abs(exact(picture).astype(float) - rounded(picture)).mean() < 8


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--to", "fast"], "cannot read the goal 'fast'"),
        (["--to", "2x", "--student", "layers"], "write NAME=VALUE, got 'layers'"),
        (["--to", "2x", "--student", "depth=1"], "rep takes no depth"),
    ],
)
def test_the_command_says_what_is_wrong(
    teacher_run: Path, pictures: Path, tmp_path: Path, wrong: list[str], says: str
) -> None:
    command = ["lighten", str(teacher_run), "--pictures", str(pictures), "--out", str(tmp_path), *wrong]
    result = CliRunner().invoke(main, command)
    assert result.exit_code != 0
    assert says in result.output


def test_the_word_train_may_be_written_or_left_out() -> None:
    assert "lighten" in CliRunner().invoke(main, ["--help"]).output
    for words in ([], ["train"]):
        result = CliRunner().invoke(main, [*words, "/no such folder", "run", "--task", "dejpeg"])
        assert "'/no such folder' does not exist" in result.output


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are Linux's")
def test_peak_memory_is_that_of_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    narrow, wide = (bench.peak_memory(to_onnx(build("dncnn", channels=n, layers=3))) for n in (8, 64))
    # 512 x 512 pixels of 64 channels are 64 MiB; one or two of them live at once.
    assert 50 < wide - narrow < 200


def test_openvino_is_timed_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = to_onnx(build("fsrcnn", scale=2, channels=8))
    monkeypatch.setattr(bench.importlib.util, "find_spec", lambda name: None)
    assert bench.openvino_latency(model) is None
    assert bench.latency(model) > 0
