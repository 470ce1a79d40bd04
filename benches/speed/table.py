"""Results from runs of the speed benches: `python -m benches.speed.table RUN.json...` writes docs/results/speed.csv.

A run is what `python -m pytest benches/speed --benchmark-only --benchmark-json=RUN.json` wrote, of all benches or some.
Each group of benches comes from the last run that has it, since other runs have another clock.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benches.paper.results import write_result
from benches.paper.table import Row

Bench = dict[str, Any]
"""As pytest-benchmark writes it."""
SAID_BY_GROUPS = {"kind", "megapixels", "format", "file"}
"""Parameters of benches."""
LABELS = {
    "pillow": "Pillow",
    "pillow bisecting": "Pillow, bisecting",
    "peer": "",
    "profiles": "accelir",
    "to a size": "accelir",
    "at a step": "accelir, at a step",
    "decode": "accelir",
    "scale": "",
    "restore": "",
    "metric": "",
}
"""What benches are called, where that isn't their name."""
ABOUT = """
CPU time of all threads, the least of several rounds, and how many times Pillow's time that is in the same run and
group: more is slower. Pillow, mozjpeg (as `jpeglib` builds it) and jpegli (`pyjpegli`) write one file at the quality of
the same size, which they are told; ours search for the size. "At a step" is ours without that search, "bisecting"
Pillow with one by trying. Encoding is by effort 5 and the profile `fidelity` where nothing else is said. JPEG has 4:2:0
but where "auto" chooses.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    a = parser.parse_args()
    benches = latest([json.loads(run.read_text("utf-8"))["benchmarks"] for run in a.runs])
    facts = {
        "command": "python -m pytest benches/speed --benchmark-only --benchmark-json=RUN.json; "
        "python -m benches.speed.table RUN.json",
        "data": "examples/photo.png, cut or mirrored beside itself",
    }
    write_result("speed", "Speed beside Pillow, mozjpeg and jpegli", ABOUT, facts, list(rows_of(benches)))


def latest(runs: Sequence[Sequence[Bench]]) -> list[Bench]:
    """The benches of each group's last run."""
    last = {bench["group"]: run for run, benches in enumerate(runs) for bench in benches}
    return [bench for run, benches in enumerate(runs) for bench in benches if last[bench["group"]] == run]


def rows_of(benches: Sequence[Bench]) -> Iterator[Row]:
    """By group, Pillow first."""
    peers = {bench["group"]: seconds(bench) for bench in benches if is_pillow(bench)}
    for bench in sorted(benches, key=lambda bench: (bench["group"], not is_pillow(bench))):
        peer = peers.get(bench["group"])
        yield {
            "group": bench["group"],
            "what": name_of(bench),
            "ms": f"{1000 * seconds(bench):.1f}",
            "times Pillow's": "–" if peer is None else f"{seconds(bench) / peer:.2f}",
        }


def is_pillow(bench: Bench) -> bool:
    found: bool = bench["name"].startswith("bench_pillow[")
    return found


def seconds(bench: Bench) -> float:
    least: float = bench["stats"]["min"]
    return least


def name_of(bench: Bench) -> str:
    """What was timed, without what the group says of it."""
    name = bench["name"].partition("[")[0].removeprefix("bench_").replace("_", " ")
    own = [(key, value) for key, value in (bench["params"] or {}).items() if key not in SAID_BY_GROUPS]
    words = (f"{key} {value}" if key in ("effort", "profile", "scale") else str(value) for key, value in own)
    return ", ".join(filter(None, [LABELS.get(name, name), *words]))


if __name__ == "__main__":
    main()
