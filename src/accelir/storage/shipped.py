"""Where the data that comes with the package lies: profiles/ of the repository, installed as accelir._profiles."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def shipped() -> Path:
    """The folder of profiles and networks. In an editable install it is the repository's own."""
    spec = find_spec("accelir._profiles")
    if spec is None or not spec.submodule_search_locations:
        return Path(__file__).parents[3] / "profiles"
    return Path(next(iter(spec.submodule_search_locations)))
