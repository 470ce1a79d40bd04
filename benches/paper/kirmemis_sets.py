"""Kirmemis' sets: shares of one total by integer programming, beside one quality for all and equal rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.metrics import SSIMULACRA2
from accelir.restoration.pictures import load
from accelir.sets.choices import Choices
from accelir.sets.exact import solve
from benches.common import Pixels, largest_within, pillow_jpeg, quality_within, signed
from benches.paper.pictures import picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit
from benches.sets import errors, scores, total_of, ways

SETS = ("kodak", "urban100")
TOGETHER = "all together"
RATES = (0.4, 0.7, 1.0)
SIDE = 512
"""What pictures are cut to at the top left, pixels."""
QUALITIES = range(5, 96, 5)
"""Of Pillow's files among which shares are chosen."""
ONE = "one quality"
SQUARED = "ILP, squared error"
OUR_SQUARED = "squared error"
PAPER = dict.fromkeys((SQUARED, OUR_SQUARED), "+0.44")
"""dB over one quality for all."""
OURS = {"mse": OUR_SQUARED, "worst": "worst picture", "psnr": "mean PSNR", "ssimulacra2": "SSIMULACRA 2"}
"""What the objectives of encode_set are called."""


@dataclass(frozen=True)
class Rung:
    """Pillow's file of a picture at a quality."""

    data: bytes
    error: float
    """Mean squared."""
    unseen: float
    """Points of SSIMULACRA 2 below 100."""


Ladder = Sequence[Rung]


def units(options: Options) -> Iterator[Unit]:
    for name in (*SETS, TOGETHER):
        paths = tuple(path for _, path in picture_paths(options, SETS if name == TOGETHER else (name,)))
        for rate in RATES:
            yield Unit(f"{name} {len(paths)} {rate}", partial(measure, name, paths, rate))


def measure(name: str, paths: tuple[Path, ...], rate: float) -> list[Record]:
    """Scores of the set by each way of sharing the rate."""
    pictures = [np.ascontiguousarray(load(path)[:SIDE, :SIDE]) for path in paths]
    made = {("Pillow", way): files for way, files in pillow_ways(paths, pictures, rate)}
    made |= {("ours", shown(way)): files for way, files, _ in ways(pictures, rate, "fidelity", "jpeg")}
    told = {"set": name, "pictures": len(pictures), "rate": rate}
    return [
        told
        | {"files": files, "way": way, "scores": scores(pictures, data)}
        | {"used": 100 * sum(map(len, data)) / total_of(pictures, rate)}
        for (files, way), data in made.items()
    ]


def shown(way: str) -> str:
    """A way of benches.sets, as the table calls it."""
    objective, _, bound = way.partition(", min_psnr ")
    return OURS.get(objective, objective) + (f", PSNR of {bound} at least" if bound else "")


def pillow_ways(paths: tuple[Path, ...], pictures: Sequence[Pixels], rate: float) -> Iterator[tuple[str, list[bytes]]]:
    """Pillow's files by equal rates, by one quality, and by integer programming over qualities."""
    total, makers = total_of(pictures, rate), [partial(pillow_jpeg, picture) for picture in pictures]

    def at(quality: int) -> list[bytes]:
        return [make(quality) for make in makers]

    budgets = [bytes_at(rate, picture.shape) for picture in pictures]
    yield "equal bpp", [largest_within(make, budget) or make(1) for make, budget in zip(makers, budgets, strict=True)]
    yield ONE, at(quality_within(lambda quality: b"".join(at(quality)), total) or 1)
    ladders = [ladder(path) for path in paths]
    yield SQUARED, by_ilp(ladders, total, lambda rung: rung.error)
    yield "ILP, SSIMULACRA 2", by_ilp(ladders, total, lambda rung: rung.unseen)


@lru_cache(maxsize=128)
def ladder(path: Path) -> tuple[Rung, ...]:
    """Pillow's files of a picture, those alone that are larger than all of lower quality."""
    picture = np.ascontiguousarray(load(path)[:SIDE, :SIDE])
    rungs: list[Rung] = []
    for quality in QUALITIES:
        data = pillow_jpeg(picture, quality)
        if not rungs or len(data) > len(rungs[-1].data):
            unseen = 100 - SSIMULACRA2.score(decode_pixels(data), picture)
            rungs.append(Rung(data, errors([picture], [data])[0], unseen))
    return tuple(rungs)


def by_ilp(ladders: Sequence[Ladder], total: int, loss: Callable[[Rung], float]) -> list[bytes]:
    """Of each ladder the file with which the sum of losses is least within the total, exactly."""
    choices = [
        Choices(
            np.array([float(len(rung.data)) for rung in each]),
            np.array([loss(rung) for rung in each]),
            np.array([rung.error for rung in each]),
            np.zeros(len(each), np.intp),
        )
        for each in ladders
    ]
    sizes = solve(choices, total, gap=0.0)
    assert sizes is not None, "no files are within the total"
    return [
        next(rung.data for rung in each if len(rung.data) == size) for each, size in zip(ladders, sizes, strict=True)
    ]


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(record, records) for record in records]


def row(record: Record, records: Sequence[Record]) -> Row:
    same = ("set", "rate", "files")
    one = next(each for each in records if each["way"] == ONE and all(each[key] == record[key] for key in same))
    over = signed(np.subtract(record["scores"], one["scores"]))
    names = "PSNR of mean error", "worst PSNR", "mean PSNR", "SSIMULACRA2"
    return {
        "set": record["set"],
        "pictures": record["pictures"],
        "bpp": f"{record['rate']}",
        "files": record["files"],
        "shares by": record["way"],
        **dict(zip(names, record["scores"], strict=True)),
        "over one quality": over[0],
        "over one quality, mean PSNR": over[2],
        "the paper's": PAPER.get(record["way"], "–"),
        "used": f"{record['used']:.2f} %",
    }


TABLE = Table(
    name="kirmemis-sets",
    title="Kirmemis: one total for a set, by integer programming",
    about=f"""
Kirmemis (2023, chapter 4) shares rate over a set by integer linear programming, and gains 0.44 dB over one quality for
all. The thesis is not at hand: which pictures, rates and codec the figure is of, and whether the PSNR is that of
the mean error or the mean of PSNRs, isn't known here, so both are shown. The codec there is a learned one; here it is
JPEG. "Pillow" is Pillow's (`optimize=True`, 4:2:0): equal rates, the highest quality that all pictures may have within
the total, and for each picture one of {len(QUALITIES)} qualities by integer programming, solved exactly, for squared
errors and for SSIMULACRA 2. "Ours" are files of `fidelity`: equal rates, one step for all, and `encode_set` by its
objectives, which shares in single bytes by Lagrangians, for squared errors within 0.0015 dB of the exact optimum
(../sets.md), or exactly where a bound is on the PSNR. The top left {SIDE} x {SIDE} pixels of each picture.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
