"""What encoders must know of a task: what all formats share, and a section for each format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accelir.cells.groups import GroupModel
from accelir.cells.masking import Masking
from accelir.profile.jpeg import JpegSettings
from accelir.profile.webp import WebpSettings


@dataclass(frozen=True, eq=False)
class Profile:
    """A task as an encoder sees it."""

    name: str
    """Name of its folder among the installed profiles."""
    task: str
    """Words for what happens to the picture after decoding."""
    network: str | None
    """Name of the restoration network that receivers run, as accelir.restore takes it; None: they show the decoded
    picture."""
    jpeg: JpegSettings
    """Section for JPEG."""
    webp: WebpSettings = field(default_factory=WebpSettings)
    """Section for WebP."""
    groups: GroupModel | None = None
    """Groups of cells by utility; None in profiles that treat all cells alike."""
    metric: str = "psnr"
    """Metric, of accelir.metrics.METRICS, by which the loop of high efforts judges decoded files; "psnr": no loop."""
    masking: Masking | None = None
    """How costs of errors differ from cell to cell for eyes; None: they don't."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Origin: data, date, command, figures."""
