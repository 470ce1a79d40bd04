"""A file's picture and maps of its 32x32 blocks, side by side: `--plot` of inspect and encode. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir import webp_chunks
from accelir.api import Encoded
from accelir.core.jpeg import CELL
from accelir.decoding import decode_pixels
from accelir.inspect import cell_bits, has_cells, macroblocks
from accelir.profile import Profile, load_profile, profiles
from accelir.tag import read_tag

Box = tuple[float, float, float, float]
"""Left, bottom, width and height."""

_DPI = 120
# In inches: what a panel's picture may take, what its title and its colour bar take at least, and what lies between.
_WIDTH, _HEIGHT, _LEAST_WIDTH = 6.0, 9.0, 4.0
_RIM, _HEAD, _FOOT, _BAR = 0.3, 0.85, 0.85, 0.2


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the pictures."""

    title: str
    values: NDArray[Any]
    """Pixels, HxWx3 or HxW uint8, or one number a block."""
    unit: str = ""
    """Of a block's number; "" for pixels."""
    side: int = CELL
    """Of a block, in pixels."""
    groups: int = 0
    """Of how many groups the numbers are; 0 for quantities."""


def file_panels(data: bytes, profile: str | None = None) -> Iterator[Panel]:
    """What a JPEG or WebP file itself tells: its picture, the blocks' groups, their bits, and a WebP's quantisers.

    The groups are QP-NET's, run on the decoded pixels, as no file records them: those of the installed or own profile
    of that name, or else of the one for the network that the file names; without either there is no such panel.
    Raises ValueError for damaged files, and for a profile that has no groups.
    """
    pixels = decode_pixels(data)
    yield Panel("picture", pixels)
    chosen = _profile_for(read_tag(data)) if profile is None else load_profile(profile)
    if chosen is not None and chosen.clusters is not None:
        yield _groups(chosen.clusters.network.groups(pixels), chosen)
    elif profile is not None:
        raise ValueError(f"the profile {profile!r} tells no groups of blocks apart")
    yield from _spent(data)


def encoded_panels(encoded: Encoded, profile: Profile) -> Iterator[Panel]:
    """What the encoder decided: the groups that QP-NET saw, the QPs of the blocks, and what they took."""
    yield Panel("picture", decode_pixels(encoded.data))
    if profile.clusters is not None:
        yield _groups(encoded.clusters, profile)
    yield Panel("QP of each block", encoded.qp_map, "QP, from 15 (coarse) to 95 (fine)")
    yield from _spent(encoded.data)


def draw(panels: Sequence[Panel], title: str) -> bytes:
    """A PNG of the panels, of which the first is the picture. Raises ValueError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'accelir[plot]'") from None
    frame = _Frame.of(*panels[0].values.shape[:2])
    size = len(panels) * (frame.room + _RIM) + _RIM, frame.height + _HEAD + _FOOT
    figure = Figure(figsize=size, dpi=_DPI)
    figure.suptitle(title, y=1 - 0.15 / size[1], va="top", parse_math=False)
    for number, panel in enumerate(panels):
        left = _RIM + number * (frame.room + _RIM)
        middle = left + (frame.room - frame.width) / 2
        axes = figure.add_axes(_share(middle, _FOOT, frame.width, frame.height, size))
        axes.set_title(panel.title, parse_math=False)
        axes.set_axis_off()
        if panel.unit:
            bar = figure.add_axes(_share(left, _FOOT - 0.1 - _BAR, frame.room, _BAR, size))
            _draw_blocks(axes, bar, panel)
        else:
            axes.imshow(_thumbnail(panel.values), cmap="gray", vmin=0, vmax=255, extent=frame.extent)
        # The last row and column of blocks may reach beyond the picture.
        axes.set(xlim=frame.extent[:2], ylim=frame.extent[2:])
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


@dataclass(frozen=True)
class _Frame:
    """How large every panel is drawn."""

    width: float
    height: float
    """In inches."""
    room: float
    """The width that its title and its colour bar have, in inches."""
    extent: tuple[int, int, int, int]
    """The picture's left, right, bottom and top in pixels."""

    @classmethod
    def of(cls, height: int, width: int) -> _Frame:
        scale = min(_WIDTH / width, _HEIGHT / height)
        return cls(width * scale, height * scale, max(width * scale, _LEAST_WIDTH), (0, width, height, 0))


def _share(left: float, bottom: float, width: float, height: float, size: tuple[float, float]) -> Box:
    """A box in inches as shares of a figure."""
    return left / size[0], bottom / size[1], width / size[0], height / size[1]


def _profile_for(network: str | None) -> Profile | None:
    """The first installed profile whose files a network restores."""
    return next((p for p in map(load_profile, profiles()) if network is not None and p.network == network), None)


def _groups(groups: NDArray[np.int32], profile: Profile) -> Panel:
    assert profile.clusters is not None
    count = profile.clusters.curves.groups
    unit = f"utility group: a bit gains least in 0, most in {count - 1}"
    return Panel(f"utility, by QP-NET of {profile.name}", groups, unit, groups=count)


def _spent(data: bytes) -> Iterator[Panel]:
    if not has_cells(data):
        return
    yield Panel("bits of each block", cell_bits(data), "bits per 32x32 pixels")
    if webp_chunks.is_webp(data):
        indices = macroblocks(data)[1]
        yield Panel("quantiser of each macroblock", indices, "index, from 0 (fine) to 127 (coarse)", side=16)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at about the size at which it is drawn; smaller ones stay as they are."""
    image = Image.fromarray(pixels)
    image.thumbnail((round(2 * _WIDTH * _DPI), round(2 * _HEIGHT * _DPI)))
    return np.asarray(image)


def _draw_blocks(axes: Any, bar: Any, panel: Panel) -> None:
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    rows, columns = panel.values.shape
    least, most = (0, panel.groups - 1) if panel.groups else (panel.values.min(), panel.values.max())
    # Each group has a colour of its own; so has the one number of blocks that are all alike.
    rim = 0.5 if panel.groups or least == most else 0.0
    drawn = axes.imshow(
        panel.values,
        cmap=colormaps["viridis"].resampled(panel.groups or (1 if least == most else 256)),
        vmin=least - rim,
        vmax=most + rim,
        extent=(0, columns * panel.side, rows * panel.side, 0),
        interpolation="nearest",
    )
    ticks = [least] if least == most else MaxNLocator(10, integer=True)
    axes.figure.colorbar(drawn, cax=bar, label=panel.unit, ticks=ticks, orientation="horizontal")
