"""Table 4: profiles with networks, tasks and data sets that they weren't tuned for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    Case,
    Pixels,
    Score,
    bd_rates,
    largest_within,
    means,
    pillow_jpeg,
    prepare,
    scores,
    signed,
)
from benches.paper.pictures import case_of, picture_paths, pictures_of
from benches.paper.published import published
from benches.paper.table import Options, Record, Row, Table, Unit
from benches.paper.widths import NETWORKS, SHIPPED, SIDE, families

SETS = ("kodak", "urban100", "set14", "bsd100")
PROFILES = ("fidelity", "sr-x4", "denoise-25", "deblur-1.5")
PILLOW = "Pillow"
Restore = Callable[[Pixels], Pixels]


def networks_of(options: Options, task: str) -> dict[str, Restore]:
    """The task's own network, the full widths that were trained on Pillow's JPEG alone, and published ones."""
    found: dict[str, Restore] = {f"{task}, own": open_network(task, 1)}
    for family, widths in families(options, task).items():
        if family != SHIPPED:
            found[widths[0].card.name] = open_network(widths[0].path, 1)
    return found | (published() if task == "sr-x4" else {})


def units(options: Options) -> Iterator[Unit]:
    for task in NETWORKS:
        networks = networks_of(options, task)
        for set_name, path in picture_paths(options, SETS):
            for name, network in networks.items():
                run = partial(measure, task, set_name, path, name, network)
                yield Unit(f"{task} {set_name} {path.stem} {name}", run)


@lru_cache(maxsize=1)
def files_of(task: str, path: Path) -> tuple[Case, list[dict[str, bytes]]]:
    """Pillow's files within the task's rates, and ours of their sizes by each profile."""
    case = case_of(path, Task.parse(task), SIDE[task])
    ready = {profile: prepare(case.picture, profile) for profile in PROFILES}
    found = []
    for rate in Task.parse(task).rates:
        peer = largest_within(partial(pillow_jpeg, case.picture), bytes_at(rate, case.picture.shape))
        if peer is not None:
            ours = {profile: each.within(len(peer)).data for profile, each in ready.items()}
            found.append({PILLOW: peer, **ours})
    return case, found


def measure(task: str, set_name: str, path: Path, name: str, network: Restore) -> list[Record]:
    """Gains of each profile over Pillow's JPEG, means over the rates, and its BD-rate."""
    case, files = files_of(task, path)
    area = case.picture.shape[0] * case.picture.shape[1]
    curves: dict[str, list[Score]] = {}
    for made in files:
        for file, data in made.items():
            judged = scores(network(decode_pixels(data)), case.truth).tolist()
            score = Score(len(data) * 8 / area, dict(zip(JUDGES, judged, strict=True)))
            curves.setdefault(file, []).append(score)
    anchor = curves.pop(PILLOW)
    return [
        {"task": task, "set": set_name, "network": name, "profile": profile} | differences(anchor, curve)
        for profile, curve in curves.items()
    ]


def differences(anchor: list[Score], curve: list[Score]) -> Record:
    gains = [
        [ours.by_judge[j] - theirs.by_judge[j] for j in JUDGES] for ours, theirs in zip(curve, anchor, strict=True)
    ]
    span = anchor[0].bpp, anchor[-1].bpp
    return {"gain": means(gains).tolist(), "rate": float(bd_rates(anchor, curve, *span)[0])}


def rows(records: Sequence[Record]) -> list[Row]:
    """By network and profile over all sets, then by set with the task's own profile."""
    keys = dict.fromkeys((each["task"], each["network"], each["profile"]) for each in records)
    whole = [row_of(key, "all", [r for r in records if key_of(r) == key]) for key in keys]
    own = [key for key in keys if key[0] == key[2]]
    sets = dict.fromkeys(each["set"] for each in records)
    by_set = [
        row_of(key, name, [r for r in records if key_of(r) == key and r["set"] == name]) for key in own for name in sets
    ]
    return [*whole, *by_set]


def key_of(record: Record) -> tuple[str, str, str]:
    return record["task"], record["network"], record["profile"]


def row_of(key: tuple[str, str, str], set_name: str, records: Sequence[Record]) -> Row:
    gains = signed(means([each["gain"] for each in records]))
    return {
        **dict(zip(("task", "network", "profile"), key, strict=True)),
        "set": set_name,
        "pictures": len(records),
        **dict(zip(JUDGES, gains, strict=True)),
        "RGB, rate %": signed(means([[each["rate"]] for each in records]))[0],
    }


TABLE = Table(
    name="table-4",
    title="Table 4: unseen networks, tasks and data sets",
    about="""
Every profile with every task's networks: the task's own one; the full widths of the papers' networks, trained here on
Pillow's JPEG alone, which no profile was tuned with; and networks that others published (SPAN and Real-ESRGAN's small
one for videos, which never saw these files). No profile was tuned on pictures of these sets. Gains over Pillow's JPEG
(optimize=True, 4:2:0, the largest within each of the task's three rates) of our files of the same bytes, restored by
the same network, means over rates and pictures: dB, points for SSIMULACRA 2. "Rate %" is the mean difference in bytes
at equal PSNR over RGB, from three files each, without pictures where no score is common. A profile of another task
shows what the wrong one costs.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
