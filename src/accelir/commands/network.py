"""`accelir network`: restoration networks of a user's own, and those that are installed."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import click
import numpy as np
from click.shell_completion import CompletionItem

from accelir.commands import options, receiving
from accelir.commands.batch import BAD_INPUT, explain
from accelir.commands.printing import Printer, complain, shown
from accelir.restoration.adopt import adopt
from accelir.restoration.card import RANGES, Card
from accelir.restoration.convert import WEIGHTS, read_model
from accelir.restoration.installed import check_name, find, install, networks, own, own_folder, uninstall
from accelir.restoration.network import card_of
from accelir.restoration.pictures import list_pictures, load
from accelir.restoration.tasks import KINDS, Task, forms
from accelir.restoration.trial import TaskTrial

MOST_PICTURES = 8
"""Pictures of a folder that a network is tried on, spread over all."""

_RANGES = {f"{black:g}..{white:g}": (black, white) for black, white in RANGES}


def _task(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else str(Task.parse(value))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _complete_own(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in own() if name.startswith(incomplete)]


@click.group()
def network() -> None:
    """Install restoration networks of your own, and show those that are there."""


@network.command(short_help="Install a network: ONNX, or weights of PyTorch.")
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="What to call it; by default the file's name.")
@click.option(
    "--task", metavar="TASK", callback=_task, help=f"What it is for: {forms(KINDS.values())}. By default tried."
)
@click.option(
    "--range", "values", type=click.Choice(list(_RANGES)), help="Its values of black and white. By default tried."
)
@click.option(
    "--pictures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Try it on the pictures in this folder, {MOST_PICTURES} at most, in place of one photograph.",
)
@click.option("--licence", default="", metavar="TEXT", help="Licence of the weights, to be kept in the card.")
@click.option("--force", is_flag=True, help="Replace a network of yours of that name.")
@options.quiet_option
def add(
    model: Path,
    name: str | None,
    task: str | None,
    values: str | None,
    pictures: Path | None,
    licence: str,
    force: bool,
    quiet: bool,
) -> None:
    """Measure MODEL, try it on pictures, and install it with a card for this user.

    MODEL is an .onnx, or, with the extra "convert", a .pth or .safetensors of an architecture that spandrel knows. It
    is run to be measured: take models of people whom you trust.
    """
    try:
        data, architecture = read_model(model)
        stated = card_of(model, data) if model.suffix.lower() not in WEIGHTS else None
        chosen = check_name(name or (stated.name if stated else _name_of(model)), replace=force)
        adopted = adopt(
            data,
            chosen,
            task=task,
            values=None if values is None else _RANGES[values],
            pictures=_pictures(pictures),
            stated=stated,
            licence=licence,
        )
        card = dataclasses.replace(adopted.card, architecture=architecture) if architecture else adopted.card
        path = install(data, card, replace=force)
    except MemoryError:
        complain(f"{shown(model)}: it takes more memory than there is, though it was run on small pictures")
        raise SystemExit(1) from None
    except BAD_INPUT as error:
        complain(f"{shown(model)}: {explain(error)}")
        raise SystemExit(1) from None
    if not quiet:
        Printer().say(*_described(card), *_tried(adopted.trials), f"installed: {path}")


@network.command(name="list", short_help="List the networks that are installed.")
@options.json_option
def list_(as_json: bool) -> None:
    """List the networks that are installed, those of your own marked."""
    printer, mine = Printer(), own()
    for name in networks():
        card = _read(name)
        if card is None:
            continue
        if as_json:
            printer.tell({**dataclasses.asdict(card), "own": name in mine})
        else:
            where = "yours" if name in mine else "comes with accelir"
            printer.say(f"{name:<28} {Task(card.task, card.strength)!s:<12} {card.macs:>12,.0f} MAC/pixel  {where}")


@network.command(short_help="Show a network's card.")
@click.argument("name", shell_complete=receiving.complete_network)
@options.json_option
def show(name: str, as_json: bool) -> None:
    """Show what the network NAME takes, gives and costs."""
    try:
        card = Card.read(find(name).with_suffix(".json"))
    except BAD_INPUT as error:
        raise click.UsageError(explain(error)) from None
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(card)))
    else:
        Printer().say(*_described(card), *(f"{what}: {score:g}" for what, score in card.scores.items()))


@network.command(short_help="Remove networks of your own.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=_complete_own)
def remove(names: tuple[str, ...]) -> None:
    """Remove networks of your own. Files that name them can't be restored then but by another network."""
    for name in names:
        try:
            uninstall(name)
        except BAD_INPUT as error:
            raise click.UsageError(explain(error)) from None


def _name_of(model: Path) -> str:
    """The file's name as far as it may be a network's."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", model.stem).strip("-._+")[:100]


def _pictures(folder: Path | None) -> list[np.ndarray]:
    if folder is None:
        return []
    found = list_pictures(folder)
    return [load(path) for path in found[:: -(-len(found) // MOST_PICTURES)]]


def _read(name: str) -> Card | None:
    """An installed network's card; None, and a word about it, for a broken one."""
    try:
        return Card.read(find(name).with_suffix(".json"))
    except BAD_INPUT as error:
        complain(f"{own_folder()}: {explain(error)}")
        return None


def _described(card: Card) -> list[str]:
    """A card for people."""
    size = "any size" if card.size is None else f"tiles of {card.size[1]} x {card.size[0]}"
    sides = [f"sides of {card.least} and more"] if card.least > 1 else []
    sides += [f"multiples of {card.multiple_of}"] if card.multiple_of > 1 else []
    halo = "the whole picture" if card.halo is None else f"{card.halo} pixels around"
    colors = "RGB" if card.channels == 3 else "luma"
    return [
        f"{card.name}: {Task(card.task, card.strength)}, enlarges by {card.scale}",
        f"takes {colors} from {card.range[0]:g} to {card.range[1]:g}, {', '.join([size, *sides])}; sees {halo}",
        f"costs {card.macs:,.0f} MAC and {card.memory:,.0f} bytes per input pixel; {card.parameters:,} weights",
    ]


def _tried(trials: list[TaskTrial]) -> list[str]:
    return [f"{trial}{'' if trial.gains else ' (no gain)'}" for trial in trials]
