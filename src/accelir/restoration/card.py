"""The card of a restoration network: the JSON beside its ONNX file, the contract that `accelir.restore` relies on."""

from __future__ import annotations

import itertools
import json
import reprlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from accelir.restoration.tasks import KINDS
from accelir.storage.json_files import read_json
from accelir.storage.text import printable

FORMAT = 1
SCALES = range(1, 9)
RANGES = ((0.0, 1.0), (0.0, 255.0), (-1.0, 1.0))
"""Values of black and white that networks are trained with."""


@dataclass(frozen=True)
class Card:
    """What a network takes, gives and was trained on: float32 or float16, N x channels x H x W."""

    name: str
    """Name that `accelir.restore(network=...)` takes, for instance sr-x4-light."""
    version: str
    """Version of these weights."""
    task: str
    """Kind of task that the network was trained for: sr, denoise, deblur or dejpeg."""
    strength: float
    """Strength of what it was trained to undo. sr: the factor; denoise: sigma in 8-bit steps; deblur: sigma in pixels;
    dejpeg: 0."""
    scale: int
    """Output pixels per input pixel along a side, 1 to 8."""
    sha256: str
    """SHA-256 of the ONNX file, lower-case hexadecimal."""
    halo: int | None
    """Reach in input pixels: how far along a side an input can change an output, and so what tiles overlap by. None:
    any distance."""
    multiple_of: int
    """Divisor that both sides of the input must have, in pixels; `restore` pads and crops."""
    macs: float
    """Multiply-accumulates per input pixel."""
    parameters: int
    """Number of trained weights in the ONNX file."""
    memory: float
    """Working memory in bytes per input pixel of a tile; see accelir.restoration.network."""
    architecture: str
    """Name of the architecture in accelir.architectures, and its options."""
    color_space: str = "rgb"
    """Channels that the network corrects: rgb, or y (luma alone, chroma enlarged bilinearly)."""
    channels: int = 3
    """Number of channels of input and output: 3, RGB, or 1, luma; colours are then enlarged by the bicubic filter."""
    range: tuple[float, float] = (0.0, 1.0)
    """Values of black and white, in input and output: 0 and 1, 0 and 255, or -1 and 1. `restore` clips to them."""
    size: tuple[int, int] | None = None
    """Height and width in input pixels, where the model takes no others; tiles then have this size. None: any."""
    least: int = 1
    """Shortest side in input pixels that the model takes; `restore` pads and crops."""
    trained_on: dict[str, Any] = field(default_factory=dict)
    """Training data and settings: codecs and their ranges of quality, the pictures and their number, steps, seed."""
    worth: dict[str, list[list[float]]] = field(default_factory=dict)
    """How much of its correction is taken of files of a format, by the format's name: pairs of the geometric mean of
    the file's luma steps, rising, and a share, 0 to 1; between them shares are interpolated over the logarithm of the
    step. {}: always all. For networks that do harm on fine files; see accelir.restoration.worth."""
    full_chroma: float = 1.0
    """How much of its correction of chroma is taken, 0 to 1, of pictures whose chroma no codec halved. Below 1 for
    networks that take full chroma for halved one."""
    scores: dict[str, float] = field(default_factory=dict)
    """Measured scores by what they are of; PSNR in dB."""
    gradient: str = field(default="", compare=False)
    """SHA-256 of the gradient graph, NAME.gradient beside the network, lower-case hexadecimal; "" without one."""
    gradient_memory: float = field(default=0.0, compare=False)
    """Working memory of the gradient graph in bytes per input pixel of a tile. Both are of a file that may be added
    later: cards that differ in nothing else are of one network."""
    gradient_of: str = field(default="", compare=False)
    """Name of a network whose gradient is asked in place of its own, of the same scale and quicker; "" for its own."""
    guard: str = field(default="", compare=False)
    """Name of a network of the same scale and of another kind that files steered for this one shall serve in part:
    one trained on clean pictures, say, stands for those that others trained. "" without one."""
    licence: str = ""
    """Licence of the weights, for instance MIT."""
    format: int = FORMAT
    """Version of this card's format."""

    @property
    def has_gradient(self) -> bool:
        """Whether files can be steered for the network."""
        return bool(self.gradient or self.gradient_of)

    @classmethod
    def from_dict(cls, entries: dict[str, Any], origin: str = "card") -> Card:
        """Check the entries of a card and build it.

        origin: what errors begin with. Raises ValueError that names the entry that is missing, unknown or out of range.
        """
        known = {f.name for f in fields(cls)}
        if not isinstance(entries, dict):
            raise ValueError(f"{origin}: a card is a JSON object, got {type(entries).__name__}")
        if entries.get("format", FORMAT) != FORMAT:
            found = reprlib.repr(entries["format"])
            raise ValueError(f"{origin}: card format {found} is not known here; this release reads {FORMAT}")
        if unknown := sorted(set(entries) - known):
            raise ValueError(f"{origin}: unknown entries {printable(', '.join(unknown))}")
        try:
            tuples = {name: tuple(entries[name]) for name in ("range", "size") if entries.get(name) is not None}
            card = cls(**{**entries, **tuples})
        except TypeError as error:
            raise ValueError(f"{origin}: {printable(str(error).replace('Card.__init__() ', ''))}") from None
        card._check(origin)
        return card

    def _check(self, origin: str) -> None:
        text = (str,)
        rules: list[tuple[str, tuple[type, ...], bool, str]] = [
            ("name", text, bool(self.name), "a name"),
            ("version", text, True, "text"),
            ("task", text, isinstance(self.task, str) and self.task in KINDS, f"one of {', '.join(KINDS)}"),
            ("scale", (int,), self.scale in SCALES, "a whole number from 1 to 8"),
            ("sha256", text, len(str(self.sha256)) == 64, "64 hexadecimal digits"),
            ("architecture", text, True, "text"),
            ("color_space", text, self.color_space in ("rgb", "y"), "rgb or y"),
            ("channels", (int,), self.channels in (1, 3), "3 or 1"),
            ("range", (tuple,), self.range in RANGES, "[0, 1], [0, 255] or [-1, 1]"),
            ("size", (tuple, type(None)), _is_size(self.size), "height and width, 1 to 16384, or null"),
            ("trained_on", (dict,), True, "an object"),
            ("worth", (dict,), _is_worth(self.worth), 'curves as {"jpeg": [[2, 0], [20, 1]]}, steps rising'),
            ("scores", (dict,), True, "an object"),
            ("licence", text, True, "text"),
            ("gradient_of", text, True, "text"),
            ("guard", text, True, "text"),
            ("gradient", text, len(str(self.gradient)) in (0, 64), "64 hexadecimal digits, or none"),
        ]
        for name, types, fine, wanted in rules:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, types) or not fine:
                raise ValueError(f"{origin}: {name} is {reprlib.repr(value)}; wanted is {wanted}")
        self._check_numbers(origin)
        if KINDS[self.task].scale is None and self.scale != self.strength:
            given = f"scale is {self.scale} and strength {self.strength:g}"
            raise ValueError(f"{origin}: {given}; {self.task} wants them equal")

    def _check_numbers(self, origin: str) -> None:
        """Check numbers. The bounds on pixels keep a tile's padding, and so its memory, in reason."""
        rules: list[tuple[str, tuple[type, ...], int, float]] = [
            ("strength", (int, float), 0, 1e6),
            ("halo", (int, type(None)), 0, 1 << 16),
            ("multiple_of", (int,), 1, 1 << 10),
            ("least", (int,), 1, 1 << 10),
            ("macs", (int, float), 0, 1e18),
            ("parameters", (int,), 0, 1e18),
            ("memory", (int, float), 0, 1e12),
            ("full_chroma", (int, float), 0, 1),
            ("gradient_memory", (int, float), 0, 1e12),
        ]
        for name, types, least, most in rules:
            value = getattr(self, name)
            fits = not isinstance(value, bool) and isinstance(value, types)
            if not fits or not (value is None or least <= value <= most):
                kind = "a number" if float in types else "a whole number"
                wanted = f"{kind} from {least} to {most:g}" + (" or null" if type(None) in types else "")
                raise ValueError(f"{origin}: {name} is {reprlib.repr(value)}; wanted is {wanted}")

    @classmethod
    def read(cls, path: str | Path) -> Card:
        """Read a card's JSON file. Raises ValueError for a broken one, OSError for one that can't be read."""
        return cls.from_dict(read_json(Path(path)), printable(path))

    def to_json(self) -> str:
        """The text of the JSON file."""
        return json.dumps(asdict(self), indent=2) + "\n"


def _is_size(size: Any) -> bool:
    """Whether this is None, or two whole numbers in reason."""
    if size is None:
        return True
    return len(size) == 2 and all(type(side) is int and 1 <= side <= 1 << 14 for side in size)


def _is_worth(worth: Any) -> bool:
    """Whether every curve has pairs of numbers, steps above 0 and rising, shares of 0 to 1."""
    try:
        return all(
            curve
            and all(0 < low < high for (low, _), (high, _) in itertools.pairwise([*curve, [1e9, 0]]))
            and all(0 <= share <= 1 for _, share in curve)
            for curve in worth.values()
        )
    except (AttributeError, TypeError, ValueError):
        return False
