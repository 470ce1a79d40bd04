"""QP-NET at the encoder: a picture's pixels become the group of each 32x32 block. ONNX runtime, no torch."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

BLOCK = 32


class QpNet:
    """A profile's QP-NET, opened once. Safe to call from several threads.

    model: an ONNX model of `groups` classes, uint8 N x H x W x 3 -> float32 N x groups x H/32 x W/32. Raises ValueError
    for a model of another face, or one that ONNX runtime can't read.
    """

    def __init__(self, model: bytes, groups: int) -> None:
        self._session = _open(model)
        faces = [(f.type, f.shape[-1:] if f.type == "tensor(uint8)" else f.shape[1:2]) for f in self._faces()]
        if faces != [("tensor(uint8)", [3]), ("tensor(float)", [groups])]:
            shown = ", ".join(f"{f.name} {f.type} {f.shape}" for f in self._faces())
            raise ValueError(
                f"a QP-NET takes uint8 N x H x W x 3 and gives float N x {groups} x H/32 x W/32; got {shown}"
            )

    def _faces(self):
        return [*self._session.get_inputs(), *self._session.get_outputs()]

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """pixels: HxWx3 or HxW; their border is repeated up to multiples of 32. -> (groups, ceil(H/32), ceil(W/32))."""
        rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        if any(side % BLOCK for side in rgb.shape[:2]):
            rgb = np.pad(rgb, (*((0, -side % BLOCK) for side in rgb.shape[:2]), (0, 0)), mode="edge")
        return self._session.run(None, {self._session.get_inputs()[0].name: rgb[None]})[0][0]

    def groups(self, pixels: NDArray[np.uint8]) -> NDArray[np.int32]:
        """The likeliest group of each block, (ceil(H/32), ceil(W/32))."""
        return self.logits(pixels).argmax(axis=0).astype(np.int32)


@functools.lru_cache(maxsize=8)
def _open(model: bytes):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX runtime's errors have no common base beside Exception
        raise ValueError(f"not a QP-NET that ONNX runtime can read: {error}") from None
