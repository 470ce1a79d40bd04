"""A file's picture and what is known of its 32x32 blocks, side by side: `accelir inspect --plot`. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir import _codec, jpeg_markers
from accelir.decoding import decode_pixels
from accelir.inspect import cell_bits

_DPI = 120


@dataclass(frozen=True)
class Panel:
    """One of the pictures."""

    title: str
    values: NDArray[Any]
    """Pixels, HxWx3 or HxW uint8, or one number a block, (ceil(H/32), ceil(W/32))."""
    unit: str = ""
    """Of a block's number; "" for pixels."""


def panels(data: bytes) -> Iterator[Panel]:
    """What the file itself tells: its picture and, of a JPEG that the core reads, where the bits are.

    Raises ValueError for damaged files.
    """
    yield Panel("picture", decode_pixels(data))
    if jpeg_markers.is_jpeg(data) and jpeg_markers.parse(data).frame.core_reads:
        yield Panel("bits per block", cell_bits(data), "bits")


def plot(data: bytes, name: str) -> bytes:
    """A PNG of the panels of a JPEG or WebP file. Raises ValueError for damaged files and without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'accelir[plot]'") from None
    shown = list(panels(data))
    height, width = shown[0].values.shape[:2]
    figure = Figure(figsize=(6.4 * len(shown), 0.6 + 6 * min(2.0, height / width)), dpi=_DPI, layout="constrained")
    figure.suptitle(name, parse_math=False)
    for axes, panel in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        axes.set_title(panel.title)
        axes.set_axis_off()
        if not panel.unit:
            axes.imshow(panel.values, cmap="gray", vmin=0, vmax=255)
            continue
        # The last row and column of blocks may reach beyond the picture.
        cell = np.ones((_codec.CELL, _codec.CELL), panel.values.dtype)
        drawn = axes.imshow(np.kron(panel.values, cell)[:height, :width])
        figure.colorbar(drawn, ax=axes, label=panel.unit, shrink=0.8)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
