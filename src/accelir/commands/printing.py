"""What commands print: printable text only, whatever files and their names hold, and no traceback for a full output."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import click

from accelir.storage.streams import abandon_output

PROGRAM = "accelir"


def printable(text: str) -> str:
    """The text in one line that does nothing to a terminal: what is neither printable nor a space is escaped.

    Line breaks, control characters, marks that turn the direction of writing, and bytes of a name that are no text
    become \\n, \\x1b, \\u202e, \\udce9.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(name: object) -> str:
    """A file's name for people."""
    return printable(str(name))


class Printer:
    """Prints the lines of a command; where the output is full, the command goes on and fails at its end."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        """to_stderr: whether standard output is taken by a file."""
        self._to_stderr = to_stderr
        self.failed = False
        """Whether something could not be printed."""

    def say(self, *lines: str) -> None:
        """Lines for people; each stays one."""
        self._print("\n".join(map(printable, lines)))

    def tell(self, figures: dict[str, Any]) -> None:
        """A JSON object in a line."""
        self._print(json.dumps(figures))

    def _print(self, text: str) -> None:
        if self.failed:
            return
        try:
            click.echo(text, err=self._to_stderr)
        except BrokenPipeError:
            # The reader of our output has gone (`| head`): no point in going on.
            raise
        except OSError as error:
            self.failed = True
            abandon_output()
            complain(f"standard output can't be written: {os.strerror(error.errno or 0)}; files still are")


def complain(message: str) -> None:
    """A line on standard error that begins with the program's name."""
    try:
        click.echo(f"{PROGRAM}: {printable(message)}", err=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # there is no place left to tell it


class _Heard(threading.local):
    """Warnings of a thread that collects them; None: it doesn't."""

    notes: list[str] | None = None


_heard = _Heard()


def warnings_in_a_line() -> None:
    """From here on Python's warnings, of Pillow for instance, are lines like all others; ours come for every file."""
    warnings.showwarning = _show
    # Pillow's log repeats what its errors say, on standard error where nobody takes it.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    warnings.filterwarnings("always", category=UserWarning, module="accelir")


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Warnings of this thread within the block, in place of lines, where they are lines."""
    before, _heard.notes = _heard.notes, []
    try:
        yield _heard.notes
    finally:
        _heard.notes = before


def _show(message: Warning | str, *_: Any, **__: Any) -> None:
    if _heard.notes is None:
        complain(f"warning: {message}")
    else:
        _heard.notes.append(str(message))


def is_terminal() -> bool:
    """Whether standard output is one."""
    return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()
