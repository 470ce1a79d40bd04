"""The function `accelir.restore`."""

from __future__ import annotations

import numbers
import os

from accelir.restoration.card import Card
from accelir.restoration.detail import check_detail, with_detail
from accelir.restoration.network import Network, Picture, Pixels, as_pixels, open_network
from accelir.restoration.providers import AUTO
from accelir.restoration.sizes import network_for, read_size, resized
from accelir.restoration.worth import Share, fullness, step_of
from accelir.restoration.worth import amount as amount_at


def restore(
    image: Picture,
    network: str | os.PathLike[str] = "sr-x4",
    *,
    threads: int | None = None,
    tile: int | None = None,
    amount: float | None = None,
    detail: float = 0.0,
    size: tuple[int, int] | None = None,
    provider: str = AUTO,
) -> Pixels:
    """Run a restoration network on a decoded picture.

    image: uint8 HxWx3 RGB or HxW gray array, or a Pillow image of mode RGB or L; any size from 1x1.
    network: an installed network's name ("dejpeg" stands for "dejpeg-light", see `networks()`), or the path of an ONNX
        file that has a card beside it or in its metadata.
    threads: for ONNX runtime; None lets it take all cores.
    tile: side in input pixels of the pieces it is done in; None chooses one that takes at most 128 MiB.
    amount: how much of the network's correction is taken, from 0 (the picture as it is, enlarged by Pillow's bicubic
        filter if need be) to 1 (all). None: what its card says that it is worth on a JPEG quantised as this one was,
        which the tables of a Pillow image tell, or traces in the pixels; pictures without such traces, as those of PNG
        and WebP, are then left alone by a network that would harm them (`accelir.decode` knows WebP files too).
    detail: 0 to 1, how far the result goes from the least squared error towards what the network's twin makes of the
        picture, which was trained for looks; 1 costs at most some 3 dB (accelir.restoration.detail).
    size: width and height of the result. Of the network and the installed ones whose names differ from its in the
        factor alone (sr-x2, sr-x4) the smallest that reaches it is run, or the largest, and Lanczos' filter does the
        rest; it alone, where a network enlarges and the picture needn't be larger. None: the picture's size times the
        network's scale.
    provider: what ONNX runtime runs it on: "cpu", "cuda", "openvino" and whatever else `accelir doctor` names; "auto":
        a GPU where there is one that works, else the CPU.

    Returns uint8 sH x sW x 3, or sH x sW for gray; s is the network's scale. Raises TypeError or ValueError for an
    image that is not taken, an unknown network or provider, or a model or card that is broken; says which, and what is
    taken.
    """
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads is 1 or more, or None for all cores; got {threads!r}")
    if amount is not None and not (isinstance(amount, numbers.Real) and 0 <= amount <= 1):
        raise ValueError(f"amount is a number from 0 to 1, or None; got {amount!r}")
    detail = check_detail(detail)
    pixels, wanted = as_pixels(image), read_size(size)
    chosen = network_for(network, pixels.shape, wanted)
    if chosen is None:
        return resized(pixels, wanted)
    opened = open_network(chosen, threads, provider)
    worth = opened.card.worth
    known = amount_at(worth, "jpeg", step_of(image, pixels)) if worth and amount is None else 1.0

    def restored(by: Network) -> Pixels:
        return restore_as_worth(by, pixels, Share(known), tile) if amount is None else by(pixels, tile, float(amount))

    return resized(with_detail(restored(opened), chosen, detail, restored, threads, provider), wanted)


def restore_as_worth(network: Network, pixels: Pixels, share: Share, tile: int | None = None) -> Pixels:
    """Pixels restored by a share that is known, their chroma by what its size makes it worth where that isn't."""
    chroma = _worth_of_chroma(network.card, pixels) if share.chroma is None else share.chroma
    return network(pixels, tile, share.amount, chroma)


def _worth_of_chroma(card: Card, pixels: Pixels) -> float:
    return 1.0 - (1.0 - card.full_chroma) * fullness(pixels) if card.full_chroma < 1 else 1.0
