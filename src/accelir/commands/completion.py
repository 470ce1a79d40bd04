"""`accelir completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print a script for your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, options, files, profiles and networks in SHELL.

    For bash, write `eval "$(accelir completion bash)"` into ~/.bashrc; for zsh alike into ~/.zshrc; for fish, write the
    script to ~/.config/fish/completions/accelir.fish.
    """
    script = get_completion_class(shell)
    assert script is not None  # click has all three
    click.echo(script(ctx.find_root().command, {}, "accelir", "_ACCELIR_COMPLETE").source())
