"""Restoration networks on the evaluation pictures: what each gains over doing nothing, and what it costs.

    python benches/networks.py EVAL [NETWORK.onnx ...] [--sets SET,...] [--json OUT] [--plot OUT.png] [--cards]
    python benches/networks.py EVAL NETWORK.onnx [...] --rates

EVAL holds one folder of lossless pictures per set. Every picture is degraded for the network's task (4 or 2 times
downscaled with Pillow's BICUBIC; Gaussian noise seeded by the CRC-32 of the file's stem; a Gaussian blur; nothing),
encoded by Pillow as 4:2:0 JPEG with optimised tables at the largest quality that keeps to the rate (1.2 bpp; 0.8 for
deblurring; quality 30 for dejpeg), decoded and restored. Scores are means over pictures: PSNR over RGB, over BT.601
luma, and over luma where the truth is flat, SSIMULACRA 2, SSIM; "before" is the decoded picture, bicubically enlarged
for super-resolution. Networks that were trained without a codec get the picture as it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from common import Case, Pixels, cases, largest_within, means, pillow_jpeg, scores, timed

from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.formats.shrink import enlarged
from accelir.metrics import SSIM
from accelir.restoration.card import Card
from accelir.restoration.network import Network, open_network
from accelir.restoration.tasks import KINDS, Task, judged
from accelir.training.package import write

RATES = {kind.name: kind.rates[len(kind.rates) // 2] for kind in judged()}
TASKS = tuple(KINDS)
LABELS = {"sr": "enlarging by 4", "denoise": "noise of 25", "deblur": "blur of 1.5", "dejpeg": "JPEG"}


def knows_codecs(card: Card) -> bool:
    """Whether a network was trained on pictures that a codec had coded; also where nobody says."""
    return bool(card.trained_on.get("codecs") != "none")


def encode(picture: Pixels, task: str, bpp: float | None) -> bytes:
    """Pillow's file, with the lowest quality that there is where none is within the rate."""
    if task == "dejpeg" and bpp is None:
        return pillow_jpeg(picture, 30)
    make = partial(pillow_jpeg, picture)
    return largest_within(make, bytes_at(bpp or RATES[task], picture.shape)) or make(1)


def quality(picture: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """By all judges, and SSIM."""
    return np.array([*scores(picture, truth), SSIM.score(picture, truth)])


def all_cases(folder: Path, sets: str, task: Task) -> Iterator[tuple[str, Case]]:
    for name in sets.split(","):
        yield from cases(folder / name, task).items()


def measure(
    network: Network, folder: Path, sets: str, bpp: float | None, report: Callable[[str], None]
) -> dict[str, Any]:
    """One row: mean scores before and after, bytes, and output megapixels a second."""
    card = network.card
    rows, seconds, pixels = [], 0.0, 0
    for stem, case in all_cases(folder, sets, Task(card.task, card.strength)):
        data = encode(case.picture, card.task, bpp) if knows_codecs(card) else b""
        decoded = decode_pixels(data) if data else case.picture
        restored, taken = timed(partial(network, decoded))
        seconds += taken
        pixels += restored.shape[0] * restored.shape[1]
        before = quality(enlarged(decoded, card.scale), case.truth)
        rows.append(np.concatenate([before, quality(restored, case.truth), [len(data)]]))
        report(f"{card.name} {stem}")
    mean = means(rows)
    kinds = ("psnr", "psnr_y", "ssimulacra2", "psnr_flat", "ssim")
    names = (*(f"{kind}_before" for kind in kinds), *kinds, "bytes")
    return {
        "network": card.name,
        "architecture": card.architecture,
        "task": card.task,
        "macs": card.macs,
        "parameters": card.parameters,
        "mp_per_s": pixels / seconds / 1e6,
        "pictures": len(rows),
        **dict(zip(names, mean.tolist(), strict=True)),
    }


def card_scores(row: dict[str, Any], sets: str, bpp: float | None) -> dict[str, float]:
    """A row's PSNRs under names that say what they are of."""
    rate = f"{bpp or RATES[row['task']]}bpp" if bpp or row["task"] in RATES else "q30"
    name = f"{sets.replace(',', '+')} {f'pillow-jpeg {rate}' if row['bytes'] else 'not coded'}"
    return {f"{name} psnr before": round(row["psnr_before"], 3), f"{name} psnr": round(row["psnr"], 3)}


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown."""
    lines = [
        "| network | PSNR before | PSNR after | gain | Y before | Y after | SSIMULACRA2 before | SSIMULACRA2 after "
        "| flat Y before | flat Y after | SSIM before | SSIM after | MAC/px | weights | MP/s |",
        "|" + "---|" * 15,
    ]
    for r in sorted(rows, key=lambda r: (TASKS.index(r["task"]), r["architecture"].split()[0], r["macs"])):
        lines.append(
            f"| {r['network']} | {r['psnr_before']:.2f} | {r['psnr']:.2f} | {r['psnr'] - r['psnr_before']:+.2f} "
            f"| {r['psnr_y_before']:.2f} | {r['psnr_y']:.2f} | {r['ssimulacra2_before']:.2f} | {r['ssimulacra2']:.2f} "
            f"| {r['psnr_flat_before']:.2f} | {r['psnr_flat']:.2f} | {r['ssim_before']:.4f} | {r['ssim']:.4f} "
            f"| {r['macs']:,.0f} | {r['parameters']:,} | {r['mp_per_s']:.2f} |"
        )
    return "\n".join(lines)


def by_rate(models: Sequence[str], measured: Callable[[Network, float], dict[str, Any]]) -> str:
    """Markdown: gains in PSNR RGB at the three rates of each network's task."""
    lines = ["| network | bpp | lowest rate | middle rate | highest rate |", "|---|---|---|---|---|"]
    for network in (open_network(model, threads=1) for model in models):
        rates = KINDS[network.card.task].rates
        gains = [f"{gain(measured(network, rate)):+.2f}" for rate in rates]
        lines.append(f"| {network.card.name} | {' / '.join(map(str, rates))} | {' | '.join(gains)} |")
    return "\n".join(lines)


def panels(rows: list[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """(task, architecture, its widths in the order of their work), by task; shipped networks are none of them."""
    trained = [r for r in rows if not r["network"].endswith("-light")]
    names = sorted(
        {(r["task"], r["architecture"].split()[0]) for r in trained}, key=lambda n: (TASKS.index(n[0]), n[1])
    )
    return [
        (task, name, sorted((r for r in trained if r["architecture"].split()[0] == name), key=lambda r: r["macs"]))
        for task, name in names
    ]


def gain(row: dict[str, Any]) -> float:
    return row["psnr"] - row["psnr_before"]


def plot(rows: list[dict[str, Any]], path: str) -> None:
    """Gain in PSNR against MACs, a panel an architecture, widths at the points; panels of a task share their axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    all_panels = panels(rows)
    if not all_panels:
        raise click.UsageError("--plot draws networks that were trained in several widths, and there is none")
    columns = min(5, len(all_panels))
    figure = Figure(figsize=(2.5 * columns, 2.6 * -(-len(all_panels) // columns)), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    grid = figure.subplots(-(-len(all_panels) // columns), columns, squeeze=False).flatten()
    for axes, (task, name, widths) in zip(grid, all_panels, strict=False):
        color = f"C{TASKS.index(task)}"
        light = [r for r in rows if r["task"] == task and r["network"].endswith("-light")]
        axes.plot([r["macs"] for r in light], [gain(r) for r in light], "D", color="0.6", markersize=5)
        axes.plot([r["macs"] for r in widths], [gain(r) for r in widths], "o-", color=color, markersize=5)
        for r in widths:
            width = next(p for p in r["architecture"].split() if p.startswith(("channels=", "layers="))).split("=")[1]
            axes.annotate(width, (r["macs"], gain(r)), (0, 6), textcoords="offset points", ha="center", fontsize=8)
        mine = [r for r in rows if r["task"] == task]
        low, high = min(map(gain, mine)), max(map(gain, mine))
        axes.set(xscale="log", xlim=(2e3, 1e6), ylim=(low - 0.12 * (high - low), high + 0.22 * (high - low)))
        axes.set_title(f"{name}, {LABELS[task]}", fontsize=10)
        axes.tick_params(labelsize=8)
        axes.grid(color="0.92")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[len(all_panels) :]:
        axes.set_axis_off()
    figure.supxlabel("MAC per input pixel", fontsize=10)
    figure.supylabel("gain in PSNR RGB, dB", fontsize=10)
    figure.savefig(path)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("models", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.option("--sets", default="kodak,urban100,clic2025", show_default=True)
@click.option("--bpp", type=float, help="Another rate than the task's own.")
@click.option(
    "--json", "target", type=click.Path(dir_okay=False), help="Rows that are there stay, unless measured anew."
)
@click.option("--cards", is_flag=True, help="Write the scores into the networks' cards.")
@click.option("--plot", "picture", type=click.Path(dir_okay=False))
@click.option("--rates", is_flag=True, help="Gains at all rates of each network's task, and nothing else.")
def main(
    folder: Path,
    models: tuple[str, ...],
    sets: str,
    bpp: float | None,
    target: str | None,
    cards: bool,
    picture: str | None,
    rates: bool,
) -> None:
    """Measure networks (default: those in profiles/networks) on one core."""
    shipped = Path(__file__).parent.parent / "profiles" / "networks"
    rows = json.loads(Path(target).read_text()) if target and Path(target).exists() else []
    chosen = models or sorted(map(str, shipped.glob("*.onnx")))

    def measured(network: Network, bpp: float | None) -> dict[str, Any]:
        return measure(network, folder, sets, bpp, lambda text: print(text, file=sys.stderr))

    if rates:
        print(by_rate(chosen, measured))
        return
    for model in chosen:
        network = open_network(model, threads=1)
        row = measured(network, bpp)
        rows = [r for r in rows if r["network"] != row["network"]] + [row]
        if target:
            Path(target).write_text(json.dumps(rows, indent=1) + "\n")
        if cards:
            scored = replace(network.card, scores=network.card.scores | card_scores(row, sets, bpp))
            write(Path(model).read_bytes(), scored, Path(model).parent)
    print(table(rows))
    if picture:
        plot(rows, picture)


if __name__ == "__main__":
    main()
