"""Training data: degraded and compressed pictures made ahead of time by worker processes, and random crops of them.

Opening, degrading and compressing a picture costs far more than cutting a crop out of it, so whole pictures wait
decoded in a ring of slots, every batch cuts its crops from all of them, and a few slots are replaced per step (the
buffer of decoded pictures of Palloni's thesis). Which pictures fill the ring at step s follows from s and the seed
alone, whatever the number of workers: a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from accelir.restoration.pictures import crop_to_multiple, load
from accelir.restoration.tasks import Task
from accelir.training.codecs import draw, parse_mixture

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class PairSource:
    """Source of training pairs: everything that decides what the n-th compressed picture is."""

    paths: tuple[Path, ...]
    """Paths of the ground truths."""
    task: Task
    """Task that degrades them."""
    mixture: str
    """Codecs that they pass through, as accelir.training.codecs.parse_mixture reads them."""
    seed: int = 0
    """Seed of everything drawn."""
    side: int = 512
    """Largest side in ground-truth pixels; pictures are cut to it before they are degraded."""
    smallest: float = 1.0
    """Smallest factor, above 0 and at most 1, that half of the ground truths are shrunk by, for finer detail than
    they have: by one drawn evenly in its logarithm, and as many together as fill a picture. 1: none."""

    def pair(self, index: int) -> Pair:
        """The index-th (input, truth): uint8 h x w x 3 and uint8 sh x sw x 3."""
        rng = np.random.default_rng((self.seed, index))
        is_shrunk = self.smallest < 1 and rng.random() < 0.5
        truth = crop_to_multiple(self._shrunk(rng) if is_shrunk else self._picture(rng), self.task.scale)
        degraded = self.task.degrade(truth, rng)
        return draw(parse_mixture(self.mixture), rng)(degraded, rng, truth), truth

    def _picture(self, rng: np.random.Generator) -> np.ndarray:
        """A picture, or a part of it that is no larger than `side`, uint8 h x w x 3."""
        picture = load(self.paths[int(rng.integers(len(self.paths)))])
        tops = [int(rng.integers(max(0, length - self.side) + 1)) for length in picture.shape[:2]]
        return picture[tops[0] : tops[0] + self.side, tops[1] : tops[1] + self.side]

    def _shrunk(self, rng: np.random.Generator) -> np.ndarray:
        """Square pictures, shrunk and put together to one of about the size that they had, uint8 h x w x 3.

        One shrunk picture alone would be so small that the headers were most of its file.
        """
        factor = self.smallest ** rng.random()
        count = math.ceil(1 / factor)
        pictures = [self._picture(rng) for _ in range(count * count)]
        side = min(min(picture.shape[:2]) for picture in pictures)
        size = (round(factor * side),) * 2
        tiles = [
            np.asarray(Image.fromarray(picture[:side, :side]).resize(size, Image.Resampling.LANCZOS))
            for picture in pictures
        ]
        rows = [np.concatenate(tiles[i : i + count], axis=1) for i in range(0, len(tiles), count)]
        return np.concatenate(rows)[:side, :side]


def _end_with_parent() -> None:
    """In a worker: end when the process that started it does, which after a kill -9 nothing else brings about."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


class Feed:
    """An endless, ordered stream of pairs from `start` on, made `ahead` in worker processes (0: made inline)."""

    def __init__(self, source: PairSource, start: int = 0, workers: int = 1, ahead: int = 16) -> None:
        self._source = source
        self._next = start
        self._ahead = ahead
        # spawn, not fork: the parent has torch's threads running.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, spawn, _end_with_parent) if workers else None
        self._waiting: deque[Future[Pair]] = deque()

    def take(self) -> Pair:
        """The next pair."""
        if self._pool is None:
            self._next += 1
            return self._source.pair(self._next - 1)
        while len(self._waiting) < self._ahead:
            self._waiting.append(self._pool.submit(self._source.pair, self._next))
            self._next += 1
        return self._waiting.popleft().result()

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


class Sampler:
    """Batches of random crops, turned and mirrored at random, from a ring of decoded pictures.

    `fresh` pictures a step replace the oldest of `slots`. Memory: slots x side^2 x 3 x (1 + 1/s^2) bytes.
    """

    def __init__(
        self,
        source: PairSource,
        patch: int,
        batch: int,
        *,
        step: int = 0,
        slots: int = 128,
        fresh: float = 0.25,
        workers: int = 1,
    ) -> None:
        self.source, self.patch, self.batch = source, patch, batch
        self._slots, self._fresh = slots, fresh
        self._first = int(step * fresh)
        self._feed = Feed(source, self._first, workers)
        self._ring = deque((self._take() for _ in range(slots)), maxlen=slots)

    def _take(self) -> Pair:
        pair = self._feed.take()
        if min(pair[0].shape[:2]) < self.patch:
            raise ValueError(
                f"a training picture has an input of {pair[0].shape[1]}x{pair[0].shape[0]} pixels, smaller than the "
                f"patch of {self.patch}; take larger pictures or a smaller patch"
            )
        return pair

    def sample(self, step: int) -> Pair:
        """The batch of a step: uint8 B x p x p x 3 and uint8 B x sp x sp x 3. Steps must not go backwards."""
        while self._first < int(step * self._fresh):
            self._ring.append(self._take())
            self._first += 1
        rng = np.random.default_rng((self.source.seed, step, 1))
        pairs = [self._crop(self._ring[int(rng.integers(self._slots))], rng) for _ in range(self.batch)]
        return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])

    def batches(self, first: int, end: int) -> Generator[Pair, None, None]:
        """The batches of the steps from `first` up to `end`, each cut by a thread while the one before is in use."""
        with ThreadPoolExecutor(1) as thread:
            ahead = thread.submit(self.sample, first)
            for step in range(first, end):
                batch = ahead.result()
                if step + 1 < end:
                    ahead = thread.submit(self.sample, step + 1)
                yield batch

    def _crop(self, pair: Pair, rng: np.random.Generator) -> Pair:
        x, y = pair
        s, p = self.source.task.scale, self.patch
        top, left = (int(rng.integers(side - p + 1)) for side in x.shape[:2])
        turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
        crops = x[top : top + p, left : left + p], y[s * top : s * (top + p), s * left : s * (left + p)]
        x, y = (np.rot90(crop, turns) for crop in crops)
        return (x[:, ::-1], y[:, ::-1]) if mirror else (x, y)

    def close(self) -> None:
        """Stop the workers."""
        self._feed.close()
