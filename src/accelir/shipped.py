"""Where the data that comes with the package lies: profiles/ of the repository, installed as accelir._profiles."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def shipped() -> Traversable:
    """The folder of profiles and networks. In an editable install it is the repository's own."""
    try:
        return files("accelir._profiles")
    except ModuleNotFoundError:
        return Path(__file__).parents[2] / "profiles"
