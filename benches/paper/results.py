"""Results as files: NAME.csv for scripts, NAME.md for people, NAME.png where there is a picture.

The CSV begins with lines `# name: value` (title, command, machine, versions, data, time); then come a line of column
names and the rows, whose cells are, word for word, those of the Markdown table.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import PIL.features

import accelir
from benches.paper.table import Row

FOLDER = Path(__file__).parents[2] / "docs" / "results"
PACKAGES = ("numpy", "pillow", "onnxruntime", "scipy")
CODECS = {"libjpeg-turbo": "libjpeg_turbo", "libwebp": "webp"}
"""Codecs that Pillow has, and what it calls them."""
DPI = 110


def write_result(
    name: str,
    title: str,
    about: str,
    facts: dict[str, str],
    rows: Sequence[Row],
    draw: Callable[[list[Row], Any], None] | None = None,
    folder: Path = FOLDER,
) -> None:
    """Write a result's files.

    facts: lines of the head beside machine and versions, such as the command that made it. rows: all with the same
    columns, at least one. draw: draws the rows into a matplotlib figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    head = {**facts, "machine": machine(), "versions": versions()}
    lines = [list(rows[0]), *([_text(row[column]) for column in rows[0]] for row in rows)]
    (folder / f"{name}.csv").write_text(_csv({"title": title, **head}, lines), "utf-8")
    if draw is not None:
        _picture(list(rows), draw, folder / f"{name}.png")
    picture = f"\n![{title}]({name}.png)\n" if draw is not None else ""
    about_facts = "\n".join(f"- {key}: {value}" for key, value in head.items())
    page = f"# {title}\n\n{about.strip()}\n{picture}\n{_markdown(lines)}\n\n{about_facts}\n"
    (folder / f"{name}.md").write_text(page, "utf-8")


def read_result(name: str, folder: Path = FOLDER) -> list[dict[str, str]]:
    """Rows of a written result, cells as text by the names of their columns."""
    text = (folder / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def machine() -> str:
    """Kind of CPU, and how many of its cores there are."""
    return f"{_cpu()}, {os.cpu_count()} cores"


def versions() -> str:
    """Of this package and of what it measures with."""
    packages = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    codecs = [f"{label} {PIL.features.version(key)}" for label, key in CODECS.items()]
    return ", ".join([f"accelir {accelir.__version__}", f"Python {platform.python_version()}", *packages, *codecs])


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _text(cell: str | int | float) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def _csv(head: dict[str, str], lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return "".join(f"# {key}: {value}\n" for key, value in head.items()) + out.getvalue()


def _markdown(lines: list[list[str]]) -> str:
    names, *rows = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([names, "|" + "---|" * len(lines[0]), *rows])


def _picture(rows: list[Row], draw: Callable[[list[Row], Any], None], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained", dpi=DPI)
    FigureCanvasAgg(figure)
    draw(rows, figure)
    figure.savefig(path, metadata={"Software": None})
