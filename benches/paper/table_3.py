"""Table 3: WebP at 0.5 bpp against libwebp with its adaptive quantisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from accelir.formats.budget import bytes_at
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    both_scores,
    largest_within,
    means,
    pillow_webp,
    prepare,
    signed,
)
from benches.paper.pictures import SETS, case_of, pictures_of, task_units
from benches.paper.table import Options, Record, Row, Table, Unit

RATE = 0.5
PEER = "libwebp"


def units(options: Options) -> Iterator[Unit]:
    return task_units(options, SETS, compare)


def compare(task: Task, path: Path) -> list[Record]:
    """Scores after the task's network and before it, of libwebp's file and ours of its size."""
    case, network = case_of(path, task), open_network(str(task), 1)
    make = partial(pillow_webp, case.picture)
    peer = largest_within(make, bytes_at(RATE, case.picture.shape), range(101)) or make(0)
    files = {PEER: peer}
    for profile in ("fidelity", str(task)):
        files[profile] = prepare(case.picture, profile, "webp").within(len(peer)).data
    found = {name: both_scores(network, data, case) for name, data in files.items()}
    return [
        {"task": str(task), "file": name, "bytes": len(files[name]), "after": list(after), "before": list(before)}
        for name, (after, before) in found.items()
    ]


def rows(records: Sequence[Record]) -> list[Row]:
    return [row for task in dict.fromkeys(each["task"] for each in records) for row in rows_of(task, records)]


def rows_of(task: str, records: Sequence[Record]) -> Iterator[Row]:
    by_file: dict[str, list[Record]] = {}
    for record in records:
        if record["task"] == task:
            by_file.setdefault(record["file"], []).append(record)
    peers = by_file.pop(PEER)
    restored = means([peer["after"] for peer in peers])
    yield row(task, PEER, len(peers), [f"{value:.2f}" for value in restored], "–", "–")
    for name, ours in by_file.items():
        gains = [[a - b for a, b in zip(o["after"], p["after"], strict=True)] for o, p in zip(ours, peers, strict=True)]
        before = means([[o["before"][0] - p["before"][0]] for o, p in zip(ours, peers, strict=True)])
        ahead = sum(gain[0] > 0 for gain in gains)
        yield row(task, name, len(ours), signed(means(gains)), signed(before)[0], f"{ahead} of {len(ours)}")


def row(task: str, name: str, pictures: int, judged: list[str], before: str, ahead: str) -> Row:
    judges = dict(zip(JUDGES, judged, strict=True))
    return {"task": task, "file": name, "pictures": pictures, **judges, "RGB before": before, "ahead": ahead}


TABLE = Table(
    name="table-3",
    title="Table 3: WebP at 0.5 bpp, against libwebp with adaptive quantisation",
    about=f"""
Pictures are encoded as WebP by Pillow (libwebp, method 6, the highest quality within {RATE} bpp; its adaptive
quantisation is on, as it is unless switched off) and by ours with `fidelity` and the task's profile, at the bytes of
Pillow's file. All are restored by the task's own network. The rows of libwebp are scores, those below differences from
them: PSNR in dB over RGB and luma, SSIMULACRA 2 in points, PSNR of luma where the truth is flat; "RGB before" is before
the network, "ahead" says how many pictures gain in RGB.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
