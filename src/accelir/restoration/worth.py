"""What a network is worth on a picture, by how coarsely its file was quantised.

A network that removes traces of coding has much to do on a coarse file and nothing on a fine one, where all that it
changes is wrong. A file says how coarse it is: its mean luma step explains what a network gains better than its bits do
(docs/networks.md). A card's `worth` holds, format by format, what share of the network's correction is taken at which
step; the shares were measured on files of many encoders.

A picture without its file may still show its steps: coefficients of a decoded JPEG lie on multiples of them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.core import jpeg
from accelir.metrics.luma import LUMA

Worth = Mapping[str, Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Share:
    """What is taken of a network's correction."""

    amount: float
    """Of all of it, 0 to 1."""
    chroma: float | None = None
    """Of chroma's, 0 to 1; None: as the card says of chroma of its size."""


SIDE = 1024
"""Side in pixels of the part of a picture that is looked at for traces, which takes some 0.1 s."""

_PER_LEVEL = 4
_LARGEST = 1024
_STEPS = np.arange(2, 129)
"""Steps that are looked for. Rounding of pixels hides a step of 1."""
_LEAST_COUNT = 24
"""Fewest nonzero levels of a frequency that say something about its step."""
_LEAST_LIKENESS = 0.4
"""Of levels on multiples of a step of 2, rounding of pixels and colours leaves 0.55; of others about 0."""
_FULLNESS = ([0.8, 0.9], [0.0, 1.0])
"""Of the ratio of both bends: 0.2 to 0.9 for decoded files of halved chroma, 0.9 to 1.1 for pictures of full chroma."""
_LEAST_FREQUENCIES = 8
"""A WebP's or an enlarged picture's frequencies seem to have a step by chance, up to five of them."""


def amount(worth: Worth, format: str, step: float | None) -> float:
    """Share of a network's correction, 0 to 1, that a picture gets.

    worth: a card's. format: of the file, "jpeg" or "webp". step: geometric mean of its luma steps, in 8-bit levels of
    an orthonormal transform; None where nothing is known to have been quantised. 1 for a network or a format of which
    nothing was measured.
    """
    if format not in worth:
        return 1.0
    if step is None:
        return 0.0
    steps, shares = np.array(worth[format], np.float64).T
    return float(np.interp(math.log(step), np.log(steps), shares))


def step_of(image: Any, pixels: NDArray[np.uint8]) -> float | None:
    """Mean luma step of a picture: by the tables of a JPEG that Pillow opened, else by traces in the pixels."""
    tables = getattr(image, "quantization", None)
    decoder = getattr(image, "decoderconfig", ())
    whole = not decoder or decoder[0] in (0, 1)  # else Pillow decoded it to a smaller size
    return mean_step(tables[0]) if tables and 0 in tables and whole else traced_step(pixels)


def mean_step(steps: Sequence[float]) -> float:
    """Geometric mean of steps above 0."""
    return math.exp(sum(map(math.log, steps)) / len(steps))


def traced_step(pixels: NDArray[np.uint8]) -> float | None:
    """Geometric mean of the luma steps that a decoded JPEG was quantised with, found in its pixels, HxWx3 or HxW.

    Of each frequency the step is taken on whose multiples its coefficients lie best: the real part of their
    characteristic function (Fan and de Queiroz, "Identification of Bitmap Compression History", TIP 2003, use its
    likelihood). Frequencies whose levels are all zero tell nothing; they have the larger steps as a rule, so that
    pictures seem finer than they are. None for a picture without traces, or whose blocks don't begin at its corner.
    """
    counts = _histograms(pixels)
    cosines, beyond = _combs()
    seen = counts @ beyond
    likeness = np.where(seen >= _LEAST_COUNT, counts @ cosines / np.maximum(seen, 1), -1.0)
    traced = likeness.max(axis=1) > _LEAST_LIKENESS
    if traced.sum() < _LEAST_FREQUENCIES:
        return None
    fine = ~traced & (seen[:, 0] > counts.sum(axis=1) / 8)  # many coefficients above 1 without a comb: a step of 1
    steps = np.concatenate([_STEPS[likeness[traced].argmax(axis=1)], np.ones(fine.sum())])
    return float(np.exp(np.log(steps).mean()))


def fullness(pixels: NDArray[np.uint8]) -> float:
    """Whether chroma is at full size, from 0 for chroma that a codec halved to 1; 0 for gray pictures. pixels: HxWx3.

    Decoders double chroma by weights of 3/4 and 1/4, so that within a pair of columns it rises by half of what it rises
    on both sides of the pair together, but for rounding; from pair to pair it need not. Full chroma knows no pairs.
    """
    if pixels.ndim == 2 or pixels.shape[1] < 8:
        return 0.0
    part = pixels[:SIDE, : min(pixels.shape[1], SIDE) // 2 * 2].astype(np.float32)
    chroma = part[..., ::2] - (part @ LUMA.astype(np.float32))[..., None]
    rise = np.diff(chroma, axis=1)
    bend = np.square(rise[:, 1:-1] - (rise[:, :-2] + rise[:, 2:]) / 2)
    between, within = bend[:, ::2].mean(), bend[:, 1::2].mean()
    return float(np.interp(within / max(between, 1e-9), *_FULLNESS))


def _histograms(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How often each size of coefficient is met at each frequency, (64, sizes)."""
    height, width = (min(side, SIDE) // 8 * 8 for side in pixels.shape[:2])
    sizes = _LARGEST * _PER_LEVEL
    if not (height and width):
        return np.zeros((64, sizes))
    part = np.ascontiguousarray(pixels[:height, :width])
    luma = jpeg.Coefficients.from_pixels(part, "4:4:4").arrays()[0].reshape(-1, 64)
    size = np.minimum(np.rint(np.abs(luma) * _PER_LEVEL).astype(np.intp), sizes - 1)
    counts = np.bincount((size + sizes * np.arange(64)).ravel(), minlength=64 * sizes)
    return counts.reshape(64, sizes).astype(np.float64)


@functools.cache
def _combs() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By size and step: cosines with peaks on multiples, 0 for coefficients that quantise to zero; 1 for the others."""
    size = np.arange(_LARGEST * _PER_LEVEL)[:, None] / _PER_LEVEL
    beyond = size > _STEPS / 2
    return np.where(beyond, np.cos(2 * np.pi * size / _STEPS), 0.0), beyond.astype(np.float64)
