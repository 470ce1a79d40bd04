"""Restoration networks, one architecture a file. torch is needed by those files only, not by this one."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelir.architectures.blocks import Restorer

ARCHITECTURES = {
    "arsr": "ARSR",
    "artefact": "ArtefactNet",
    "carn": "CARN",
    "dncnn": "DnCNN",
    "edsr": "EDSR",
    "f2srgan": "F2SRGAN",
    "ffdnet": "FFDNet",
    "fsrcnn": "FSRCNN",
    "ircnn": "IRCNN",
    "latticenet": "LatticeNet",
    "mimounet": "MIMOUNet",
    "rep": "RepNet",
    "srunet": "SRUNet",
    "swinir": "SwinIR",
    "unet": "UNet",
}
"""Class of each architecture by its module here, whose name `accelir-train --network` takes. A new one is a line."""


def build(name: str, **options: Any) -> Restorer:
    """A fresh network by name. Raises ValueError for an unknown name or option; says which there are."""
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown network {name!r}; there are {', '.join(ARCHITECTURES)}")
    cls: type[Restorer] = getattr(importlib.import_module(f"accelir.architectures.{name}"), ARCHITECTURES[name])
    taken = inspect.signature(cls).parameters
    if wrong := [option for option in options if option not in taken]:
        raise ValueError(f"{name} takes no {', '.join(wrong)}; it takes {', '.join(taken)}")
    return cls(**options)
