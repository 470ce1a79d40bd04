"""What became faster or slower between two runs of the speed benches.

    python -m pytest benches/speed --benchmark-only --benchmark-json=before.json     # then the change, and after.json
    python benches/speed/compare.py before.json after.json

Where a group has Pillow in it, times are taken over Pillow's of the same run, so that another clock or a busy machine
cancels out; elsewhere as they are. A change counts if it is above 3 % and above twice the spread (interquartile range)
of both runs. Exits with 1 if something became slower.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

LEAST_CHANGE, SPREADS = 0.03, 2.0


@dataclass(frozen=True)
class Time:
    seconds: float
    """The least of the rounds, over Pillow's where there is one."""
    spread: float
    """Relative: of the rounds, and of Pillow's."""


def read(path: Path) -> dict[str, Time]:
    """Times by bench."""
    benches = json.loads(path.read_text("utf-8"))["benchmarks"]
    own = {b["fullname"]: Time(b["stats"]["min"], b["stats"]["iqr"] / b["stats"]["median"]) for b in benches}
    peers = {b["group"]: own[b["fullname"]] for b in benches if b["name"].startswith("bench_pillow[")}
    out = {}
    for bench in benches:
        time, peer = own[bench["fullname"]], peers.get(bench["group"])
        beside = peer is not None and peer is not time
        out[f"{bench['group']}: {bench['name']}"] = (
            Time(time.seconds / peer.seconds, time.spread + peer.spread) if peer is not None and beside else time
        )
    return out


def verdict(before: Time, after: Time) -> str:
    """ "faster", "slower", or "" for what may be noise."""
    change = after.seconds / before.seconds - 1
    if abs(change) <= max(LEAST_CHANGE, SPREADS * (before.spread + after.spread)):
        return ""
    return "faster" if change < 0 else "slower"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    a = parser.parse_args()
    before, after = read(a.before), read(a.after)
    verdicts = {name: verdict(before[name], after[name]) for name in before.keys() & after.keys()}
    for name in sorted(verdicts):
        print(f"{after[name].seconds / before[name].seconds:6.3f}  {verdicts[name]:6}  {name}")
    sys.exit("slower" in verdicts.values())


if __name__ == "__main__":
    main()
