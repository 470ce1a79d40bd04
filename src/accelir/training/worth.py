"""What a network is worth on files, measured: the curves that its card holds for `accelir.restoration.worth`.

A network changes a decoded picture d, of squared error e to the truth, by c. Of a share s of the change the error is
e - 2 s b + s^2 a, with a the square of c and b its product with what is missing: the best share is b / a, and up to
twice that nothing is lost. Both are taken over RGB and over luma, whichever wants less. At every step the curve takes
what half of the files want at least, but no more than nearly all of them bear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from accelir.formats.decode import decode_pixels
from accelir.formats.registry import format_of
from accelir.metrics.luma import LUMA
from accelir.metrics.psnr import psnr
from accelir.restoration.network import Network
from accelir.restoration.pictures import crop_to_multiple
from accelir.restoration.tasks import Task
from accelir.restoration.worth import fullness
from accelir.training.codecs import draw, parse_mixture

HARDEST = 0.02
"""Share of the files that may lose anything at all."""
ROOM = 1.6
"""Of the best share for those hardest files is taken at most; 2 would leave them as they were."""
PER_OCTAVE = 2
"""Points of a curve for a doubling of the step."""
NEIGHBOURS = 0.5
"""Octaves to either side of a point whose files count for it."""
FEWEST = 20
"""Files that a point needs."""

SHARES = np.linspace(0, 1, 21)
"""Shares of a correction of chroma that are tried."""
LEAST_LOSS = 0.05
"""Loss in dB that counts for nothing."""


@dataclass(frozen=True)
class Wanted:
    """What share of a network's correction is best for one file."""

    format: str
    """Name of the file's format."""
    step: float
    """Mean luma step, see formats.format.Format.luma_step."""
    share: float
    """Best share, the lesser of RGB's and luma's; may be beyond 0 and 1."""


def measure(network: Network, pictures: Iterable[np.ndarray], mixture: str, draws: int, seed: int = 0) -> list[Wanted]:
    """The best shares on files of a mixture, `draws` of each picture, uint8 H x W x 3. For networks of scale 1."""
    codecs = [codec for codec in parse_mixture(mixture) if codec.name != "none" and codec.before is None]
    rng = np.random.default_rng(seed)
    drawn = ((picture, draw(tuple(codecs), rng)) for picture in pictures for _ in range(draws))
    files = ((picture, codec.file(picture, rng, picture)) for picture, codec in drawn)
    found = (_wanted(network, data, picture) for picture, data in files if data is not None)
    return [wanted for wanted in found if wanted is not None]


def _wanted(network: Network, data: bytes, truth: np.ndarray) -> Wanted | None:
    found = format_of(data)
    step = found.luma_step(data)
    if step is None:
        return None
    decoded = decode_pixels(data).astype(np.float64)
    change, missing = network(decoded.astype(np.uint8)) - decoded, truth - decoded
    planes = (change, missing), (change @ LUMA, missing @ LUMA)
    return Wanted(found.name, step, min(float((c * m).sum() / max((c * c).sum(), 1e-9)) for c, m in planes))


def curves(wanted: Iterable[Wanted]) -> dict[str, list[list[float]]]:
    """A card's `worth`."""
    by_format: dict[str, list[Wanted]] = defaultdict(list)
    for one in wanted:
        by_format[one.format].append(one)
    return {name: _curve(files) for name, files in sorted(by_format.items())}


def _curve(files: list[Wanted]) -> list[list[float]]:
    """Shares at steps, rising."""
    octaves = np.log2([one.step for one in files])
    shares = np.array([one.share for one in files])
    points = []
    for at in np.arange(np.floor(octaves.min()), octaves.max() + 0.01, 1 / PER_OCTAVE):
        near = shares[np.abs(octaves - at) <= NEIGHBOURS]
        if near.size >= FEWEST:
            share = min(float(np.median(near)), ROOM * float(np.quantile(near, HARDEST)), 1.0)
            points.append([round(float(2**at), 2), round(max(share, 0.0), 3)])
    # Finer files are worth no more than coarser ones.
    for finer, coarser in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
        finer[1] = min(finer[1], coarser[1])
    return points


def full_chroma(network: Network, pictures: Iterable[np.ndarray], seed: int = 0) -> float:
    """A card's `full_chroma`, measured on pictures whose chroma is full, uint8 H x W x 3, and fine files of them.

    The share with the best mean of those that leave no picture worse than it was without the network, or nearly.
    """
    card = network.card
    task, rng = Task(card.task, card.strength), np.random.default_rng(seed)
    files = parse_mixture("none,jpeg444:92-98")
    gains = []
    for picture in pictures:
        truth = crop_to_multiple(picture, task.scale)
        degraded = task.degrade(truth, rng)
        if fullness(degraded) == 1:
            gains += [_gains(network, codec(degraded, rng, truth), truth) for codec in files]
    if not gains:
        raise ValueError("no picture of full chroma among those given; take pictures that were never JPEGs")
    worst, mean = np.min(gains, axis=0), np.mean(gains, axis=0)
    best = np.argmax(np.where(worst >= min(-LEAST_LOSS, worst.max()), mean, -np.inf))
    return round(float(SHARES[best]), 2)


def _gains(network: Network, picture: np.ndarray, truth: np.ndarray) -> list[float]:
    """Gain in dB over doing nothing at each of SHARES."""
    nothing, luma, whole = (network(picture, None, *shares).astype(np.float64) for shares in ((0, 0), (1, 0), (1, 1)))
    before = psnr(nothing, truth)
    return [psnr(luma + share * (whole - luma), truth) - before for share in SHARES]
