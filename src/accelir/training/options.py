"""NAME=VALUE, as `--set` and `--student` take it."""

from __future__ import annotations

import ast

import click


def parse_options(pairs: tuple[str, ...], option: str = "--set") -> dict[str, object]:
    """Names and values; a value that is no Python literal is a string. Raises click.BadParameter."""
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"write NAME=VALUE, got {pair!r}", param_hint=option)
        try:
            options[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            options[name] = value
    return options
