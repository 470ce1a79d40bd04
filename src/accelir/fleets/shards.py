"""Shards of pictures: tar files, folders, and lists of locations; members are read one at a time."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from accelir.storage import locations

LISTS = (".csv", ".jsonl", ".parquet")
"""Ends of the names of lists of locations."""
COLUMN, KEY = "url", "key"
"""Columns of a list: where a picture is, and what its file is called; by default the number of its row."""


@dataclass(frozen=True)
class Member:
    """A file of a shard."""

    name: str
    """Within the shard, / between folders."""
    read: Callable[[], bytes]
    """Its bytes. Raises OSError, and ValueError for a location that is not allowed."""
    is_picture: bool
    """By its name; what a list names is one."""

    @property
    def key(self) -> str:
        """The name without suffix, as WebDataset has it: up to the first dot of its last part."""
        folder, slash, last = self.name.rpartition("/")
        return folder + slash + (last[:1] + last[1:].split(".", 1)[0])


@dataclass(frozen=True)
class Shard:
    """Where a shard is."""

    name: str
    """Of the shard that is made of it, without suffix; / between folders."""
    place: str
    kind: Literal["tar", "folder", "list"]

    def __str__(self) -> str:
        return self.name

    def members(self, schemes: Collection[str]) -> Iterator[Member]:
        """Its files in order; each must be read before the next is asked for.

        schemes: those that a list's URLs may have. Raises OSError and ValueError for a shard that is damaged.
        """
        if self.kind == "tar":
            return _in_tar(self.place)
        if self.kind == "folder":
            return _in_folder(self.place)
        return _in_list(self.place, schemes)


def find_shards(inputs: Iterable[str]) -> list[Shard]:
    """The shards that inputs stand for, in order.

    A tar or a list (.csv, .jsonl, .parquet) is a shard; so are those in a folder, and each folder in it that has
    pictures. Raises ValueError where there is none, or two would be called alike.
    """
    shards = [shard for name in inputs for shard in _found(name)]
    if not shards:
        raise ValueError("no shard there: neither tar, nor list (.csv, .jsonl, .parquet), nor folder with pictures")
    names: dict[str, str] = {}
    for shard in shards:
        if names.setdefault(shard.name, shard.place) != shard.place:
            raise ValueError(f"{names[shard.name]} and {shard.place} would both become {shard.name}; rename one")
    return shards


def _found(name: str) -> Iterator[Shard]:
    files = list(locations.find([name], recursive=True))
    folders: dict[str, str] = {}
    for file in files:
        stem, suffix = os.path.splitext(file.inside)
        if suffix.lower() == ".tar" or suffix.lower() in LISTS:
            yield Shard(stem, file.name, "tar" if suffix.lower() == ".tar" else "list")
        elif file.is_picture and file.name != name:
            inside = file.inside.rpartition("/")[0]
            folders.setdefault(inside or _own_name(name), locations.dirname(file.name))
    yield from (Shard(inside, place, "folder") for inside, place in folders.items())


def _own_name(name: str) -> str:
    return locations.basename(locations.absolute(name).rstrip("/" + os.sep))


def _in_tar(place: str) -> Iterator[Member]:
    try:
        # Read as a stream, so that no more than a member is held.
        with locations.open_stream(place) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            for entry in tar:
                if entry.isfile():
                    opened = tar.extractfile(entry)
                    assert opened is not None
                    yield Member(entry.name, functools.partial(_read, opened), locations.has_picture_name(entry.name))
    except tarfile.TarError as error:
        raise ValueError(f"no sound tar: {error}") from None


def _read(entry: IO[bytes]) -> bytes:
    try:
        return entry.read()
    except tarfile.TarError as error:
        raise ValueError(f"no sound tar: {error}") from None


def _in_folder(place: str) -> Iterator[Member]:
    for file in locations.find([place]):
        yield Member(file.inside, functools.partial(locations.read, file.name), file.is_picture)


def _in_list(place: str, schemes: Collection[str]) -> Iterator[Member]:
    def read(url: str) -> bytes:
        locations.check_scheme(url, schemes)
        return locations.read(url)

    rows = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}[os.path.splitext(place)[1].lower()]
    for number, row in enumerate(rows(place)):
        url = row.get(COLUMN)
        if not isinstance(url, str) or not url:
            raise ValueError(f"row {number} has no {COLUMN!r}; a list has a column of that name")
        key = row.get(KEY)
        suffix = os.path.splitext(url)[1]
        yield Member(f"{number:08}{suffix}" if key is None else f"{key}{suffix}", functools.partial(read, url), True)


def _csv_rows(place: str) -> Iterator[dict[str, Any]]:
    with locations.open_stream(place) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _json_rows(place: str) -> Iterator[dict[str, Any]]:
    with locations.open_stream(place) as stream:
        for line in stream:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"a line of a list is an object as {{{COLUMN!r}: ...}}, not {line[:40]!r}")
            yield row


def _parquet_rows(place: str) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ValueError(
            "lists as parquet need pyarrow: pip install pyarrow; or write them as .csv or .jsonl"
        ) from None
    with locations.open_stream(place) as stream:
        file = parquet.ParquetFile(io.BytesIO(stream.read()))
        names = [name for name in (COLUMN, KEY) if name in file.schema_arrow.names]
        for batch in file.iter_batches(columns=names):
            yield from batch.to_pylist()


def written_tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar of files, which depends on nothing but their names and bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def read_tar(data: bytes) -> dict[str, bytes]:
    """The files of a tar by name."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar:
            opened = tar.extractfile(entry)
            if opened is not None:
                found[entry.name] = opened.read()
    return found


def is_inside(name: str) -> bool:
    """Whether a member's name leads nowhere out of where it is unpacked."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts
