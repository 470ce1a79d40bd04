"""A file's picture and maps of its cells, side by side: `--plot` of inspect and encode. Needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.api import Encoded
from accelir.cells.grid import CELL
from accelir.formats.decode import decode_pixels, network_of
from accelir.formats.registry import format_of
from accelir.profile.installed import load_profile, profiles
from accelir.profile.model import Profile

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
    """Words above the panel."""
    values: NDArray[Any]
    """Pixels, HxWx3 or HxW uint8, or one number a square."""
    unit: str = ""
    """Unit of a square's number; "" for pixels."""
    side: int = CELL
    """Side of a square in pixels."""
    groups: int = 0
    """Number of groups that the numbers name; 0 for quantities."""


def file_panels(data: bytes, profile: str | None = None) -> Iterator[Panel]:
    """What a JPEG or WebP file itself tells: its picture, the cells' groups, their bits, and a WebP's quantisers.

    The groups are QP-NET's, run on the decoded pixels, as no file records them: those of the installed or own profile
    of that name, or else of the one for the network that the file names; without either there is no such panel.
    Raises ValueError for damaged files, and for a profile that has no groups.
    """
    pixels = decode_pixels(data)
    yield Panel("picture", pixels)
    chosen = _profile_for(network_of(data)) if profile is None else load_profile(profile)
    if chosen is not None and chosen.groups is not None:
        yield _groups(chosen.groups.network.groups(pixels), chosen)
    elif profile is not None:
        raise ValueError(f"the profile {profile!r} tells no groups of cells apart")
    yield from _spent(data)


def encoded_panels(encoded: Encoded, profile: Profile) -> Iterator[Panel]:
    """What the encoder decided: the groups that QP-NET saw, the QPs of the cells, and what they took."""
    yield Panel("picture", decode_pixels(encoded.data))
    if profile.groups is not None:
        yield _groups(encoded.clusters, profile)
    yield Panel("QP of each cell", encoded.qp_map, "QP, from 15 (coarse) to 95 (fine)")
    yield from _spent(encoded.data)


def draw(panels: Sequence[Panel], title: str) -> bytes:
    """A PNG of the panels, of which the first is the picture. Raises ValueError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'accelir[plot]'") from None
    frame = _Canvas.of(*panels[0].values.shape[:2])
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
            _draw_squares(axes, bar, panel)
        else:
            axes.imshow(_thumbnail(panel.values), cmap="gray", vmin=0, vmax=255, extent=frame.extent)
        # The last row and column of cells may reach beyond the picture.
        axes.set(xlim=frame.extent[:2], ylim=frame.extent[2:])
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


@dataclass(frozen=True)
class _Canvas:
    """How large every panel is drawn."""

    width: float
    height: float
    """In inches."""
    room: float
    """The width that its title and its colour bar have, in inches."""
    extent: tuple[int, int, int, int]
    """The picture's left, right, bottom and top in pixels."""

    @classmethod
    def of(cls, height: int, width: int) -> _Canvas:
        scale = min(_WIDTH / width, _HEIGHT / height)
        return cls(width * scale, height * scale, max(width * scale, _LEAST_WIDTH), (0, width, height, 0))


def _share(left: float, bottom: float, width: float, height: float, size: tuple[float, float]) -> Box:
    """A box in inches as shares of a figure."""
    return left / size[0], bottom / size[1], width / size[0], height / size[1]


def _profile_for(network: str | None) -> Profile | None:
    """The first installed profile whose files a network restores."""
    return next((p for p in map(load_profile, profiles()) if network is not None and p.network == network), None)


def _groups(groups: NDArray[np.int32], profile: Profile) -> Panel:
    assert profile.groups is not None
    count = profile.groups.count
    unit = f"utility group: a bit gains least in 0, most in {count - 1}"
    return Panel(f"utility, by QP-NET of {profile.name}", groups, unit, groups=count)


def _spent(data: bytes) -> Iterator[Panel]:
    for found in format_of(data).maps(data):
        yield Panel(found.title, found.values, found.unit, side=found.side)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at about the size at which it is drawn; smaller ones stay as they are."""
    image = Image.fromarray(pixels)
    image.thumbnail((round(2 * _WIDTH * _DPI), round(2 * _HEIGHT * _DPI)))
    return np.asarray(image)


def _draw_squares(axes: Any, bar: Any, panel: Panel) -> None:
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    rows, columns = panel.values.shape
    least, most = (0, panel.groups - 1) if panel.groups else (panel.values.min(), panel.values.max())
    # Each group has a colour of its own; so has the one number of squares that are all alike.
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
