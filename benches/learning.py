"""Learning curves of trainings that go on from one another: `python -m benches.learning RUN [RUN ...] --plot OUT.png`.

RUN is a folder of accelir-train, as scripts/train_quality.sh leaves them. Rows are validations: PSNR over RGB of twelve
pictures that were held out, coded by the run's own mixture, as bicubic interpolation and as the network enlarge them.
Our own encoder is in that mixture, so two runs' files are alike only where it had not changed between them; what a
network gains on its files can be compared.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from benches.common import print_head, print_row

FEWEST = 1000
"""Steps between two rows of a run, at least."""


def curve_of(run: Path) -> list[dict[str, float]]:
    """A run's validations."""
    with (run / "log.csv").open() as file:
        return [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def plot(curves: dict[str, list[dict[str, float]]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes, start = figure.subplots(), 0.0
    axes.set(xlabel="steps, one run after another", ylabel="dB over bicubic enlargement")
    for name, rows in curves.items():
        gains = [row["psnr"] - row["psnr_input"] for row in rows]
        axes.plot([start + row["step"] for row in rows], gains, "o-", label=name)
        start += rows[-1]["step"]
    axes.legend(frameon=False)
    figure.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    curves = {run.name: curve_of(run) for run in options.runs}
    print_head("run", "step", "minutes", "enlarged bicubically", "restored", "gain")
    for name, rows in curves.items():
        for row in (row for row in rows if row["step"] % FEWEST == 0):
            before, after = row["psnr_input"], row["psnr"]
            told = (f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
            print_row(name, int(row["step"]), f"{row['seconds'] / 60:.0f}", *told)
    if options.plot:
        plot(curves, options.plot)


if __name__ == "__main__":
    main()
