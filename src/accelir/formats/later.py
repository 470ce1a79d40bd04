"""Functions whose modules are imported when they are first called: a plain encoding needs few of a format's."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:
    """A function by its module, as "accelir.formats.jpeg.decode", and its name there."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args, **kwargs)

    return call
