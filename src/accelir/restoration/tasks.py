"""The restoration tasks: one table of what is known of each kind, and tasks, which look everything up there.

A new kind is one `Kind` in KINDS. If profiles are to be built for it, it has rates, and the tuners in
accelir.profiling know where to begin its search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Kind:
    """What is known of a kind of task, whatever its strength."""

    name: str
    """Name that tasks begin with and cards hold under `task`."""
    form: tuple[str, ...]
    """Ways in which its tasks are written, as people are told them; SIGMA and the like stand for a strength."""
    read: Callable[[str], float | None]
    """Reader of what follows the name and a hyphen: the strength, or None for text that is not taken. May raise
    ValueError for the latter too."""
    write: Callable[[float], str]
    """Writer of a strength as `read` takes it; "" for kinds without."""
    degrade: Callable[[Pixels, float, np.random.Generator], Pixels]
    """Maker of the picture that is handed to the codec, from a ground truth, a strength and a source of noise; see
    Task.degrade."""
    done: str
    """Words for people on what `degrade` does."""
    scale: int | None = 1
    """Ground-truth pixels per input pixel along one side; None: the strength says it."""
    rates: tuple[float, ...] = ()
    """Rates in bits per pixel at which files for it are judged; () for a kind that profiles are not built for."""
    side: int = 512
    """Side in pixels that ground truths are cut to while settings of JPEG files are tuned."""
    webp_side: int = 256
    """Side in pixels that ground truths are cut to while settings of WebP files are tuned."""


def _factor(text: str) -> float | None:
    return float(text[1:]) if text in {f"x{factor}" for factor in range(2, 9)} else None


def _sigma(text: str) -> float | None:
    sigma = float(text)
    return sigma if 0 < sigma <= 100 else None


def _nothing(text: str) -> float | None:
    return None if text else 0.0


def _smaller(truth: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    size = truth.shape[1] // int(factor), truth.shape[0] // int(factor)
    return np.asarray(Image.fromarray(truth).resize(size, Image.Resampling.BICUBIC))


def _noisy(truth: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    return _to_8_bits(truth + rng.normal(0.0, sigma, truth.shape))


def _blurred(truth: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    try:
        from scipy.ndimage import gaussian_filter
    except ImportError:
        raise ValueError("blurring a picture needs SciPy: pip install scipy") from None

    return _to_8_bits(gaussian_filter(truth.astype(np.float64), (sigma, sigma, 0)))


def _unchanged(truth: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    return truth


def _to_8_bits(picture: NDArray[np.float64]) -> Pixels:
    return np.rint(picture).clip(0, 255).astype(np.uint8)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="sr",
            form=("sr-x2 to sr-x8",),
            read=_factor,
            write=lambda factor: f"x{int(factor)}",
            degrade=_smaller,
            done="downscaled with a bicubic filter",
            scale=None,
            rates=(0.9, 1.2, 1.8),
            webp_side=512,  # of the ground truth; what is encoded has a half to a quarter of it
        ),
        Kind(
            name="denoise",
            form=("denoise-SIGMA",),
            read=_sigma,
            write=lambda sigma: f"{sigma:g}",
            degrade=_noisy,
            done="Gaussian noise added",
            rates=(0.9, 1.2, 1.8),
        ),
        Kind(
            name="deblur",
            form=("deblur-SIGMA",),
            read=_sigma,
            write=lambda sigma: f"{sigma:g}",
            degrade=_blurred,
            done="blurred by a Gaussian",
            rates=(0.6, 0.8, 1.1),
            side=256,
        ),
        Kind(
            name="dejpeg",
            form=("dejpeg",),
            read=_nothing,
            write=lambda strength: "",
            degrade=_unchanged,
            done="unchanged",
        ),
    )
}
"""Every kind by its name, in the order in which people are told them."""


def judged() -> tuple[Kind, ...]:
    """The kinds that profiles are built for."""
    return tuple(kind for kind in KINDS.values() if kind.rates)


def forms(kinds: Iterable[Kind]) -> str:
    """How tasks of these kinds are written, for help and error messages: "sr-x2, denoise-SIGMA or dejpeg"."""
    *others, last = (form for kind in kinds for form in kind.form)
    return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True)
class Task:
    """What a network undoes besides the codec."""

    kind: str
    """Name of a kind in KINDS."""
    strength: float = 0.0
    """How much there is to undo. sr: the factor; denoise: sigma in 8-bit steps; deblur: sigma in pixels; dejpeg: 0."""

    def __str__(self) -> str:
        """The name that `parse` reads."""
        strength = self._known.write(self.strength)
        return f"{self.kind}-{strength}" if strength else self.kind

    @classmethod
    def parse(cls, text: str) -> Task:
        """Read "sr-x4" (x2 to x8), "denoise-25", "deblur-1.5" or "dejpeg". Raises ValueError for anything else."""
        name, _, strength = text.partition("-")
        try:
            found = KINDS[name].read(strength)
        except (KeyError, ValueError):
            found = None
        if found is None:
            raise ValueError(f"unknown task {text!r}; write {forms(KINDS.values())}")
        return cls(name, found)

    @property
    def _known(self) -> Kind:
        return KINDS[self.kind]

    @property
    def scale(self) -> int:
        """Ground-truth pixels per input pixel along one side."""
        return int(self.strength) if self._known.scale is None else self._known.scale

    @property
    def rates(self) -> tuple[float, ...]:
        """Rates in bits per pixel at which files for it are judged; () if profiles are not built for it."""
        return self._known.rates

    @property
    def side(self) -> int:
        """Side in pixels that ground truths are cut to while settings of JPEG files are tuned."""
        return self._known.side

    @property
    def webp_side(self) -> int:
        """Side in pixels that ground truths are cut to while settings of WebP files are tuned."""
        return self._known.webp_side

    def degrade(self, truth: Pixels, rng: np.random.Generator) -> Pixels:
        """The picture that is handed to the codec.

        truth: uint8 H x W x 3, H and W multiples of `scale`; returns uint8 H/s x W/s x 3. `rng` draws the noise.
        """
        return self._known.degrade(truth, self.strength, rng)
