"""Where files go: which inputs there are, and the output of each."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from accelir.commands import batch
from accelir.commands.pictures import load_plugins
from accelir.commands.printing import complain, shown
from accelir.commands.transfers import Transfer
from accelir.storage import locations
from accelir.storage.locations import STDIO, STORES, FoundFile

_FIELD = r"\{(stem|ext|folder|number)(?::0?(\d{1,2}))?\}"
_NAMED_AT_MOST = 5
"""Names of a line about what was passed over; the rest are counted."""


@dataclass(frozen=True)
class Places:
    """Where the files of a command come from and go to."""

    output: str | None = None
    """The one file, or "-"."""
    folder: str | None = None
    """The folder for all; None: that of each input."""
    suffix: str = ""
    """Put behind the name, before its ending."""
    name: str | None = None
    """A pattern for names; `check_name` says of what."""
    recursive: bool = False
    """Whether folders stand for what is in their folders, too; these folders are made below `folder`."""
    in_place: bool = False
    """Whether each output replaces its input."""
    force: bool = False
    """Whether files that exist are replaced."""
    skip_existing: bool = False
    """Whether inputs whose output exists are passed over."""
    preserve: bool = False
    """Whether outputs get times and mode of their inputs."""
    schemes: Collection[str] = STORES
    """Schemes that URLs may have."""
    dry_run: bool = False
    """Whether nothing is written, folders neither."""

    def plan(self, inputs: Sequence[str], ending: str, *, quiet: bool = False) -> list[Transfer]:
        """Which file goes where; a wrong call where that can't be told.

        ending: of the outputs, with its dot. quiet: whether nothing is said of what folders hold beside pictures.
        """
        self._check()
        found = find_pictures(inputs, self.schemes, recursive=self.recursive, outside=self.folder, quiet=quiet)
        if self.output is not None and len(found) > 1:
            raise click.UsageError(f"-o takes one input and {len(found)} came; give --out-dir")
        if self.folder is not None and not self.dry_run:
            _make_folder(self.folder)
        transfers = []
        owners: dict[str, str] = {}
        for number, file in enumerate(found, 1):
            target = self._target(file, number, ending)
            transfers.append(
                Transfer(
                    file.name,
                    target,
                    force=self.force or self.in_place,
                    rival=owners.get(target),
                    in_place=self.in_place,
                    skip_existing=self.skip_existing,
                    preserve=self.preserve,
                    makes_folder=self.folder is not None and "/" in file.inside,
                )
            )
            owners.setdefault(target, file.name)
        return transfers

    def _check(self) -> None:
        if self.output is not None and self.folder is not None:
            raise click.UsageError("give either -o or --out-dir")
        named = {"--suffix": self.suffix, "--name": self.name}
        placed = {"-o": self.output, "--out-dir": self.folder}
        if self.output is not None and any(named.values()):
            raise click.UsageError("-o names the file; no --suffix and no --name with it")
        taken = [option for option, value in {**placed, **named}.items() if value]
        if self.in_place and taken:
            raise click.UsageError(f"--in-place keeps every name; no {taken[0]} with it")
        if self.skip_existing and (self.force or self.in_place):
            raise click.UsageError("give either --skip-existing or what replaces files, --force or --in-place")
        for place in (self.output, self.folder):
            check_scheme(place, self.schemes)

    def _target(self, file: FoundFile, number: int, ending: str) -> str:
        if self.output is not None:
            return self.output
        if self.in_place or (file.name == STDIO and self.folder is None):
            return file.name
        if file.name == STDIO:
            file = FoundFile("stdin", "stdin")
        folder, _, _ = file.inside.rpartition("/")
        name = self._name(file, number) + ending
        if self.folder is None:
            return locations.join(locations.dirname(file.name), name)
        return locations.join(self.folder, f"{folder}/{name}" if folder else name)

    def _name(self, file: FoundFile, number: int) -> str:
        stem, ext = os.path.splitext(locations.basename(file.name))
        if self.name is not None:
            above = locations.basename(locations.dirname(locations.absolute(file.name)))
            values: dict[str, Any] = {"stem": stem, "ext": ext[1:], "folder": above, "number": number}

            def filled(match: re.Match[str]) -> str:
                value = values[match[1]]
                return f"{value:0{match[2] or 1}}" if isinstance(value, int) else value

            stem = re.sub(_FIELD, filled, self.name)
        return stem + self.suffix


def find_pictures(
    inputs: Sequence[str],
    schemes: Collection[str],
    *,
    recursive: bool = False,
    outside: str | None = None,
    quiet: bool = False,
) -> list[FoundFile]:
    """The pictures that inputs stand for; a line about what folders hold beside them; a wrong call without any.

    outside: a folder whose files are no inputs, unless they or it are named: outputs of an earlier run.
    """
    if not all(map(os.path.isfile, inputs)):
        load_plugins()  # which tell what names in a folder are those of pictures
    for name in inputs:
        check_scheme(name, schemes)
    all_found = list(locations.find(inputs, recursive=recursive))
    passed = [file.name for file in all_found if not file.is_picture]
    found = [file for file in all_found if file.is_picture]
    if recursive and outside is not None:
        found = [file for file in found if file.name in inputs or not _is_below(file.name, outside, inputs)]
    if passed and not quiet:
        complain(f"passed over, as no pictures: {_listed(passed)}")
    if not found:
        deeper = "" if recursive else "; --recursive looks into its folders, too"
        raise click.UsageError(f"no picture in {', '.join(map(shown, inputs))}{deeper}")
    return found


def _is_below(name: str, folder: str, inputs: Collection[str]) -> bool:
    root = locations.absolute(folder).rstrip("/") + "/"
    if any((locations.absolute(given).rstrip("/") + "/").startswith(root) for given in inputs):
        return False
    return locations.absolute(name).startswith(root)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    heic = any(name.lower().endswith((".heic", ".heif")) for name in names)
    return ", ".join(names[:_NAMED_AT_MOST]) + more + ("; pip install pillow-heif reads HEIC" if heic else "")


def check_scheme(name: str | None, allowed: Collection[str]) -> None:
    """A URL of which a scheme is not allowed is a wrong call."""
    try:
        if name is not None:
            locations.check_scheme(name, allowed)
    except ValueError as error:
        raise click.UsageError(f"{shown(name)}: {error}") from None


def check_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A pattern of text and {stem}, {ext}, {folder}, {number} or {number:04}."""
    if value is None:
        return None
    rest = re.sub(_FIELD, "", value)
    if "{" in rest or "}" in rest:
        raise click.BadParameter(f"{value!r}: fields are {{stem}}, {{ext}}, {{folder}}, {{number}} and {{number:04}}")
    return check_part(ctx, param, value)


def check_part(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Part of a file's name."""
    if any(separator in value for separator in ("/", "\\", "\0")):
        raise click.BadParameter(f"{value!r} is part of a name, and holds no folders; --out-dir gives one")
    return value


def _make_folder(name: str) -> None:
    try:
        locations.make_folder(name)
    except OSError as error:
        raise click.BadParameter(f"{shown(name)}: {batch.explain(error)}", param_hint="--out-dir") from error


def with_plots(transfers: Sequence[Transfer], plot: str | None) -> list[Transfer]:
    """Transfers that also draw, into one file."""
    return [replace(transfer, plot=plot) for transfer in transfers]
