"""Where pictures come from and go to: paths, URLs that fsspec knows (s3://bucket/photo.png), and "-"."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from accelir.storage.files import write_atomically
from accelir.storage.text import printable

STDIO = "-"
"""Standard input or output."""

# A scheme, or fsspec's chain of several (simplecache::s3://); two letters at least, as C: is a drive.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")


def is_url(name: str) -> bool:
    """Whether it is fsspec's to read and write."""
    return _URL.match(name) is not None


def read(name: str) -> bytes:
    """All of it. Raises OSError."""
    if name == STDIO:
        return sys.stdin.buffer.read()
    if not is_url(name):
        return Path(name).read_bytes()
    with _explained(name):
        fs, path = _filesystem(name)
        data: bytes = fs.cat_file(path)
        return data


def write(name: str, data: bytes) -> None:
    """Write it so that under its name there is either all of it or what was there before. Raises OSError."""
    if name == STDIO:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        if is_url(name):
            _write_url(name, data)
        else:
            write_atomically(name, data)
    except OSError as error:
        # What is read has a name that the reader of the message knows; what is written need not.
        if error.errno is None:
            raise
        raise OSError(error.errno, f"{printable(name)} can't be written: {os.strerror(error.errno)}") from error


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


def make_folder(name: str) -> None:
    """Make a folder and those that it is in. Raises OSError."""
    if not is_url(name):
        os.makedirs(name, exist_ok=True)
        return
    with _explained(name):
        fs, path = _filesystem(name)
        fs.makedirs(path, exist_ok=True)


def join(folder: str, name: str) -> str:
    """The location of that name in a folder."""
    return posixpath.join(folder, name) if is_url(folder) else os.path.join(folder, name)


def basename(name: str) -> str:
    """Its last part."""
    return posixpath.basename(name) if is_url(name) else os.path.basename(name)


def absolute(name: str) -> str:
    """What means the same in another process: an absolute path, or the URL as it is."""
    return name if is_url(name) or name == STDIO else os.path.abspath(name)


def expand(inputs: Iterable[str]) -> Iterator[str]:
    """The files that the inputs stand for, in order.

    A folder stands for the pictures directly in it, by their suffixes, sorted; a pattern (* ? [ **) for the files that
    it matches, sorted. Whatever is neither, "-" and what does not exist or cannot be read with it, comes back as it is.
    """
    for name in inputs:
        if is_url(name):
            yield from _expand_url(name)
        elif os.path.isdir(name) and os.access(name, os.R_OK | os.X_OK):
            yield from sorted(str(p) for p in Path(name).iterdir() if p.is_file() and _is_picture(p.name))
        elif glob.has_magic(name) and not os.path.exists(name):
            yield from sorted(p for p in glob.glob(name, recursive=True) if os.path.isfile(p)) or [name]
        else:
            yield name


def _expand_url(name: str) -> list[str]:
    try:
        with _explained(name):
            fs, path = _filesystem(name)
            if fs.isdir(path):
                entries = fs.ls(path, detail=True)
                found = [e["name"] for e in entries if e["type"] == "file" and _is_picture(e["name"])]
            elif glob.has_magic(path):
                found = [p for p in fs.glob(path) if fs.isfile(p)] or [path]
            else:
                return [name]
            return sorted(fs.unstrip_protocol(p) for p in found)
    except OSError:
        return [name]  # reading it will tell


def _is_picture(name: str) -> bool:
    return Image.registered_extensions().get(os.path.splitext(name)[1].lower()) in Image.OPEN


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
