"""Standard input and output as places of files: they may be closed, full, or a pipe that nobody reads."""

from __future__ import annotations

import contextlib
import errno
import os
import sys


def read_input() -> bytes:
    """All of standard input. Raises OSError, also where it is closed, as for services and under cron."""
    # Python has no stream, or one without a buffer, for what was closed before it began.
    if sys.stdin is None or sys.stdin.closed:
        raise OSError(errno.EBADF, "standard input is closed; name a file, or send one there")
    return sys.stdin.buffer.read()


def write_output(data: bytes) -> None:
    """Write to standard output, all of it. Raises OSError."""
    if sys.stdout is None or sys.stdout.closed:
        raise OSError(errno.EBADF, "standard output is closed; name a file with -o")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()
        raise OSError(error.errno, f"standard output can't be written: {os.strerror(error.errno or 0)}") from error


def abandon_output() -> None:
    """Forget what standard output still holds, once it failed: Python would try again when it ends, and complain."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
        sys.stdout.flush()
