"""A JPEG whose coefficients are steered towards an original."""

from __future__ import annotations

import numpy as np

from accelir.core import jpeg
from accelir.formats.descent import steered_coefficients
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.formats.reference import Descent, Reference
from accelir.formats.request import Made
from accelir.formats.samples import JpegSamples


def steered(prepared: PreparedJpeg, blind: Made, reference: Reference, descent: Descent, max_bytes: int) -> Made:
    """The file of at most max_bytes with targets that are steered. Raises as formats.format.Prepared.within does.

    blind: the file without the reference, whose steps and subsampling the targets are for.
    """
    height, width = prepared.request.pixels.shape[:2]
    subsampling = str(blind.stats["subsampling"])
    own = prepared.coefficients(subsampling).arrays()
    steps = [blind.table[min(i, len(blind.table) - 1)].astype(np.float32) for i in range(len(own))]
    found = steered_coefficients(own, steps, JpegSamples(height, width, subsampling), reference, descent)
    targets = jpeg.Coefficients.from_arrays(found, width, height, subsampling)
    return prepared.replaced(targets=targets).within(max_bytes)
