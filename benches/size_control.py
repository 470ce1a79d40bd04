"""How near files come to their budget: `python benches/size_control.py EVAL_FOLDER [--effort 5]`, EVAL_FOLDER =
data/eval.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import load

import accelir

SETS = ("kodak", "set5", "set14", "urban100", "clic2025")
RATES = (0.6, 0.9, 1.2, 1.8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--effort", type=int, default=5)
    a = parser.parse_args()
    encoder = accelir.Encoder(profile="fidelity", effort=a.effort)
    print(
        "| pictures | files | impossible | median below | 95 % | worst | above budget | passes |\n" + "|---" * 8 + "|"
    )
    for divide in (1, 4):
        below, passes, impossible, above = [], [], 0, 0
        for name in SETS:
            for picture in load(a.folder / name, divide).values():
                for bpp in RATES:
                    try:
                        result = encoder.encode(picture, bpp=bpp)
                    except accelir.BudgetError:
                        impossible += 1
                        continue
                    budget = result.stats["max_bytes"]
                    below.append(100 * (1 - len(result.data) / budget))
                    above += len(result.data) > budget
                    passes.append(result.stats["passes"])
        print(
            f"| eval /{divide} | {len(below)} | {impossible} | {np.median(below):.3f} % | {np.percentile(below, 95):.3f} % | "
            f"{max(below):.3f} % | {above} | {np.mean(passes):.1f} |"
        )


if __name__ == "__main__":
    main()
