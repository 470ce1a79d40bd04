"""A JPEG whose coefficients are steered towards an original.

Targets that are steered take more bits, so the steps of a file of the same size grow, by 3 to 9 %, and flat areas would
pay for it, of which little but luma's lowest frequencies is coded. These get finer steps than in other files.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from accelir.cells.color_weights import ZIGZAG
from accelir.core import jpeg
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.formats.request import Made
from accelir.formats.steering.descent import steered_coefficients
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.samples import JpegSamples

FINER = np.ones((3, 8, 8), np.float32)
"""Steps of Y, Cb and Cr over those of other files. docs/tried.md has what others gave."""
FINER[0, 0, 0] = 0.8
FINER[0, 0, 1] = FINER[0, 1, 0] = 0.9


def steered(prepared: PreparedJpeg, blind: Made, reference: Reference, descent: Descent, max_bytes: int) -> Made:
    """The file of at most max_bytes with targets that are steered. Raises as formats.format.Prepared.within does.

    blind: the file without the reference, whose subsampling the targets are for, and whose steps but for FINER.
    """
    height, width = prepared.request.pixels.shape[:2]
    subsampling = str(blind.stats["subsampling"])
    own = prepared.coefficients(subsampling).arrays()
    last = len(blind.table) - 1  # one table is luma's, for all
    steps = [blind.table[min(i, last)] * FINER[min(i, last)] for i in range(len(own))]
    found = steered_coefficients(own, steps, JpegSamples(height, width, subsampling), reference, descent)
    targets = jpeg.Coefficients.from_arrays(found, width, height, subsampling)
    return _with_finer_steps(prepared).replaced(targets=targets).within(max_bytes)


def _with_finer_steps(prepared: PreparedJpeg) -> PreparedJpeg:
    request, settings = prepared.request, prepared.request.settings
    factors = FINER.reshape(3, 64)[:, ZIGZAG]
    tables = {name: table.scaled(factors) for name, table in settings.profile.jpeg.tables.items()}
    section = dataclasses.replace(settings.profile.jpeg, tables=tables)
    settings = dataclasses.replace(settings, profile=dataclasses.replace(settings.profile, jpeg=section))
    return dataclasses.replace(prepared, request=dataclasses.replace(request, settings=settings))
