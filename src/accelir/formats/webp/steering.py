"""A WebP whose picture is steered towards an original.

The picture is moved as if a JPEG of 4:2:0 were made of it, whose steps are all alike. Decoders of both double chroma by
the same filter. VP8 transforms what prediction leaves, in blocks of 4x4, and keeps more than a JPEG of the same steps
would; so steps are taken that are finer than its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg
from accelir.formats.request import Made
from accelir.formats.steering.aim import Aim
from accelir.formats.steering.closing import steered_file
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.samples import JpegSamples, Plane
from accelir.formats.webp.decode import decode_webp
from accelir.formats.webp.inspect import luma_step
from accelir.formats.webp.job import convert
from accelir.formats.webp.prepare import PreparedWebp

FINER, CHANGE = 0.6, 1.5
"""JPEG's steps over VP8's, and aim.CHANGE: docs/tried.md has what others gave."""


def steered(prepared: PreparedWebp, blind: Made, reference: Reference, descent: Descent, max_bytes: int) -> Made:
    """The file of at most max_bytes of a picture that is steered. Raises as formats.format.Prepared.within does.

    blind: the file without the reference, whose steps the picture is for.
    """
    pixels = prepared.request.pixels
    samples = JpegSamples(pixels.shape[0], pixels.shape[1], "gray" if pixels.ndim == 2 else "4:2:0")
    own = _coefficients(pixels, samples)
    step = luma_step(blind.data)
    assert step is not None, "an encoder's own file is lossy"

    def make(targets: Sequence[Plane]) -> Made:
        moved = samples.decode([there - here for there, here in zip(targets, own, strict=True)])
        return prepared.replaced(targets=convert(_added(pixels, moved), prepared.job.settings)).within(max_bytes)

    def kept(made: Made) -> list[Plane]:
        decoded = decode_webp(made.data)
        return _coefficients(decoded[..., 0] if pixels.ndim == 2 else decoded, samples)

    steps = [np.full((8, 8), FINER * step, np.float32)] * len(own)
    return steered_file(Aim(own, steps, samples, reference, descent, CHANGE), make, kept)


def _coefficients(pixels: NDArray[np.uint8], samples: JpegSamples) -> list[Plane]:
    return jpeg.Coefficients.from_pixels(pixels, samples.subsampling).arrays()


def _added(pixels: NDArray[np.uint8], moved: Plane) -> NDArray[np.uint8]:
    """moved: RGB, HxWx3, and 128 as nothing has."""
    change = moved - 128
    total = pixels + (change[..., 0] if pixels.ndim == 2 else change)
    return np.clip(np.rint(total), 0, 255).astype(np.uint8)
