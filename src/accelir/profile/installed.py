"""The profiles that come with the package, and those of a user's own."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from accelir.errors import ProfileError
from accelir.profile.files import PROFILE, read_profile
from accelir.profile.model import Profile
from accelir.storage.shipped import shipped


def profiles() -> list[str]:
    """Names of the installed profiles, sorted."""
    return sorted(_installed())


@functools.cache
def load_profile(profile: str | Path) -> Profile:
    """An installed profile by its name, or one of your own by its folder: a path object, or text with a / in it.

    It is read once in a process. Raises ProfileError for an unknown name or a damaged profile.
    """
    if isinstance(profile, Path) or "/" in profile or os.sep in profile:
        if not (Path(profile) / PROFILE).is_file():
            raise ProfileError(f"no profile {os.fspath(profile)!r}: there is no {PROFILE} in a folder of that name")
        return read_profile(Path(profile))
    folder = _installed().get(profile)
    if folder is None:
        raise ProfileError(f"no profile {profile!r} is installed; there is {', '.join(profiles())}")
    return read_profile(folder)


def _installed() -> dict[str, Path]:
    return {entry.name: entry for entry in shipped().iterdir() if entry.is_dir() and (entry / PROFILE).is_file()}
