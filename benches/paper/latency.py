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
    """Least wall times of several runs, by threads."""
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    seconds = {threads: least_wall(network, threads, picture) for threads in THREADS}
    return [{"network": name, "macs": open_network(network).card.macs, "seconds": list(seconds.values())}]


def least_wall(network: str | Path, threads: int, picture: Pixels) -> float:
    restore = open_network(network, threads)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        restore(picture)
        times.append(time.perf_counter() - start)
    return min(times)


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(record) for record in sorted(records, key=lambda record: float(record["macs"]))]


def row(record: Record) -> Row:
    one, two = record["seconds"]
    return {
        "network": record["network"],
        "MACs a pixel": f"{record['macs']:,.0f}",
        "ms, 1 thread": f"{1000 * one:.0f}",
        "ms, 2 threads": f"{1000 * two:.0f}",
        "2 threads faster": f"{one / two:.2f}x",
        "GMAC a second, 1 thread": f"{record['macs'] * WIDTH * HEIGHT / one / 1e9:.0f}",
    }


def draw(rows: list[Row], figure: Any) -> None:
    axes = figure.subplots()
    places = np.arange(len(rows))
    for shift, threads in ((-0.2, "1 thread"), (0.2, "2 threads")):
        axes.barh(places + shift, [float(row[f"ms, {threads}"]) for row in rows], 0.38, label=threads)
    axes.set_yticks(places, [row["network"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f"milliseconds for a picture of {WIDTH} x {HEIGHT} pixels")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


TABLE = Table(
    name="figure-4",
    title="Figure 4: latency of restoration networks on this CPU",
    about=f"""
The least wall time of {RUNS} runs of each network on {WIDTH} x {HEIGHT} pixels by ONNX runtime in float32, with one
thread and with two; MACs are those of a pixel of the input. AccelIR measures phones and a graphics card instead. Its
figure of energy is left out: nothing on this machine tells a process how much energy it took.
""",
    units=units,
    rows=rows,
    draw=draw,
    facts=lambda options: {"data": "noise, as time doesn't depend on the picture", "cores": str(os.cpu_count())},
)
