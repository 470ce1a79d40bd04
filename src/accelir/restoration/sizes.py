"""Pictures of any size: the smallest network of a family that reaches it, then Lanczos' filter.

A family are networks that enlarge and whose names differ in the factor alone, but for "-light" behind them, as sr-x4
and sr-x2-light, or 4x-sharp and 2x-sharp. Where a factor has a light one and another, it is the one that is as the
network given. Pillow filters R, G and B alike, so that luma and chroma stay in step.
"""

from __future__ import annotations

import operator
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.restoration.card import Card
from accelir.restoration.installed import LIGHT, find, installed, networks

MOST = 1 << 16
"""Pixels of a side."""

_FACTOR = re.compile(r"(?<![0-9A-Za-z])(x[2-8]|[2-8]x)(?![0-9])")
"""Where a name says by how much its network enlarges."""


def read_size(size: Any) -> tuple[int, int] | None:
    """Width and height, as Pillow takes them; None is left as it is. Raises TypeError and ValueError."""
    if size is None:
        return None
    try:
        width, height = (operator.index(side) for side in size)
    except (TypeError, ValueError):
        raise TypeError(f"size is (width, height) in whole pixels, not {size!r}") from None
    if not (1 <= width <= MOST and 1 <= height <= MOST):
        raise ValueError(f"size is from 1 x 1 to {MOST} x {MOST} pixels, not {width} x {height}")
    return width, height


def network_for(
    network: str | os.PathLike[str], shape: tuple[int, ...], size: tuple[int, int] | None
) -> str | os.PathLike[str] | None:
    """The network of a network's family that is run to come from a picture to a size.

    network: as accelir.restore takes it. shape: of the picture, (H, W, ...). size: width and height, or None for the
    network itself. It is the smallest that reaches the size, or the largest there is. None for networks that enlarge,
    where the picture needn't be larger. Networks that don't enlarge, and files that aren't installed, are alone in
    their family.
    """
    if size is None:
        return network
    path = find(network)
    card = _card(path)
    if card is None or card.scale == 1:
        return network
    if size[0] <= shape[1] and size[1] <= shape[0]:
        return None
    family = sorted(_family(path, card), key=lambda member: member[0])
    reaching = (name for scale, name in family if scale * shape[1] >= size[0] and scale * shape[0] >= size[1])
    return next(reaching, family[-1][1])


def resized(picture: NDArray[np.uint8], size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """A picture, HxW, HxWx3 or HxWx4 with transparency, at another size by Lanczos' filter; None: at its own."""
    if size is None or picture.shape[1::-1] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _family(path: Path, card: Card) -> list[tuple[int, str | Path]]:
    """Scale and network of the installed networks of a network's family, itself among them."""
    found: dict[int, str | Path] = {}
    if installed(path.stem) == path and _FACTOR.search(path.stem):
        kin = [name for name in networks() if _kind(name) == _kind(path.stem)]
        # Where a factor has a light network and another, the one that is as this one comes last and stays.
        for name in sorted(kin, key=lambda name: name.endswith(LIGHT) == path.stem.endswith(LIGHT)):
            other = _card(find(name))
            if other is not None and other.task == card.task:
                found[other.scale] = name
    found[card.scale] = path
    return list(found.items())


def _kind(name: str) -> str:
    """What the names of a family have in common."""
    return _FACTOR.sub("", name).removesuffix(LIGHT)


def _card(path: Path) -> Card | None:
    """The card beside a model; None where there is none that can be read, which opening the network tells."""
    try:
        return Card.read(path.with_suffix(".json"))
    except (OSError, ValueError):
        return None
