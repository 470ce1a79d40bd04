"""Gains at equal bytes over other encoders' files made beforehand: `python benches/peers.py DATA [--effort 5]`.

DATA holds eval/ and peers/ with its manifest.csv. Decoded pictures are compared with what was encoded, before any
restoration.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from common import (
    EFFORT,
    JUDGES,
    PEER_TASKS,
    Case,
    Scores,
    cases,
    means,
    peer_files,
    prepare,
    print_head,
    print_row,
    scores,
    signed,
)

from accelir.formats.decode import decode_pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--effort", type=int, default=EFFORT)
    parser.add_argument("--subsampling", default="auto")
    a = parser.parse_args()
    known: dict[tuple[str, str], dict[str, Case]] = {}
    gains: dict[tuple[str, ...], list[Scores]] = defaultdict(list)
    for row, peer in peer_files(a.data):
        key = row["task"], row["set"]
        if key not in known:
            known[key] = cases(a.data / "eval" / row["set"], PEER_TASKS[row["task"]])
        picture = known[key][row["image"]].picture
        made = prepare(picture, "fidelity", effort=a.effort, subsampling=a.subsampling).within(len(peer))
        theirs, ours = (scores(decode_pixels(data), picture) for data in (peer, made.data))
        gains[row["task"], row["encoder"], row["set"], row["bpp"]].append(ours - theirs)
    print_head("task", "peer", "set", "bpp", "pictures", *JUDGES)
    for key, values in sorted(gains.items()):
        print_row(*key, len(values), *signed(means(values)))


if __name__ == "__main__":
    main()
