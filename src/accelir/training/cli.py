"""The command `accelir-train`: `train`, which needs not be written, and `lighten`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from accelir.architectures import ARCHITECTURES
from accelir.restoration.tasks import KINDS, Task, forms
from accelir.training.codecs import parse_mixture
from accelir.training.lighten_cli import lighten
from accelir.training.options import parse_options

if TYPE_CHECKING:
    from accelir.training.adversarial import AdversarialTrainer


class _Commands(click.Group):
    """Commands of which `train` needs not be named: `accelir-train PICTURES FOLDER ...` is what it always was."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["train", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands)
def main() -> None:
    """Train restoration networks, and make them lighter. `train PICTURES FOLDER ...` may be written without `train`."""


main.add_command(lighten)


def _adversarial(
    common: dict[str, Any], losses: dict[str, Any], pictures: Path, folder: Path, run: dict[str, Any]
) -> AdversarialTrainer:
    """A run against a discriminator. Raises click.UsageError for a loss that there isn't."""
    from accelir.training.adversarial import LOSSES, AdversarialRecipe, AdversarialTrainer

    if wrong := sorted(losses.keys() - LOSSES):
        raise click.UsageError(f"no loss is called {wrong[0]}; there are {', '.join(sorted(LOSSES))}")
    return AdversarialTrainer(AdversarialRecipe(**common, **losses), pictures, folder, **run)


@main.command(context_settings={"show_default": True})
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--task", required=True, help=f"{forms(KINDS.values())}.")
@click.option("--network", required=True, type=click.Choice(list(ARCHITECTURES)))
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of the network; repeatable.")
@click.option("--codecs", default="jpeg:10-100*3,webp:20-95,none*0.2", help="The codec in the loop.")
@click.option("--steps", default=20_000, type=click.IntRange(1))
@click.option("--batch", default=16, type=click.IntRange(1))
@click.option("--patch", default=48, type=click.IntRange(8), help="Side of an input crop, pixels.")
@click.option("--rate", default=1e-3, type=click.FloatRange(0, min_open=True), help="Highest learning rate.")
@click.option(
    "--mse-from", default=0.6, type=click.FloatRange(0, 1), help="Squared error after this part of the steps."
)
@click.option("--relative", is_flag=True, help="A crop's loss relative to its input's: fine files count more.")
@click.option(
    "--smallest",
    default=1.0,
    type=click.FloatRange(0.1, 1),
    help="Shrink half of the pictures, to this part of their size or more: finer detail than theirs.",
)
@click.option(
    "--adversarial", is_flag=True, help="Train against a discriminator, for looks; start from a plain run's weights."
)
@click.option("--loss", "losses", multiple=True, metavar="NAME=VALUE", help="A weight of --adversarial; repeatable.")
@click.option("--seed", default=0, type=click.IntRange(0))
@click.option("--slots", default=128, type=click.IntRange(1), help="Decoded pictures held.")
@click.option("--every", default=1000, type=click.IntRange(1), help="Steps between checkpoints.")
@click.option("--workers", default=1, type=click.IntRange(0), help="Processes that prepare pictures; 0 for none.")
@click.option("--threads", default=1, type=click.IntRange(1), help="Threads of the network.")
@click.option(
    "--device", default="auto", type=click.Choice(["auto", "cpu", "cuda"]), help="auto: CUDA if there is any."
)
@click.option(
    "--start-from", type=click.Path(exists=True, dir_okay=False), help="A checkpoint or .onnx to take weights of."
)
@click.option("--export", "name", help="Write NAME.onnx and NAME.json into FOLDER when done.")
@click.option("--data", default="", help="What the pictures are and their licences, for the card.")
@click.option("--version", default="1", help="The version of the weights that the card names.")
@click.option("--licence", default="MIT", help="The licence that the card names.")
def train(
    pictures: Path,
    folder: Path,
    task: str,
    network: str,
    settings: tuple[str, ...],
    codecs: str,
    steps: int,
    batch: int,
    patch: int,
    rate: float,
    mse_from: float,
    relative: bool,
    smallest: float,
    adversarial: bool,
    losses: tuple[str, ...],
    seed: int,
    slots: int,
    every: int,
    workers: int,
    threads: int,
    device: str,
    start_from: str | None,
    name: str | None,
    data: str,
    version: str,
    licence: str,
) -> None:
    """Train a restoration network on PICTURES, the codec in the loop; keep the run in FOLDER, resume what is there."""
    try:
        Task.parse(task), parse_mixture(codecs)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        import torch
    except ImportError:
        raise click.ClickException("training needs torch: pip install 'accelir[train]'") from None
    from accelir.training.trainer import Trainer, TrainingRecipe

    torch.set_num_threads(threads)
    if losses and not adversarial:
        raise click.UsageError("--loss is for --adversarial")
    try:
        common: dict[str, Any] = {
            "task": task,
            "network": network,
            "options": parse_options(settings),
            "codecs": codecs,
            "steps": steps,
            "batch": batch,
            "patch": patch,
            "rate": rate,
            "mse_from": mse_from,
            "relative": relative,
            "smallest": smallest,
            "seed": seed,
            "slots": slots,
        }
        run: dict[str, Any] = {"workers": workers, "device": device}
        trainer: Trainer
        if adversarial:
            trainer = _adversarial(common, parse_options(losses, "--loss"), pictures, folder, run)
        else:
            trainer = Trainer(TrainingRecipe(**common), pictures, folder, **run)
        if start_from:
            trainer.load_weights(start_from)
        score = trainer.run(every=every)
        click.echo(f"{task} {network}: {score:.2f} dB on held-out pictures after {trainer.step} steps")
        if name:
            from accelir.training.export import export

            click.echo(f"wrote {export(trainer, name, folder, version=version, data=data, licence=licence)}")
    except (ValueError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
