"""What a profile says of WebP files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WebpShape:
    """What a WebP file looks like, whatever its size."""

    rdo: float = 0.08
    """Lagrangian of modes and trellis in squared luma steps (of an orthonormal transform) per bit, above 0."""
    luma_weights: tuple[float, ...] = (1.0,) * 16
    """What a squared error of a luma coefficient costs, zigzag order, relative to DC."""
    chroma_weights: tuple[float, ...] = (1.75,) * 16
    """The same for chroma, relative to luma's DC."""
    deltas: tuple[int, ...] = (0,) * 5
    """Added to the quantiser index of luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC; -15 to 15."""
    filter: float = 1.1
    """Level of the loop filter over the one that leaves the smallest error in the decoded picture; 0: no filter."""
    sharpness: int = 0
    """Of the loop filter, 0 to 7."""
    chroma_smoothing: float = 0.0
    """Of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1."""
    group_weights: tuple[float, ...] = ()
    """What a squared error costs in a block of each of QP-NET's groups; empty: the same everywhere."""


def parse_webp_shape(document: dict[str, Any]) -> WebpShape:
    """From a profile's "webp" object; what is left out has its default. Raises TypeError and ValueError."""
    if not isinstance(document, dict):
        raise TypeError(f"webp is {type(document).__name__}, not an object")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
    shape = WebpShape(**fields)
    for name, values, count, low, high in (
        ("rdo", (shape.rdo,), 1, 1e-6, 1e6),
        ("luma_weights", shape.luma_weights, 16, 0, 1e6),
        ("chroma_weights", shape.chroma_weights, 16, 0, 1e6),
        ("deltas", shape.deltas, 5, -15, 15),
        ("filter", (shape.filter,), 1, 0, 100),
        ("sharpness", (shape.sharpness,), 1, 0, 7),
        ("chroma_smoothing", (shape.chroma_smoothing,), 1, 0, 1),
        ("group_weights", shape.group_weights, len(shape.group_weights), 1e-3, 1e3),
    ):
        if len(values) != count or not all(low <= v <= high for v in values):
            raise ValueError(f"webp's {name} takes {count} from {low} to {high}, not {values}")
        if name in ("deltas", "sharpness") and not all(isinstance(v, int) for v in values):
            raise ValueError(f"webp's {name} takes whole numbers, not {values}")
    return shape
