"""Files of `sr-x4` as networks of others restore them, over mozjpeg's and jpegli's of the same bytes.

Rows are means over pictures, by what the receiver runs (networks that were trained elsewhere, the profile's own,
bicubic interpolation): the peer's file restored, then what files of `fidelity` and of `sr-x4` have more, in dB (RGB, Y,
flat Y: luma where the truth is flat), points of SSIMULACRA 2 and, where vmaf_torch is installed, of VMAF-NEG.

python -m benches.strangers DATA --sets kodak urban100 --rates 0.9 1.8
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from accelir.metrics.optional import optional_metrics
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    PEER_TASKS,
    Case,
    Pixels,
    cases,
    means,
    peer_files,
    prepare,
    print_head,
    print_row,
    signed,
)
from benches.common import scores as four_scores
from benches.paper.published import published

Receiver = Callable[[Pixels], Pixels]

TASK = Task("sr", 4)
OURS = ("fidelity", "sr-x4")
VMAF = optional_metrics().found.get("vmaf-neg")


def receivers() -> dict[str, Receiver]:
    return {
        **published(),
        "sr-x4, own": open_network("sr-x4", 1),
        "bicubic": partial(enlarged, scale=TASK.scale),
    }


def scores(picture: Pixels, truth: Pixels) -> np.ndarray:
    vmaf = [] if VMAF is None else [VMAF.score(picture, truth)]
    return np.array([*four_scores(picture, truth), *vmaf])


def restored(case: Case, peer: bytes, receive: dict[str, Receiver]) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """By receiver: scores of the peer's file and of ours of its bytes."""
    files = {"the peer": peer} | {name: prepare(case.picture, name).within(len(peer)).data for name in OURS}
    decoded = {name: decode_pixels(data) for name, data in files.items()}
    for receiver, restore in receive.items():
        yield receiver, {name: scores(restore(pixels), case.truth) for name, pixels in decoded.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=["kodak", "urban100", "clic2025", "set14"])
    parser.add_argument("--rates", nargs="+", default=["0.9", "1.8"])
    parser.add_argument("--encoders", nargs="+", default=["mozjpeg"])
    a = parser.parse_args()
    receive = receivers()
    known = {name: cases(a.data / "eval" / name, TASK) for name in a.sets}
    found: dict[tuple[str, str], list[dict[str, np.ndarray]]] = {}
    for row, peer in peer_files(a.data):
        if PEER_TASKS[row["task"]] != TASK or row["set"] not in a.sets:
            continue
        if row["bpp"] not in a.rates or row["encoder"] not in a.encoders:
            continue
        for receiver, rows in restored(known[row["set"]][row["image"]], peer, receive):
            found.setdefault((f"{row['encoder']}, {row['bpp']} bpp", receiver), []).append(rows)
    print_head("peer", "receiver", "pictures", "file", *JUDGES, *([] if VMAF is None else ["VMAF-NEG"]))
    for (peer_name, receiver), pictures in sorted(found.items()):
        shown = means([rows["the peer"] for rows in pictures])
        print_row(peer_name, receiver, len(pictures), "the peer", *(f"{value:.2f}" for value in shown))
        for name in OURS:
            print_row("", "", "", name, *signed(means([rows[name] - rows["the peer"] for rows in pictures])))


if __name__ == "__main__":
    main()
