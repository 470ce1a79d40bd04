"""benches/speed/compare.py: what counts as faster and slower between two runs of the speed benches."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benches" / "speed" / "compare.py"


def run_of(path: Path, seconds: dict[str, float], spread: float = 0.01) -> Path:
    """A file as pytest-benchmark writes it: one group of benches with the least of their rounds."""
    benches = [
        {
            "group": "jpeg",
            "name": name,
            "fullname": f"bench_encode.py::{name}",
            "stats": {"min": s, "median": s, "iqr": s * spread},
        }
        for name, s in seconds.items()
    ]
    path.write_text(json.dumps({"benchmarks": benches}))
    return path


def compare(before: Path, after: Path) -> tuple[str, int]:
    done = subprocess.run([sys.executable, SCRIPT, before, after], stdout=subprocess.PIPE, text=True)
    return done.stdout, done.returncode


def test_a_change_above_the_noise_is_flagged(tmp_path: Path) -> None:
    before = run_of(tmp_path / "a", {"bench_one": 1.0, "bench_two": 1.0, "bench_three": 1.0})
    after = run_of(tmp_path / "b", {"bench_one": 1.2, "bench_two": 0.8, "bench_three": 1.02})
    text, code = compare(before, after)
    assert text.splitlines() == [
        " 1.200  slower  jpeg: bench_one",
        " 1.020          jpeg: bench_three",
        " 0.800  faster  jpeg: bench_two",
    ]
    assert code == 1


def test_a_change_within_the_spread_of_the_rounds_is_noise(tmp_path: Path) -> None:
    before = run_of(tmp_path / "a", {"bench_one": 1.0}, spread=0.1)
    text, code = compare(before, run_of(tmp_path / "b", {"bench_one": 1.2}, spread=0.1))
    assert text == " 1.200          jpeg: bench_one\n"
    assert code == 0


def test_another_clock_cancels_out_where_pillow_runs_beside(tmp_path: Path) -> None:
    before = run_of(tmp_path / "a", {"bench_one": 1.0, "bench_pillow[x]": 0.5})
    text, code = compare(before, run_of(tmp_path / "b", {"bench_one": 1.5, "bench_pillow[x]": 0.75}))
    assert " 1.000          jpeg: bench_one" in text.splitlines()
    assert " 1.500  slower  jpeg: bench_pillow[x]" in text.splitlines()
    assert code == 1
