"""The card of a restoration network: the JSON beside its ONNX file, the contract that `accelir.restore` relies on."""

from __future__ import annotations

import json
import reprlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from accelir.restoration.tasks import KINDS
from accelir.storage.json_files import read_json

FORMAT = 1


@dataclass(frozen=True)
class Card:
    """What a network takes, gives and was trained on. All take and give RGB, float32 N x 3 x H x W, 0..1."""

    name: str
    """The name that `accelir.restore(network=...)` takes, for instance sr-x4-light."""
    version: str
    """Of these weights."""
    task: str
    """sr, denoise, deblur or dejpeg."""
    strength: float
    """What it was trained to undo: sr factor, noise sigma in 8-bit steps, blur sigma in pixels; 0 for dejpeg."""
    scale: int
    """Output pixels per input pixel along a side."""
    sha256: str
    """Of the ONNX file, lower-case hexadecimal."""
    halo: int | None
    """Input pixels, along a side, from which an input can change an output: what tiles overlap by. None: any."""
    multiple_of: int
    """Both sides of the input must be multiples of this; `restore` pads and crops."""
    macs: float
    """Multiply-accumulates per input pixel."""
    parameters: int
    """Trained weights, as exported."""
    memory: float
    """Bytes to reckon with per input pixel of a tile; see accelir.restore."""
    architecture: str
    """Name in accelir.networks and its options."""
    color_space: str = "rgb"
    """What the network corrects: rgb, or y (luma alone, chroma enlarged bilinearly)."""
    channels: int = 3
    """Of input and output."""
    range: tuple[float, float] = (0.0, 1.0)
    """Of input values; outputs are clipped to it by `restore`."""
    trained_on: dict[str, Any] = field(default_factory=dict)
    """Codecs and their quality ranges, the pictures and how many they are, steps, seed."""
    scores: dict[str, float] = field(default_factory=dict)
    """Measured, name -> value; PSNR in dB."""
    licence: str = ""
    format: int = FORMAT
    """Of this card."""

    @classmethod
    def from_dict(cls, entries: dict[str, Any], origin: str = "card") -> Card:
        """Check and build. Raises ValueError naming `origin` and the entry that is missing, unknown or out of range."""
        known = {f.name for f in fields(cls)}
        if not isinstance(entries, dict):
            raise ValueError(f"{origin}: a card is a JSON object, got {type(entries).__name__}")
        if entries.get("format", FORMAT) != FORMAT:
            found = reprlib.repr(entries["format"])
            raise ValueError(f"{origin}: card format {found} is not known here; this release reads {FORMAT}")
        if unknown := sorted(set(entries) - known):
            raise ValueError(f"{origin}: unknown entries {', '.join(unknown)}")
        try:
            card = cls(**{**entries, "range": tuple(entries.get("range", (0.0, 1.0)))})
        except TypeError as error:
            raise ValueError(f"{origin}: {str(error).replace('Card.__init__() ', '')}") from None
        card._check(origin)
        return card

    def _check(self, origin: str) -> None:
        text = (str,)
        rules: list[tuple[str, tuple[type, ...], bool, str]] = [
            ("name", text, bool(self.name), "a name"),
            ("version", text, True, "text"),
            ("task", text, self.task in KINDS, f"one of {', '.join(KINDS)}"),
            ("scale", (int,), self.scale in (1, 2, 3, 4), "1, 2, 3 or 4"),
            ("sha256", text, len(str(self.sha256)) == 64, "64 hexadecimal digits"),
            ("architecture", text, True, "text"),
            ("color_space", text, self.color_space in ("rgb", "y"), "rgb or y"),
            ("channels", (int,), self.channels == 3, "3"),
            ("range", (tuple,), self.range == (0.0, 1.0), "[0, 1]"),
            ("trained_on", (dict,), True, "an object"),
            ("scores", (dict,), True, "an object"),
            ("licence", text, True, "text"),
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
        """The bounds on pixels keep what a tile is padded by, and so its memory, in reason."""
        rules: list[tuple[str, tuple[type, ...], int, float]] = [
            ("strength", (int, float), 0, 1e6),
            ("halo", (int, type(None)), 0, 1 << 16),
            ("multiple_of", (int,), 1, 1 << 10),
            ("macs", (int, float), 0, 1e18),
            ("parameters", (int,), 0, 1e18),
            ("memory", (int, float), 0, 1e12),
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
        """From a JSON file. Raises ValueError for a broken one, OSError for none."""
        return cls.from_dict(read_json(Path(path)), str(path))

    def to_json(self) -> str:
        """The text of the JSON file."""
        return json.dumps(asdict(self), indent=2) + "\n"
