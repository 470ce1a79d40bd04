"""What is done to one shard: the curves of its pictures, or their files and statistics. It can be pickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from accelir.api import Encoded
from accelir.commands import batch
from accelir.commands.encoding import Encode, Ready
from accelir.commands.pictures import load_plugins
from accelir.fleets.plan import Histogram, Plan, curve_of
from accelir.fleets.shards import Member, Shard, is_inside, read_tar, written_tar
from accelir.fleets.statistics import read_lines, write_lines
from accelir.formats.registry import FORMATS
from accelir.sets.encode_set import encoded_or_smallest, judge_of, survey_of
from accelir.sets.goal import Goal, set_psnr
from accelir.sets.trial import Survey
from accelir.storage import files, locations

SPREAD = 8
"""Pictures that share what one before them left over."""


@dataclass(frozen=True)
class Fleet:
    """Where shards go, and how their pictures are encoded."""

    out: str
    work: Encode
    schemes: tuple[str, ...]

    def place(self, shard: Shard, suffix: str) -> str:
        return locations.join(self.out, shard.name + suffix)

    def curves(self, shard: Shard) -> str:
        return self.place(shard, ".curves")

    def statistics(self, shard: Shard) -> str:
        return self.place(shard, ".jsonl")

    def has_failures(self, shard: Shard) -> bool:
        return any("error" in record for record in read_lines(self.statistics(shard)))

    def members(self, shard: Shard) -> Iterator[Member]:
        load_plugins()
        return shard.members(self.schemes)

    def make_folder(self, shard: Shard) -> None:
        locations.make_folder(locations.dirname(self.statistics(shard)))


@dataclass(frozen=True)
class SurveyShard:
    """Pass one of a fleet under one total: each picture's curve, or why it has none."""

    fleet: Fleet

    def __call__(self, shard: Shard) -> None:
        records = [self._record(member) for member in self.fleet.members(shard) if member.is_picture]
        self.fleet.make_folder(shard)
        write_lines(self.fleet.curves(shard), records)

    def _record(self, member: Member) -> dict[str, Any]:
        try:
            ready = self.fleet.work.ready(member.read)
            survey = survey_of(ready.encoder, ready.image, ready.metadata_size)
            return {"input": member.name, **survey.as_json()}
        except batch.BAD_INPUT as error:
            return {"input": member.name, "error": batch.explain(error)}


@dataclass(frozen=True)
class CountShard:
    """Between the passes: the histogram of a shard's curves."""

    fleet: Fleet
    goal: Goal

    def __call__(self, shard: Shard) -> Histogram:
        histogram = Histogram()
        for record in read_lines(self.fleet.curves(shard)):
            if "error" not in record:
                histogram.add(Survey.from_json(record), self.goal)
        return histogram


@dataclass(frozen=True)
class EncodeShard:
    """A shard's files, then its statistics, which are what says that it is done."""

    fleet: Fleet
    plan: Plan | None
    goal: Goal | None
    retries: bool = False
    """Whether only what failed is done, and the rest taken from the shard that is there."""

    def __call__(self, shard: Shard) -> dict[str, Any]:
        earlier = _Earlier.read(self.fleet, shard) if self.retries else _Earlier()
        made = _Shard(self.fleet.work, self._shares(shard, earlier))
        for member in self.fleet.members(shard):
            made.take(member, earlier)
        self.fleet.make_folder(shard)
        made.keep_within_shares()
        locations.write(self.fleet.place(shard, ".tar"), written_tar(made.files.items()))
        write_lines(self.fleet.statistics(shard), made.records)
        failed = [(record["input"], record["error"]) for record in made.records if "error" in record]
        size = sum(record.get("reached", 0) for record in made.records)
        return {"pictures": len(made.records), "bytes": size, "failed": failed}

    def _shares(self, shard: Shard, earlier: _Earlier) -> _Shares | None:
        if self.plan is None or self.goal is None:
            return None
        shares: dict[str, float] = {}
        for record in read_lines(self.fleet.curves(shard)):
            if "error" not in record and record["input"] not in earlier.records:
                shares[record["input"]] = self.plan.size(curve_of(Survey.from_json(record), self.goal))
        return _Shares(shares)


@dataclass(frozen=True)
class _Earlier:
    """What an earlier run made of a shard, but for what failed."""

    records: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def read(cls, fleet: Fleet, shard: Shard) -> _Earlier:
        records = read_lines(fleet.statistics(shard))
        held = read_tar(locations.read(fleet.place(shard, ".tar")))
        return cls({record["input"]: dict(record) for record in records if "error" not in record}, held)


@dataclass
class _Shares:
    """What pictures of a shard may have; what one leaves over goes to those behind it."""

    left: dict[str, float]
    total: float = 0.0
    carried: float = 0.0

    def __post_init__(self) -> None:
        self.total = sum(self.left.values())

    def budget(self, name: str) -> int | None:
        """Bytes; None for a picture that had no curve."""
        if name not in self.left:
            return None
        return max(int(self.left[name] + self.carried / min(SPREAD, len(self.left))), 1)

    def spent(self, name: str, size: int) -> None:
        self.carried += self.left.pop(name) - size


@dataclass
class _Shard:
    """A shard in the making."""

    work: Encode
    shares: _Shares | None
    files: dict[str, bytes] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    _largest: tuple[int, int, str, bytes] | None = None
    """Its size, the number of its record, its name and its source."""

    def take(self, member: Member, earlier: _Earlier) -> None:
        """One member: a picture becomes a file and a record, anything else stays as it is."""
        if not is_inside(member.name):
            self.records.append({"input": member.name, "error": "its name leads out of the shard"})
        elif not member.is_picture:
            self.files[member.name] = member.read()
        elif member.name in earlier.records:
            record = earlier.records[member.name]
            self.files[record["output"]] = earlier.files[record["output"]]
            self.records.append(record)
        else:
            self.records.append(self._record(member))

    def keep_within_shares(self) -> None:
        """Where the smallest files were above their shares, and those behind them too few to make up for it: the
        largest one gives what is missing.
        """
        if self.shares is not None and self.shares.carried < 0 and self._largest is not None:
            size, number, source, data = self._largest
            ready = self.work.ready(lambda: data)
            encoded = ready.encoder.encode(ready.image, max_bytes=int(size + self.shares.carried), **ready.options)
            record = self.records[number] = self._told(source, self.records[number]["output"], ready, encoded)
            self.files[record["output"]] = encoded.data
            self.shares.carried += size - len(encoded.data)

    def _record(self, member: Member) -> dict[str, Any]:
        try:
            data = member.read()
            ready = self.work.ready(lambda: data)
            name = member.key + FORMATS[self.work.coding.format].suffix
            if name in self.files:
                raise ValueError(f"another picture of the shard became {name}")
            encoded = self._encoded(member.name, ready)
            self.files[name] = encoded.data
            if self.shares is not None and (self._largest is None or len(encoded.data) > self._largest[0]):
                self._largest = len(encoded.data), len(self.records), member.name, data
            return self._told(member.name, name, ready, encoded)
        except batch.BAD_INPUT as error:
            return {"input": member.name, "error": batch.explain(error)}

    def _encoded(self, name: str, ready: Ready) -> Encoded:
        if self.shares is None:
            return self.work.coding.encode(ready.encoder, ready.image, ready.options)
        budget = self.shares.budget(name)
        if budget is None:
            raise ValueError("pass one could not read it, so that it has no share of the total")
        encoded = encoded_or_smallest(ready.encoder, ready.image, budget, **ready.options)
        self.shares.spent(name, len(encoded.data))
        return encoded

    def _told(self, source: str, name: str, ready: Ready, encoded: Encoded) -> dict[str, Any]:
        """A record."""
        error = judge_of(ready.encoder, ready.image, None, self.work.coding.shown_by)(encoded.data).error
        scaled = {"scale": encoded.stats["scale"]} if "scale" in encoded.stats else {}
        return {
            "input": source,
            "output": name,
            "width": ready.image.width,
            "height": ready.image.height,
            "asked": encoded.stats["max_bytes"],
            "reached": len(encoded.data),
            "bpp": encoded.bpp,
            "psnr": min(set_psnr([error]), 100.0),
            "sha256": files.sha256(encoded.data),
            **scaled,
        }
