"""Temporary files beside what they become, named so that another process can tell whether theirs is gone.

    .accelir-MACHINE-PROCESS-BIRTH-RANDOM.tmp

MACHINE: 8 hexadecimal digits for the computer (or container) that PROCESS, a number, is of. BIRTH: 8 for the moment at
which the process began, as numbers are given again. A file whose machine is another one is left alone: whether its
process lives can't be told from here.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
from pathlib import Path

_NAME = re.compile(r"\.accelir-([0-9a-f]{8})-([0-9]{1,10})-([0-9a-f]{8})-[0-9a-f]{16}\.tmp")

_FOLDERS = 1024
"""Folders that are remembered as searched; a process that writes into more searches some again."""


def temporary_name() -> str:
    """A name that no other file has, for a file of this process."""
    return f".accelir-{_machine()}-{os.getpid()}-{_birth(os.getpid())}-{os.urandom(8).hex()}.tmp"


@functools.lru_cache(_FOLDERS)
def remove_abandoned_once(folder: Path) -> None:
    """What remove_abandoned does; once a process, as folders may be large."""
    remove_abandoned(folder)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of processes that are gone from a folder."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if _is_abandoned(entry.name)]:
            with contextlib.suppress(OSError):
                (folder / name).unlink()


def _is_abandoned(name: str) -> bool:
    found = _NAME.fullmatch(name)
    return found is not None and found[1] == _machine() and _birth(int(found[2])) != found[3]


@functools.cache
def _machine() -> str:
    # Containers of one computer have the same boot id and often the same host name, but processes of their own.
    try:
        processes = os.readlink("/proc/self/ns/pid")
    except OSError:
        processes = ""
    return _digest(f"{platform.node()} {processes}")


def _birth(process: int) -> str:
    """When a process began, hashed; "gone" for one that there is not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    except FileNotFoundError:
        return "gone" if Path("/proc/self/stat").exists() else _alive(process)
    except OSError:
        return _alive(process)
    # Behind the command's name, which may hold anything, stand the state and 18 numbers more (proc(5)), then the ticks
    # between boot and the process' begin. Zombies have ended.
    state, *numbers = stat.rpartition(")")[2].split()
    return "gone" if state in "ZX" else _digest(f"{boot} {numbers[18]}")


def _alive(process: int) -> str:
    """For systems that don't tell when a process began. Windows can't ask without harm: there nothing is removed."""
    if os.name != "posix":
        return "00000000"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        pass
    return "00000000"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
