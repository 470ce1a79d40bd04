"""The command line, `accelir`.

Exit codes: 0 when everything was done, 1 when a file failed (the others were done), 2 for a wrong call, 130 after
Ctrl-C.
"""

from __future__ import annotations

import importlib
import os

import click

from accelir._version import __version__
from accelir.commands.printing import warnings_in_a_line

# NumPy's BLAS starts its threads when NumPy is imported, for products of a few columns: without them a small encoding
# takes two fifths less CPU time on two cores. The encoder's own threads and ONNX runtime's are others.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS = {
    "compare": "Show our files beside Pillow's, as HTML.",
    "completion": "Print a script for your shell.",
    "decode": "Turn JPEG or WebP into PNG, restored or not.",
    "doctor": "Show versions and what was found.",
    "encode": "Write pictures as JPEG or WebP of a size or quality.",
    "inspect": "Show what JPEG and WebP files are made of.",
    "network": "Install restoration networks of your own, and show those that are there.",
}
"""Commands, each in the module of its name, and what they say of themselves in a line."""


class LazyGroup(click.Group):
    """Imports a command when it is called: to list them takes none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"accelir.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="accelir", message="%(prog)s %(version)s")
def main() -> None:
    """JPEG and WebP files of an exact size, their bytes spent where they help after a restoration network."""
    warnings_in_a_line()
