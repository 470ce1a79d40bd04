"""The command `accelir-train lighten`."""

from __future__ import annotations

from pathlib import Path

import click

from accelir.training.options import parse_options


@click.command(context_settings={"show_default": True})
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--to", required=True, metavar="GOAL", help="50000mac (a pixel), 30ms or 2.7x (times as fast as RUN).")
@click.option(
    "--pictures",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that RUN was trained on.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where the stages go.  [default: RUN/light]"
)
@click.option(
    "--student",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Begin with a student that differs so; repeatable.",
)
@click.option("--steps", default=6000, type=click.IntRange(1), help="Steps of the student's training.")
@click.option("--prunings", default=3, type=click.IntRange(1), help="Prunings on the way to the goal.")
@click.option("--finetune", default=2000, type=click.IntRange(1), help="Steps of training after each.")
@click.option("--rate", default=5e-4, type=click.FloatRange(0, min_open=True), help="Highest learning rate after each.")
@click.option("--aware", default=500, type=click.IntRange(1), help="Steps that know of int8, if it loses too much.")
@click.option("--round-to", default=16, type=click.IntRange(1), help="Channels are kept in multiples of this.")
@click.option("--workers", default=1, type=click.IntRange(0), help="Processes that prepare pictures; 0 for none.")
@click.option("--threads", default=1, type=click.IntRange(1), help="Threads of training.")
@click.option(
    "--device", default="auto", type=click.Choice(["auto", "cpu", "cuda"]), help="auto: CUDA if there is any."
)
@click.option("--export", "name", help="Write NAME.onnx, NAME-int8.onnx and cards when done.")
def lighten(
    run: Path,
    to: str,
    pictures: Path,
    out: Path | None,
    settings: tuple[str, ...],
    steps: int,
    prunings: int,
    finetune: int,
    rate: float,
    aware: int,
    round_to: int,
    workers: int,
    threads: int,
    device: str,
    name: str | None,
) -> None:
    """Make the network of RUN lighter: teach a student, prune channels, round to int8. The same command resumes.

    Prints a table of what each stage costs and gives; PSNR and SSIMULACRA 2 are of files of 0.9 to 1.8 bits a pixel, of
    pictures that RUN did not train on.
    """
    try:
        import torch
        import torch_pruning  # noqa: F401
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'accelir[train]'") from None
    from accelir.training.bench import table
    from accelir.training.lighten import Lightening, LighteningPlan

    torch.set_num_threads(threads)
    plan = LighteningPlan(
        to=to,
        student=parse_options(settings, "--student"),
        steps=steps,
        prunings=prunings,
        finetune=finetune,
        rate=rate,
        aware=aware,
        round_to=round_to,
    )
    folder = out or run / "light"
    try:
        work = Lightening(
            run, pictures, folder, plan, workers=workers, device=device, tell=lambda text: click.echo(text, err=True)
        )
        rows = work.run()
        if name:
            for path in work.export(name):
                click.echo(f"wrote {path}", err=True)
    except (ValueError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(table(rows))
