"""Which restoration networks are installed, and where a network's file is.

Some come with the package; a user's own are in a folder of the user's (storage/user_data.py), model and card.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from accelir.restoration.card import Card
from accelir.storage.files import write_atomically
from accelir.storage.shipped import shipped
from accelir.storage.text import printable
from accelir.storage.user_data import user_data

SUFFIX = ".onnx"
LIGHT = "-light"
"""Suffix of the names of light networks, which their task stands for where there is no other."""
GRADIENT = ".gradient"
"""Suffix of a network's gradient graph, an ONNX model beside it (accelir.restoration.gradient)."""


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
"""Names that a user's networks may have: fit for files on every system, for a command line and for our files."""

_TAKEN = ("auto", "none")
"""Words that stand where names of networks do."""


def networks() -> tuple[str, ...]:
    """The names of the installed networks, the user's own among them, sorted."""
    return tuple(sorted(_installed()))


def cards() -> tuple[Card, ...]:
    """The cards of the installed networks, in the order of `networks()`."""
    return tuple(Card.read(find(name).with_suffix(".json")) for name in networks())


def installed(name: str) -> Path | None:
    """The ONNX file of an installed network, by its own name or its task's ("sr-x4"); None for another name."""
    found = _installed()
    return found.get(name) or found.get(name + LIGHT)


def own() -> tuple[str, ...]:
    """The names of the user's own networks, sorted."""
    return tuple(sorted(_in(own_folder())))


def own_folder() -> Path:
    """Where a user's own networks are."""
    return user_data() / "networks"


def check_name(name: str, *, replace: bool = False) -> str:
    """The name, if a network may be installed under it.

    replace: whether there may be one of the user's own. Raises ValueError for one that is taken or can't be a name.
    """
    if not NAME.fullmatch(name) or name in _TAKEN or name.endswith(SUFFIX):
        raise ValueError(
            f"{printable(name)!r} is no name for a network; taken are up to 100 letters, digits and . _ + -, "
            f"beginning with a letter or digit, but {' and '.join(_TAKEN)}"
        )
    if name in _in(_folder()):
        raise ValueError(f"a network {name!r} comes with the package; give this one another by --name")
    if name in own() and not replace:
        raise ValueError(f"there is a network {name!r} already; --force replaces it, --name takes another name")
    return name


def install(model: bytes, card: Card, *, replace: bool = False) -> Path:
    """Install a network for this user under its card's name; returns the model's path.

    Raises ValueError as `check_name` does, OSError.
    """
    check_name(card.name, replace=replace)
    own_folder().mkdir(parents=True, exist_ok=True)
    path = own_folder() / f"{card.name}{SUFFIX}"
    write_atomically(path, model)
    write_atomically(path.with_suffix(".json"), card.to_json().encode())
    path.with_suffix(GRADIENT).unlink(missing_ok=True)  # of one that was replaced
    return path


def uninstall(name: str) -> None:
    """Remove one of the user's own networks. Raises ValueError for any other name, OSError."""
    if name not in own():
        what = "comes with the package" if name in networks() else "is not installed"
        raise ValueError(f"network {printable(name)!r} {what}; your own are {', '.join(own()) or 'none'}")
    for suffix in (".json", SUFFIX, GRADIENT):
        (own_folder() / f"{name}{suffix}").unlink(missing_ok=True)


def find(network: str | os.PathLike[str]) -> Path:
    """The ONNX file of a network's name, a task's ("sr-x4") or a path. Raises TypeError or ValueError."""
    if not isinstance(network, str | os.PathLike):
        raise TypeError(f"network is a name or a path, got {type(network).__name__}")
    text = os.fspath(network)
    if text.endswith(SUFFIX):
        if not Path(text).is_file():
            raise ValueError(f"no such network file: {printable(text)}")
        return Path(text)
    if (path := installed(text)) is None:
        known = ", ".join(networks()) or "none"
        raise ValueError(f"unknown network '{printable(text)}'; installed are {known}; or give an .onnx path")
    return path


def _installed() -> dict[str, Path]:
    """Every network's file by its name; what comes with the package wins."""
    return _in(own_folder()) | _in(_folder())


def _in(folder: Path) -> dict[str, Path]:
    """The networks of a folder: models with a card."""
    return {path.stem: path for path in folder.glob(f"*{SUFFIX}") if path.with_suffix(".json").is_file()}


def _folder() -> Path:
    """Where the networks of the package lie, as plain files."""
    return shipped() / "networks"
