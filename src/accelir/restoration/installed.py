"""Which restoration networks are installed, and where a network's file is."""

from __future__ import annotations

import os
from pathlib import Path

from accelir.restoration.card import Card
from accelir.storage.shipped import shipped
from accelir.storage.text import printable

GRADIENT = ".gradient"
"""Suffix of a network's gradient graph, an ONNX model beside it (accelir.restoration.gradient)."""


def networks() -> tuple[str, ...]:
    """The names of the installed networks, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.onnx")))


def cards() -> tuple[Card, ...]:
    """The cards of the installed networks, in the order of `networks()`."""
    return tuple(Card.read(find(name).with_suffix(".json")) for name in networks())


def installed(name: str) -> Path | None:
    """The ONNX file of an installed network, by its own name or its task's ("sr-x4"); None for another name."""
    return next((_folder() / f"{n}.onnx" for n in (name, f"{name}-light") if n in networks()), None)


def find(network: str | os.PathLike[str]) -> Path:
    """The ONNX file of a network's name, a task's ("sr-x4") or a path. Raises TypeError or ValueError."""
    if not isinstance(network, str | os.PathLike):
        raise TypeError(f"network is a name or a path, got {type(network).__name__}")
    text = os.fspath(network)
    if text.endswith(".onnx"):
        if not Path(text).is_file():
            raise ValueError(f"no such network file: {printable(text)}")
        return Path(text)
    if (path := installed(text)) is None:
        known = ", ".join(networks()) or "none"
        raise ValueError(f"unknown network '{printable(text)}'; installed are {known}; or give an .onnx path")
    return path


def _folder() -> Path:
    """Where installed networks lie, as plain files."""
    return shipped() / "networks"
