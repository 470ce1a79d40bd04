"""The function `accelir.encode_set`: pictures in memory or on disk become files of one total."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.api import DEFAULT_PROFILE, Encoded, Encoder
from accelir.errors import BudgetError
from accelir.formats.picture import Picture, read_picture
from accelir.formats.registry import get_format
from accelir.formats.request import Metadata, Request
from accelir.metrics import Metric
from accelir.restoration.installed import find
from accelir.restoration.network import open_network
from accelir.sets.goal import Goal, objective_of
from accelir.sets.judge import FileJudge
from accelir.sets.spend import Order, Reached, spend
from accelir.sets.trial import Survey, Trial, estimated

Item = TypeVar("Item")
Result = TypeVar("Result")

SetImage = NDArray[np.uint8] | Image.Image | str | os.PathLike[str]
"""A picture as Encoder.encode takes it, or the path of a file that Pillow opens."""
SetImages = Iterable[SetImage] | Callable[[], Iterable[SetImage]]


def encode_set(
    images: SetImages,
    *,
    total_bytes: int | None = None,
    bpp: float | None = None,
    objective: str = "auto",
    min_bpp: float = 0.0,
    max_bpp: float = float("inf"),
    min_psnr: float | None = None,
    weights: Sequence[float] | None = None,
    network: str | os.PathLike[str] | None = "auto",
    candidates: Sequence[Encoder] | None = None,
    scale: int | str = 1,
    jobs: int = 1,
    profile: str | os.PathLike[str] = DEFAULT_PROFILE,
    **settings: Any,
) -> list[Encoded]:
    """Encode pictures to one total, each to the size at which the set is best.

    images: a sequence or iterator of pictures or paths, or a function that gives one: it is called for each of the
        passes, and each worker holds one picture at a time. Of an iterator the items are kept, so let it be of paths.
    total_bytes: bytes of all files together, never more; or bpp: their bits over all pictures' pixels. Exactly one.
    objective: what is least over the set: "mse", the mean of the pictures' mean squared errors; "worst", that of the
        worst picture; or the mean score by one of accelir.metrics.METRICS is best: "psnr" (which starves pictures that
        are hard to code), "ssimulacra2". "auto": "mse", or for a profile for eyes its metric.
    min_bpp, max_bpp: bits per pixel that each file has at least and at most.
    min_psnr: PSNR in dB of the mean squared error over the set, at least, whatever the objective; so "ssimulacra2" with
        it is the least loss for eyes under a bound on distortion (Kirmemis 2023, chapter 4). Solved exactly for up to
        300 pictures where SciPy is installed, beyond by two Lagrangians.
    weights: what each picture's loss counts, above 0; None: all alike.
    network: what errors are measured after, a name or path; it takes most of the time. "auto": the profile's network,
        unless it enlarges, where shares by plain errors are as good (docs/sets.md); None: none.
    candidates: encoders of which each picture has the one that is best at its size; in the place of profile and
        settings, which are those of Encoder.
    scale: as Encoder.encode takes it: with "auto" each picture is coded at the size that is best for its share.
    jobs: pictures at a time; the files don't depend on it.

    Returns what Encoder.encode does, in the order of the pictures; stats has max_bytes, the share. Two passes, and one
    more with files made and judged where estimates don't suffice: with a network, with candidates, with a scale, and
    for metrics other than PSNR. Raises BudgetError for a total that can't be met, whose `smallest` is the total that
    can, TargetError for min_psnr that is not to be had, OSError for files that can't be read, TypeError and ValueError
    for wrong input.
    """
    if candidates is not None and settings:
        raise TypeError(f"candidates have settings of their own; leave out {', '.join(settings)}")
    encoders = [Encoder(profile=profile, **settings)] if candidates is None else list(candidates)
    if not encoders:
        raise ValueError("candidates are empty; give one encoder at least, or leave it out")
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise ValueError(f"jobs is 1 or more, not {jobs!r}")
    chosen = objective_of(objective, encoders[0].settings.profile)
    goal = Goal(chosen, total_bytes, bpp, min_bpp, max_bpp, weights, min_psnr)
    metric = chosen.metric if chosen.needs_files else None
    after: Path | str | None = "auto" if scale != 1 else _network_of(encoders, network)
    studio = _InMemory(_repeatable(images), encoders, metric, after, jobs, {} if scale == 1 else {"scale": scale})
    spend(studio, goal, tries_files=chosen.needs_files or after is not None or len(encoders) > 1)
    return [studio.files[i] for i in range(len(studio.files))]


@dataclass
class _InMemory:
    """A studio that opens pictures again in each pass and holds the files. See spend.Studio."""

    images: Callable[[], Iterable[SetImage]]
    encoders: list[Encoder]
    metric: Metric | None
    network: Path | str | None
    jobs: int
    options: Mapping[str, Any]
    """Of Encoder.encode."""
    files: dict[int, Encoded] = field(default_factory=dict)

    def survey(self) -> list[tuple[Survey, ...]]:
        return list(self._each(lambda i, image: tuple(survey_of(encoder, image) for encoder in self.encoders)))

    def attempt(self, budgets: Sequence[Sequence[int]]) -> list[tuple[Survey, ...]]:
        return list(self._each(lambda i, image: self._attempted(image, budgets[i])))

    def _attempted(self, image: NDArray[np.uint8] | Image.Image, budgets: Sequence[int]) -> tuple[Survey, ...]:
        surveys = []
        for encoder in self.encoders:
            judge = judge_of(encoder, image, self.metric, self.network)
            surveys.append(attempted(encoder, image, judge, budgets, **self.options))
        return tuple(surveys)

    def smallest(self) -> list[int]:
        return list(
            self._each(lambda i, image: min(smallest_of(encoder, image, **self.options) for encoder in self.encoders))
        )

    def encode(self, orders: Mapping[int, Order], *, judged: bool) -> dict[int, Reached]:
        def made(i: int, image: NDArray[np.uint8] | Image.Image) -> tuple[Encoded, Reached]:
            encoder = self.encoders[orders[i].candidate]
            encoded = encoded_or_smallest(encoder, image, orders[i].max_bytes, **self.options)
            error = judge_of(encoder, image, None, None)(encoded.data).error if judged else None
            return encoded, Reached(len(encoded.data), error)

        wanted = sorted(orders)
        found = dict(zip(wanted, self._each(made, frozenset(wanted)), strict=True))
        self.files |= {i: encoded for i, (encoded, _) in found.items()}
        return {i: reached for i, (_, reached) in found.items()}

    def _each(self, work: Callable[[int, Any], Result], wanted: frozenset[int] | None = None) -> Iterator[Result]:
        items = ((i, item) for i, item in enumerate(self.images()) if wanted is None or i in wanted)
        return mapped(lambda pair: work(pair[0], opened(pair[1])), items, self.jobs)


def mapped(work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """Results in the items' order, of so many threads; no more items than these hold are taken in advance."""
    if jobs == 1:
        yield from map(work, items)
        return
    pool, running = ThreadPoolExecutor(jobs), deque[Future[Result]]()
    try:
        for item in items:
            running.append(pool.submit(work, item))
            if len(running) > jobs:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def opened(item: SetImage) -> NDArray[np.uint8] | Image.Image:
    """The picture itself, or that of a path. Raises OSError and ValueError."""
    if isinstance(item, str | os.PathLike):
        with Image.open(item) as image:
            image.load()
            return image
    return item


def survey_of(encoder: Encoder, image: Any, more: int = 0) -> Survey:
    """What a picture costs by estimate. more: bytes of metadata."""
    picture = _picture(encoder, image)
    request = Request(picture.pixels, encoder.settings, picture.alpha, metadata=Metadata(picture.icc_profile))
    return estimated(get_format(encoder.format).prepare(request), picture.pixels.shape, more)


def judge_of(encoder: Encoder, image: Any, metric: Metric | None, network: Path | str | None) -> FileJudge:
    picture = _picture(encoder, image)
    return FileJudge(picture.pixels, picture.alpha, metric, network)


def attempted(
    encoder: Encoder, image: Any, judge: Callable[[bytes], Trial], budgets: Sequence[int], **options: Any
) -> Survey:
    """What files of a picture within budgets are like; where none fits, the smallest."""
    files = [encoded_or_smallest(encoder, image, budget, **options) for budget in budgets]
    height, width = _picture(encoder, image).pixels.shape[:2]
    return Survey(width, height, tuple(judge(file.data) for file in files))


def smallest_of(encoder: Encoder, image: Any, **options: Any) -> int:
    """Bytes of the smallest file."""
    try:
        return len(encoder.encode(image, max_bytes=1, **options).data)
    except BudgetError as error:
        return error.smallest


def encoded_or_smallest(encoder: Encoder, image: Any, max_bytes: int, **options: Any) -> Encoded:
    """A file within a budget, or where none fits the smallest."""
    try:
        return encoder.encode(image, max_bytes=max_bytes, **options)
    except BudgetError as error:
        return encoder.encode(image, max_bytes=error.smallest, **options)


def _picture(encoder: Encoder, image: Any) -> Picture:
    return read_picture(image, get_format(encoder.format))


def _repeatable(images: SetImages) -> Callable[[], Iterable[SetImage]]:
    if callable(images):
        return images
    if isinstance(images, np.ndarray | Image.Image | str | os.PathLike):
        raise TypeError(f"images are several, in a list for instance, and one {type(images).__name__} came")
    kept = list(images)
    return lambda: kept


def _network_of(encoders: Sequence[Encoder], network: str | os.PathLike[str] | None) -> Path | None:
    """Raises ValueError for encoders whose receivers don't run the same one."""
    if network != "auto":
        return None if network is None else find(network)
    names = {encoder.settings.profile.network for encoder in encoders}
    if len(names) > 1:
        raise ValueError(
            "candidates are for receivers of one network, and these are for "
            f"{', '.join(sorted(name or 'none' for name in names))}; say which by network=, or None"
        )
    return telling_network(encoders[0])


def telling_network(encoder: Encoder) -> Path | None:
    """The profile's network, where errors behind it say more than plain ones; None for none, and for one that enlarges.

    By shares of plain errors 12 pictures lose 0.01 dB after sr-x4-light, 0.11 after deblur-1.5-light and 0.20 after
    denoise-25-light.
    """
    name = encoder.settings.profile.network
    if name is None or open_network(name, 1).card.scale > 1:
        return None
    return find(name)
