"""What is asked of an encoder, and what it gives: the same for all formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.groups import PictureGroups
from accelir.formats.network_name import NetworkName
from accelir.profile.model import Profile

AUTO_REFERENCE = "auto"
"""The reference of whoever has no original: what networks make of the picture itself, before it is coded."""


@dataclass(frozen=True)
class EncoderSettings:
    """How to encode; `Encoder` explains the fields."""

    profile: Profile
    effort: int = 5
    subsampling: str = "auto"
    progressive: bool | str = "auto"
    jfif: bool = True
    allocator: str = "auto"
    threads: int = 1


@dataclass(frozen=True)
class Metadata:
    """What goes into the file beside the picture; `Encoder.encode` explains the fields."""

    icc_profile: Any = None
    exif: Any = None
    xmp: Any = None
    dpi: Any = None
    comment: Any = None
    iptc: Any = None


@dataclass(frozen=True, eq=False)
class Request:
    """A picture and how to encode it, checked; how large it may become is said later."""

    pixels: NDArray[np.uint8]
    """Colours, HxWx3 RGB or HxW gray."""
    settings: EncoderSettings
    """Profile, effort and what else the encoder was made with."""
    alpha: NDArray[np.uint8] | None = None
    """Transparency, HxW, 255 opaque."""
    alpha_quality: int = 100
    """Quality of the transparency, 0 to 100, exact at 100."""
    exact: bool = False
    """Whether colours where alpha is 0 are coded like all others."""
    qp_map: NDArray[np.int32] | None = None
    """QP of each cell, 15 to 95, (ceil(H/32), ceil(W/32)); None: all alike, or as the allocator finds."""
    metadata: Metadata = field(default_factory=Metadata)
    """ICC profile, EXIF and the like."""
    receiver: NetworkName | None = None
    """What the file says of the receivers; None: the profile's network."""

    @property
    def name(self) -> NetworkName | None:
        """What the file says of the receivers; None: nothing."""
        network = self.settings.profile.network
        return self.receiver or (None if network is None else NetworkName(network))

    def check_targets(self, width: int, height: int) -> None:
        """Raises ValueError unless targets of this size are of the picture's."""
        if (height, width) != self.pixels.shape[:2]:
            own = f"{self.pixels.shape[1]} x {self.pixels.shape[0]}"
            raise ValueError(f"targets are of {width} x {height} pixels, the picture is of {own}")


@dataclass(frozen=True)
class Estimate:
    """What a file of a picture would be, found on a part of it."""

    bytes: float
    """Size of the whole file."""
    error: float
    """Squared RGB error that quantisation makes, summed over all values, in squared 8-bit levels; what halving
    chroma and rounding to 8 bits add is not in it."""


@dataclass(frozen=True, eq=False)
class Made:
    """A file; `Encoded` explains the fields."""

    data: bytes = field(repr=False)
    qp_map: NDArray[np.int32]
    groups: PictureGroups
    predicted_bytes: int
    table: NDArray[np.uint8]
    stats: dict[str, Any]
