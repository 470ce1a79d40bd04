"""How a decoded picture should change for a network to come nearer to the original: its gradient, in tiles. No torch.

The gradient is an ONNX graph beside the network, NAME.gradient, whose sha256 is in the card
(accelir.training.gradient makes it), or another, quicker network's that the card names. An input is seen by outputs
within the card's halo, and each of them sees as far again: with a rim of two halos a tile's gradient is the whole
picture's, up to float32 rounding, with one it is nearly.

Memory beside picture, reference and result: card.gradient_memory x (pixels of a tile with its rims) bytes, the tiles
being chosen so that this is at most `working` and REFERENCE_BYTES for each pixel that the reference has beyond the
picture's, where the rims alone don't need more.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from accelir.restoration.card import Card
from accelir.restoration.installed import GRADIENT, find
from accelir.restoration.network import Network, open_network
from accelir.restoration.session import ModelError, open_model, run_model
from accelir.storage.files import sha256
from accelir.storage.text import printable

if TYPE_CHECKING:
    import onnxruntime

WORKING_BYTES = 128 * 2**20
REFERENCE_BYTES = 16
MOST_PIECES = 64
"""Pieces that a side is cut into at most."""


@dataclass(frozen=True)
class Gradient:
    """An open gradient graph. Safe to call from several threads at once."""

    card: Card
    """Card of the network."""
    session: onnxruntime.InferenceSession
    """Graph, ready to run."""
    halos: int = 1
    """Width of a tile's rim in halos. With 1 gradients of the shipped networks are off by 0.04 to 0.5 % where
    tiles have 40 pixels (root mean square). With 2 a megapixel takes `sr-x4` half as long again."""
    working: int = WORKING_BYTES
    """Bytes that a tile may take beside those for the reference."""

    def __call__(
        self, picture: NDArray[np.float32], reference: NDArray[np.uint8], tile: int | None = None
    ) -> NDArray[np.float32]:
        """Derivative of the restored picture's mean squared error times the picture's pixels, HxWx3.

        picture: decoded RGB, HxWx3, 0 to 255 (beyond it is clipped). reference: what the restored picture should be,
        sHxsWx3. tile: side in pixels of what is done at once; None: as the memory allows. Errors are squared 8-bit
        levels, and each of the three colours counts whole.
        """
        height, width = picture.shape[:2]
        m, s = self.card.multiple_of, self.card.scale
        padded = _padded(picture, height + -height % m, width + -width % m)
        goal = _padded(reference, s * padded.shape[0], s * padded.shape[1])
        out = np.zeros(padded.shape, np.float32)
        for rows, outer_rows in _pieces(padded.shape[0], self._side(padded.shape, 0, tile), self._rim()):
            for columns, outer_columns in _pieces(padded.shape[1], self._side(padded.shape, 1, tile), self._rim()):
                found = self._run(
                    padded[outer_rows, outer_columns], goal[_times(outer_rows, s), _times(outer_columns, s)]
                )
                inner = _within(rows, outer_rows), _within(columns, outer_columns)
                out[rows, columns] = found[inner]
        out *= 2 * 255 / s**2
        return _folded(out, height, width)

    def _rim(self) -> int:
        """The rim in input pixels, rounded up to a multiple that the network takes."""
        m = self.card.multiple_of
        return -(-self.halos * (self.card.halo or 0) // m) * m

    def _side(self, shape: tuple[int, ...], axis: int, tile: int | None) -> int:
        """How much of an axis a tile contributes, a multiple of what the network takes."""
        m, size = self.card.multiple_of, shape[axis]
        if self.card.halo is None:
            return size
        if tile is not None:
            return -(-tile // m) * m
        beyond = shape[0] * shape[1] * (self.card.scale**2 - 1)
        room = int((self.working + REFERENCE_BYTES * beyond) / max(self.card.gradient_memory, 1.0))
        return -(-size // (_cut(shape[0], shape[1], self._rim(), room)[axis] * m)) * m

    def _run(self, picture: NDArray[np.float32], reference: NDArray[np.uint8]) -> NDArray[np.float32]:
        x = _planes(np.clip(picture, 0, 255))
        try:
            gradient = run_model(self.session, x, _planes(reference))
        except ModelError as error:
            raise ValueError(f"{printable(self.card.name)}: the gradient graph fails on {x.shape}: {error}") from None
        if gradient.shape != x.shape:
            raise ValueError(f"{printable(self.card.name)}: the gradient graph gave {gradient.shape} for {x.shape}")
        return gradient[0].transpose(1, 2, 0)


def open_gradient(network: Network, path: Path, threads: int = 1) -> Gradient:
    """Open the gradient graph of a network, or of the one that its card names for that.

    path: the network's ONNX file. threads: for ONNX runtime. The last 8 are kept open. Raises ValueError for a network
    without a gradient graph, for a file that isn't the one that the card names, and for another's of another scale.
    """
    if network.card.gradient_of:
        return _stand_in(network.card, threads)
    beside = path.with_suffix(GRADIENT)
    if not network.card.gradient or not beside.is_file():
        raise ValueError(
            f"{printable(network.card.name)} has no gradient graph, {printable(beside.name)}; make it with "
            f"python -m accelir.training.package {printable(path)}, or take another network"
        )
    return Gradient(network.card, _session(beside, network.card.gradient, threads))


def _stand_in(card: Card, threads: int) -> Gradient:
    """The gradient of the network that a card names; raises ValueError."""
    path = find_for(card, "gradient_of", card.gradient_of)
    other = open_network(path, threads)
    if other.card.scale != card.scale or other.card.gradient_of:
        raise ValueError(
            f"{printable(card.name)}: gradient_of must name a network of scale {card.scale} with a gradient graph of "
            f"its own, not {printable(card.gradient_of)}"
        )
    return open_gradient(other, path, threads)


def find_for(card: Card, entry: str, name: str) -> Path:
    """The ONNX file of a network that an entry of a card names. Raises ValueError that says whose card it is."""
    try:
        return find(name)
    except ValueError as error:
        raise ValueError(f"{printable(card.name)}: its card's {entry}: {error}") from None


@functools.lru_cache(maxsize=8)
def _session(beside: Path, digest: str, threads: int) -> onnxruntime.InferenceSession:
    """Cached by the digest, too, as a network that changes has another gradient."""
    model = beside.read_bytes()
    if sha256(model) != digest:
        raise ValueError(f"{printable(beside)}: not the file that the network's card names (its sha256 is another)")
    try:
        return open_model(model, threads)
    except ModelError as error:
        raise ValueError(f"{printable(beside)}: not a model that ONNX runtime can read: {error}") from None


def _pieces(size: int, side: int, rim: int) -> Iterator[tuple[slice, slice]]:
    """Parts of an axis, and each with its rims, as far as there is something."""
    for start in range(0, size, side):
        end = min(start + side, size)
        yield slice(start, end), slice(max(start - rim, 0), min(end + rim, size))


@functools.lru_cache(maxsize=64)
def _cut(height: int, width: int, rim: int, room: int) -> tuple[int, int]:
    """Into how many pieces down and across, so that each fits `room` pixels with its rims, for the least work."""
    cuts = [(down, across) for down in range(1, MOST_PIECES + 1) for across in range(1, MOST_PIECES + 1)]
    sizes = {cut: _outer(height, cut[0], rim) * _outer(width, cut[1], rim) for cut in cuts}
    fitting = [cut for cut in cuts if sizes[cut] <= room]
    if not fitting:
        return min(cuts, key=lambda cut: sizes[cut])
    return min(fitting, key=lambda cut: (sizes[cut] * cut[0] * cut[1], cut))


def _outer(size: int, pieces: int, rim: int) -> int:
    """Longest piece of an axis with its rims."""
    return min(-(-size // pieces) + 2 * rim, size)


def _planes(picture: NDArray[Any]) -> NDArray[np.float32]:
    """HxWx3, 0 to 255, as 1x3xHxW, 0 to 1."""
    out = np.empty((1, 3, *picture.shape[:2]), np.float32)
    return np.multiply(picture.transpose(2, 0, 1)[None], np.float32(1 / 255), out=out)


def _within(part: slice, outer: slice) -> slice:
    return slice(part.start - outer.start, part.stop - outer.start)


def _times(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def _padded(picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Edges repeated to a size, as networks have them that want multiples."""
    down, across = height - picture.shape[0], width - picture.shape[1]
    return np.pad(picture, ((0, down), (0, across), (0, 0)), mode="edge") if down or across else picture


def _folded(gradient: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The transpose of repeating edges: what the repetitions got is added to the edge."""
    if gradient.shape[0] > height:
        gradient[height - 1] += gradient[height:].sum(axis=0)
    if gradient.shape[1] > width:
        gradient[:, width - 1] += gradient[:, width:].sum(axis=1)
    return gradient[:height, :width]
