"""How near files come to their budget: `python benches/size_control.py EVAL_FOLDER [--effort 5]`, EVAL_FOLDER =
data/eval.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import EFFORT, load, prepare, print_head, print_row

from accelir.errors import BudgetError
from accelir.formats.budget import bytes_at

SETS = ("kodak", "set5", "set14", "urban100", "clic2025")
RATES = (0.6, 0.9, 1.2, 1.8)


def measure(folder: Path, divide: int, effort: int) -> Iterator[tuple[float, int] | None]:
    """How far a file is below its budget, in % of it, and the passes that it took; None for an impossible one."""
    for picture in load(folder, divide).values():
        prepared = prepare(picture, "fidelity", effort=effort)
        for rate in RATES:
            budget = bytes_at(rate, picture.shape)
            try:
                made = prepared.within(budget)
            except BudgetError:
                yield None
            else:
                yield 100 * (1 - len(made.data) / budget), made.stats["passes"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--effort", type=int, default=EFFORT)
    a = parser.parse_args()
    print_head("pictures", "files", "impossible", "median below", "95 %", "worst", "above budget", "passes")
    for divide in (1, 4):
        found = [result for name in SETS for result in measure(a.folder / name, divide, a.effort)]
        below, passes = np.array([result for result in found if result is not None]).T
        shares = (f"{share:.3f} %" for share in (np.median(below), np.percentile(below, 95), below.max()))
        impossible, above = len(found) - len(below), int((below < 0).sum())
        print_row(f"eval /{divide}", len(below), impossible, *shares, above, f"{passes.mean():.1f}")


if __name__ == "__main__":
    main()
