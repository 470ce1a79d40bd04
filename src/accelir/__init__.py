"""JPEG and WebP files of an exact size, their bytes spent where they help the picture after a restoration network."""

from accelir._version import __version__
from accelir.api import Encoded, Encoder, decode, encode
from accelir.errors import BudgetError, ProfileError, TargetError
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
