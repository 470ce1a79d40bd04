"""Writes the tables of README and docs/ from docs/results/: `python scripts/figures.py [--check]`.

A page has a table between the lines `<!-- results: NAME -->` and `<!-- end -->`. NAME is a file in docs/results, whose
table stands there as it is, or one of VIEWS, which arrange others for readers. --check: write nothing, name the pages
that differ from their results, and exit with 1 if there are any.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PLACE = re.compile(r"(?<=^<!-- results: )([\w.-]+)( -->\n).*?(?=^<!-- end -->$)", re.S | re.M)

PEERS = ("Pillow", "mozjpeg", "jpegli")
JUDGES = {
    "RGB": "PSNR RGB, dB",
    "Y": "PSNR luma, dB",
    "flat Y": "PSNR luma, flat areas, dB",
    "SSIMULACRA2": "SSIMULACRA 2",
}
EYES = {"SSIMULACRA 2": JUDGES["SSIMULACRA2"], "PSNR RGB": JUDGES["RGB"]}
"""Judges by the names of columns, as readers know them."""
EFFORTS = ("0", "1", "2", "3", "5", "7", "9")
SPEEDS = ("accelir, effort 0", "accelir, effort 5", "accelir, effort 9", "jpegli", "mozjpeg")
BETWEEN = "\u00a0/\u00a0"
"""Spaces at which browsers don't break the line."""
TIMES = "times Pillow's"
Rows = list[dict[str, str]]
Lines = list[list[str]]
"""A table's cells, the names of its columns first."""


def rows_of(name: str) -> Rows:
    """Rows of docs/results/NAME.csv by the names of its columns. Raises FileNotFoundError."""
    lines = (RESULTS / f"{name}.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("# ")))


def whole(name: str) -> Lines:
    rows = rows_of(name)
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def picked(rows: Rows, **wanted: str) -> Rows:
    """Those with such cells; underscores in names stand for spaces."""
    return [row for row in rows if all(row[key.replace("_", " ")] == value for key, value in wanted.items())]


def joined(rows: Rows, *columns: str) -> str:
    """Columns of rows as one cell on one line, such as `+0.56 / +0.57 / +0.49`; a dash where there are no rows."""
    return BETWEEN.join(row[column] for row in rows for column in columns) or "–"


def distinct(rows: Rows, column: str, between: str = " / ") -> str:
    """What a column has, each once."""
    return between.join(dict.fromkeys(row[column] for row in rows))


def after_restoration() -> Lines:
    """Gains of each task's profile over each peer, by judge."""
    tasks = {
        "enlarging by 4": ("sr-x4", ("RGB", "Y", "flat Y", "SSIMULACRA2")),
        "deblurring": ("deblur-1.5", ("RGB", "flat Y", "SSIMULACRA2")),
        "denoising": ("denoise-25", ("RGB", "flat Y", "SSIMULACRA2")),
    }
    lines = [["task, bits per pixel", "judge", *(f"over {peer}" for peer in PEERS)]]
    for task, (profile, judges) in tasks.items():
        rows = picked(rows_of(f"restored-{profile}"), file=profile)
        of_peers = [[row for row in rows if row["peer"].startswith(f"{peer},")] for peer in PEERS]
        rates = " / ".join(row["peer"].removeprefix("Pillow, ").removesuffix(" bpp") for row in of_peers[0])
        for judge in judges:
            label = f"{task}, {rates} ({distinct(rows, 'pictures', ' and ')} pictures)" if judge == judges[0] else ""
            lines.append([label, JUDGES[judge], *(joined(of_peer, judge) for of_peer in of_peers)])
    return lines


def for_eyes() -> Lines:
    """Gains of both profiles without a network at each peer's qualities."""
    rows = rows_of("eyes-kodak")
    pictures = rows[0]["ahead"].split()[-1]
    heads = [f"over {peer} at quality {distinct(of, 'quality')} ({pictures} pictures)" for peer, of in by_peer(rows)]
    lines = [["profile", "judge", *heads]]
    for profile in ("`perceptual`", "`fidelity`"):
        for judge in ("SSIMULACRA 2", "PSNR RGB"):
            gains = [joined(picked(of, profile=profile), judge) for _, of in by_peer(rows)]
            lines.append([profile if judge == "SSIMULACRA 2" else "", EYES[judge], *gains])
    return lines


def by_peer(rows: Rows) -> list[tuple[str, Rows]]:
    names = dict.fromkeys(row["peer"] for row in rows)
    return [(name.split(",")[0], picked(rows, peer=name)) for name in names]


def over_equal_bpp() -> tuple[str, str]:
    """Rates, and what sets that share a total gain over equal bits a pixel: at full size, and with the best scale."""
    rows, judges = rows_of("sets-eval"), {"PSNR of the mean MSE": ".2f", "SSIMULACRA 2": ".1f"}

    def gains(way: str, column: str) -> str:
        equal, shared = ([float(row[column]) for row in rows if row[""] == name] for name in ("equal bpp", way))
        return BETWEEN.join(f"{b - a:+{judges[column]}}" for a, b in zip(equal, shared, strict=True))

    ways = ("mse", 'mse, `scale="auto"`')
    return distinct(rows, "bpp"), "; ".join(", ".join(gains(way, judge) for judge in judges) for way in ways)


def more() -> Lines:
    """Figures that stand alone: what, by which judge, how much."""
    uniform = picked(rows_of("bd-rate-kodak"), profile="chroma for RGB")
    webp, pixels = (
        picked(rows_of("webp-restored"), file="the task's profile"),
        picked(rows_of("scale"), file="JPEG, `fidelity`"),
    )
    sizes, speeds = rows_of("size-control"), picked(rows_of("speed"), group="jpeg to a size, 2.4 MP")
    rates, of_sets = over_equal_bpp()
    span = picked(rows_of("strangers"), receiver="SPAN", file="sr-x4")
    webp_rates = rows_of("webp-bd-rate")
    return [
        ["what", "by", ""],
        [
            "`fidelity`: bytes at equal score, over Pillow's",
            "PSNR of RGB / luma / flat areas / SSIMULACRA 2; JPEG; WebP",
            "; ".join(joined(rows, "RGB", "Y", "flat Y", "SSIMULACRA2") for rows in (uniform, webp_rates[:1])),
        ],
        [
            "WebP at 0.5 bpp and its network, over Pillow's: dB, points",
            f"PSNR of RGB / luma / flat areas, SSIMULACRA 2; {distinct(webp, 'task', '; ')}",
            "; ".join(joined([row], *JUDGES) for row in webp),
        ],
        [
            '`scale="auto"` (fewer pixels at low rates), over full size: dB',
            f"{joined(pixels, 'bpp')} bpp",
            joined(pixels, "gain"),
        ],
        [
            "`reference=` (the sender has the original), over the file without it: dB",
            "PSNR of RGB by the network asked, by SPAN; 13 pictures held out at 0.9 / 1.2 / 1.8 bpp; 8 of Kodak",
            "; ".join(steered(name) for name in ("steering", "steering-kodak")),
        ],
        [
            "enlarging by 4 with SPAN, which others trained, over mozjpeg's: dB, points",
            f"PSNR of RGB / luma / flat areas, SSIMULACRA 2; {distinct(span, 'peer', '; ').replace('mozjpeg, ', '')}",
            "; ".join(joined([row], *JUDGES) for row in span),
        ],
        [
            "16 pictures under one total, over equal bits a pixel: dB of the mean squared error, SSIMULACRA 2",
            f'{rates} bpp; with `scale="auto"`',
            of_sets,
        ],
        [
            "CPU time of JPEG to a size, 2.4 MP: times Pillow's at one quality",
            "effort 0 / 5 / 9 / jpegli / mozjpeg",
            joined([row for name in SPEEDS for row in picked(speeds, what=name)], TIMES),
        ],
        [
            "size below the budget, median / worst",
            f"{sizes[0]['files']} JPEG files at 0.6 to 1.8 bpp",
            joined(sizes[:1], "median below", "worst"),
        ],
    ]


def steered(name: str) -> str:
    """Gains of a table of steering at effort 5: of the network that was asked, and of one that never was."""
    rows = picked(rows_of(name), **{"format, effort": "jpeg, 5"})
    return ", ".join(joined(picked(rows, **{"seen by": judge}), "RGB") for judge in ("sr-x4, asked", "SPAN"))


def speed() -> Lines:
    """Times over Pillow's of a picture of 2.4 MP, by effort."""
    groups = {
        "JPEG at a step": ("jpeg to a size, 2.4 MP", "accelir, at a step"),
        "JPEG to a size": ("jpeg to a size, 2.4 MP", "accelir"),
        "JPEG to a size, subsampling chosen": ("jpeg to a size, auto, 2.4 MP", "accelir"),
        "WebP to a size": ("webp to a size, 2.4 MP", "accelir"),
    }
    rows = rows_of("speed")

    def times(name: str) -> list[str]:
        cells = (picked(rows, group=group, what=f"{what}, {name}") for group, what in groups.values())
        return [name, *(joined(cell, TIMES) for cell in cells)]

    return [["", *groups], *(times(f"effort {effort}") for effort in EFFORTS)]


STEERED = {
    "held out, JPEG, effort 5": ("steering", "jpeg, 5"),
    "held out, JPEG, effort 9": ("steering", "jpeg, 9"),
    "held out, WebP, effort 5": ("steering-webp", "webp, 5"),
    "of Kodak, JPEG, effort 5": ("steering-kodak", "jpeg, 5"),
    "of Urban100, JPEG, effort 5": ("steering-urban100", "jpeg, 5"),
}
STEERED_BLINDLY = {
    "held out, enlarging by 4": ("steering-auto", "jpeg, 5"),
    "of Kodak, enlarging by 4": ("steering-auto-kodak", "jpeg, 5"),
    "held out, denoising": ("steering-auto-denoise-25", "jpeg, 5"),
    "held out, deblurring": ("steering-auto-deblur-1.5", "jpeg, 5"),
}


def steering(files: dict[str, tuple[str, str]]) -> Lines:
    """What steering gains, by what receivers run. files: results, format and effort, by what pictures are called."""
    lines = [["pictures", "seen by", "lowest rate", "middle rate", "highest rate"]]
    for label, (name, format_and_effort) in files.items():
        rows = [row for row in rows_of(name) if row["format, effort"] == format_and_effort]
        for judge in dict.fromkeys(row["seen by"] for row in rows):
            gains = [joined([row], *JUDGES) for row in picked(rows, seen_by=judge)]
            lines.append([f"{rows[0]['pictures']} {label}" if judge == rows[0]["seen by"] else "", judge, *gains])
    return lines


STEPS = {
    "tuned table": "tuned table, plain rounding",
    "+ smooth chroma": "+ smoothed chroma",
    "+ RDO": "+ RDO: the uniform file",
    "VAQ": "QPs by variance (VAQ)",
    "+ cell QPs": "cell QPs by QP-NET and reward, as in the paper",
    "+ reward": "modes by QP-NET, reward",
    "+ Lagrangian": "modes by QP-NET, Lagrangian",
    "+ trial": "modes by trial (the closed loop)",
    "oracle": "a trial of eight Lagrangians that knows the truth",
}


def transfer(task: str) -> Lines:
    """What strangers' networks gain in RGB, by profile."""
    rows = [
        {name: cell for name, cell in row.items() if name != "judge"}
        for row in picked(rows_of(f"transfer-{task}"), judge="RGB")
    ]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def steps() -> Lines:
    """What each step gains in RGB, by task."""
    rows = rows_of("steps")
    tasks = list(dict.fromkeys(row["task, bits per pixel"] for row in rows))
    lines = [["", *tasks]]
    for step, told in STEPS.items():
        cells = [joined([r for r in picked(rows, step=step) if r["task, bits per pixel"] == t], "RGB") for t in tasks]
        lines.append([told, *cells])
    return lines


def detail() -> Lines:
    """At none, half and all of it; results and the drawing have the quarters, too."""
    rows = [row for row in rows_of("detail") if row["detail"] in ("0.0", "0.5", "1.0")]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


VIEWS: dict[str, Callable[[], Lines]] = {
    "README-after-restoration": after_restoration,
    "README-for-eyes": for_eyes,
    "README-more": more,
    "detail-in-halves": detail,
    "steps-by-task": steps,
    **{f"transfer-{task}-RGB": partial(transfer, task) for task in ("sr-x4", "denoise-25", "deblur-1.5")},
    "speed-by-effort": speed,
    "steering-by-judge": partial(steering, STEERED),
    "steering-auto-by-judge": partial(steering, STEERED_BLINDLY),
}
"""Tables for readers, by the names that pages know them by."""


def lines_of(name: str) -> Lines:
    return VIEWS[name]() if name in VIEWS else whole(name)


def markdown(lines: Lines) -> str:
    names, *rows = (f"| {' | '.join(line)} |\n" for line in lines)
    return "".join([names, "|" + "---|" * len(lines[0]) + "\n", *rows])


def filled(page: str) -> str:
    """A page with its tables as the results have them."""
    return _PLACE.sub(lambda place: place[1] + place[2] + markdown(lines_of(place[1])), page)


def main() -> int:
    differing = [page for page in PAGES if page.read_text("utf-8") != filled(page.read_text("utf-8"))]
    check = "--check" in sys.argv[1:]
    for page in differing:
        if check:
            print(f"{page.relative_to(ROOT)} differs from docs/results; run python scripts/figures.py")
        else:
            page.write_text(filled(page.read_text("utf-8")), "utf-8")
    return int(check and bool(differing))


if __name__ == "__main__":
    sys.exit(main())
