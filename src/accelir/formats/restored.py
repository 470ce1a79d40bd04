"""The face of receivers: from a file to its pixels, restored by the network that it names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accelir.formats.decode import (
    Source,
    decode_alpha,
    decode_pixels,
    has_stale_name,
    name_of,
    read_source,
    worth_on,
)
from accelir.formats.network_name import NetworkName
from accelir.formats.shrink import cropped
from accelir.formats.transparency import enlarge_alpha, fill_hidden
from accelir.restoration.detail import check_detail, with_detail
from accelir.restoration.installed import installed, networks
from accelir.restoration.network import Network, open_network
from accelir.restoration.providers import AUTO
from accelir.restoration.restore import restore, restore_as_worth
from accelir.restoration.sizes import network_for, read_size, resized


def decode(
    data_or_path: Source,
    *,
    network: str | os.PathLike[str] | None = "auto",
    alpha: bool = False,
    amount: float | None = None,
    detail: float = 0.0,
    size: tuple[int, int] | None = None,
    provider: str = AUTO,
) -> NDArray[np.uint8]:
    """A JPEG or WebP file's pixels, restored: uint8 sHxsWx3 RGB or sHxsW gray, s being the network's scale.

    A file that was made with scale= gives the size of the picture that it was made from.

    data_or_path: the file's bytes, or its path.
    network: a name or path as accelir.restore takes it; "auto": the installed one that the encoder named in the file;
        None: no network, the plain pixels. A name that another program kept when it changed our file counts for
        nothing: "auto" gives that file's plain pixels.
    alpha: whether a file with transparency gives sHxsWx4: RGB, then alpha, 255 opaque, enlarged by bicubic
        interpolation. Colours of hidden pixels, of alpha 0, continue then what is seen around them, so that none of
        what was hidden comes into sight. False: transparency is dropped.
    amount: how much of the network's correction is taken, 0 to 1, as accelir.restore takes it; None: what the network's
        card says that it is worth on a file as coarse as this one.
    detail: 0 to 1, how far towards what the network's twin makes of it, as accelir.restore takes it; without effect
        where nothing restores.
    size: width and height of the result, as accelir.restore takes it; without a network Lanczos' filter does all of it.
        None: what the network makes of the file.
    provider: what the network runs on, as accelir.restore takes it.
    Raises ValueError for a damaged file (it says what is wrong), for "auto" when the file names no network or one that
    isn't installed, and for an unknown network; TypeError for input of another kind; OSError when a path can't be read.
    """
    wanted, detail = read_size(size), check_detail(detail)
    data = read_source(data_or_path)
    pixels = decode_pixels(data)
    plane = decode_alpha(data) if alpha else None
    if plane is not None:
        pixels = fill_hidden(pixels, plane)
    name = name_of(data)
    if network == "auto":
        network = _named_network(data, name)
    chosen = None if network is None else network_for(network, pixels.shape, wanted)
    restored = pixels if chosen is None else _restored(pixels, data, chosen, amount, detail, provider)
    if plane is not None:
        restored = np.dstack([restored, enlarge_alpha(plane, restored.shape)])
    if name is not None and name.size is not None:
        own = name.size if chosen is network else _scaled(name.size, _scale(network), _scale(chosen))
        restored = cropped(restored, own, pixels.shape)
    return resized(restored, wanted)


def _restored(
    pixels: NDArray[np.uint8],
    data: bytes,
    network: str | os.PathLike[str],
    amount: float | None,
    detail: float,
    provider: str,
) -> NDArray[np.uint8]:
    """A file's pixels, restored as much as the file is worth it, or by the amount given."""
    if amount is not None:
        return restore(pixels, network, amount=amount, detail=detail, provider=provider)
    opened = open_network(network, provider=provider)
    worth = worth_on(data, opened.card)

    def restored(by: Network) -> NDArray[np.uint8]:
        return restore_as_worth(by, pixels, worth)

    return with_detail(restored(opened), network, detail, restored, provider=provider)


def _scale(network: str | os.PathLike[str] | None) -> int:
    return 1 if network is None else open_network(network).card.scale


def _scaled(size: tuple[int, int], named: int, chosen: int) -> tuple[int, int]:
    """What a size behind a network of one scale is behind one of another."""
    width, height = (-(-side * chosen // named) for side in size)
    return width, height


def _named_network(data: bytes, name: NetworkName | None) -> Path | None:
    """The network that a file names, None for one that says that there is none, or that kept another's name.

    Only an installed one: a file may come from anywhere, and a path lead there.
    """
    if (name is None and has_stale_name(data)) or (name is not None and name.network is None):
        return None
    if name is None or name.network is None:
        raise ValueError(
            f"the file does not name a restoration network; choose one: {', '.join(networks())}, or none for the "
            "plain pixels"
        )
    if (path := installed(name.network)) is None:
        raise ValueError(
            f"the file was made for the network {name.network!r}, which is not installed ({', '.join(networks())}); "
            "give its path, another name, or none for the plain pixels"
        )
    return path
