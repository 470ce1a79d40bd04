"""Tables 1 and 2: how narrow a network on our files may be to be as good as the full width on Pillow's JPEG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

import accelir
from accelir.formats.budget import bytes_at
from accelir.restoration.card import Card
from accelir.restoration.installed import cards, find
from accelir.restoration.network import open_network
from accelir.restoration.tasks import Task
from benches.common import (
    JUDGES,
    WHOLE,
    Case,
    largest_within,
    means,
    pillow_jpeg,
    prepare,
    restored_scores,
    signed,
)
from benches.paper.pictures import case_of, picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

NETWORKS = {
    "sr-x4": {
        "fsrcnn": (56, 16, 4),
        "carn": (36, 12, 4),
        "edsr": (32, 16, 8, 4, 2),
        "latticenet": (32, 8, 4),
        "swinir": (36, 12, 6),
    },
    "denoise-25": {"dncnn": (32, 24, 16, 8), "ffdnet": (64, 40, 32, 16, 8)},
    "deblur-1.5": {
        "ircnn": (64, 56, 48, 40, 36, 32, 28, 26, 24, 22, 20, 16, 8, 4),
        "mimounet": (32, 24, 20, 16, 14, 12, 10, 8, 4),
    },
}
"""The papers' networks by task, and the widths that scripts/train_widths.sh trains, the full one first."""
SETS = ("kodak", "urban100")
SIDE = {"sr-x4": WHOLE, "denoise-25": 512, "deblur-1.5": 512}
"""What pictures are cut to, pixels: those that aren't enlarged take the networks 16 times as long."""
BASE_MACS = {"sr-x4": 1200}
"""MAC per pixel of the bicubic base that ours add and the papers' networks don't have."""
SHIPPED = "ours"
"""What our shipped networks are called as a family."""
STEERED_SETS = ("kodak",)
"""Sets whose pictures are also encoded with `reference=`, which takes seconds a file."""
PILLOW, OURS, STEERED = "Pillow", "ours", "reference"
LOSES = "loses"


@dataclass(frozen=True)
class Width:
    """A network of a family."""

    family: str
    width: str
    card: Card
    path: Path


def families(options: Options, task: str) -> dict[str, list[Width]]:
    """Networks of the task by family, by falling work: the first is the full width."""
    trained = sorted(options.runs.glob("*/*.onnx")) if options.runs else []
    found: dict[str, list[Width]] = {}
    for path in trained:
        card = Card.read(path.with_suffix(".json"))
        family, _, width = card.name.partition("-")
        if family in NETWORKS[task]:
            found.setdefault(family, []).append(Width(family, width, card, path))
    own = [card for card in cards() if card.name in (task, f"{task}-light")]
    found[SHIPPED] = [Width(SHIPPED, card.name, card, find(card.name)) for card in own]
    return {name: sorted(each, key=lambda width: -width.card.macs) for name, each in found.items()}


def units(task: str, options: Options) -> Iterator[Unit]:
    """Pictures outside, so that their files are made once."""
    for set_name, path in picture_paths(options, SETS):
        for widths in families(options, task).values():
            for i, width in enumerate(widths):
                steered = task == "sr-x4" and set_name in STEERED_SETS and i > 0 and width.card.has_gradient
                key = f"{task} {set_name} {path.stem} {width.card.name} {width.card.sha256[:12]}"
                yield Unit(key, partial(measure, task, path, width, steered))


@lru_cache(maxsize=1)
def files_of(task: str, path: Path) -> tuple[Case, dict[float, dict[str, bytes]]]:
    """Pillow's files within the task's rates, and ours of their sizes."""
    case = case_of(path, Task.parse(task), SIDE[task])
    ready, files = prepare(case.picture, task), {}
    for rate in Task.parse(task).rates:
        budget = bytes_at(rate, case.picture.shape)
        peer = largest_within(partial(pillow_jpeg, case.picture), budget)
        if peer is not None:
            files[rate] = {PILLOW: peer, OURS: ready.within(len(peer)).data}
    return case, files


def measure(task: str, path: Path, width: Width, steered: bool) -> list[Record]:
    """Scores of each file under one network. steered: whether to encode towards the original through it, too."""
    case, files = files_of(task, path)
    network, encoder = open_network(width.path, 1), accelir.Encoder(profile=task)
    found = []
    for rate, made in files.items():
        judged = dict(made)
        if steered:
            size = len(made[PILLOW])
            encoded = encoder.encode(case.picture, max_bytes=size, reference=case.truth, networks=[width.path])
            judged[STEERED] = encoded.data
        for name, data in judged.items():
            scored = restored_scores(network, data, case.truth).tolist()
            told = {"family": width.family, "width": width.width, "macs": width.card.macs, "picture": path.stem}
            found.append({"task": task, "rate": rate, "file": name, "scores": scored, **told})
    return found


@dataclass(frozen=True)
class Found:
    """Scores of a width on one kind of files at a rate, by picture."""

    width: str
    macs: float
    scores: dict[str, list[float]]

    def mean(self, pictures: Sequence[str]) -> list[float]:
        return means([self.scores[picture] for picture in pictures]).tolist()


def rows(task: str, records: Sequence[Record]) -> list[Row]:
    """A row a network of at least two widths and rate; then the mean of the papers' networks, and our shipped ones."""
    rates = list(dict.fromkeys(each["rate"] for each in records))
    trained = {name: {each["width"] for each in records if each["family"] == name} for name in NETWORKS[task]}
    known = [name for name, widths in trained.items() if len(widths) > 1]

    def rows_for(family: str) -> list[Row]:
        return [row_of(family, rate, BASE_MACS.get(task, 0), partial(widths_of, records, rate)) for rate in rates]

    made = [row for family in known for row in rows_for(family)]
    return [*made, *([mean_row(made)] if made else []), *rows_for(SHIPPED)]


def mean_row(made: Sequence[Row]) -> Row:
    """Mean savings, where a network that loses saves nothing."""
    mean: Row = {**dict.fromkeys(made[0], "–"), "network": "mean"}
    for column in [name for name in made[0] if "saving" in name]:
        saved = [as_number(row[column]) for row in made if row[column] != "–"]
        mean[column] = f"{np.mean(saved):.1f}" if saved else "–"
    return mean


def widths_of(records: Sequence[Record], rate: float, family: str, file: str) -> list[Found]:
    """Widths of a family on a kind of files, by rising work."""
    found: dict[tuple[float, str], dict[str, list[float]]] = {}
    for each in records:
        if (each["rate"], each["family"], each["file"]) == (rate, family, file):
            found.setdefault((each["macs"], each["width"]), {})[each["picture"]] = each["scores"]
    return [Found(width, macs, scores) for (macs, width), scores in sorted(found.items())]


def row_of(family: str, rate: float, base: int, widths: Callable[[str, str], list[Found]]) -> Row:
    full = widths(family, PILLOW)[-1]
    pictures = list(full.scores)
    wanted = full.mean(pictures)
    chosen = smallest(widths(family, OURS), full, pictures)
    shipped = smallest(widths(SHIPPED, OURS), full, pictures)
    steered = widths(family, STEERED)
    few = list(steered[0].scores) if steered else []
    narrow = smallest(steered, full, few)
    return {
        "network": family,
        "bpp": f"{rate}",
        "full": full.width,
        "full kMAC": kilo(full),
        "full, Pillow": wanted[0],
        "ours": chosen.width,
        "ours kMAC": kilo(chosen),
        **dict(zip(JUDGES, signed(np.subtract(chosen.mean(pictures), wanted)), strict=True)),
        "saving %": saving(full, chosen, pictures, 0),
        "saving % without base": saving(full, chosen, pictures, base),
        "saving % between widths": saving_between(full, widths(family, OURS), pictures),
        "shipped": shipped.width,
        "shipped RGB": signed([shipped.mean(pictures)[0] - wanted[0]])[0],
        "shipped saving %": saving(full, shipped, pictures, 0),
        "reference": narrow.width if few else "–",
        "reference RGB": signed([narrow.mean(few)[0] - full.mean(few)[0]])[0] if few else "–",
        "reference saving %": saving(full, narrow, few, 0) if few else "–",
    }


def as_good(width: Found, full: Found, pictures: Sequence[str]) -> bool:
    """In PSNR over RGB, the mean of the pictures."""
    return width.mean(pictures)[0] >= full.mean(pictures)[0]


def smallest(widths: Sequence[Found], full: Found, pictures: Sequence[str]) -> Found:
    """The smallest width that is as good as the full one on Pillow's files; where none is, the best."""
    good = [width for width in widths if as_good(width, full, pictures)]
    return good[0] if good else max(widths, key=lambda width: width.mean(pictures)[0], default=full)


def saving(full: Found, width: Found, pictures: Sequence[str], base: int) -> str:
    """MAC that a width saves, in %; base: MAC that aren't counted. Below 0 for a larger network."""
    if not as_good(width, full, pictures):
        return LOSES
    return f"{100 * (1 - (width.macs - base) / (full.macs - base)):.1f}"


def saving_between(full: Found, widths: Sequence[Found], pictures: Sequence[str]) -> str:
    """MAC saved, in %, by a width between those trained: where the line of PSNR over log MAC, from the smallest width
    that is as good to the next smaller one, comes down to the full width on Pillow's files.
    """
    good = next((i for i, width in enumerate(widths) if as_good(width, full, pictures)), None)
    if good is None:
        return LOSES
    if good == 0:
        return saving(full, widths[0], pictures, 0)
    (x0, y0), (x1, y1) = ((np.log(width.macs), width.mean(pictures)[0]) for width in widths[good - 1 : good + 1])
    macs = np.exp(x0 + (x1 - x0) * (full.mean(pictures)[0] - y0) / (y1 - y0))
    return f"{100 * (1 - macs / full.macs):.1f}"


def kilo(width: Found) -> str:
    return f"{width.macs / 1e3:.1f}"


def draw(made: list[Row], figure: Any) -> None:
    """Savings by network and rate, a panel a task; lines above bars are those between trained widths."""
    tasks = list(dict.fromkeys(row["task"] for row in made))
    panels = figure.subplots(1, len(tasks), squeeze=False, sharey=True)[0]
    for axes, task in zip(panels, tasks, strict=True):
        shown = [row for row in made if row["task"] == task and row["network"] not in ("mean", SHIPPED)]
        networks, rates = (list(dict.fromkeys(row[name] for row in shown)) for name in ("network", "bpp"))
        for i, rate in enumerate(rates):
            rows_at = [row for row in shown if row["bpp"] == rate]
            at = [networks.index(row["network"]) + (i - 1) * 0.27 for row in rows_at]
            axes.bar(at, [as_number(row["saving %"]) for row in rows_at], 0.25, label=f"{rate} bpp")
            between = [as_number(row["saving % between widths"]) for row in rows_at]
            axes.scatter(at, between, 120, "0.3", "_", label="between widths" if i == 0 else None)
        axes.set(title=task, xticks=range(len(networks)), xticklabels=networks, ylim=(0, 100))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4)
    panels[0].set_ylabel("MAC saved, %")


def as_number(saved: Any) -> float:
    """Where a network loses it saves nothing."""
    return 0.0 if saved == LOSES else float(saved)


def facts(tasks: Sequence[str], options: Options) -> dict[str, str]:
    """Data, and what of the networks there was."""
    there, missing = [], []
    for task in tasks:
        known = families(options, task)
        for name, widths in NETWORKS[task].items():
            found = [width.width for width in known.get(name, [])]
            there += [f"{name} {' '.join(found)}"] if found else []
            missing += [f"{name}-{width}" for width in widths if str(width) not in found]
    told = pictures_of(options, SETS)
    if any(SIDE[task] != WHOLE for task in tasks):
        told["data"] += f", their top-left {SIDE[tasks[0]]} x {SIDE[tasks[0]]} pixels"
    told["networks"] = "; ".join(there)
    return told | {"not trained yet": ", ".join(missing) or "none"} | trained_on(options, tasks)


def trained_on(options: Options, tasks: Sequence[str]) -> dict[str, str]:
    """What the networks' cards say, and the time that training took."""
    found = [w for task in tasks for name, ws in families(options, task).items() if name != SHIPPED for w in ws]
    told = [f"{w.card.name} {w.card.trained_on['steps']} steps of {w.card.trained_on['batch']}" for w in found]
    data = {f"{w.card.trained_on['pictures']} pictures, {w.card.trained_on['codecs']}" for w in found}
    times = options.runs / "times.txt" if options.runs else None
    seconds = dict(line.split() for line in times.read_text().splitlines()) if times and times.exists() else {}
    minutes = sum(int(seconds.get(w.card.name, 0)) for w in found) / 60
    return {
        "training": f"{'; '.join(sorted(data))}; {', '.join(told)}",
        "training time": f"{minutes:.0f} minutes by the clock" if minutes else "unknown",
    }


ABOUT = """
The papers' networks were trained here at several widths on Pillow's JPEG alone (qualities 20 to 90), with the same
steps and pictures for each width of a network; steps are fewer than the papers', and widths smaller but for those
that deblur, as this machine asks for (`scripts/train_widths.sh`). "Full" is the largest width, on Pillow's files
(optimize=True, 4:2:0, the largest within the rate). "Ours" is the smallest width that, on our files of the same bytes
(profile of the task, effort 5), is at least as good in PSNR over RGB, the mean of the pictures; where none is, the
best one, and "saving" says that it loses. RGB, Y, flat Y in dB and SSIMULACRA 2 in points are that width on our files
minus the full width on Pillow's.

"Saving %" counts the MAC per input pixel of the whole network; "without base" leaves out the bicubic
enlargement ({base}), which the papers' networks don't have; "between widths" is what a width between two
trained ones would save, where PSNR over log MAC is a line between them. "Shipped": the smallest of our
installed networks that is as good on our files as the full width of that row on Pillow's; a saving below 0 is
more work. "Reference": files steered (`reference=`) towards the original through the width itself, on Kodak's
pictures alone, the full width left out, as are networks without a gradient graph. The mean counts a network
that loses as 0; the rows "{shipped}" are our installed networks in the place of widths, not in the mean.
AccelIR reports 49 % (SR), 29 % (denoising) and 32 % (deblurring) on average.
"""


def table(name: str, title: str, tasks: tuple[str, ...]) -> Table:
    base = "1,200 MAC a pixel" if "sr-x4" in tasks else "none here"
    return Table(
        name=name,
        title=title,
        about=ABOUT.format(base=base, shipped=SHIPPED),
        units=lambda options: (unit for task in tasks for unit in units(task, options)),
        rows=lambda records: [
            {"task": task, **row} for task in tasks for row in rows(task, [r for r in records if r["task"] == task])
        ],
        draw=draw,
        facts=partial(facts, tasks),
    )


TABLE_1 = table("table-1", "Table 1: work saved, enlarging by 4", ("sr-x4",))
TABLE_2 = table("table-2", "Table 2: work saved, denoising and deblurring", ("denoise-25", "deblur-1.5"))
