"""JPEG files of an exact size, their bytes spent where they help the picture after a restoration network."""

from ._version import __version__
from .api import Encoded, Encoder, decode, encode
from .errors import BudgetError, ProfileError
from .profile import profiles
from .restoring import networks, restore

__all__ = [
    "BudgetError",
    "Encoded",
    "Encoder",
    "ProfileError",
    "__version__",
    "decode",
    "encode",
    "networks",
    "profiles",
    "restore",
]
