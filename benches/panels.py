"""Pages of pictures with words below them: crops of the example photograph, pixel by pixel, as receivers see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benches.common import JUDGES, Pixels, scores
from benches.paper.results import write_result

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / "examples" / "photo.png"
LEFT, TOP, WIDTH, HEIGHT = 190, 184, 206, 120
"""The crop, in pixels of the photograph."""
COLUMNS, GAP, TEXT, HEAD = 4, 6, 62, 34
"""Panels a row; pixels between them, of text below each, and of a section's heading."""
LINE = 17
"""Pixels from a line of text to the next."""
INK, FAINT = (20, 20, 20), (90, 90, 90)
TITLE, WORDS = ImageFont.load_default(17), ImageFont.load_default(12)


@dataclass(frozen=True)
class Panel:
    """A picture with words below it."""

    name: str
    shown: Pixels
    """At most (HEIGHT, WIDTH, 3)."""
    scores: dict[str, str | int | float] | None = None
    """Columns of the table; None for what isn't a file."""


@dataclass(frozen=True)
class Section:
    """Files of one budget."""

    heading: str
    panels: list[Panel]


def keep_page(sections: Sequence[Section], picture: Path, name: str, title: str, about: str, command: str) -> None:
    """Draw a page, and keep its scores as a result of that name. about: the words over the table."""
    drawn(sections).save(picture, optimize=True)
    rows = [panel.scores for section in sections for panel in section.panels if panel.scores is not None]
    write_result(name, title, about, {"command": command, "data": "examples/photo.png"}, rows)


def seen_as(photo: Pixels, sent: Pixels, name: str, data: bytes, seen: Pixels) -> Panel:
    """A file's panel, from what was encoded and the whole picture that its receiver has."""
    judged = dict(zip(JUDGES, scores(seen, photo).tolist(), strict=True))
    return Panel(name, crop(seen), {"encoded": size_of(sent), "file": name, "bytes": len(data), **judged})


def crop(picture: Pixels) -> Pixels:
    return picture[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH]


def size_of(picture: Pixels) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"


def drawn(sections: Sequence[Section]) -> Image.Image:
    rows = [-(-len(section.panels) // COLUMNS) for section in sections]
    size = COLUMNS * (WIDTH + GAP) - GAP, sum(HEAD + count * (HEIGHT + TEXT) for count in rows)
    page = Image.new("RGB", size, "white")
    draw, top = ImageDraw.Draw(page), 0
    for section, count in zip(sections, rows, strict=True):
        draw.text((0, top + HEAD // 2), section.heading, INK, TITLE, anchor="lm")
        for index, panel in enumerate(section.panels):
            row, column = divmod(index, COLUMNS)
            left, above = column * (WIDTH + GAP), top + HEAD + row * (HEIGHT + TEXT)
            page.paste(Image.fromarray(panel.shown), (left, above))
            for line, (words, ink) in enumerate([(panel.name, INK), *((words, FAINT) for words in figures(panel))]):
                draw.text((left, above + HEIGHT + 4 + line * LINE), words, ink, WORDS)
        top += HEAD + count * (HEIGHT + TEXT)
    return page


def figures(panel: Panel) -> list[str]:
    """Lines below a panel's name."""
    if panel.scores is None:
        return []
    lines = "{bytes:,} bytes, PSNR {RGB:.1f} dB", "SSIMULACRA 2: {SSIMULACRA2:.0f}"
    return [line.format(**panel.scores) for line in lines]
