"""The function `accelir.restore`."""

from __future__ import annotations

import os

from accelir.restoration.network import Picture, Pixels, open_network


def restore(
    image: Picture, network: str | os.PathLike[str] = "sr-x4", *, threads: int | None = None, tile: int | None = None
) -> Pixels:
    """Run a restoration network on a decoded picture.

    image: uint8 HxWx3 RGB or HxW gray array, or a Pillow image of mode RGB or L; any size from 1x1.
    network: an installed network's name ("sr-x4" stands for "sr-x4-light", see `networks()`), or the path of an ONNX
        file that has a card beside it or in its metadata.
    threads: for ONNX runtime; None lets it take all cores.
    tile: side in input pixels of the pieces it is done in; None chooses one that takes at most 128 MiB.

    Returns uint8 sH x sW x 3, or sH x sW for gray; s is the network's scale. Raises TypeError or ValueError for an
    image that is not taken, an unknown network, or a model or card that is broken; says which, and what is taken.
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads is 1 or more, or None for all cores; got {threads!r}")
    return open_network(network, threads)(image, tile)
