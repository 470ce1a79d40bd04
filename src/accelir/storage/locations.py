"""Where pictures come from and go to: paths, URLs that fsspec knows (s3://bucket/photo.png), and "-"."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image

from accelir.storage import temporary
from accelir.storage.files import write_atomically
from accelir.storage.streams import read_input, write_output
from accelir.storage.text import printable

STDIO = "-"
"""Standard input or output."""

# A scheme, or fsspec's chain of several (simplecache::s3://); two letters at least, as C: is a drive.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")


_UNREADABLE = ("BUFR", "GRIB", "HDF5", "MPEG")
"""Formats that Pillow tells from others, and can't read."""

STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory")
"""Schemes that need no leave: stores that ask for credentials, and this process' own memory. http reaches whatever this
machine reaches, file what its user may read, and a chain (zip::, simplecache::) both."""


def is_url(name: str) -> bool:
    """Whether it is fsspec's to read and write."""
    return _URL.match(name) is not None


def schemes_of(name: str) -> list[str]:
    """Schemes of a URL and of all that it is chained to, in lower case: zip and s3 of zip://a.png::s3://b/c.zip."""
    if not is_url(name):
        return []
    links = [link.partition("://") for link in name.split("::")]
    # The last link without :// is a file; one before it is a wrapper's name (simplecache).
    last = len(links) - 1
    return [(scheme if found or i < last else "file").lower() for i, (scheme, found, _) in enumerate(links)]


def check_scheme(name: str, allowed: Collection[str]) -> None:
    """Raises ValueError for a URL of which a scheme is not allowed."""
    refused = [scheme for scheme in schemes_of(name) if scheme not in allowed]
    if refused:
        known = ", ".join(allowed) or "no URLs"
        raise ValueError(
            f"URLs of {refused[0]!r} are not allowed, but {known}: give --allow-remote {','.join(refused)}"
        )


def read(name: str) -> bytes:
    """All of it. Raises OSError."""
    if name == STDIO:
        return read_input()
    if not is_url(name):
        return Path(name).read_bytes()
    with _explained(name):
        fs, path = _filesystem(name)
        data: bytes = fs.cat_file(path)
        return data


@contextlib.contextmanager
def open_stream(name: str) -> Iterator[IO[bytes]]:
    """To read it piece by piece. Raises OSError."""
    if not is_url(name):
        with open(name, "rb") as file:
            yield file
        return
    with _explained(name):
        fs, path = _filesystem(name)
        stream = fs.open(path, "rb")
    with stream:
        yield stream


def write(name: str, data: bytes, *, mode: int = 0o666, like: os.stat_result | None = None) -> None:
    """Write it so that under its name there is either all of it or what was there before.

    mode, like: what write_atomically does with them; of no meaning for URLs. Raises OSError.
    """
    if name == STDIO:
        write_output(data)
        return
    try:
        if is_url(name):
            _write_url(name, data)
        else:
            write_atomically(name, data, mode=mode, like=like)
    except OSError as error:
        # What is read has a name that the reader of the message knows; what is written need not.
        if error.errno is None:
            raise
        raise OSError(error.errno, f"{printable(name)} can't be written: {os.strerror(error.errno)}") from error


def status(name: str) -> os.stat_result | None:
    """Permissions and times of a regular file on disk; None for anything else."""
    if name == STDIO or is_url(name) or not os.path.isfile(name):
        return None
    return os.stat(name)


def _write_url(url: str, data: bytes) -> None:
    with _explained(url):
        fs, path = _filesystem(url)
        if getattr(fs, "local_file", False):
            write_atomically(path, data)
            return
        # Within a transaction a file appears when all is written: stores put it at once, others rename it.
        with fs.transaction, fs.open(path, "wb") as file:
            file.write(data)


def is_file(name: str) -> bool:
    """Whether there is one that writing would replace. Raises OSError for a URL that can't be asked."""
    if not is_url(name):
        return os.path.isfile(name)
    with _explained(name):
        fs, path = _filesystem(name)
        return bool(fs.isfile(path))


def is_same(a: str, b: str) -> bool:
    """Whether both are one file."""
    if is_url(a) or is_url(b) or STDIO in (a, b):
        return a == b != STDIO
    return os.path.exists(a) and os.path.exists(b) and os.path.samefile(a, b)


def remove(name: str) -> None:
    """Remove a file, if there is one. Raises OSError."""
    if not is_url(name):
        Path(name).unlink(missing_ok=True)
        return
    with _explained(name):
        fs, path = _filesystem(name)
        if fs.exists(path):
            fs.rm_file(path)


def remove_abandoned(folder: str) -> None:
    """Remove what processes that are gone left half written in a folder and below it; stores of URLs leave nothing."""
    if not is_url(folder):
        for inside, _, _ in os.walk(folder):
            temporary.remove_abandoned(Path(inside))


def names_in(folder: str) -> set[str]:
    """Paths of all files below a folder, from it on, / between folders; none where there is no such folder."""
    if not is_url(folder):
        return {Path(path).relative_to(folder).as_posix() for path in _files_in(folder, recursive=True)}
    with _explained(folder):
        fs, path = _filesystem(folder)
        fs.invalidate_cache()
        return {posixpath.relpath(found, path) for found in fs.find(path)}


def make_folder(name: str) -> None:
    """Make a folder and those that it is in. Raises OSError."""
    if not is_url(name):
        os.makedirs(name, exist_ok=True)
        return
    with _explained(name):
        fs, path = _filesystem(name)
        fs.makedirs(path, exist_ok=True)


def join(folder: str, name: str) -> str:
    """The location of that name in a folder; of a name with folders, which / separates, below it."""
    return posixpath.join(folder, name) if is_url(folder) else os.path.join(folder, *name.split("/"))


def basename(name: str) -> str:
    """Its last part."""
    return posixpath.basename(name) if is_url(name) else os.path.basename(name)


def dirname(name: str) -> str:
    """The folder that it is in; "" for one without."""
    return posixpath.dirname(name) if is_url(name) else os.path.dirname(name)


def absolute(name: str) -> str:
    """What means the same in another process: an absolute path, or the URL as it is."""
    return name if is_url(name) or name == STDIO else os.path.abspath(name)


@dataclass(frozen=True)
class FoundFile:
    """A file that an input stands for."""

    name: str
    """Where it is."""
    inside: str
    """Its path below the folder or the pattern that it was found by, with / between; else its own name."""
    is_picture: bool = True
    """Whether its name is that of a picture; always so for what was named itself."""


def expand(inputs: Iterable[str], *, recursive: bool = False) -> Iterator[str]:
    """The files that the inputs stand for, in order.

    A folder stands for the pictures directly in it, or with `recursive` also for those in its folders, by their
    suffixes, sorted; a pattern (* ? [ **) for the files that it matches, sorted. Both pass over what macOS leaves
    beside files (._photo.jpg). Whatever is neither, "-" and what does not exist or cannot be read with it, comes back
    as it is.
    """
    yield from (found.name for found in find(inputs, recursive=recursive) if found.is_picture)


def find(inputs: Iterable[str], *, recursive: bool = False) -> Iterator[FoundFile]:
    """As `expand`, with where in its folder each file was, and with what is passed over."""
    for name in inputs:
        if is_url(name):
            yield from _find_url(name, recursive)
        elif os.path.isdir(name) and os.access(name, os.R_OK | os.X_OK):
            yield from (_found(path, name, os.path) for path in _files_in(name, recursive))
        elif glob.has_magic(name) and not os.path.exists(name):
            yield from _matches(name)
        else:
            yield FoundFile(name, basename(name))


def _files_in(folder: str, recursive: bool) -> list[str]:
    if not recursive:
        return sorted(entry.path for entry in os.scandir(folder) if entry.is_file())
    return sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)


def _matches(pattern: str) -> list[FoundFile]:
    root = _fixed_part(pattern, os.sep if os.altsep is None else os.sep + os.altsep)
    paths = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    return [_found(path, root, os.path, any_suffix=True) for path in paths] or [FoundFile(pattern, basename(pattern))]


def _fixed_part(pattern: str, separators: str) -> str:
    """The folder before the first part with magic in it."""
    parts = re.split(f"([{re.escape(separators)}])", pattern)
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "".join(parts[:first])


def _found(path: str, root: str, style: Any, *, any_suffix: bool = False) -> FoundFile:
    """style: os.path or posixpath. any_suffix: whether a picture's name may end in anything."""
    name = style.basename(path)
    is_picture = not name.startswith("._") and (any_suffix or has_picture_name(name))
    inside = style.relpath(path, root or style.curdir).replace(style.sep, "/")
    # A pattern may lead out of its own folder again (a*/../b): nothing is written there.
    return FoundFile(path, name if inside.startswith("../") else inside, is_picture)


def _find_url(name: str, recursive: bool) -> list[FoundFile]:
    try:
        with _explained(name):
            fs, path = _filesystem(name)
            if fs.isdir(path):
                root = path
                paths = fs.find(path, maxdepth=None if recursive else 1)
            elif glob.has_magic(path):
                root = _fixed_part(path, "/")
                paths = [p for p in fs.glob(path) if fs.isfile(p)] or [path]
            else:
                return [FoundFile(name, basename(name))]
            found = (_found(p, root, posixpath, any_suffix=root != path) for p in sorted(paths))
            return [FoundFile(fs.unstrip_protocol(f.name), f.inside, f.is_picture) for f in found]
    except OSError:
        return [FoundFile(name, basename(name))]  # reading it will tell


def has_picture_name(name: str) -> bool:
    """Whether a name ends as that of a format that Pillow opens."""
    format = Image.registered_extensions().get(os.path.splitext(name)[1].lower())
    return format in Image.OPEN and format not in _UNREADABLE


def _filesystem(url: str) -> tuple[Any, str]:
    try:
        import fsspec  # type: ignore[import-untyped]
    except ImportError:
        raise OSError("URLs need fsspec: pip install 'accelir[remote]'") from None
    fs, path = fsspec.core.url_to_fs(url)
    return fs, path


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    """Every file system behind fsspec raises errors of its own; here they are OSErrors that say something."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url) from None
    except OSError:
        raise
    except ImportError as error:
        raise OSError(f"{error}; 'accelir[remote]' brings fsspec and s3fs") from None
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
