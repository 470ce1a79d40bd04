"""Kirmemis' several decoders of one file: the curve of perception against distortion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import accelir
from accelir.restoration.tasks import Task
from benches.common import means
from benches.detail import DETAILS, JUDGES, RATES, draw, judged, profile_of
from benches.paper.pictures import case_of, picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak", "urban100")
COLUMNS = dict(zip((*JUDGES, "gradients"), ("PSNR", "luma", "MS-SSIM", "SSIMULACRA2", "gradients"), strict=True))
"""What the judges of benches.detail are called."""


def units(options: Options) -> Iterator[Unit]:
    for task in RATES:
        for set_name, path in picture_paths(options, SETS):
            yield Unit(f"{task} {set_name} {path.stem}", partial(measure, task, path))


def measure(task: str, path: Path) -> list[Record]:
    """Scores of a picture's files by each detail."""
    case, encoder = case_of(path, Task.parse(task)), accelir.Encoder(profile=profile_of(task))
    found = []
    for rate in RATES[task]:
        scores = judged(encoder.encode(case.picture, bpp=rate).data, case.truth, task)
        found += [
            {"task": task, "rate": rate, "detail": detail, "scores": row.tolist()}
            for detail, row in zip(DETAILS, scores, strict=True)
        ]
    return found


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(task, rate, detail, records) for task in RATES for rate in RATES[task] for detail in DETAILS]


def row(task: str, rate: float, detail: float, records: Sequence[Record]) -> Row:
    mean, least = (mean_of(records, task, rate, each) for each in (detail, DETAILS[0]))
    scores: Row = dict(zip(COLUMNS.values(), mean, strict=True))
    return {
        "file": task,
        "bpp": f"{rate}",
        "detail": f"{detail:g}",
        **scores,
        "MS-SSIM": f"{mean[JUDGES.index('ms-ssim')]:.3f}",
        "PSNR lost": f"{round(least[0] - mean[0], 2) + 0:.2f}",
        "theory's most": "3",
    }


def mean_of(records: Sequence[Record], task: str, rate: float, detail: float) -> list[float]:
    key = task, rate, detail
    found = [each["scores"] for each in records if (each["task"], each["rate"], each["detail"]) == key]
    return means(found).tolist()


def draw_rows(rows: list[Row], figure: Any) -> None:
    figure.set_size_inches(4 * len(RATES), 6)
    found: dict[str, dict[float, np.ndarray]] = {}
    for task in RATES:
        for rate in RATES[task]:
            of_rate = [row for row in rows if (row["file"], row["bpp"]) == (task, f"{rate}")]
            points = [[float(row[column]) for column in COLUMNS.values()] for row in of_rate]
            found.setdefault(task, {})[rate] = np.array(points)
    draw(found, figure)


TABLE = Table(
    name="kirmemis-detail",
    title="Kirmemis: perception against distortion, several decoders of one file",
    about="""
Kirmemis (2023, figure 4.1) decodes one bitstream of a learned codec by several decoders, from the least error to the
best looks. The thesis is not at hand, so its points can't be put beside ours. Here a file of the task's profile
(`fidelity` for dejpeg) is restored by its network (`detail=0`), by its twin, trained against a discriminator
(`detail=1`), and by blends of the two; the file is the same for all. Theory says that the encoder for the least error
stays the best one, and that perfect looks cost at most 3 dB (Blau and Michaeli 2019, Yan et al. 2021). PSNR in dB over
RGB and over luma, MS-SSIM, SSIMULACRA 2 in points; "gradients" is the mean magnitude of luma's Laplacian over the
truth's: 1 where there is as much fine detail as in the truth, be it the right one or not. All but the last compare
with the truth, which measures of perception proper don't: of those LPIPS needs weights that no package carries, and
distances of distributions such as FID need those and thousands of pictures. Means over pictures.
""",
    units=units,
    rows=rows,
    draw=draw_rows,
    facts=lambda options: pictures_of(options, SETS),
)
