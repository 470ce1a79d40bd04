"""Figure 4: how long restoration networks take on this CPU, with one thread and with two."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import accelir
from accelir.restoration.network import open_network
from benches.common import Pixels
from benches.paper.table import Options, Record, Row, Table, Unit

WIDTH, HEIGHT = 480, 270
"""What enlarging by 4 makes Full HD."""
THREADS = (1, 2)
RUNS = 7


def units(options: Options) -> Iterator[Unit]:
    found = {name: name for name in accelir.networks() if not name.endswith("-detail")}
    if options.runs is not None:
        found |= {path.stem: str(path) for path in sorted(options.runs.glob("*/*.onnx"))}
    for name, network in found.items():
        yield Unit(name, partial(measure, name, network))


def measure(name: str, network: str | Path) -> list[Record]:
    """Least times of several runs, by threads."""
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    times = {str(threads): least_times(network, threads, picture) for threads in THREADS}
    return [{"network": name, "macs": open_network(network).card.macs, "times": times}]


def least_times(network: str | Path, threads: int, picture: Pixels) -> list[float]:
    """Seconds on the clock, and seconds of CPU of all threads."""
    restore = open_network(network, threads)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter(), time.process_time()
        restore(picture)
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return [min(each) for each in zip(*times, strict=True)]


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(record) for record in sorted(records, key=lambda record: float(record["macs"]))]


def row(record: Record) -> Row:
    (wall_1, cpu_1), (wall_2, cpu_2) = (record["times"][str(threads)] for threads in THREADS)
    return {
        "network": record["network"],
        "MACs a pixel": f"{record['macs']:,.0f}",
        "CPU ms, 1 thread": f"{1000 * cpu_1:.0f}",
        "CPU ms, 2 threads": f"{1000 * cpu_2:.0f}",
        "ms, 1 thread": f"{1000 * wall_1:.0f}",
        "ms, 2 threads": f"{1000 * wall_2:.0f}",
        "GMAC a second of CPU": f"{record['macs'] * WIDTH * HEIGHT / cpu_1 / 1e9:.0f}",
    }


def draw(rows: list[Row], figure: Any) -> None:
    axes = figure.subplots()
    places = np.arange(len(rows))
    for shift, column in ((-0.2, "CPU ms, 1 thread"), (0.2, "CPU ms, 2 threads")):
        axes.barh(places + shift, [float(row[column]) for row in rows], 0.38, label=column)
    axes.set_yticks(places, [row["network"] for row in rows], fontsize=10 if len(rows) < 12 else 6)
    axes.invert_yaxis()
    axes.set_xlabel(f"milliseconds of CPU for a picture of {WIDTH} x {HEIGHT} pixels")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


TABLE = Table(
    name="figure-4",
    title="Figure 4: latency of restoration networks on this CPU",
    about=f"""
The least of {RUNS} runs of each network on {WIDTH} x {HEIGHT} pixels by ONNX runtime in float32, with one thread and
with two: CPU time of all threads, and time on the clock. Other work on the machine lengthens the latter; "load" is how
many processes wanted its cores meanwhile. Where that is more than the cores, the clock says nothing of a free machine,
on which one thread would take its CPU time, and two half of theirs at best. MACs are those of a pixel of the input.
AccelIR measures phones and a graphics card instead. Energy is left out: no counter of this machine tells it.
""",
    units=units,
    rows=rows,
    draw=draw,
    facts=lambda options: {
        "data": "noise, as time doesn't depend on the picture",
        "load": f"{os.getloadavg()[1]:.1f} in the last five minutes",
    },
)
