"""Restored quality at equal bytes, the same network for all: `python benches/restored.py DATA [--tasks sr-x4 ...]`.

DATA holds eval/ and peers/. By the evaluation protocol: pictures are degraded, encoded by Pillow (optimize=True,
4:2:0, the largest file within the rate) and, at that file's bytes, by ours with `fidelity` and with the task's
profile; all are decoded and restored by the task's network. Where mozjpeg's files exist ours are encoded again to
their bytes. First comes the peer restored, then what ours gain over it restored, and the profile's file before that.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from common import (
    JUDGES,
    PEER_TASKS,
    Case,
    Scores,
    both_scores,
    cases,
    largest_within,
    means,
    peer_files,
    pillow_jpeg,
    prepare,
    print_head,
    print_row,
    signed,
)

from accelir.formats.budget import bytes_at
from accelir.restoration.network import Network, open_network
from accelir.restoration.tasks import Task

Both = dict[str, tuple[Scores, Scores]]
"""Scores after the network and before it, by encoder."""


def peers_of(data: Path, task: Task, sets: list[str]) -> dict[tuple[str, str], list[tuple[str, bytes]]]:
    """Files made beforehand and what tables call them, by set and picture."""
    found: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
    for row, peer in peer_files(data):
        if PEER_TASKS[row["task"]] == task and row["set"] in sets:
            found.setdefault((row["set"], row["image"]), []).append((f"{row['encoder']}, {row['bpp']} bpp", peer))
    return found


def by_pillow(case: Case, task: Task) -> Iterator[tuple[str, bytes]]:
    for rate in task.rates:
        peer = largest_within(partial(pillow_jpeg, case.picture), bytes_at(rate, case.picture.shape))
        if peer is not None:
            yield f"Pillow, {rate} bpp", peer


def compare(peers: list[tuple[str, bytes]], case: Case, profiles: tuple[str, ...], network: Network) -> Iterator[Both]:
    """Scores of each peer and of our files of its size."""
    prepared = {profile: prepare(case.picture, profile) for profile in profiles}
    for _, peer in peers:
        files = {"peer": peer} | {profile: each.within(len(peer)).data for profile, each in prepared.items()}
        yield {name: both_scores(network, data, case) for name, data in files.items()}


def print_means(label: str, rows: list[Both]) -> None:
    """The last profile is the task's."""
    print_row(label, len(rows), "the peer", *(f"{value:.2f}" for value in means([row["peer"][0] for row in rows])))
    *_, last = rows[0]
    for name in [name for name in rows[0] if name != "peer"]:
        print_row("", "", name, *signed(means([row[name][0] - row["peer"][0] for row in rows])))
    print_row("", "", f"{last}, before", *signed(means([row[last][1] - row["peer"][1] for row in rows])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(map(str, PEER_TASKS.values())))
    parser.add_argument("--sets", nargs="+", default=["kodak"])
    parser.add_argument("--network")
    a = parser.parse_args()
    for name in a.tasks:
        task, network = Task.parse(name), open_network(a.network or name, 1)
        known = peers_of(a.data, task, a.sets)
        rows: dict[str, list[Both]] = {}
        for folder in a.sets:
            for stem, case in cases(a.data / "eval" / folder, task).items():
                peers = [*by_pillow(case, task), *known.get((folder, stem), [])]
                for (label, _), both in zip(peers, compare(peers, case, ("fidelity", name), network), strict=True):
                    rows.setdefault(label, []).append(both)
        print(f"\n{name}, network {network.card.name}, {' '.join(a.sets)}: the peer restored, and differences from it")
        print_head("peer", "pictures", "file", *JUDGES)
        for label in sorted(rows):
            print_means(label, rows[label])


if __name__ == "__main__":
    main()
