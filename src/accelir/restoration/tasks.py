"""The restoration tasks, and how each makes its input from a ground truth (the evaluation protocol's degradations)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

KINDS = ("sr", "denoise", "deblur", "dejpeg")


@dataclass(frozen=True)
class Task:
    """What a network undoes besides the codec."""

    kind: str
    """One of sr, denoise, deblur, dejpeg."""
    strength: float = 0.0
    """sr: the factor; denoise: sigma in 8-bit steps; deblur: sigma in pixels; dejpeg: 0."""

    @property
    def scale(self) -> int:
        """Ground-truth pixels per input pixel along one side."""
        return int(self.strength) if self.kind == "sr" else 1

    def __str__(self) -> str:
        return {"sr": f"sr-x{self.scale}", "dejpeg": "dejpeg"}.get(self.kind, f"{self.kind}-{self.strength:g}")

    @classmethod
    def parse(cls, text: str) -> Task:
        """Read "sr-x4", "denoise-25", "deblur-1.5" or "dejpeg". Raises ValueError for anything else."""
        kind, _, strength = text.partition("-")
        try:
            if kind == "dejpeg" and not strength:
                return cls(kind)
            if kind == "sr" and strength in ("x2", "x3", "x4"):
                return cls(kind, float(strength[1:]))
            if kind in ("denoise", "deblur") and 0 < float(strength) <= 100:
                return cls(kind, float(strength))
        except ValueError:
            pass
        raise ValueError(f"unknown task {text!r}; write sr-x2, sr-x3, sr-x4, denoise-SIGMA, deblur-SIGMA or dejpeg")

    def degrade(self, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The picture that is handed to the codec.

        truth: uint8 H x W x 3, H and W multiples of `scale`; returns uint8 H/s x W/s x 3. `rng` draws the noise.
        """
        if self.kind == "sr":
            size = truth.shape[1] // self.scale, truth.shape[0] // self.scale
            return np.asarray(Image.fromarray(truth).resize(size, Image.Resampling.BICUBIC))
        if self.kind == "denoise":
            noisy = truth + rng.normal(0.0, self.strength, truth.shape)
            return np.rint(noisy).clip(0, 255).astype(np.uint8)
        if self.kind == "deblur":
            try:
                from scipy.ndimage import gaussian_filter
            except ImportError:
                raise ValueError("blurring a picture needs SciPy: pip install scipy") from None

            soft = gaussian_filter(truth.astype(np.float64), (self.strength, self.strength, 0))
            return np.rint(soft).clip(0, 255).astype(np.uint8)
        return truth
