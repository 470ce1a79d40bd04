"""JPEG and WebP files of an exact size, their bytes spent where they help the picture after a restoration network."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from accelir._version import __version__

if TYPE_CHECKING:
    from accelir.api import Encoded, Encoder, encode
    from accelir.errors import BudgetError, ProfileError, TargetError
    from accelir.formats.restored import decode
    from accelir.profile.installed import profiles
    from accelir.restoration.installed import networks
    from accelir.restoration.restore import restore
    from accelir.sets.encode_set import encode_set

__all__ = [
    "BudgetError",
    "Encoded",
    "Encoder",
    "ProfileError",
    "TargetError",
    "__version__",
    "decode",
    "encode",
    "encode_set",
    "networks",
    "profiles",
    "restore",
]

_MODULES = {
    "Encoded": "api",
    "Encoder": "api",
    "decode": "formats.restored",
    "encode": "api",
    "BudgetError": "errors",
    "ProfileError": "errors",
    "TargetError": "errors",
    "profiles": "profile.installed",
    "networks": "restoration.installed",
    "restore": "restoration.restore",
    "encode_set": "sets.encode_set",
}
"""Where each name is, imported when it is first asked for: `accelir --help` needs none, an encoding few of them."""


def __getattr__(name: str) -> Any:
    value: Any
    if name in _MODULES:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    elif not name.startswith("_") and importlib.util.find_spec(f"{__name__}.{name}") is not None:
        value = importlib.import_module(f"{__name__}.{name}")  # accelir.metrics, say, without an import of its own
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
