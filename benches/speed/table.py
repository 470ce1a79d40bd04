"""Results from runs of the speed benches: `python -m benches.speed.table RUN.json...` writes docs/results/speed.csv.

A run is what `python -m pytest benches/speed --benchmark-only --benchmark-json=RUN.json` wrote, of all benches or some.
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
ABOUT = """
CPU time of one thread, the least of several rounds, and how many times Pillow's time that is in the same run and group:
more is slower. Pillow, mozjpeg (`jpeglib`) and jpegli (`pyjpegli`) write one file at the quality of the same size,
which they are told; ours search for the size. "at a step" is ours without that search.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    a = parser.parse_args()
    benches = [bench for run in a.runs for bench in json.loads(run.read_text("utf-8"))["benchmarks"]]
    facts = {
        "command": "python -m pytest benches/speed --benchmark-only --benchmark-json=RUN.json; "
        "python -m benches.speed.table RUN.json",
        "data": "examples/photo.png, cut or mirrored beside itself",
    }
    write_result("speed", "Speed beside Pillow, mozjpeg and jpegli", ABOUT, facts, list(rows_of(benches)))


def rows_of(benches: Sequence[Bench]) -> Iterator[Row]:
    """By group, the fastest first."""
    peers = {bench["group"]: seconds(bench) for bench in benches if bench["name"].startswith("bench_pillow[")}
    for bench in sorted(benches, key=lambda bench: (bench["group"], seconds(bench))):
        peer = peers.get(bench["group"])
        yield {
            "group": bench["group"],
            "what": name_of(bench),
            "ms": f"{1000 * seconds(bench):.1f}",
            "times Pillow's": "–" if peer is None else f"{seconds(bench) / peer:.2f}",
        }


def seconds(bench: Bench) -> float:
    least: float = bench["stats"]["min"]
    return least


def name_of(bench: Bench) -> str:
    """What was timed, without what the group says of it."""
    name = bench["name"].partition("[")[0].removeprefix("bench_").removeprefix("peer").replace("_", " ")
    own = [(key, value) for key, value in (bench["params"] or {}).items() if key not in SAID_BY_GROUPS]
    return " ".join([name, *(f"effort {value}" if key == "effort" else str(value) for key, value in own)]).strip()


if __name__ == "__main__":
    main()
