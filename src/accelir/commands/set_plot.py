"""A set's curves, error over size, and where on them its files are: `--plot` of a set. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence

from accelir.sets.spend import Spent

_NAMED = 12
"""Curves that get a name; of larger sets none."""


def draw_shares(spent: Spent, names: Sequence[str]) -> bytes:
    """A PNG. Raises ValueError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'accelir[plot]'") from None
    figure = Figure(figsize=(9, 6), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for choices, reached, name in zip(spent.choices, spent.reached, names, strict=True):
        (line,) = axes.plot(choices.sizes, choices.errors, linewidth=1, label=name)
        axes.plot([reached.size], [choices.error(reached.size)], "o", color=line.get_color())
    axes.set(xscale="log", yscale="log", xlabel="bytes of the file", ylabel="mean squared error, by estimate")
    axes.set_title(f"{len(names)} pictures under {spent.total:,} bytes", parse_math=False)
    if len(names) <= _NAMED:
        for text in axes.legend().get_texts():
            text.set_parse_math(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
