"""A JPEG whose coefficients are steered towards an original."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accelir.core import jpeg
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.formats.request import Made
from accelir.formats.steering.aim import Aim
from accelir.formats.steering.closing import steered_file
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.samples import JpegSamples, Plane


def steered(prepared: PreparedJpeg, blind: Made, reference: Reference, descent: Descent, max_bytes: int) -> Made:
    """The file of at most max_bytes with targets that are steered. Raises as formats.format.Prepared.within does.

    blind: the file without the reference, whose subsampling and steps the targets are for.
    """
    height, width = prepared.request.pixels.shape[:2]
    subsampling = str(blind.stats["subsampling"])
    own = prepared.coefficients(subsampling).arrays()

    def make(targets: Sequence[Plane]) -> Made:
        coefficients = jpeg.Coefficients.from_arrays(list(targets), width, height, subsampling)
        return prepared.replaced(targets=coefficients).within(max_bytes)

    samples = JpegSamples(height, width, subsampling)
    return steered_file(Aim(own, _steps(blind, len(own)), samples, reference, descent), make, _kept)


def _kept(made: Made) -> list[Plane]:
    """Coefficients that a file has, (rows, cols, 8, 8) a component."""
    levels = jpeg.read(made.data).levels.arrays()
    return [level * step for level, step in zip(levels, _steps(made, len(levels)), strict=True)]


def _steps(made: Made, components: int) -> list[Plane]:
    """A file's steps, (8, 8) a component. One table is luma's, for all."""
    return [made.table[min(i, len(made.table) - 1)].astype(np.float32) for i in range(components)]
