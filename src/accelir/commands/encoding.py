"""What `accelir encode` does to each picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from accelir.api import Encoded, Encoder
from accelir.commands.coding import Coding
from accelir.commands.metadata import FileMetadata
from accelir.commands.pictures import Opened, Shaping, limited, open_data, open_file
from accelir.commands.printing import heard, shown
from accelir.commands.transfers import Transfer, Written
from accelir.errors import BudgetError
from accelir.formats.color import is_of, is_srgb, to_srgb
from accelir.formats.format import Format
from accelir.formats.later import later
from accelir.formats.registry import FORMATS, find_format
from accelir.formats.request import AUTO_REFERENCE

draw, encoded_panels, file_panels = (
    later("accelir.commands.plot", name) for name in ("draw", "encoded_panels", "file_panels")
)
copied = later("accelir.commands.copying", "copied")
inspect = later("accelir.formats.inspect", "inspect")
target_of = later("accelir.formats.target", "target_of")


@dataclass(frozen=True, eq=False)
class Ready:
    """A picture as it goes to its encoder."""

    encoder: Encoder
    image: Image.Image
    options: dict[str, Any]
    """Of Encoder.encode: metadata, how transparency is kept, and a scale other than 1."""
    metadata_size: int
    """Bytes that the metadata take."""


@dataclass(frozen=True)
class Encode:
    """What is done to each picture; it can be pickled, for a cluster."""

    coding: Coding
    """How it is encoded."""
    kinds: frozenset[str]
    """What metadata is kept."""
    shaping: Shaping
    """What is done to it before."""
    max_pixels: int | None
    """Larger pictures are refused."""

    def __call__(self, transfer: Transfer) -> Written:
        with limited(self.max_pixels), heard() as warnings:
            written = self._written(transfer)
            return replace(written, warnings=(*written.warnings, *dict.fromkeys(warnings)))

    def _written(self, transfer: Transfer) -> Written:
        opened = open_file(transfer.source)
        format = self._format(opened, transfer)
        chosen = opened.metadata.only(self.kinds)
        held, left_out = chosen.fitted(format)
        turn = self._turns(opened.metadata, held)
        if not self.shaping.changes(opened.image, turn) and (copy := self._copy(opened, format, transfer)):
            return copy
        notes = _notes([*left_out, *opened.further], format)
        return self._encode(opened, held, format, turn, transfer, notes)

    def _format(self, opened: Opened, transfer: Transfer) -> Format:
        """The one asked for; in place that of the file, which keeps its name."""
        found = find_format(opened.data)
        if not transfer.in_place:
            return FORMATS[self.coding.format]
        if found is None or (self.coding.given and found.name != self.coding.format):
            labels = FORMATS[self.coding.format].label if self.coding.given else "JPEG or WebP"
            raise ValueError(f"it is no {labels}, and --in-place keeps its name; give -o or --out-dir")
        return found

    def _turns(self, metadata: FileMetadata, held: FileMetadata) -> bool:
        """Whether pixels are turned: where it was asked for, or nothing would tell any more how the picture stands."""
        stands = metadata.orientation
        return stands != 1 and (self.shaping.auto_orient or held.orientation != stands)

    def _copy(self, opened: Opened, format: Format, transfer: Transfer) -> Written | None:
        """The input itself, where it is a file of the format that fits already."""
        if not self.coding.may_copy or find_format(opened.data) is not format or self._recolors(opened, format):
            return None
        made = copied(opened.data, format, self.kinds)
        budget = self.coding.budget(opened.image.size)
        if made is None or len(made[0]) > budget:
            return None
        data, lost = made
        bpp = 8 * len(data) / (opened.image.width * opened.image.height)
        figures = {**_figures(budget, data, bpp), "copied": True}
        notes = _notes(opened.further or ["what follows the picture"], format) if lost else ()
        unchanged = transfer.in_place and data == opened.data
        text = f"{_text(budget, data, bpp)}  {'unchanged' if unchanged else 'copied'}: it fits already"
        plot = None if transfer.plot is None else _draw(transfer, data, list(file_panels(data)))
        return Written(None if unchanged else data, figures, text, plot, notes)

    def _recolors(self, opened: Opened, format: Format) -> bool:
        """Whether colours must be converted: their profile goes and isn't sRGB, or isn't for the file's colours."""
        icc = opened.metadata.icc
        return bool(icc) and not (is_of(icc, opened.image, format.has_gray) if "icc" in self.kinds else is_srgb(icc))

    def _reference(self, transfer: Transfer, format: Format, turn: bool) -> dict[str, Any]:
        """The encoder's keyword for the picture's original, turned upright where the picture is."""
        name = self.coding.reference_for(transfer.source)
        if name is None:
            return {}
        if name == AUTO_REFERENCE:
            return {"reference": name}
        opened = open_file(name)
        shaping = Shaping(background=self.shaping.background)
        return {"reference": shaping.apply(opened.image, opened.metadata.orientation if turn else 1, format)}

    def ready(self, read: Callable[[], bytes]) -> Ready:
        """A picture as it goes to its encoder. Raises what reading it does, ValueError and MemoryError."""
        format = FORMATS[self.coding.format]
        with limited(self.max_pixels), heard():
            opened = open_data(read())
            held, _ = opened.metadata.only(self.kinds).fitted(format)
            image, held = self._shaped(opened, held, format, self._turns(opened.metadata, held))
        options = {**held.options(format), **self.coding.transparency, **self.coding.scaled}
        return Ready(self.coding.encoder(format), image, options, held.size)

    def _shaped(
        self, opened: Opened, held: FileMetadata, format: Format, turn: bool
    ) -> tuple[Image.Image, FileMetadata]:
        image = self.shaping.apply(opened.image, opened.metadata.orientation if turn else 1, format)
        if image is not opened.image:
            held = held.after(image.size, turned=turn)
        if opened.metadata.icc and not held.icc:
            # A profile that isn't kept still says what the colours look like.
            image = to_srgb(image, opened.metadata.icc)
        return image, held

    def _encode(
        self,
        opened: Opened,
        held: FileMetadata,
        format: Format,
        turn: bool,
        transfer: Transfer,
        notes: tuple[str, ...],
    ) -> Written:
        image, held = self._shaped(opened, held, format, turn)
        encoder = self.coding.encoder(format)
        try:
            aim = self._reference(transfer, format, turn)
            encoded = self.coding.encode(encoder, image, {**held.options(format), **aim})
        except BudgetError as error:
            advice = f"; {held.size:,} of them are metadata, which --strip leaves out" if held.size else ""
            raise ValueError(f"{error}{advice}") from error
        plot = None
        if transfer.plot is not None:
            plot = _draw(transfer, encoded.data, list(encoded_panels(encoded, encoder.settings.profile)))
        figures, text = _told(encoded)
        return Written(encoded.data, figures, text, plot, notes)


def _notes(left_out: list[str] | tuple[str, ...], format: Format) -> tuple[str, ...]:
    return (f"left out, as the {format.label} has no place for it: {', '.join(left_out)}",) if left_out else ()


def _figures(budget: int, data: bytes, bpp: float) -> dict[str, Any]:
    return {"asked": budget, "reached": len(data), "bpp": bpp}


def _text(budget: int, data: bytes, bpp: float) -> str:
    return f"asked {budget:,}  reached {len(data):,}  ({100 * len(data) / budget:.2f} %)  {bpp:.4f} bpp"


def size_of(scale: int) -> str:
    """In words."""
    return "full size" if scale == 1 else f"1/{scale} of its sides"


def _told(encoded: Encoded) -> tuple[dict[str, Any], str]:
    """Figures of a file that was made, and a line on it."""
    stats, size = encoded.stats, len(encoded.data)
    if "target" not in stats:
        budget = stats["max_bytes"]
        figures, text = _figures(budget, encoded.data, encoded.bpp), _text(budget, encoded.data, encoded.bpp)
        if "scale" not in stats:
            return figures, text
        return {**figures, "scale": stats["scale"]}, f"{text}  {size_of(stats['scale'])}"
    metric, value = stats["target"]
    figures = {
        "asked": stats["max_bytes"],
        "reached": size,
        "bpp": encoded.bpp,
        "target": {"metric": metric, "asked": value, "reached": stats["reached"], "trials": stats["trials"]},
    }
    missed = "" if target_of(stats["target"]).reached_by(stats["reached"]) else "  it needs more bytes than may be"
    text = f"asked {metric} {value:g}  reached {stats['reached']:.4g}  {size:,} bytes  {encoded.bpp:.4f} bpp{missed}"
    return figures, text


def _draw(transfer: Transfer, data: bytes, panels: list[Any]) -> bytes:
    return draw(panels, inspect(data, shown(transfer.target)).title)
