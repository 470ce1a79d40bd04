"""Runs a bench and keeps the table that it prints as docs/results/NAME.csv and NAME.md.

    python -m benches.keep eyes-kodak "For eyes, at the peer's bytes" benches/eyes.py EVAL/kodak --count 12

What the bench prints is shown as it comes. The words over the table stay those that the result had before, else they
are --about, or what the bench printed beside its table. Empty cells at the start of a row mean "as above". `python
scripts/figures.py` then brings the table into the pages that show it.
"""

from __future__ import annotations

import argparse
import itertools
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

from benches.paper.results import FOLDER, write_result
from benches.paper.table import Row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--printed", type=Path, help="what the bench has printed already, in place of running it")
    parser.add_argument("--about", help="the words over the table")
    parser.add_argument("name", help="stem of the files")
    parser.add_argument("title")
    parser.add_argument("bench", nargs=argparse.REMAINDER, help="a script and its arguments")
    a = parser.parse_args()
    facts = {"command": shown(a.bench)}
    if a.printed:
        lines = a.printed.read_text("utf-8").splitlines()
    else:
        start = time.monotonic()
        lines = list(run(a.bench))
        facts["time"] = f"{(time.monotonic() - start) / 60:.0f} minutes"
    about = a.about or words_before(FOLDER / f"{a.name}.md") or words_of(lines)
    write_result(a.name, a.title, about, facts, rows_of(lines))


def run(bench: list[str]) -> Iterator[str]:
    """Lines that a script prints, also shown. Raises CalledProcessError if it fails."""
    with subprocess.Popen([sys.executable, *bench], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tqdm.write(line, end="")
            yield line.rstrip("\n")
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, bench)


def shown(bench: list[str]) -> str:
    """The command, without the folders that only this machine has."""
    parts = [Path(part).name.upper() if part.startswith("/") and Path(part).is_dir() else part for part in bench]
    return shlex.join(["python", *parts])


def words_before(page: Path) -> str:
    """What stands between a result's title and its table; nothing where there is no such result yet."""
    lines = page.read_text("utf-8").splitlines() if page.exists() else []
    return words_of(itertools.takewhile(lambda line: not line.startswith("|"), lines[1:]))


def words_of(lines: Iterable[str]) -> str:
    """What was printed around the table."""
    return "\n".join(line for line in lines if not line.startswith("|")).strip()


def rows_of(lines: Iterable[str]) -> list[Row]:
    """Of the one Markdown table among them. Raises ValueError for none, and for several."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    rules = [index for index, line in enumerate(cells) if set("".join(line)) <= {"-", ":"}]
    if rules != [1] or len(cells) < 3:
        raise ValueError(f"one table of one row or more is kept, but the bench printed {len(rules)}")
    names, _, *rows = cells
    return list(filled(names, rows))


def filled(names: list[str], rows: list[list[str]]) -> Iterator[Row]:
    """Rows whose first cells, while they are empty, are as in the row above."""
    above = [""] * len(names)
    for row in rows:
        empty = next((index for index, cell in enumerate(row) if cell), 0)
        above = [*above[:empty], *row[empty:]]
        yield dict(zip(names, above, strict=True))


if __name__ == "__main__":
    main()
