"""Where a program keeps a user's own data, by each system's custom."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "accelir"


def user_data() -> Path:
    """The folder of this package's data of the user, which need not exist.

    $XDG_DATA_HOME/accelir where that is set (XDG Base Directory Specification); else ~/.local/share/accelir, on macOS
    ~/Library/Application Support/accelir, on Windows %LOCALAPPDATA%\\accelir.
    """
    return _parent() / NAME


def _parent() -> Path:
    if (given := os.environ.get("XDG_DATA_HOME", "")) and Path(given).is_absolute():
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path.home() / ".local" / "share"
