"""Text that comes from a file or a path, as it may be shown: on one line, and without a say over the terminal."""

from __future__ import annotations

MOST_CHARACTERS = 300
"""Of longer text the middle is left out."""


def printable(text: object, most: int = MOST_CHARACTERS) -> str:
    r"""What str() makes of something, fit for a line of a report or an error message.

    Control characters, line breaks, what turns the direction of writing, and halves of surrogate pairs become escapes
    ("\n", "\x1b", "\u202e"). most: characters that are kept, two thirds of them from the beginning.
    """
    whole = str(text)
    if len(whole) > most:
        whole = f"{whole[: most - most // 3]} ... {whole[len(whole) - most // 3 :]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole)
