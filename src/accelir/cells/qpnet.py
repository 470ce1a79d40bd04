"""QP-NET at the encoder: a picture's pixels become the group of each cell. ONNX runtime, no torch."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accelir.errors import ProfileError
from accelir.restoration.session import ModelError, describe_face, open_model, run_model

if TYPE_CHECKING:
    import onnxruntime

BLOCK = 32
BAND = 8
"""Rows of cells that are looked at together."""
HALO = 1
"""Rows of cells beyond a band that what is said of it may depend on: QP-NET's convolutions reach 24 pixels far."""


class QpNet:
    """A profile's QP-NET, opened when it is first used. Safe to call from several threads."""

    def __init__(self, model: bytes, groups: int) -> None:
        """model: an ONNX model, uint8 N x H x W x 3 -> float32 N x groups x H/32 x W/32."""
        self.model, self.count = model, groups

    @functools.cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        try:
            session = open_model(self.model, 1)
        except ModelError as error:
            raise ProfileError(f"a QP-NET that ONNX runtime can't read: {error}") from None
        faces = [*session.get_inputs(), *session.get_outputs()]
        face = [(f.type, f.shape[axis]) for f, axis in zip(faces, (3, 1), strict=False) if len(f.shape) == 4]
        if len(faces) != 2 or face != [("tensor(uint8)", 3), ("tensor(float)", self.count)]:
            raise ProfileError(
                f"a QP-NET takes uint8 N x H x W x 3 and gives float N x {self.count} x H/32 x W/32, "
                f"not {describe_face(session)}"
            )
        return session

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What it says of each cell, (groups, ceil(H/32), ceil(W/32)).

        pixels: uint8 HxWx3 or HxW; the border is repeated up to multiples of 32. Bands of 8 rows of cells are looked
        at one by one, with a row above and below that hides where they were cut: memory is that of a band.
        Raises ProfileError for a model of another face, and one that ONNX runtime can't read or run.
        """
        rows = -(-pixels.shape[0] // BLOCK)
        bands = []
        for first in range(0, rows, BAND):
            above, end = max(first - HALO, 0), min(first + BAND, rows)
            seen = self._band(pixels[above * BLOCK : (end + HALO) * BLOCK])
            bands.append(seen[:, first - above : end - above])
        return bands[0] if len(bands) == 1 else np.concatenate(bands, axis=1)

    def _band(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        if any(side % BLOCK for side in rgb.shape[:2]):
            rgb = np.pad(rgb, (*((0, -side % BLOCK) for side in rgb.shape[:2]), (0, 0)), mode="edge")
        try:
            out = run_model(self._session, rgb[None])
        except ModelError as error:
            raise ProfileError(f"a QP-NET that fails on {rgb.shape}: {error}") from None
        expected = (1, self.count, rgb.shape[0] // BLOCK, rgb.shape[1] // BLOCK)
        if out.shape != expected or not np.isfinite(out).all():
            raise ProfileError(f"a QP-NET that gives {out.shape}, or no numbers, where {expected} is wanted")
        return out[0]

    def shares(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """How likely each cell is to belong to each group, (ceil(H/32), ceil(W/32), groups)."""
        logits = self.logits(pixels).astype(np.float64)
        likely = np.exp(logits - logits.max(axis=0))
        return np.moveaxis(likely / likely.sum(axis=0), 0, -1)

    def groups(self, pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
        """The likeliest group of each cell, (ceil(H/32), ceil(W/32))."""
        return self.logits(pixels).argmax(axis=0).astype(np.int32)
