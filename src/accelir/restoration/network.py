"""Restoration networks at the receiver: ONNX runtime, in tiles, pictures of any size in bounded memory. No torch.

A tile is run with a rim as wide as the network can see: its card's halo, rounded up to the multiple that it wants. The
rim of the result is thrown away. At the picture's border a tile ends where the picture ends. So a tiled result is the
untiled one, up to float32 rounding. A model of a fixed size is run on tiles of that size, which at the border reach
further into the picture; smaller pictures are padded, as are those that are no multiple.

Memory beside the picture and the result (3 H W + 3 s^2 H W bytes):
    card.memory x (tile + 2 halo)^2 bytes, `tile` being chosen so that this is at most WORKING_BYTES (128 MiB).
Networks that look at the whole picture at once (halo null) are run in one piece: card.memory x H W bytes.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.metrics.luma import LUMA
from accelir.restoration.card import Card
from accelir.restoration.installed import find
from accelir.restoration.providers import CPU
from accelir.restoration.session import ModelError, describe_face, open_model, run_model
from accelir.storage.files import sha256
from accelir.storage.json_files import parse_json
from accelir.storage.text import printable

if TYPE_CHECKING:
    import onnxruntime

Pixels = NDArray[np.uint8]
Picture = Pixels | Image.Image
WORKING_BYTES = 128 * 2**20
"""Most bytes that a network's activations of one tile may take."""


@dataclass(frozen=True)
class Shares:
    """How much of a correction is taken, 0 to 1."""

    amount: float = 1.0
    """Share of the whole correction."""
    chroma: float = 1.0
    """Share of that, of what changes chroma."""

    def of(self, restored: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture between the two, ... x 3 x H x W, values of 0 to 255."""
        change = restored - before
        luma = np.tensordot(change, LUMA.astype(np.float32), (-3, 0))[..., None, :, :]
        taken = before + self.amount * (self.chroma * change + (1 - self.chroma) * luma)
        return np.clip(taken, 0, 255).astype(np.float32)


ALL = Shares()


@dataclass(frozen=True)
class Network:
    """An open network. Safe to call from several threads at once."""

    card: Card
    """Card of the network: what it takes and gives."""
    session: onnxruntime.InferenceSession
    """Model, ready to run."""

    def __call__(self, image: Picture, tile: int | None = None, amount: float = 1.0, chroma: float = 1.0) -> Pixels:
        """Restore a picture, as `restore` does.

        amount: how much of the network's correction is taken, 0 to 1. chroma: how much of that of its chroma, 0 to 1.
        """
        pixels = as_pixels(image)
        side = self._tile_side(tile)
        if amount == 0.0:
            return self._enlarged(pixels).copy()
        rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        out = self._tiled(rgb, side, Shares(amount, chroma))
        return out if pixels.ndim == 3 else np.rint(out @ LUMA.astype(np.float32)).astype(np.uint8)

    def _tile_side(self, tile: int | None) -> int | None:
        """The side in input pixels of what a tile contributes; None for the whole picture at once."""
        if tile is not None and (isinstance(tile, bool) or not isinstance(tile, int) or tile < 1):
            raise ValueError(f"tile is a side in pixels, 1 or more, or None; got {tile!r}")
        card = self.card
        if card.halo is None:
            return None
        if tile is None:
            tile = self.tile_within(WORKING_BYTES)
        return max(1, -(-tile // card.multiple_of)) * card.multiple_of

    def tile_within(self, working: int) -> int:
        """Side of a tile, 1 or more, whose activations take so many bytes with its rims, about."""
        return max(1, math.isqrt(int(working / max(self.card.memory, 1.0))) - 2 * self._rim())

    def _rim(self) -> int:
        """The halo in input pixels, rounded up to a multiple that the network takes."""
        m = self.card.multiple_of
        return -(-(self.card.halo or 0) // m) * m

    def _tiled(self, rgb: Pixels, tile: int | None, shares: Shares) -> Pixels:
        """The picture restored tile by tile; None: at once."""
        height, width = rgb.shape[:2]
        s, padded = self.card.scale, self._padded(rgb)
        out = np.empty((s * height, s * width, 3), np.uint8)
        for rows, outer_rows in self._spans(height, padded.shape[0], tile, 0):
            for columns, outer_columns in self._spans(width, padded.shape[1], tile, 1):
                part = self._run(padded[outer_rows, outer_columns], shares)
                inner = _within(rows, outer_rows, s), _within(columns, outer_columns, s)
                out[_times(rows, s), _times(columns, s)] = part[inner]
        return out

    def _padded(self, rgb: Pixels) -> Pixels:
        """The picture with its edges repeated to sides that the model takes."""
        height, width = (self._taken_side(side, axis) for axis, side in enumerate(rgb.shape[:2]))
        more = (0, height - rgb.shape[0]), (0, width - rgb.shape[1]), (0, 0)
        return np.pad(rgb, more, mode="edge") if rgb.shape[:2] != (height, width) else rgb

    def _taken_side(self, side: int, axis: int) -> int:
        """The shortest side of at least `side` pixels that the model takes, or that its tiles can cover."""
        card = self.card
        if card.size is not None:
            return max(side, card.size[axis])
        return -(-max(side, card.least) // card.multiple_of) * card.multiple_of

    def _spans(self, length: int, padded: int, tile: int | None, axis: int) -> Iterator[tuple[slice, slice]]:
        """Parts of an axis that tiles contribute, and each with its rims, of what is padded."""
        least, rim = self._taken_side(0, axis), self._rim()
        step = padded if tile is None else tile
        if self.card.size is not None:
            rim = min(rim, (least - 1) // 2)
            step = least - 2 * rim
        for start in range(0, length, step):
            low = max(0, min(start - rim, padded - least))
            high = min(max(start + step + rim, low + least), padded)
            yield slice(start, min(start + step, length)), slice(low, high)

    def _run(self, rgb: Pixels, shares: Shares) -> Pixels:
        """One run of the model. Raises ValueError for a result that is not what the card promises."""
        y = self._infer(self._input(rgb))
        card, s = self.card, self.card.scale
        expected = (1, card.channels, s * rgb.shape[0], s * rgb.shape[1])
        if y.shape != expected:
            raise ValueError(
                f"{printable(self.card.name)}: the model gave {y.shape} where its card promises {expected}"
            )
        if np.isnan(y.min()):
            raise ValueError(f"{printable(self.card.name)}: the model gave values that are no numbers (NaN)")
        black, white = card.range
        np.clip(y, black, white, out=y)
        if black:
            y -= black
        y *= 255 / (white - black)
        if shares != ALL or card.channels == 1:
            before = self._enlarged(rgb).transpose(2, 0, 1).astype(np.float32)
            y = shares.of(y if card.channels == 3 else _with_luma(before, y[0]), before)
        np.rint(y, out=y)
        return y[0].astype(np.uint8).transpose(1, 2, 0)

    def _input(self, rgb: Pixels) -> NDArray[np.float32]:
        """What the model is given of a part of the picture, 1 x channels x H x W."""
        black, white = self.card.range
        planes = rgb.transpose(2, 0, 1) if self.card.channels == 3 else (rgb @ LUMA)[None]
        x = np.ascontiguousarray(planes[None], dtype=np.float32)
        x *= (white - black) / 255
        if black:
            x += black
        return x

    def _enlarged(self, picture: Pixels) -> Pixels:
        """What there is without a network: the picture itself, enlarged by Pillow's bicubic filter if need be."""
        s = self.card.scale
        if s == 1:
            return picture
        size = s * picture.shape[1], s * picture.shape[0]
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))

    def _infer(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return run_model(self.session, x)
        except ModelError as error:
            raise ValueError(
                f"{printable(self.card.name)}: the model fails on an input of {x.shape}: {error}"
            ) from None


def _with_luma(rgb: NDArray[np.float32], luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture of another luma and the same differences of colours from it, 1 x 3 x H x W. luma: 1 x H x W."""
    return (rgb + luma - np.tensordot(LUMA.astype(np.float32), rgb, 1))[None]


def _within(part: slice, outer: slice, scale: int) -> slice:
    return slice(scale * (part.start - outer.start), scale * (part.stop - outer.start))


def _times(part: slice, scale: int) -> slice:
    return slice(part.start * scale, part.stop * scale)


def open_network(network: str | os.PathLike[str], threads: int | None = None, provider: str = CPU) -> Network:
    """Open a network by name or path. The last 8 are kept open until their files change.

    threads: for ONNX runtime; None lets it take all cores. provider: as `accelir.restore` takes it; encoders stay on
    the CPU, where a picture gives the same file every time. Raises as `accelir.restore` does.
    """
    path = find(network)
    files = [file.stat() for file in (path, path.with_suffix(".json")) if file.is_file()]
    return _open(path, threads, provider, tuple((file.st_mtime_ns, file.st_size) for file in files))


@functools.lru_cache(maxsize=8)
def _open(path: Path, threads: int | None, provider: str, stamp: tuple[tuple[int, int], ...]) -> Network:
    """Open a network. stamp: times and sizes of its files, which make a changed one be opened again."""
    model = path.read_bytes()
    card = _card_beside(path, model)
    try:
        session = open_model(model, threads or 0, provider=provider)
    except ModelError as error:
        raise ValueError(f"{printable(path)}: not a model that ONNX runtime can read: {error}") from None
    _check_face(path, session)
    card = card or _card_inside(path, model, session)
    if card is None:
        raise ValueError(
            f"{printable(path)}: no card: neither {printable(path.with_suffix('.json').name)} beside it nor an "
            "'accelir' entry in its metadata; `accelir network add` measures the model and writes one"
        )
    return Network(card, session)


def card_of(path: Path, model: bytes) -> Card | None:
    """The card beside a model, or in its metadata; None without one. Raises ValueError for one of another model."""
    try:
        return _card_beside(path, model) or _card_inside(path, model, open_model(model))
    except ModelError:
        return None  # which is told when the model is run


def _card_beside(path: Path, model: bytes) -> Card | None:
    """The card in the JSON file beside a model, None without one. It is checked before the model is opened."""
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return None
    card = Card.read(beside)
    if card.sha256 != sha256(model):
        raise ValueError(
            f"{printable(path)}: not the file that {printable(beside.name)} describes (its sha256 is another); "
            "get both again"
        )
    return card


def _card_inside(path: Path, model: bytes, session: onnxruntime.InferenceSession) -> Card | None:
    """The card in a model's metadata, None without one."""
    text = session.get_modelmeta().custom_metadata_map.get("accelir")
    if text is None:
        return None
    origin = f"{printable(path)} (metadata)"
    entries = parse_json(text, origin)
    if isinstance(entries, dict):
        entries["sha256"] = sha256(model)
    return Card.from_dict(entries, origin)


def _check_face(path: Path, session: onnxruntime.InferenceSession) -> None:
    """Raises ValueError unless a model has one input and one output as networks have."""
    faces = [*session.get_inputs(), *session.get_outputs()]
    floats = ("tensor(float)", "tensor(float16)")
    fits = len(faces) == 2 and all(face.type in floats and len(face.shape) == 4 for face in faces)
    if not fits or faces[0].shape[1] not in (1, 3):
        raise ValueError(
            f"{printable(path)}: has {describe_face(session)}; wanted is one input N x 3 x H x W (or N x 1 x H x W, "
            "luma) and one output of 4 dimensions, both float or float16; export it so"
        )


def as_pixels(image: Picture) -> Pixels:
    """uint8 HxWx3 or HxW from what `restore` takes. Raises TypeError or ValueError."""
    mode = getattr(image, "mode", None)
    if mode is not None:
        if mode not in ("RGB", "L"):
            raise ValueError(f'a Pillow image of mode {mode} is not taken, RGB and L are; use image.convert("RGB")')
        image = np.asarray(image)
    if not isinstance(image, np.ndarray):
        raise TypeError(f"image is a uint8 array or a Pillow image, got {type(image).__name__}")
    if image.dtype != np.uint8:
        raise TypeError(f"image has dtype {image.dtype}, uint8 (0 to 255) is taken")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"image has shape {image.shape}, HxWx3 (RGB) or HxW (gray) is taken")
    if not image.size:
        raise ValueError(f"image has shape {image.shape}: there is no pixel in it")
    return image
