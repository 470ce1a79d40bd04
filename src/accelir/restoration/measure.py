"""What a model without a card takes and gives, measured by running it: scale, sizes, range, halo, what it costs.

    face       one input and one output of 1 or 3 channels; a size, where the model names one
    multiple   the least number whose odd multiples are taken as sides, with sides `scale` times as long coming out
    least      the shortest side that is taken
    range      the values of black and white with which a photograph comes out most like itself
    halo       how far beyond the edge of an exchanged half a result changes by more than SLACK
    cost       operations, weights and memory (restoration/graph.py)

What is wrong with a model becomes a ValueError that says what came, what is taken, and what to do.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.metrics import PSNR_RGB
from accelir.metrics.luma import LUMA
from accelir.restoration.card import RANGES, SCALES, Card
from accelir.restoration.graph import cost
from accelir.restoration.network import Network
from accelir.restoration.session import ModelError, describe_face, open_model, run_model
from accelir.storage.files import sha256
from accelir.storage.shipped import shipped

if TYPE_CHECKING:
    import onnxruntime

Pixels = NDArray[np.uint8]
Range = tuple[float, float]

MULTIPLES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 56, 64, 128)
"""What sides may have to be multiples of."""
SIDE = 64
"""Sides of what is run to measure, at least."""
SLACK = 1 / 1020
"""Change that tiles may leave, of the range from black to white: a quarter of an 8-bit level from each side."""
FARTHEST = 256
"""Halo in pixels from which on a network is taken to look at the whole picture."""
DOUBT = 3.0
"""PSNR in dB that another range than 0 to 1 must be better by to be taken."""
ALIKE = 30.0
"""PSNR in dB from which on a picture is like itself: beyond, the network that does least would win."""


def measure(model: bytes, name: str, values: Range | None = None) -> Card:
    """A card with all that a model's runs show; task and strength are still open, "dejpeg" or "sr".

    model: an ONNX file's bytes. values: of black and white, if known. Raises ValueError for a model that can't be read
    or run, gives no whole multiple of its input, or no numbers; MemoryError.
    """
    session = open_model(model)
    channels, size = _face(session)
    card = Card(name, "1", "dejpeg", 0.0, 1, sha256(model), None, 1, 0.0, 0, 0.0, name, channels=channels, size=size)
    card = _sized(session, card)
    card = dataclasses.replace(card, range=values or _range(session, card))
    card = dataclasses.replace(card, halo=_halo(session, card))
    height, width = _shape(card)
    taken = cost(model, (1, channels, height, width))
    memory = 2.0 * (taken.memory + 12.0 + 15.0 * card.scale**2)  # twice: runtimes copy results into their own layouts
    return dataclasses.replace(card, macs=round(taken.macs, 2), parameters=taken.parameters, memory=round(memory, 1))


def photo() -> Pixels:
    """The photograph that models are tried on, 400x600x3."""
    with Image.open(shipped() / "photo.webp") as image:
        return np.asarray(image.convert("RGB"))


def _face(session: onnxruntime.InferenceSession) -> tuple[int, tuple[int, int] | None]:
    """Channels, and the one size that a model takes, if it names one."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    floats = ("tensor(float)", "tensor(float16)")
    fits = len(inputs) == len(outputs) == 1 and all(f.type in floats and len(f.shape) == 4 for f in (*inputs, *outputs))
    channels = inputs[0].shape[1] if fits else None
    if channels not in (1, 3):
        raise ValueError(
            f"it has {describe_face(session)}; taken is one input N x C x H x W with C = 3 (RGB) or 1 (luma), and one "
            "output likewise, of float or float16. Export it so: other inputs as constants, other outputs left out, "
            "channels before rows"
        )
    sides = [side for side in inputs[0].shape[2:] if isinstance(side, int) and side > 0]
    return channels, (sides[0], sides[-1]) if sides else None


# Sizes


def _sized(session: onnxruntime.InferenceSession, card: Card) -> Card:
    """The card with the scale and the sides that the model takes."""
    reason = ""
    for multiple in (1,) if card.size else MULTIPLES:
        first, second = ((card.size,) * 2) if card.size else _odd_multiples(multiple)
        found = [_outcome(session, card.channels, *shape) for shape in {first, second}]
        reason = next((each for each in found if isinstance(each, str)), "")
        if reason:
            continue
        if len(set(found)) > 1:
            raise ValueError(f"its scale changes with its input's size: {found[0]} at {first}, {found[1]} at {second}")
        for level in (0.0, 1.0):
            _check_numbers(run_model(session, np.full((1, card.channels, *first), level, np.float32)))
        scale = int(found[0])
        task = ("sr", float(scale)) if scale > 1 else ("dejpeg", 0.0)
        card = dataclasses.replace(card, scale=scale, task=task[0], strength=task[1], multiple_of=multiple)
        return card if card.size else dataclasses.replace(card, least=_least(session, card))
    raise ValueError(f"no input was found that it takes, of sides that are multiples of 1 to {MULTIPLES[-1]}: {reason}")


def _odd_multiples(multiple: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two sizes of at least SIDE a side, which are multiples of this and of no larger number that matters."""
    first = -(-SIDE // multiple) | 1
    return (multiple * first, multiple * (first + 2)), (multiple * (first + 4), multiple * first)


def _outcome(session: onnxruntime.InferenceSession, channels: int, height: int, width: int) -> int | str:
    """The scale of a run on this size; or why there is none. Raises ValueError for a result that is no numbers."""
    x = np.random.default_rng(0).random((1, channels, height, width), dtype=np.float32)
    try:
        y = run_model(session, x)
    except ModelError as error:
        return str(error)
    scale = y.shape[2] // height if y.ndim == 4 else 0
    if scale not in SCALES or y.shape != (1, channels, scale * height, scale * width):
        return (
            f"it gave {y.shape} for {x.shape}; taken are as many channels as came in, and a whole multiple of the "
            f"sides, {SCALES[0]} to {SCALES[-1]}"
        )
    _check_numbers(y)
    return scale


def _check_numbers(y: NDArray[np.float32]) -> None:
    if not np.isfinite(y).all():
        raise ValueError(
            "it gives values that are no finite numbers (NaN or infinity) for ordinary pictures, or black or white "
            "ones; if it is of float16, export it as float32, else get it again"
        )


def _least(session: onnxruntime.InferenceSession, card: Card) -> int:
    """The shortest side that the model takes."""
    step = card.multiple_of
    sides = sorted({*(step * n for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) if step * n < SIDE), *_shape(card)})
    return next(
        side for side in sides if side == sides[-1] or _outcome(session, card.channels, side, side) == card.scale
    )


def _shape(card: Card) -> tuple[int, int]:
    """A size that the model takes, to measure on."""
    return card.size or (-(-SIDE // card.multiple_of) * card.multiple_of,) * 2


# Range and halo


def _range(session: onnxruntime.InferenceSession, card: Card) -> Range:
    """Values of black and white with which a photograph comes out most like itself."""
    height, width = _shape(card)
    truth = photo()[: card.scale * height, : card.scale * width]
    height, width = (side // card.scale for side in truth.shape[:2])
    truth = truth[: card.scale * height, : card.scale * width]
    small = np.asarray(Image.fromarray(truth).resize((width, height), Image.Resampling.BICUBIC))

    def likeness(values: Range) -> float:
        network = Network(dataclasses.replace(card, range=values), session)
        return min(PSNR_RGB.score(network(small), truth), ALIKE)

    found = {values: likeness(values) for values in RANGES}
    usual = RANGES[0]
    best = max(found, key=lambda values: found[values])
    return best if found[best] > found[usual] + DOUBT else usual


def _halo(session: onnxruntime.InferenceSession, card: Card) -> int | None:
    """How far, in input pixels along a side, what is exchanged can be seen; None for FARTHEST and more.

    Of a model of one size it is a quarter of the shorter side at most, so that tiles come to an end.
    """
    if card.size is not None:
        reach = max(_reach(session, card, card.size, axis) for axis in (0, 1))
        return min(reach, min(card.size) // 4)
    across, along = _shape(card)[0], _shape(card)[0]
    while along <= 2 * FARTHEST:
        sizes = (along, across), (across, along)
        reach = max(_reach(session, card, size, axis) for axis, size in enumerate(sizes))
        if reach <= 3 * along // 8:
            return reach
        along *= 2
    return None


def _reach(session: onnxruntime.InferenceSession, card: Card, size: tuple[int, int], axis: int) -> int:
    """How far along an axis, 0 down, 1 across, an exchanged half changes the other one; on both sides of it."""
    black, white = card.range
    x = _mixture(size, card.channels)
    y = run_model(session, black + (white - black) * x)
    length, m, s = size[axis], card.multiple_of, card.scale
    reach = 0
    for place in {length // 2 // m * m, length // 2 // m * m + m - 1}:
        for half in (np.s_[:place], np.s_[place:]):
            changed = x.copy()
            np.moveaxis(changed, 2 + axis, 0)[half] *= -1
            np.moveaxis(changed, 2 + axis, 0)[half] += 1
            change = np.abs(run_model(session, black + (white - black) * changed) - y)
            seen = change.max(axis=(0, 1, 3 - axis)) > SLACK * (white - black)
            rows = np.flatnonzero(seen) // s
            outside = rows[rows >= place] - place + 1 if half.start is None else place - rows[rows < place]
            reach = max(reach, int(outside.max(initial=0)))
    return reach


def _mixture(size: tuple[int, int], channels: int) -> NDArray[np.float32]:
    """Half photograph, half noise, 1 x channels x H x W, 0 to 1."""
    rng = np.random.default_rng(0)
    picture = np.resize(photo(), (*size, 3)) / 255
    planes = picture.transpose(2, 0, 1) if channels == 3 else (picture @ LUMA)[None]
    return ((planes + rng.random(planes.shape)) / 2)[None].astype(np.float32)
