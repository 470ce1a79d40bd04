"""What a long command has found out so far, kept in a folder, so that the next run of the same call goes on there."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any


class Journal:
    """Records by key, each a line of JSON that outlives this process; threads may share it."""

    def __init__(self, folder: Path, call: str) -> None:
        """folder: made if need be. call: what the records are true for; those of another call are thrown away."""
        self.folder = folder
        self._lock = threading.Lock()
        self._path = folder / "journal.jsonl"
        self._records = self._read(call)
        if self._records is None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._records = {}
            self._append({"call": call})

    def __contains__(self, key: str) -> bool:
        return key in self.records

    def __getitem__(self, key: str) -> Any:
        return self.records[key]

    def __setitem__(self, key: str, value: Any) -> None:
        with self._lock:
            self.records[key] = value
            self._append({"key": key, "value": value})

    @property
    def records(self) -> dict[str, Any]:
        assert self._records is not None
        return self._records

    def remove(self) -> None:
        """With all that is in the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _append(self, record: dict[str, Any]) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()

    def _read(self, call: str) -> dict[str, Any] | None:
        """None where there is none, or one of another call. The last line of a killed run may be cut."""
        try:
            lines = self._path.read_text("utf-8").split("\n")
        except (OSError, ValueError):
            return None
        try:
            first, *others = [json.loads(line) for line in lines[:-1]]
            return {each["key"]: each["value"] for each in others} if first == {"call": call} else None
        except (ValueError, KeyError, TypeError):
            return None
