"""What is asked of an encoder, and what it gives: the same for both formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.groups import Groups
from accelir.profile.model import Profile


@dataclass(frozen=True)
class Settings:
    """How to encode; `Encoder` explains the fields."""

    profile: Profile
    effort: int
    subsampling: str
    progressive: bool | str
    allocator: str


@dataclass(frozen=True)
class Metadata:
    """What goes into the file beside the picture; `Encoder.encode` explains the fields."""

    icc_profile: Any = None
    exif: Any = None
    xmp: Any = None
    dpi: Any = None
    comment: Any = None


@dataclass(frozen=True, eq=False)
class Request:
    """A picture and its budget, checked."""

    pixels: NDArray[np.uint8]
    """HxWx3 RGB or HxW gray."""
    alpha: NDArray[np.uint8] | None
    """HxW."""
    budget: int
    """The whole file's bytes."""
    qp_map: NDArray[np.int32] | None
    """(ceil(H/32), ceil(W/32))."""
    metadata: Metadata


@dataclass(frozen=True, eq=False)
class Made:
    """A file; `Encoded` explains the fields."""

    data: bytes = field(repr=False)
    qp_map: NDArray[np.int32]
    groups: Groups
    predicted_bytes: int
    table: NDArray[np.uint8]
    stats: dict[str, Any]
