"""The original that a sender still has, and the networks that should come close to it from what is sent."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.formats.format import Format
from accelir.formats.picture import read_picture
from accelir.formats.request import AUTO_REFERENCE
from accelir.metrics.psnr import mean_squared_error
from accelir.profile.model import Profile
from accelir.restoration.card import Card
from accelir.restoration.gradient import Gradient, find_for, open_gradient
from accelir.restoration.installed import find
from accelir.restoration.network import Network, open_network
from accelir.storage.text import printable

WORKING_BYTES = 36 * 2**20
"""Most bytes that a network's activations of one tile may take where it judges: beside its gradient's, which stay."""
PLAIN_BYTES = 64 * 2**20
"""The same for the gradient of a network that doesn't enlarge: the picture's own planes take the rest."""
GUARD_BYTES = 12 * 2**20
"""The same for a guard's gradient."""

GUARDED = 0.35
"""Part of the guards in what files are steered by."""

AUTO_DOUBT = 1.4
"""Doubt in what networks make of a picture, which isn't the original."""
AUTO_CURVATURE = 0.5
"""Least curvature of networks that then counts: of those that pass little of a picture on, much is a guess."""


@dataclass(frozen=True, eq=False)
class Reference:
    """An original, and the receivers' networks, which enlarge alike."""

    pixels: NDArray[np.uint8]
    """Original, sHxsWx3 RGB or sHxsW gray, as the picture that is encoded is."""
    networks: tuple[Network, ...]
    gradients: tuple[Gradient, ...]
    """Gradient of each network."""
    guards: tuple[Gradient, ...] = ()
    """Of networks that files shall serve in part, and that don't judge."""
    doubt: float = 1.0
    """How many times as much a change of the decoded picture costs as where the pixels are the original's."""

    least_curvature: float = 0.0
    """What the networks' curvature counts as at least, where a change's price goes by it."""

    @property
    def scale(self) -> int:
        """Pixels of the original per pixel of the picture along a side."""
        return self.networks[0].card.scale

    def error(self, decoded: NDArray[np.uint8]) -> float:
        """Mean squared error of the restored picture, the mean over the networks, in squared 8-bit levels.

        decoded: pixels of a file, HxWx3 or HxW; of WebP three values alike where the picture is gray.
        """
        goal = self.pixels if self.pixels.ndim == decoded.ndim else self._in_colour()
        seen = (network(decoded, network.tile_within(WORKING_BYTES)) for network in self.networks)
        return float(np.mean([mean_squared_error(restored, goal) for restored in seen]))

    def gradient(self, decoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Derivative of the mean squared errors' mean, as restoration.gradient has it, HxWx3: GUARDED of it is that of
        the guards, if there are some.

        decoded: RGB, HxWx3, about 0 to 255.
        """
        goal = self._in_colour()
        found = _mean(self.gradients, decoded, goal)
        if self.guards:
            found *= np.float32(1 - GUARDED)
            found += np.float32(GUARDED) * _mean(self.guards, decoded, goal)
        return found

    def _in_colour(self) -> NDArray[np.uint8]:
        return self.pixels if self.pixels.ndim == 3 else np.repeat(self.pixels[..., None], 3, axis=2)


def _mean(gradients: Sequence[Gradient], decoded: NDArray[np.float32], goal: NDArray[np.uint8]) -> NDArray[np.float32]:
    total = gradients[0](decoded, goal)
    for gradient in gradients[1:]:
        total += gradient(decoded, goal)
    total /= len(gradients)
    return total


def read_reference(
    image: Any,
    picture: NDArray[np.uint8],
    format: Format,
    profile: Profile,
    networks: Sequence[str | os.PathLike[str]] | None,
) -> Reference:
    """The reference for a picture.

    image: as `picture.read_picture` takes it, or "auto": what networks make of the picture itself, before it is coded.
    picture: what is encoded, HxWx3 or HxW. networks: those of the receivers; None: the profile's. Raises TypeError and
    ValueError that say what came and what is taken.
    """
    if format.steered is None:
        raise ValueError(f"a {format.label} can't be steered towards a reference; leave it out")
    names = _names(profile, networks)
    opened = [open_network(name, 1) for name in names]
    scales = {network.card.scale for network in opened}
    if len(scales) > 1:
        found = ", ".join(f"{network.card.name} by {network.card.scale}" for network in opened)
        raise ValueError(f"networks must enlarge alike; there is {found}")
    guards = _guards_of(opened)
    gradients = tuple(_gradient(n, find(name)) for n, name in zip(opened, names, strict=True))
    stopping = tuple(dataclasses.replace(open_gradient(n, path), working=GUARD_BYTES) for path, n in guards.items())
    if not (isinstance(image, str) and image == AUTO_REFERENCE):
        return Reference(_original(image, picture, format, opened[0]), tuple(opened), gradients, stopping)
    if all(network.card.task == "dejpeg" for network in opened):
        return Reference(picture, tuple(opened), gradients, stopping)
    goal = _restored(picture, list(guards.values()) or opened)
    return Reference(goal, tuple(opened), gradients, stopping, AUTO_DOUBT, AUTO_CURVATURE)


def _gradient(network: Network, path: Path) -> Gradient:
    gradient = open_gradient(network, path)
    return gradient if network.card.scale > 1 else dataclasses.replace(gradient, working=PLAIN_BYTES)


def _original(image: Any, picture: NDArray[np.uint8], format: Format, network: Network) -> NDArray[np.uint8]:
    """The original that is given, in colour or gray as the picture is."""
    if isinstance(image, str | os.PathLike):
        raise TypeError(f"a reference must be a uint8 array, a Pillow image or {AUTO_REFERENCE!r}, not {image!r}")
    given = read_picture(image, format)
    if given.alpha is not None:
        raise ValueError("the reference has transparency; put it and the picture on a background first")
    pixels = given.pixels
    if pixels.ndim < picture.ndim:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    elif pixels.ndim > picture.ndim:
        raise ValueError("the picture is gray and its reference is in colour; convert one of them")
    _check_size(pixels, picture, network)
    return pixels


def _restored(picture: NDArray[np.uint8], networks: Sequence[Network]) -> NDArray[np.uint8]:
    """What networks make of a picture that was never coded, the mean over them.

    Guards are asked where there are some: receivers' networks learnt to distrust the detail of files (docs/tried.md).
    """
    seen = [network(picture, network.tile_within(WORKING_BYTES)) for network in networks]
    return seen[0] if len(seen) == 1 else np.rint(np.mean(seen, axis=0)).astype(np.uint8)


def _guards_of(networks: Sequence[Network]) -> dict[Path, Network]:
    """Guards that the networks' cards name, by their files. Raises ValueError for one that isn't installed or enlarges
    otherwise.
    """
    named = {network.card.guard: network.card for network in networks if network.card.guard}
    return dict(_guard(name, card) for name, card in named.items())


def _guard(name: str, card: Card) -> tuple[Path, Network]:
    path = find_for(card, "guard", name)
    guard = open_network(path, 1)
    if guard.card.scale != card.scale:
        raise ValueError(
            f"{printable(card.name)}: its guard must enlarge by {card.scale}, too; {printable(name)} does by "
            f"{guard.card.scale}"
        )
    return path, guard


def _names(profile: Profile, networks: Sequence[str | os.PathLike[str]] | None) -> Sequence[str | os.PathLike[str]]:
    if networks is None:
        if profile.network is None:
            raise ValueError(
                f"a reference needs the network that receivers run, and the profile {profile.name!r} has none; take "
                "another profile, as 'sr-x4', or say networks=['dejpeg']"
            )
        return [profile.network]
    if isinstance(networks, str | os.PathLike) or not isinstance(networks, Sequence):
        raise TypeError(f"networks is a list of names or paths, not {networks!r}")
    if not networks:
        raise ValueError("networks is empty; name at least one, or leave it out")
    return networks


def _check_size(pixels: NDArray[np.uint8], picture: NDArray[np.uint8], network: Network) -> None:
    scale = network.card.scale
    height, width = (scale * side for side in picture.shape[:2])
    if pixels.shape[:2] != (height, width):
        raise ValueError(
            f"a reference for {network.card.name} has {scale} times the picture's sides, so {width} x {height} pixels, "
            f"not {pixels.shape[1]} x {pixels.shape[0]}"
        )
