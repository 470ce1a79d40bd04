"""Records on disk as they come, a line of JSON a unit: what was done is not done again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

import accelir
from accelir.storage.shipped import shipped
from benches.paper.table import Record, Unit

DECIDES = ("core", "cells", "formats", "profile", "restoration")
"""Folders of the package on which files, and what is restored from them, depend, beside profiles and networks."""


def state() -> str:
    """12 digits that change with the encoder, and with the profiles and networks that come with it."""
    package = Path(accelir.__file__).parent
    return digest_of([shipped(), *(package / folder for folder in DECIDES)])


def digest_of(folders: Sequence[Path]) -> str:
    """12 digits that change with any file in these folders but Python's own."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            digest.update(str(path.relative_to(folder)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Work:
    """What the units of a table found."""

    records: list[Record]
    """In the order of the units."""
    seconds: float
    """CPU time that finding them took, in this run and those before it."""


def work_through(units: Sequence[Unit], file: Path) -> Work:
    """Run the units that the file doesn't know, and give what all of them found.

    A line that was cut off counts as not done. Lines of other units stay for later runs.
    """
    done = _read(file)
    with tqdm(total=len(units), initial=sum(unit.key in done for unit in units), desc=file.stem) as bar:
        for unit in units:
            if unit.key not in done:
                start = time.process_time()
                records = unit.run()
                done[unit.key] = {"key": unit.key, "seconds": time.process_time() - start, "records": records}
                _append(file, done[unit.key])
                bar.update()
    found = [done[unit.key] for unit in units]
    return Work([record for each in found for record in each["records"]], sum(each["seconds"] for each in found))


def _read(file: Path) -> dict[str, Record]:
    if not file.exists():
        return {}
    lines = file.read_text("utf-8").split("\n")
    return {entry["key"]: entry for entry in map(json.loads, lines[:-1])}


def _append(file: Path, entry: Record) -> None:
    """Add a line; one that an earlier run left unfinished is dropped first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.read_bytes() if file.exists() else b""
    with open(file, "r+b" if file.exists() else "wb") as out:
        out.truncate(whole.rfind(b"\n") + 1)
        out.seek(0, 2)
        out.write(json.dumps(entry).encode() + b"\n")
