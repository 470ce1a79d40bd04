"""Vu et al.: the steps from a trained network to a light one, each by what it costs and gives."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import accelir
from accelir.formats.decode import decode_pixels
from accelir.restoration.tasks import Task
from benches.common import Pixels, known
from benches.paper.palloni import ROUNDS, timed_in_turn, times
from benches.paper.pictures import case_of, picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak", "urban100")
RATES = (0.9, 1.2, 1.8)
TEACHER, INT8 = "teacher", "int8"
PAPER = {TEACHER: "800 ms", INT8: "300 ms, 2.67 times as fast"}


def units(options: Options) -> Iterator[Unit]:
    paths = tuple(path for _, path in picture_paths(options, SETS))
    for plan in sorted(options.runs.glob("*/light/plan.json")) if options.runs else ():
        run = plan.parents[1]
        yield Unit(f"{run.name} {len(paths)}", partial(measure, run, paths))


def stages(run: Path) -> list[str]:
    """Names of the stages that are done, in their order."""
    names = [TEACHER, "student", *sorted(folder.name for folder in run.glob("light/pruned-*")), INT8]
    return [name for name in names if (run / "light" / name / "row.json").exists()]


def measure(run: Path, paths: tuple[Path, ...]) -> list[Record]:
    """What the networks of all stages cost, and their scores."""
    from accelir.training.bench import measured
    from accelir.training.count import count
    from accelir.training.export import to_onnx

    networks = {stage: network_of(run, stage) for stage in stages(run)}
    whole = {stage: to_onnx(network) for stage, network in networks.items()}
    models = whole | {INT8: (run / "light" / INT8 / "model.onnx").read_bytes()}
    timed, seen = timed_in_turn(models), pairs(networks[TEACHER].scale, paths)
    return [
        {"run": run.name, "trained": training_of(run, stage)}
        | asdict(measured(stage, model, count(whole[stage]), seen, networks[stage].multiple_of))
        | timed[stage]
        for stage, model in models.items()
    ]


def network_of(run: Path, stage: str) -> Any:
    """In float32; of int8 the one that was rounded."""
    from accelir.training.lighten import opened

    float_stages = [name for name in stages(run) if name != INT8]
    stage = float_stages[-1] if stage == INT8 else stage
    return opened(run / "checkpoint.pt" if stage == TEACHER else run / "light" / stage / "checkpoint.pt")[1]


@lru_cache(maxsize=1)
def pairs(scale: int, paths: tuple[Path, ...]) -> list[tuple[Pixels, Pixels]]:
    """Pictures as files of `fidelity` show them, and their truths."""
    encoder, found = accelir.Encoder(profile="fidelity"), []
    for path in paths:
        case = case_of(path, Task("sr", scale))
        found += [(decode_pixels(encoder.encode(case.picture, bpp=rate).data), case.truth) for rate in RATES]
    return found


def training_of(run: Path, stage: str) -> str:
    """Steps and minutes of a stage's own training."""
    log = (run if stage == TEACHER else run / "light" / stage / ("aware" if stage == INT8 else "")) / "log.csv"
    if not log.exists():
        return "–"
    with open(log, newline="") as lines:
        *_, last = csv.DictReader(lines)
    return f"{last['step']} steps, {float(last['seconds']) / 60:.0f} minutes"


def rows(records: Sequence[Record]) -> list[Row]:
    return [row(record, next(each for each in records if each["run"] == record["run"])) for record in records]


def row(record: Record, teacher: Record) -> Row:
    return {
        "run": record["run"],
        "stage": record["stage"],
        "trained for": record["trained"],
        "MACs a pixel": f"{record['macs']:,.0f}",
        "weights": f"{record['parameters']:,}",
        "kB": f"{record['bytes'] / 1000:.0f}",
        "ms": f"{record['ms']:.1f}",
        "times as fast": times(teacher["ms"], record["ms"]),
        "OpenVINO ms": known(record["openvino ms"]),
        "times as fast, OpenVINO": times(teacher["openvino ms"], record["openvino ms"]),
        "MiB": known(record["memory"]),
        "PSNR": f"{record['psnr']:.3f}",
        "lost": f"{teacher['psnr'] - record['psnr']:.3f}",
        "SSIMULACRA2": record["ssimulacra2"],
        "the paper's": PAPER.get(record["stage"], "–"),
    }


TABLE = Table(
    name="vu",
    title="Vu et al.: the steps to a light network",
    about=f"""
Vu et al. (2023) take a generator with Fourier convolutions through distillation, structured pruning and training that
knows of int8, and come from 800 to 300 ms on a small board, a Jetson Xavier NX; for which pictures, and what each step
gives, isn't at hand. Here the steps are those of `accelir-train lighten`: a student of fewer layers taught from nothing
("student", where there is one), channels pruned and the rest taught on ("pruned"), convolutions rounded to int8, by
calibration alone where that loses at most 0.05 dB, else by training that knows of it where that is better. The network
was trained for the squared error, not for looks: `rep` of 13 layers of 32 channels for x4, as `sr-x4` is. Trainings are
short, on one core that others used: they show that the
steps work, not what they could give.
CPU time by ONNX runtime and by OpenVINO of the fastest run, of seven {ROUNDS} times, all stages in turn, on 144 x 144
pixels, one thread, on a machine that others used; "times as fast" is over the same runtime's teacher; peak memory of a
session of ONNX runtime and a run on 512 x 512. Quality: files of `fidelity` at {", ".join(map(str, RATES))} bpp, PSNR
in dB over RGB, SSIMULACRA 2, means over files; "lost" is what the teacher has more.
""",
    units=units,
    rows=rows,
    facts=lambda options: pictures_of(options, SETS),
)
