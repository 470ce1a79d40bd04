"""The command `accelir-profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from accelir.metrics import METRICS
from accelir.profile.files import read_profile
from accelir.profile.model import Profile
from accelir.restoration.tasks import Task, forms, judged
from accelir.storage.cluster import ClusterError

_metrics = click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME[=WEIGHT]",
    help="What tables and RDO are tuned for; repeatable, a weight is what a dB or a point counts. [psnr=1]",
)


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Build profiles, and look at them."""


@main.command(context_settings={"show_default": True})
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--task", required=True, help=f"{forms(judged())}.")
@click.option("--network", "networks", multiple=True, help="A name or an .onnx path; repeatable. Default: the task's.")
@click.option(
    "--format", "format_", default="jpeg", type=click.Choice(["jpeg", "webp"]), help="webp: tune its settings alone."
)
@click.option("--receiver", help="Name of the network that files ask for. Default: the task's, if it is installed.")
@_metrics
@click.option("--base", help="Take tables and RDO strength from this installed profile instead of tuning them.")
@click.option("--quality", default="mse", type=click.Choice(["mse", "psnr"]), help="That utility counts.")
@click.option("--groups", default=10, type=click.IntRange(2, 100), help="Number of groups of cells, by utility.")
@click.option("--side", default=512, type=click.IntRange(32), help="Cut pictures to this many pixels a side.")
@click.option("--steps", default=4000, type=click.IntRange(1), help="Of QP-NET's training.")
@click.option("--seed", default=0, type=click.IntRange(0), help="Of QP-NET's training.")
@click.option("--jobs", default=1, type=click.IntRange(1), help="Processes that measure.")
@click.option("--dask", metavar="ADDRESS", help="Measure on the workers of this Dask scheduler instead.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), help="Intermediate results. [OUT.work]")
def build(
    pictures: Path,
    out: Path,
    task: str,
    networks: tuple[str, ...],
    metrics: tuple[str, ...],
    receiver: str | None,
    format_: str,
    base: str | None,
    quality: str,
    groups: int,
    side: int,
    steps: int,
    seed: int,
    jobs: int,
    dask: str | None,
    work: Path | None,
) -> None:
    """Measure PICTURES through the encoder and the networks, and write a profile into the folder OUT.

    A build that was interrupted goes on where it stopped when it is called again.
    """
    try:
        from accelir.profiling.build import BuildRequest
        from accelir.profiling.build import build as run
        from accelir.profiling.qpnet import QpNetRecipe
    except ImportError as error:
        raise click.ClickException(f"building needs {error.name}: pip install 'accelir[train]'") from None
    try:
        request = BuildRequest(
            task=Task.parse(task),
            networks=networks or (task,),
            format=format_,
            metrics=_weights(metrics),
            base=base,
            quality=quality,
            groups=groups,
            side=side,
            recipe=QpNetRecipe(steps=steps, seed=seed),
            jobs=jobs,
            dask=dask,
            receiver=receiver,
        )
        run(pictures, out, work or out.with_name(f"{out.name}.work"), request)
    except (ValueError, FileNotFoundError, ClusterError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(_described(read_profile(out)))


@main.command(context_settings={"show_default": True})
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--task", required=True, help=f"{forms(judged())}.")
@click.option("--network", "networks", multiple=True, help="A name or an .onnx path; repeatable. Default: the task's.")
@click.option("--receiver", help="Name of the network that files ask for. Default: the task's, if it is installed.")
@_metrics
@click.option("--base", help="An installed profile, or a folder's path, that gives all else. [fidelity]")
@click.option("--count", default=12, type=click.IntRange(1), help="Pictures that are tuned on, spread over all.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), help="Intermediate results. [OUT.work]")
def tune(
    pictures: Path,
    out: Path,
    task: str,
    networks: tuple[str, ...],
    metrics: tuple[str, ...],
    receiver: str | None,
    base: str | None,
    count: int,
    work: Path | None,
) -> None:
    """Tune tables, chroma and Lagrangian alone, on the mean over the networks; cells are treated alike.

    A matter of minutes. `build --base OUT` goes on from there to tell cells apart.
    """
    try:
        from accelir.profiling.build import BuildRequest
        from accelir.profiling.build import tune as run
    except ImportError as error:
        raise click.ClickException(f"tuning needs {error.name}: pip install 'accelir[train]'") from None
    try:
        request = BuildRequest(
            task=Task.parse(task),
            networks=networks or (task,),
            metrics=_weights(metrics),
            receiver=receiver,
            base=base,
        )
        scores = run(pictures, out, work or out.with_name(f"{out.name}.work"), request, count)
    except (ValueError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(_described(read_profile(out)))
    click.echo("on other pictures:")
    for name, found in scores.items():
        click.echo(f"  {name}: " + ", ".join(f"{metric} {score:.2f}" for metric, score in found.items()))


@main.command()
@click.argument("profile", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw curves and confusion, as a PNG.")
def show(profile: Path, plot: Path | None) -> None:
    """Print what the profile in the folder PROFILE holds."""
    try:
        read = read_profile(profile)
        click.echo(_described(read))
        if plot is not None:
            from accelir.profiling.plots import draw

            draw(read, plot)
    except ImportError as error:
        raise click.ClickException(f"drawing needs {error.name}: pip install 'accelir[train]'") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _weights(metrics: tuple[str, ...]) -> dict[str, float]:
    """Weights by metric, from NAME or NAME=WEIGHT. Raises ValueError."""
    weights = {}
    for text in metrics or ("psnr",):
        name, _, weight = text.partition("=")
        if name not in METRICS:
            raise ValueError(f"--metric takes NAME or NAME=WEIGHT with a name of {', '.join(METRICS)}, not {text!r}")
        weights[name] = float(weight or 1)
    return weights


def _described(profile: Profile) -> str:
    lines = [f"{profile.name}: {profile.task}", f"network {profile.network}, made {profile.provenance.get('made')}"]
    margin = profile.jpeg.full_chroma_margin
    lines.append(
        f"lambda {profile.jpeg.ladder.modes['lambda'][0]:.3f}; 4:4:4 where it is {margin:g} dB better than 4:2:0"
    )
    if profile.groups is None:
        return "\n".join([*lines, "cells are treated alike"])
    curves = profile.groups.curves
    lines.append(f"{curves.groups} groups, {len(curves.modes)} modes at {len(curves.base_qps)} base steps")
    return "\n".join([*lines, *_figures(profile.provenance.get("figures", {})), _taken(profile)])


def _figures(figures: dict[str, Any]) -> list[str]:
    if not figures:
        return []
    lines = [
        f"held out: {figures['pictures']} of the pictures, {figures['cells']} cells: QP-NET puts "
        f"{figures['accuracy']:.1%} into their group, {figures['accuracy_within_one']:.1%} at most one beside it",
        "PSNR after restoration over uniform files of equal bits, as looked up, dB at "
        + " / ".join(f"{rate:g}" for rate in figures["rates"])
        + " bpp:",
    ]
    lines += _rows(figures["gain_db"])
    if "allocators_db" in figures:
        lines += ["the same of files, by allocator:", *_rows(figures["allocators_db"])]
    return lines


def _rows(gains: dict[str, list[float | None]]) -> list[str]:
    return [f"  {name:12} " + " / ".join("-" if g is None else f"{g:+.3f}" for g in row) for name, row in gains.items()]


def _taken(profile: Profile) -> str:
    loop = "" if profile.jpeg.closed_loop is None else f"; closed-loop from effort {profile.jpeg.closed_loop.effort} on"
    return f"encoders take {profile.jpeg.allocator}{loop}"


if __name__ == "__main__":
    main()
