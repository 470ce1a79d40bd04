"""Training against a discriminator: it starts from weights, resumes, and is refused where it cannot work."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import save_waves

torch = pytest.importorskip("torch")
pytest.importorskip("pytorch_msssim")

from accelir.architectures import build  # noqa: E402
from accelir.architectures.blocks import collapse, expand  # noqa: E402
from accelir.restoration.installed import find  # noqa: E402
from accelir.training.adversarial import AdversarialRecipe, AdversarialTrainer, Discriminator  # noqa: E402
from accelir.training.cli import main  # noqa: E402
from accelir.training.trainer import Trainer, TrainingRecipe  # noqa: E402

SMALL = {"network": "artefact", "options": {"channels": 8, "layers": 1, "expansion": 16}, "task": "dejpeg"}
QUICK = {"codecs": "jpeg:10-40", "batch": 2, "patch": 98, "slots": 2, "fresh": 0.5, "rate": 1e-4}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_waves(tmp_path_factory.mktemp("pictures"), 4, 104, 112)


def run(pictures: Path, folder: Path, **changes: object) -> AdversarialTrainer:
    torch.set_num_threads(1)
    recipe = AdversarialRecipe(**(SMALL | QUICK | {"width": 4, "steps": 4} | changes))
    return AdversarialTrainer(recipe, pictures, folder, workers=0, device="cpu")


def test_a_resumed_run_ends_as_an_unbroken_one(pictures: Path, tmp_path: Path) -> None:
    unbroken = run(pictures, tmp_path / "a")
    unbroken.run(every=2, progress=False)
    run(pictures, tmp_path / "b").run(every=2, progress=False, stop=lambda step: step == 3)
    resumed = run(pictures, tmp_path / "b")
    assert resumed.step == 2
    resumed.run(every=2, progress=False)
    for part in ("ema", "discriminator"):
        pairs = zip(getattr(resumed, part).parameters(), getattr(unbroken, part).parameters(), strict=True)
        assert all((a - b).abs().max() < 1e-5 for a, b in pairs)


def test_the_discriminator_learns_to_tell_blurred_from_sharp(pictures: Path, tmp_path: Path) -> None:
    trained = run(pictures, tmp_path, discriminator_rate=3e-3)
    sharp = torch.rand(2, 3, 98, 98)
    blurred = torch.nn.functional.avg_pool2d(sharp, 5, 1, 2)
    for _ in range(60):
        trained._judge(blurred, sharp)
    assert trained.discriminator(sharp)[0].min() > 1 > -1 > trained.discriminator(blurred)[0].max()


def test_one_step_moves_both_networks(pictures: Path, tmp_path: Path) -> None:
    trained = run(pictures, tmp_path, steps=1)
    parts = {part: list(getattr(trained, part).parameters()) for part in ("network", "discriminator")}
    before = {part: [parameter.clone() for parameter in found] for part, found in parts.items()}
    trained.run(every=1, progress=False)
    for part, found in parts.items():
        assert any((a != b).any() for a, b in zip(found, before[part], strict=True))


def test_a_discriminator_takes_crops_of_any_size() -> None:
    verdict, features = Discriminator(4)(torch.rand(2, 3, 50, 70))
    assert verdict.shape == (2,)
    assert [tuple(f.shape[1:]) for f in features] == [(4, 25, 35), (8, 13, 18), (16, 7, 9), (32, 4, 5)]


def test_crops_too_small_for_the_structure_loss_are_refused(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outputs of 96 pixels; MS-SSIM needs 97 and more"):
        run(pictures, tmp_path, patch=96)


def test_a_plain_run_is_not_taken_for_an_adversarial_one(pictures: Path, tmp_path: Path) -> None:
    plain = Trainer(TrainingRecipe(**SMALL, **QUICK), pictures, tmp_path / "a", workers=0, device="cpu")
    plain.save()
    with pytest.raises(ValueError, match="another kind, without discriminator, judging"):
        run(pictures, tmp_path / "a", **{k: v for k, v in asdict(plain.recipe).items() if k not in SMALL})
    run(pictures, tmp_path / "b").save()
    with pytest.raises(ValueError, match="another kind, with adversary"):
        Trainer(TrainingRecipe(**SMALL, **QUICK), pictures, tmp_path / "b", workers=0, device="cpu")


@pytest.mark.parametrize("name", ["dejpeg-light", "sr-x4-light"])
def test_a_run_starts_from_a_shipped_network(name: str, pictures: Path, tmp_path: Path) -> None:
    task, network = {"dejpeg-light": ("dejpeg", "artefact"), "sr-x4-light": ("sr-x4", "arsr")}[name]
    started = Trainer(TrainingRecipe(task=task, network=network), pictures, tmp_path, workers=0, device="cpu")
    started.load_weights(find(name))
    assert started.start["network"] == name
    from accelir.restoration.network import open_network
    from accelir.training.trainer import run_network

    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    by_torch = run_network(collapse(started.ema).eval(), picture, started.device)
    assert np.abs(by_torch.astype(int) - open_network(name)(picture)).max() <= 1


def test_weights_of_another_network_are_refused() -> None:
    weights = dict(collapse(build("arsr", scale=2, layers=1, expansion=16)).state_dict())
    with pytest.raises(ValueError, match=r"not this network's: it has no body\.0\.weight"):
        expand(build("arsr", scale=2, layers=0, expansion=16), weights)
    with pytest.raises(ValueError, match=r"layer body\.2 differs"):
        expand(build("arsr", scale=2, layers=2, expansion=16), weights)


def test_the_command_takes_losses_by_name(pictures: Path, tmp_path: Path) -> None:
    command = [str(pictures), str(tmp_path / "run"), "--task", "dejpeg", "--network", "artefact", "--steps", "1"]
    command += ["--patch", "98", "--batch", "2", "--slots", "2", "--workers", "0", "--codecs", "jpeg:10-40"]
    small = ["--set", "channels=8", "--set", "layers=1", "--adversarial", "--loss", "width=4"]
    told = CliRunner().invoke(main, [*command, *small])
    assert told.exit_code == 0, told.output
    told = CliRunner().invoke(main, [*command, *small, "--loss", "beauty=1"])
    assert "no loss is called beauty; there are adversary, discriminator_rate, features" in told.output
    told = CliRunner().invoke(main, [*command, "--loss", "width=4"])
    assert "--loss is for --adversarial" in told.output
