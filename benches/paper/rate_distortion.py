"""BD-rate and BD-PSNR of restored files, and their quality before restoration, against Pillow, mozjpeg and jpegli."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.request import AUTO_REFERENCE
from accelir.restoration.network import open_network
from accelir.restoration.pictures import list_pictures
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    PEER_TASKS,
    Case,
    Score,
    bd_rates,
    bd_scores,
    both_scores,
    largest_within,
    means,
    peer_files,
    pillow_jpeg,
    prepare,
    signed,
)
from benches.paper.pictures import case_of, count_of, evenly
from benches.paper.table import Options, Record, Row, Table, Unit

WIDER = 0.6, 1.33
"""How far our curves go below the protocol's lowest rate and above its highest, so that they meet the qualities of all
of Pillow's between these."""
SETS = ("kodak", "urban100", "set14")
STEERED_SETS = ("kodak",)
"""Sets whose pictures are also encoded with their originals as `reference=`, which takes seconds a file."""
ORIGINAL = "reference"
POINTS = 7
"""Files of Pillow's, and of each profile."""
PILLOW = "Pillow"
Files = dict[str, list[bytes]]
"""By encoder, or by profile."""
Curves = dict[str, list[Score]]


def units(options: Options) -> Iterator[Unit]:
    groups: dict[tuple[str, str], dict[str, Files]] = {}
    for row, data in peer_files(options.data):
        pictures = groups.setdefault((row["task"], row["set"]), {})
        pictures.setdefault(row["image"], {}).setdefault(row["encoder"], []).append(data)
    for (name, set_name), pictures in groups.items():
        if set_name not in SETS:
            continue
        task, paths = PEER_TASKS[name], {path.stem: path for path in list_pictures(options.data / "eval" / set_name)}
        for image in evenly(sorted(pictures), count_of(set_name, options)):
            yield Unit(f"{name} {set_name} {image}", partial(compare, task, paths[image], pictures[image]))
            ways = (ORIGINAL, AUTO_REFERENCE) if task.scale > 1 and set_name in STEERED_SETS else (AUTO_REFERENCE,)
            for way in ways:
                yield Unit(f"{name} {set_name} {image} {way}", partial(compare_steered, task, paths[image], way))


def compare(task: Task, path: Path, peers: Files) -> list[Record]:
    """Differences of every curve from Pillow's, and of ours from the other encoders'."""
    case, profiles = case_of(path, task), ("fidelity", str(task))
    by_pillow = pillow_files(case, task)
    files = {PILLOW: by_pillow, **peers}
    for profile in profiles:
        ready = prepare(case.picture, profile)
        files[profile] = [ready.within(len(data)).data for data in by_pillow]
    pairs = [(PILLOW, test) for test in (*peers, *profiles)] + [(peer, test) for peer in peers for test in profiles]
    return differences(task, case, files, pairs)


def compare_steered(task: Task, path: Path, way: str) -> list[Record]:
    """The difference of files that were steered through the task's network, with the original or without, from
    Pillow's.
    """
    case, encoder = case_of(path, task), accelir.Encoder(profile=str(task))
    by_pillow, name = pillow_files(case, task), f"{task}, {way}"
    reference = case.truth if way == ORIGINAL else way
    steered = [encoder.encode(case.picture, max_bytes=len(data), reference=reference).data for data in by_pillow]
    return differences(task, case, {PILLOW: by_pillow, name: steered}, [(PILLOW, name)])


def differences(task: Task, case: Case, files: Files, pairs: Sequence[tuple[str, str]]) -> list[Record]:
    """Of pairs of curves, the first of a pair being what the second is compared with."""
    restored, before = curves(task, case, files)
    span = min(task.rates), max(task.rates)
    return [
        {
            "task": str(task),
            "anchor": anchor,
            "file": test,
            "rate": bd_rates(restored[anchor], restored[test], *span).tolist(),
            "gain": bd_scores(restored[anchor], restored[test], *span).tolist(),
            "before": bd_scores(before[anchor], before[test], *span).tolist(),
        }
        for anchor, test in pairs
    ]


def curves(task: Task, case: Case, files: Files) -> tuple[Curves, Curves]:
    """Scores after the task's network, and before it."""
    network, area = open_network(str(task), 1), case.picture.shape[0] * case.picture.shape[1]
    restored: Curves = {name: [] for name in files}
    before: Curves = {name: [] for name in files}
    for name, data in ((name, data) for name, each in files.items() for data in each):
        found = both_scores(network, data, case)
        for found_curves, judged in zip((restored, before), found, strict=True):
            scored = dict(zip(JUDGES, judged.tolist(), strict=True))
            found_curves[name].append(Score(len(data) * 8 / area, scored))
    return restored, before


def pillow_files(case: Case, task: Task) -> list[bytes]:
    """The largest within evenly spaced rates."""
    low, high = min(task.rates) * WIDER[0], max(task.rates) * WIDER[1]
    make = partial(pillow_jpeg, case.picture)
    found = [largest_within(make, bytes_at(rate, case.picture.shape)) for rate in np.geomspace(low, high, POINTS)]
    return list(dict.fromkeys(data for data in found if data is not None))


def rows(records: Sequence[Record]) -> list[Row]:
    keys = dict.fromkeys((each["task"], each["anchor"], each["file"]) for each in records)
    return [row(key, [r for r in records if (r["task"], r["anchor"], r["file"]) == key]) for key in keys]


def row(key: tuple[str, str, str], records: Sequence[Record]) -> Row:
    rate, gain, before = (means([each[kind] for each in records]) for kind in ("rate", "gain", "before"))
    return {
        **dict(zip(("task", "against", "file"), key, strict=True)),
        "pictures": len(records),
        **dict(zip((f"{judge}, rate %" for judge in JUDGES), signed(rate), strict=True)),
        **dict(zip((f"{judge}, gain" for judge in JUDGES), signed(gain), strict=True)),
        "RGB before": signed(before)[0],
        "Y before": signed(before)[1],
    }


TABLE = Table(
    name="rate-distortion",
    title="BD-rate and BD-PSNR of restored files, and quality before restoration",
    about=f"""
Pictures are encoded by Pillow (optimize=True, 4:2:0) at {POINTS} rates, by ours at the bytes of each of these, and
there are mozjpeg's and jpegli's files at the protocol's three rates; every file is restored by the task's own
network. "Rate %" is the mean difference in bytes at equal scores of the restored picture (Bjontegaard's, below 0 is
better), "gain" the mean difference in scores at equal bytes: dB, points for SSIMULACRA 2. Both are between the
protocol's lowest and highest rate, and means over pictures; "reference" are files steered towards the original
through the task's network, of Kodak's pictures alone, "auto" those that were steered without it; the last columns are
gains in dB before restoration. A dash stands where no picture has all scores. AccelIR
reports 7.3 % less rate than JPEG, and 0.02 to 0.08 dB less before restoration.
""",
    units=units,
    rows=rows,
    facts=lambda options: {
        "data": f"{options.count} evenly spaced pictures of {', '.join(SETS)} where mozjpeg has files of them"
    },
)
