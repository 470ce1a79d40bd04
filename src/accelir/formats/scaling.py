"""A smaller picture in the place of the one given, where that is the better code: `scale=`.

Receivers enlarge it with a network, which the file names together with the size that they shall have. The full size
competes, as receivers see it plain or after dejpeg. Small files are steered towards the picture that was given, as
formats/steering does it. What counts is the profile's metric of what `accelir.decode` gives.

Nearly all of the time goes into networks. So each scale's file is made, restored on a sample of the picture, which says
what the network makes of the whole, and reckoned with what steering is known to gain; only scales that come near the
best so are steered and compared.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.errors import BudgetError
from accelir.formats.budget import budget_error
from accelir.formats.decode import worth_on
from accelir.formats.format import Format
from accelir.formats.network_name import NetworkName
from accelir.formats.request import Made, Request
from accelir.formats.sample_rows import bands_of, joined, without_seams
from accelir.formats.shrink import cropped, enlarged, padded, shrunk
from accelir.formats.steering.reference import Reference
from accelir.formats.steering.rounds import Descent
from accelir.formats.steering.steer import steered
from accelir.metrics import METRICS, PSNR_RGB
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.restoration.gradient import open_gradient
from accelir.restoration.installed import find
from accelir.restoration.network import open_network
from accelir.restoration.restore import restore_as_worth

Pixels = NDArray[np.uint8]

PROFILES = {1: "fidelity", 2: "sr-x2", 4: "sr-x4"}
"""Profiles for a scale, where the one asked for isn't."""
CLEANING = "dejpeg"
"""Network that receivers may run on a full-size file whose profile has none."""

CLOSED = (0, 0, 0, 1, 2, 4, 7, 11, 17, 27)
"""Rounds of steering from files, by effort, after two with noise."""
CHANGE = 0.4
"""What a change costs such a descent: the file names its network, so no other needs to be spared."""

ALL_EFFORT = 8
"""From this effort on every scale is steered, whatever the sample says."""
GAIN = 0.5
"""What steering at effort 5 is reckoned to gain in dB. 13 training pictures held out: half size gains 0.43 / 0.49 /
0.53 / 0.51 / 0.46 dB at 0.1 / 0.15 / 0.2 / 0.3 / 0.45 bpp, give or take 0.2 to 0.3, a quarter 0.60 / 0.54 / 0.35 at the
first three, give or take 0.3 to 0.5.
"""
MARGIN = 0.2
"""Scales are steered that come this near to the best, in dB."""
DOUBT = 0.4
"""How far off a scale may be foretold, in dB: the best that come nearer to each other are compared as they are."""
WORKING_BYTES = 36 * 2**20
"""Most bytes that a network's activations of one tile may take, gradients' about. Each network holds what it took."""


@dataclass(frozen=True, eq=False)
class Route:
    """A way to code a picture and to show it again."""

    scale: int
    profile: Profile
    """What codes it."""
    networks: tuple[str | None, ...]
    """What receivers may run on the file, None standing for nothing."""

    def request(self, given: Request, network: str | None) -> Request:
        """For the picture as it is coded. network: of the receivers."""
        height, width = given.pixels.shape[:2]
        size = None if self.scale == 1 else (width, height)
        return dataclasses.replace(
            given,
            pixels=shrunk(padded(given.pixels, self.scale), self.scale),
            settings=dataclasses.replace(given.settings, profile=self.profile),
            receiver=NetworkName(network, size, is_needed=True),
        )


def routes_for(profile: Profile, scales: Sequence[int]) -> list[Route]:
    """Ways to code at these scales. Raises ValueError for a profile that isn't for the picture itself."""
    card = None if profile.network is None else open_network(profile.network, 1).card
    if card is not None and card.task not in ("sr", CLEANING):
        raise ValueError(
            f"scale is for pictures that receivers shall see as they are; the network of {profile.name!r} gives them "
            f"another (its task is {card.task}). Take a profile as 'fidelity' or 'perceptual'"
        )
    own = 1 if card is None else card.scale
    chosen = {scale: profile if scale == own else _profile_at(scale, profile) for scale in scales}
    return [Route(s, p, (CLEANING, None) if p.network is None else (p.network,)) for s, p in chosen.items()]


def _profile_at(scale: int, profile: Profile) -> Profile:
    """What codes at a scale that the profile's network isn't for. A profile for eyes keeps its tables: on training
    pictures at half size they score 2 to 12 points more after the network than those of `sr-x2`.
    """
    found = load_profile(PROFILES[scale])
    return found if profile.metric == found.metric else dataclasses.replace(profile, network=found.network)


def scaled(format: Format, request: Request, scales: Sequence[int], max_bytes: int) -> Made:
    """The best file of at most so many bytes, of the picture at one of the scales.

    Adds to the stats: scale; profile, the one that coded; network, what receivers run, or None; steered.
    Raises BudgetError where none fits, ValueError for a profile that scales aren't for, and as the format does.
    """
    return _Choice(format, request, max_bytes).best(routes_for(request.settings.profile, scales))


@dataclass(frozen=True, eq=False)
class _Try:
    """A file of a scale."""

    route: Route
    network: str | None
    """What receivers run."""
    made: Made
    prepared: Any
    distance: float
    """Of what receivers see from the picture, on the sample, steering reckoned in."""
    blind: float | None = None
    """The same without steering; None where nobody looked."""


class _Choice:
    def __init__(self, format: Format, request: Request, max_bytes: int) -> None:
        self._format, self._request, self._budget = format, request, max_bytes
        self._metric = METRICS[request.settings.profile.metric]

    def best(self, routes: Sequence[Route]) -> Made:
        """Steered are the scales that promise most; where one keeps less, what needs no steering is compared, too."""
        tries = self._tries(routes)
        least = min(each.distance for each in tries)
        everything = self._request.settings.effort >= ALL_EFFORT
        near = [each for each in tries if everything or each.distance <= least * _factor(MARGIN)]
        finished = [self._finished(each) for each in near]
        least = min(each.distance for each in finished)
        others = [each for each in tries if each not in near and not self._closed(each.route)]
        finished += [self._finished(each) for each in others if each.distance <= least * _factor(MARGIN)]
        best = min(finished, key=lambda each: each.distance)
        rivals = [each for each in finished if each.distance <= best.distance * _factor(DOUBT)]
        if len(rivals) == 1:
            return best.made
        return min(rivals, key=lambda each: self._distance(each.route, each.network, each.made)).made

    def _tries(self, routes: Sequence[Route]) -> list[_Try]:
        """A file of each scale, until a smaller size is worse."""
        tries: list[_Try] = []
        smallest = []
        for route in routes:
            try:
                tries.append(self._try(route, alone=len(routes) == 1))
            except BudgetError as error:
                smallest.append(error.smallest)
                continue
            if len(tries) > 1 and tries[-1].distance > tries[-2].distance * _factor(MARGIN):
                break
        if not tries:
            raise budget_error(self._budget, min(smallest), self._request.pixels.shape, self._format.label)
        return tries

    def _try(self, route: Route, *, alone: bool) -> _Try:
        """Raises BudgetError."""
        prepared = self._format.prepare(route.request(self._request, route.networks[0]))
        made = prepared.within(self._budget)
        if alone and len(route.networks) == 1:
            return _Try(route, route.networks[0], made, prepared, 0.0)
        distances = [self._foretold(route, network, made) for network in route.networks]
        best = int(np.argmin(distances))
        if best > 0:
            prepared = self._format.prepare(route.request(self._request, route.networks[best]))
        blind = distances[best]
        return _Try(route, route.networks[best], made, prepared, blind / _factor(self._gain(route)), blind)

    def _closed(self, route: Route) -> int:
        """Rounds of steering from files; 0: no steering."""
        name = route.networks[0]
        if (
            route.scale == 1
            or name is None
            or self._format.steered is None
            or not open_network(name, 1).card.has_gradient
        ):
            return 0
        return CLOSED[self._request.settings.effort]

    def _gain(self, route: Route) -> float:
        """What steering gains, in dB, about: the logarithm of its rounds counts."""
        closed = self._closed(route)
        if not closed or self._metric is not PSNR_RGB:
            return 0.0
        return GAIN * math.log2(1 + closed) / math.log2(1 + CLOSED[5])

    def _finished(self, tried: _Try) -> _Try:
        """The file, named for its receivers, and steered if that is better, with its distance as it is."""
        route, made, distance = tried.route, tried.made, tried.distance
        if tried.network != route.networks[0]:
            made = tried.prepared.within(self._budget)
        best = made
        if (closed := self._closed(route)) and tried.network is not None:
            reference, descent = self._reference(tried.network), Descent(2, closed, CHANGE)
            aimed = steered(self._format, tried.prepared, made, reference, descent, self._budget)
            blind = self._foretold(route, tried.network, made) if tried.blind is None else tried.blind
            distance = self._foretold(route, tried.network, aimed)
            best, distance = (aimed, distance) if distance < blind else (made, blind)
        told = {
            "scale": route.scale,
            "profile": route.profile.name,
            "network": tried.network,
            "steered": best is not made,
        }
        return dataclasses.replace(tried, made=dataclasses.replace(best, stats=best.stats | told), distance=distance)

    def _reference(self, name: str) -> Reference:
        """The picture given, for a network that enlarges a smaller one."""
        network = open_network(name, 1)
        gradient = dataclasses.replace(open_gradient(network, find(name)), working=WORKING_BYTES)
        return Reference(padded(self._request.pixels, network.card.scale), (network,), (gradient,))

    def _distance(self, route: Route, network: str | None, made: Made) -> float:
        """Of what receivers see of a file from the picture, by the metric."""
        pixels, decoded = self._request.pixels, self._format.decode(made.data)
        if network is None:
            return self._between(decoded, pixels)
        shown = cropped(_restored(network, decoded, made), (pixels.shape[1], pixels.shape[0]), decoded.shape)
        return self._between(shown, pixels)

    def _foretold(self, route: Route, network: str | None, made: Made) -> float:
        """The same, about: of the whole picture without a network, times what the network makes of it on the sample."""
        pixels, decoded = self._request.pixels, self._format.decode(made.data)
        bands = bands_of(pixels.shape)
        if network is None or bands is None:
            return self._distance(route, network, made)
        plain = enlarged(decoded, route.scale)[: pixels.shape[0], : pixels.shape[1]]
        restored = _restored(network, joined(decoded, bands, route.scale), made)[:, : pixels.shape[1]]
        truth = without_seams(joined(pixels, bands), len(bands))
        undone = without_seams(joined(plain, bands), len(bands))
        gain = self._between(without_seams(restored, len(bands)), truth) / max(self._between(undone, truth), 1e-12)
        return self._between(plain, pixels) * gain

    def _between(self, shown: Pixels, pixels: Pixels) -> float:
        if shown.ndim > pixels.ndim:  # WebP has no gray files
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        return self._metric.distance(self._metric.score(shown, pixels))


def _restored(network: str, decoded: Pixels, made: Made) -> Pixels:
    opened = open_network(network, 1)
    return restore_as_worth(opened, decoded, worth_on(made.data, opened.card), opened.tile_within(WORKING_BYTES))


def _factor(gain: float) -> float:
    """Ratio of distances that are so many decibels apart."""
    return float(10 ** (gain / 10))
