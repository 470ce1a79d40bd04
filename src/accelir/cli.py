"""The command line, `accelir`.

Exit codes: 0 when everything was done, 1 when a file failed (the others were done), 2 for a wrong call, 130 after
Ctrl-C.
"""

from __future__ import annotations

import click

from accelir._version import __version__
from accelir.commands.compare import compare
from accelir.commands.completion import completion
from accelir.commands.decode import decode
from accelir.commands.doctor import doctor
from accelir.commands.encode import encode
from accelir.commands.inspect import inspect
from accelir.commands.network import network
from accelir.commands.printing import warnings_in_a_line


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="accelir", message="%(prog)s %(version)s")
def main() -> None:
    """JPEG and WebP files of an exact size, their bytes spent where they help after a restoration network."""
    warnings_in_a_line()


for command in (encode, decode, inspect, compare, network, doctor, completion):
    main.add_command(command)
