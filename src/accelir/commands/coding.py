"""How pictures are encoded: the encoder's settings, the size, and whether a file that fits is coded again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.api import Encoded, Encoder
from accelir.commands import options
from accelir.formats.budget import budget_of
from accelir.formats.effort import MOST_THREADS
from accelir.formats.format import Format
from accelir.formats.registry import FORMATS, get_format
from accelir.formats.request import AUTO_REFERENCE
from accelir.storage import locations


@dataclass(frozen=True, eq=False)
class Coding:
    """How each picture is encoded."""

    settings: dict[str, Any]
    """Of the encoder, but the format: those that were given."""
    format: str = "jpeg"
    """Name of the format."""
    given: bool = False
    """Whether that format was asked for."""
    bpp: float | None = None
    max_bytes: int | None = None
    """Exactly one of the two, and one at most with a target."""
    target: tuple[str, float] | str | None = None
    """Quality to reach, as the encoder takes it."""
    qp_map: NDArray[np.integer[Any]] | None = None
    reencode: bool = False
    """Whether files that fit already are coded again."""
    transparency: dict[str, Any] = field(default_factory=dict)
    """exact and alpha_quality as Encoder.encode takes them: those that were given."""
    reference: str | None = None
    """File of the original of the one input, or AUTO_REFERENCE."""
    reference_dir: str | None = None
    """Folder of the originals, by the names of the inputs."""
    scale: int | str = 1
    """As the encoder takes it."""

    @property
    def may_copy(self) -> bool:
        """Whether a file that fits already may stay as it is: nothing was said of how it shall be coded."""
        steered = self.reference is not None or self.reference_dir is not None
        aimed = steered or self.qp_map is not None or self.target is not None or self.scale != 1
        return not self.reencode and not aimed and not self._says_how

    @property
    def scaled(self) -> dict[str, int | str]:
        """The encoder's keyword for a scale, where one was given."""
        return {} if self.scale == 1 else {"scale": self.scale}

    @property
    def shown_by(self) -> Literal["auto"] | None:
        """What receivers run to show a picture at its own size, as FileJudge takes it."""
        return "auto" if self.scaled else None

    @property
    def _says_how(self) -> bool:
        return bool({"subsampling", "progressive"} & set(self.settings)) or "alpha_quality" in self.transparency

    def checked(self, output: str | None) -> Coding:
        """In the format that the output's name means, where none was asked for; wrong settings are a wrong call."""
        if self.target is None or (self.bpp is not None and self.max_bytes is not None):
            options.require_one_size(self.bpp, self.max_bytes, " or the quality by --target")
        coding = self if self.given else replace(self, format=_format_of(output))
        options.check_settings({**self.settings, "format": coding.format})
        return coding

    def by_all_cores(self) -> Coding:
        """With as many threads for each picture as this process may run at a time; files don't depend on them."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return replace(self, settings={**self.settings, "threads": min(cores, MOST_THREADS)})

    def reference_for(self, source: str) -> str | None:
        """File of an input's original; None where no originals are given. Raises ValueError for standard input."""
        if self.reference_dir is None:
            return self.reference
        if source == locations.STDIO:
            raise ValueError("standard input has no name to look for in --reference-dir; give --reference")
        return locations.join(self.reference_dir, locations.basename(source))

    def budget(self, size: tuple[int, int]) -> int:
        """Bytes for a picture of so many pixels across and down."""
        return budget_of(self.bpp, self.max_bytes, size[::-1])

    def encoder(self, format: Format) -> Encoder:
        """Raises ValueError for settings that the format doesn't take."""
        return Encoder(format=format.name, **self.settings)

    def encode(self, encoder: Encoder, image: Image.Image, metadata: dict[str, Any]) -> Encoded:
        """Encode a picture. metadata: the encoder's keywords for it. Raises as Encoder.encode does."""
        told = {**metadata, **self.transparency, **self.scaled}
        return encoder.encode(
            image, bpp=self.bpp, max_bytes=self.max_bytes, target=self.target, qp_map=self.qp_map, **told
        )


def coding_of(
    *,
    format: str | None,
    bpp: float | None,
    max_bytes: int | None,
    target: tuple[str, float] | str | None,
    qp_map: NDArray[Any] | None,
    reencode: bool,
    exact: bool,
    alpha_quality: int | None,
    reference: str | None,
    reference_dir: str | None,
    scale: int | str,
    **settings: Any,
) -> Coding:
    """From the options of a command, None being those that were not given."""
    given = {name: value for name, value in settings.items() if value is not None}
    transparency = ({"exact": True} if exact else {}) | (
        {} if alpha_quality is None else {"alpha_quality": alpha_quality}
    )
    chosen = format is not None
    if reference is not None and reference_dir is not None:
        raise click.UsageError("give either --reference or --reference-dir")
    one = reference if reference in (None, AUTO_REFERENCE) else locations.absolute(reference)
    several = None if reference_dir is None else locations.absolute(reference_dir)
    return Coding(
        given, format or "jpeg", chosen, bpp, max_bytes, target, qp_map, reencode, transparency, one, several, scale
    )


_PILLOWS = {format.suffix: format.pillow for format in FORMATS.values()}
"""Pillow's names of the formats whose files end so; for other ends it has to load all of its plugins."""


def _format_of(output: str | None) -> str:
    """The format that an output's name means; JPEG where it means none."""
    suffix = os.path.splitext(output or "")[1].lower()
    pillow = _PILLOWS.get(suffix) or Image.registered_extensions().get(suffix, get_format("jpeg").pillow)
    named = [name for name, format in FORMATS.items() if format.pillow == pillow]
    if not named:
        suffixes = " or ".join(format.suffix for format in FORMATS.values())
        raise click.UsageError(f"{output} would hold a JPEG; end it in {suffixes}, or give --format")
    return named[0]
