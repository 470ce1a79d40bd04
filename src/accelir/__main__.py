"""`python -m accelir` is the same as `accelir`."""

from accelir.cli import main

main(prog_name="accelir")
