"""The WebP section of a profile."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class WebpSettings:
    """What a task's WebP files have in common, whatever their size."""

    lambda_: float = 0.08
    """Lambda of modes and trellis in squared luma steps (of an orthonormal transform) per bit, above 0."""
    luma_weights: tuple[float, ...] = (1.0,) * 16
    """Costs of a squared error of a luma coefficient over DC's, 16 in zigzag order."""
    chroma_weights: tuple[float, ...] = (1.75,) * 16
    """Costs of a squared error of a chroma coefficient over luma's DC, 16 in zigzag order."""
    deltas: tuple[int, ...] = (0,) * 5
    """Differences of the quantiser index of luma DC, Y2 DC, Y2 AC, chroma DC, chroma AC, -15 to 15."""
    filter: float = 1.1
    """Level of the loop filter over the one that leaves the smallest error in the decoded picture; 0: no filter."""
    sharpness: int = 0
    """Sharpness of the loop filter, 0 to 7."""
    chroma_smoothing: float = 0.0
    """Smoothing of halved chroma, 0 (the least-squares inverse of the decoders' doubling) to 1."""
    luma_fit: float = 0.0
    """What luma makes up for beside halved chroma: 0 the squared error of R, G and B, 1 that of luma."""
    group_weights: tuple[float, ...] = ()
    """Costs of a squared error in a cell of each of QP-NET's groups; empty: the same everywhere."""

    @classmethod
    def from_document(cls, section: dict[str, Any]) -> WebpSettings:
        """From a profile's "webp" object; what is left out has its default. Raises TypeError and ValueError."""
        if not isinstance(section, dict):
            raise TypeError(f"webp is {type(section).__name__}, not an object")
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in section.items()}
        fields = {("lambda_" if name == "lambda" else name): value for name, value in fields.items()}
        settings = cls(**fields)
        settings._check()
        return settings

    def to_document(self) -> dict[str, Any]:
        """What from_document takes."""
        return {("lambda" if name == "lambda_" else name): value for name, value in asdict(self).items()}

    def _check(self) -> None:
        for name, values, count, low, high in (
            ("lambda", (self.lambda_,), 1, 1e-6, 1e6),
            ("luma_weights", self.luma_weights, 16, 0, 1e6),
            ("chroma_weights", self.chroma_weights, 16, 0, 1e6),
            ("deltas", self.deltas, 5, -15, 15),
            ("filter", (self.filter,), 1, 0, 100),
            ("sharpness", (self.sharpness,), 1, 0, 7),
            ("chroma_smoothing", (self.chroma_smoothing,), 1, 0, 1),
            ("luma_fit", (self.luma_fit,), 1, 0, 1),
            ("group_weights", self.group_weights, len(self.group_weights), 1e-3, 1e3),
        ):
            if len(values) != count or not all(low <= v <= high for v in values):
                raise ValueError(f"webp's {name} takes {count} from {low} to {high}, not {values}")
            if name in ("deltas", "sharpness") and not all(isinstance(v, int) for v in values):
                raise ValueError(f"webp's {name} takes whole numbers, not {values}")
