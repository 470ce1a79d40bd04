"""Crops a second from the training data: the ring of decoded pictures against opening a picture for every crop.

    python benches/loader.py PICTURES [--task denoise-25] [--patch 96]

"naive" opens, degrades and compresses one whole picture per crop; "cropped first" degrades and compresses the crop
alone, cheaper, but every JPEG block grid is at the crop's corner and a blur has no surroundings. All in one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from accelir.restoration.pictures import list_pictures, load
from accelir.restoration.tasks import Task
from accelir.training.codecs import draw, parse_mixture
from accelir.training.data import PairSource, Sampler

MIXTURE = "jpeg:10-100*2,jpeg:20-70*2,flat:6-60*3,webp:20-95*0.7,none*0.2"


def naive(source: PairSource, index: int) -> None:
    load.cache_clear()
    source.pair(index)


def cropped_first(source: PairSource, index: int, side: int) -> None:
    load.cache_clear()
    rng = np.random.default_rng(index)
    picture = load(source.paths[int(rng.integers(len(source.paths)))])
    top, left = (int(rng.integers(length - side + 1)) for length in picture.shape[:2])
    truth = picture[top : top + side, left : left + side]
    draw(parse_mixture(source.mixture), rng)(source.task.degrade(truth, rng), rng, truth)


def per_second(call: Callable[[int], object], calls: int, crops: int = 1) -> float:
    started = time.perf_counter()
    for index in range(calls):
        call(index)
    return calls * crops / (time.perf_counter() - started)


@click.command()
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--task", default="denoise-25", show_default=True)
@click.option("--patch", default=96, show_default=True, help="Side of an input crop.")
@click.option("--batch", default=16, show_default=True)
def main(pictures: Path, task: str, patch: int, batch: int) -> None:
    """Print crops a second of three loaders."""
    source = PairSource(tuple(list_pictures(pictures)), Task.parse(task), MIXTURE)
    side = patch * source.task.scale
    sampler = Sampler(source, patch, batch, slots=128, fresh=0.5, workers=0)
    print(f"naive           {per_second(lambda i: naive(source, i), 100):8.0f} crops/s")
    print(f"cropped first   {per_second(lambda i: cropped_first(source, i, side), 100):8.0f} crops/s")
    print(f"ring            {per_second(sampler.sample, 300, batch):8.0f} crops/s")


if __name__ == "__main__":
    main()
