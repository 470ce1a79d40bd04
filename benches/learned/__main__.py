"""The commands."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(help=__doc__)
def main() -> None: ...


@main.command()
@click.argument("pictures", type=FOLDER)
@click.argument("run", type=FOLDER)
@click.option("--weight", type=float, required=True, help="Of the squared error against bits per pixel.")
@click.option(
    "--minutes", type=float, default=90.0, show_default=True, help="On the clock, with those of earlier calls."
)
def train(pictures: Path, run: Path, weight: float, minutes: float) -> None:
    """Train on PICTURES into the folder RUN; what is there is gone on with."""
    from benches.learned.train import Recipe
    from benches.learned.train import train as begin

    begin(pictures, run, Recipe(weight=weight, minutes=minutes))


@main.command()
@click.argument("data", type=FOLDER)
@click.argument("runs", type=FOLDER, nargs=-1, required=True)
@click.option("--work", type=FOLDER, default=".learned", show_default=True, help="What was measured is kept here.")
def score(data: Path, runs: tuple[Path, ...], work: Path) -> None:
    """Judge the networks of RUNS on pictures of DATA/eval and write docs/results/learned-codec*."""
    from benches.learned.score import score as judge

    judge(data, runs, work)


if __name__ == "__main__":
    main()
