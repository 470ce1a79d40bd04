"""A smaller picture in the place of the one given, where that is the better code: `scale=`.

Receivers enlarge it with a network, which the file names together with the size that they shall have. The full size
competes, as receivers see it plain or after dejpeg. Small files are steered towards the picture that was given, as
formats/reference.py does it. What counts is the profile's metric of what `accelir.decode` gives.

Which scale is best is foretold on a sample, bands of the picture whose files are made quickly and restored; scales that
come near the best there are all made, and compared as they are.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelir.errors import BudgetError
from accelir.formats.budget import budget_error
from accelir.formats.decode import worth_on
from accelir.formats.format import Format
from accelir.formats.metadata import as_bytes
from accelir.formats.network_name import NetworkName
from accelir.formats.reference import Descent, Reference, steered
from accelir.formats.request import Made, Metadata, Request
from accelir.formats.shrink import cropped, padded, shrunk
from accelir.metrics import METRICS
from accelir.profile.installed import load_profile
from accelir.profile.model import Profile
from accelir.restoration.gradient import open_gradient
from accelir.restoration.installed import find
from accelir.restoration.network import open_network
from accelir.restoration.restore import restore_as_worth

Pixels = NDArray[np.uint8]

SCALES = (1, 2, 4)
"""A side of the picture over the coded picture's."""
PROFILES = {1: "fidelity", 2: "sr-x2", 4: "sr-x4"}
"""Profiles that code at a scale, where the one asked for doesn't."""
CLEANING = "dejpeg"
"""Network that receivers may run on a full-size file whose profile has none."""

ASKED = {2: (0, 0, 0, 1, 2, 3, 6, 10, 18, 30), 4: (0, 0, 0, 2, 3, 5, 8, 14, 24, 40)}
"""How often steering asks the network, by scale and effort: half size takes four times as long as a quarter."""

ALL_EFFORT = 8
"""From this effort on every scale is made, whatever the sample says."""
MARGIN = 0.25
"""Scales are made that come this near to the best on the sample, in dB."""
SAMPLE, BAND = 1 << 17, 64
"""Pixels of a sample, about, and rows of its bands."""
SAMPLE_EFFORT = 3
"""Effort of a sample's files."""
HEAD = 300
"""Bytes of a file that don't depend on its picture's size, about."""


def read_scale(scale: object) -> tuple[int, ...]:
    """The scales that are meant by 1, 2, 4 or "auto". Raises TypeError and ValueError."""
    if scale == "auto":
        return SCALES
    if isinstance(scale, bool) or not isinstance(scale, int | np.integer | str):
        raise TypeError(f"scale is 1, 2, 4 or 'auto', not {scale!r}")
    if scale not in SCALES:
        raise ValueError(f"scale is 1, 2 or 4, for a picture coded at 1/scale of its sides, or 'auto'; not {scale!r}")
    return (int(scale),)


@dataclass(frozen=True, eq=False)
class Way:
    """A way to code a picture and to show it again."""

    scale: int
    profile: Profile
    """What codes it."""
    network: str | None
    """What receivers run on the file; None: nothing."""

    def request(self, given: Request) -> Request:
        """For the picture as it is coded."""
        height, width = given.pixels.shape[:2]
        return dataclasses.replace(
            given,
            pixels=shrunk(padded(given.pixels, self.scale), self.scale),
            settings=dataclasses.replace(given.settings, profile=self.profile),
            receiver=NetworkName(self.network, (width, height)),
        )

    def shown(self, decoded: Pixels, data: bytes, shape: tuple[int, ...]) -> Pixels:
        """What `accelir.decode` gives of a file, for a picture of a shape, (H, W, ...). decoded: its pixels."""
        if self.network is None:
            return decoded
        network = open_network(self.network, 1)
        restored = restore_as_worth(network, decoded, worth_on(data, network.card))
        return cropped(restored, (shape[1], shape[0]), decoded.shape)


def ways_for(profile: Profile, scales: Sequence[int]) -> list[Way]:
    """Ways to code at these scales. Raises ValueError for a profile that isn't for the picture itself."""
    card = None if profile.network is None else open_network(profile.network, 1).card
    if card is not None and card.task not in ("sr", CLEANING):
        raise ValueError(
            f"scale is for pictures that receivers shall see as they are; the network of {profile.name!r} gives them "
            f"another (its task is {card.task}). Take a profile as 'fidelity' or 'perceptual'"
        )
    own = 1 if card is None else card.scale
    found = []
    for scale in scales:
        chosen = _profile_at(scale, profile, own)
        if chosen.network is None:
            found += [Way(1, chosen, None), Way(1, chosen, CLEANING)]
        else:
            found.append(Way(scale, chosen, chosen.network))
    return found


def _profile_at(scale: int, profile: Profile, own: int) -> Profile:
    """The profile asked for where its network enlarges by this much; else the scale's own, with the metric asked for.

    own: how much the network of the profile asked for enlarges.
    """
    if scale == own:
        return profile
    return load_profile(PROFILES[scale])


def scaled(format: Format, request: Request, scales: Sequence[int], max_bytes: int) -> Made:
    """The best file of at most so many bytes, of the picture at one of the scales.

    Adds to the stats: scale; profile, the one that coded; network, what receivers run, or None; steered, and rounds.
    Raises BudgetError where none fits, ValueError for a profile that scales aren't for, and as the format does.
    """
    return _Choice(format, request, max_bytes).best(ways_for(request.settings.profile, scales))


class _Choice:
    def __init__(self, format: Format, request: Request, max_bytes: int) -> None:
        self._format, self._request, self._budget = format, request, max_bytes
        self._metric = METRICS[request.settings.profile.metric]

    def best(self, ways: Sequence[Way]) -> Made:
        """Of the ways that are promising; of all others where none of these fits."""
        promising = self._promising(ways)
        smallest = []
        for group in (promising, [way for way in ways if way not in promising]):
            made = []
            for way in group:
                try:
                    made.append(self._make(way, alone=len(group) == 1))
                except BudgetError as error:
                    smallest.append(error.smallest)
            if made:
                return min(made, key=lambda each: each[1])[0]
        raise budget_error(self._budget, min(smallest), self._request.pixels.shape, self._format.label)

    def _promising(self, ways: Sequence[Way]) -> list[Way]:
        if len(ways) == 1:
            return list(ways)
        expected = self.expected(ways)
        best_by_scale = [
            min((w for w in ways if w.scale == s), key=lambda w: expected[w]) for s in {w.scale for w in ways}
        ]
        if self._request.settings.effort >= ALL_EFFORT:
            return best_by_scale
        limit = min(expected.values()) * 10 ** (MARGIN / 10)
        return [way for way in best_by_scale if expected[way] <= limit]

    def expected(self, ways: Sequence[Way]) -> Mapping[Way, float]:
        """Distances from the picture by the sample, steering reckoned in; infinite for what doesn't fit."""
        sample = sample_of(self._request.pixels, self._request.pixels.shape)
        share = len(sample) / len(self._request.pixels)
        settings = dataclasses.replace(self._request.settings, effort=min(SAMPLE_EFFORT, self._request.settings.effort))
        budget = HEAD + int(share * (self._budget - HEAD - _overhead(self._request.metadata)))
        trial = _Choice(self._format, Request(sample, settings), max(budget, 1))
        found = {}
        for way in ways:
            try:
                made = self._format.prepare(way.request(trial._request)).within(trial._budget)
            except BudgetError:
                found[way] = math.inf
                continue
            found[way] = trial._distance(way, made) * 10 ** (-self._gain(way) / 10)
        return found

    def _gain(self, way: Way) -> float:
        return 0.0

    def _make(self, way: Way, alone: bool) -> tuple[Made, float]:
        """The way's best file, and its distance from the picture; 0 for one that nothing is compared with."""
        prepared = self._format.prepare(way.request(self._request))
        files = [prepared.within(self._budget)]
        reference = None if way.network is None or way.scale == 1 else self._reference(way.network)
        asked = 0 if reference is None else ASKED[way.scale][self._request.settings.effort]
        if reference is not None and asked:
            made = steered(self._format, prepared, files[0], reference, Descent(2 * asked + 2, asked), self._budget)
            files += [] if made is files[0] else [made]
        best = files[0] if len(files) == 1 else min(files, key=lambda made: self._distance(way, made, sampled=True))
        told = {"scale": way.scale, "profile": way.profile.name, "network": way.network}
        told |= {"steered": best is not files[0]}
        distance = 0.0 if alone else self._distance(way, best)
        return dataclasses.replace(best, stats=best.stats | told), distance

    def _reference(self, name: str) -> Reference | None:
        """The picture given as the reference of a small one; None where the network has no gradient."""
        network = open_network(name, 1)
        if self._format.steered is None or not network.card.gradient:
            return None
        pixels = padded(self._request.pixels, network.card.scale)
        gradient = dataclasses.replace(open_gradient(network, find(name)), halos=1)
        return Reference(pixels, (network,), (gradient,))

    def _distance(self, way: Way, made: Made, *, sampled: bool = False) -> float:
        """Of what receivers see of a file from the picture, by the metric. sampled: on the sample alone."""
        pixels = self._request.pixels
        decoded = self._format.decode(made.data)
        if sampled:
            decoded, pixels = sample_of(decoded, pixels.shape, way.scale), sample_of(pixels, pixels.shape)
        shown = way.shown(decoded, made.data, pixels.shape)
        if shown.ndim > pixels.ndim:  # WebP has no gray files
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        return self._metric.distance(self._metric.score(shown, pixels))


def sample_of(pixels: Pixels, shape: tuple[int, ...], scale: int = 1) -> Pixels:
    """Bands of a picture of a shape, (H, W, ...), evenly spaced, one below the other; a small picture whole.

    pixels: the picture, or what it was made at 1/scale of its sides.
    """
    every = -(-shape[0] * shape[1] // SAMPLE)
    starts = range(0, shape[0] - BAND + 1, BAND * every) if every >= 2 else ()
    if len(starts) < 2:
        return pixels
    return np.concatenate([pixels[top // scale : (top + BAND) // scale] for top in starts])


def _overhead(metadata: Metadata) -> int:
    """Bytes that metadata takes, about."""
    return sum(
        len(as_bytes(getattr(metadata, name), name)) for name in ("icc_profile", "exif", "xmp", "iptc", "comment")
    )
