"""Palloni: what rounding to int8 after training gains in speed and memory, and what it costs in quality."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

import accelir
from accelir.formats.decode import decode_pixels
from accelir.profile.installed import profiles
from accelir.restoration.card import Card
from accelir.restoration.installed import find
from accelir.restoration.network import Network, open_network
from accelir.restoration.pictures import list_pictures
from accelir.restoration.tasks import Task
from benches.common import JUDGES, Case, Pixels, known, means, scores, signed
from benches.paper.pictures import case_of, evenly, picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak", "urban100")
RATES = (0.9, 1.2, 1.8)
TRAINED = ("sr-x4", "sr-x4-light", "sr-x2-light", "dejpeg-light")
"""Networks that ship."""
UNTRAINED = ("srunet", "unet")
"""Palloni's own architectures, whose time and memory don't depend on what they learnt."""
UNTRAINED_TASK = Task("sr", 4)
CALIBRATION = 12
"""Training pictures that show the ranges of activations."""
SIDE = 512
"""What these are cut to at the top left, pixels."""
FLOAT, INT8 = "float32", "int8"
ROUNDS = 5
"""Of timing models in turn, the least of which counts: what else is on the machine slows all of them."""
COSTS = {"ms": "ms", "MiB": "memory", "OpenVINO ms": "openvino ms", "OpenVINO MiB": "openvino memory"}
"""Columns and what they are called in records."""
PAPER = {"network": "the paper's", "precision": INT8, "times as fast": "2.3", "memory": "-54 to -63 %"}
# Linux's peak of a process: before OpenVINO reads a model, with all that is imported, and after a run.
_PROBE = """
import sys
import numpy as np
import openvino
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
model, x = sys.stdin.buffer.read(), np.zeros((1, 3, int(sys.argv[1]), int(sys.argv[1])), np.float32)
before, core = peak(), openvino.Core()
settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
core.compile_model(core.read_model(model), "CPU", settings).create_infer_request().infer([x])
print(peak() - before)
"""


def units(options: Options) -> Iterator[Unit]:
    train = options.data / "train"
    for name in (*TRAINED, *UNTRAINED):
        yield Unit(f"{name} cost", partial(cost, name, train))
        for set_name, path in picture_paths(options, SETS if name in TRAINED else ()):
            yield Unit(f"{name} {set_name} {path.stem}", partial(quality, name, train, path))


def cost(name: str, train: Path) -> list[Record]:
    """Operations, size of the file, CPU time and memory of both precisions."""
    from accelir.training.bench import LARGE, peak_memory
    from accelir.training.count import count

    made = models(name, train)
    timed = timed_in_turn(made)
    found = {
        precision: {
            "bytes": len(model),
            "memory": peak_memory(model),
            "openvino memory": openvino_memory(model, LARGE),
            **timed[precision],
        }
        for precision, model in made.items()
    }
    return [{"network": name, "macs": count(made[FLOAT]).macs, "cost": found}]


def timed_in_turn(models: dict[str, bytes]) -> dict[str, dict[str, float | None]]:
    """Least CPU times of models, milliseconds: "ms" by ONNX runtime, "openvino ms" or None where it isn't installed."""
    from accelir.training.bench import latency, openvino_latency

    found: dict[str, dict[str, float | None]] = {name: {} for name in models}
    for key, timed in (("ms", latency), ("openvino ms", openvino_latency)):
        rounds = [{name: timed(model) for name, model in models.items()} for _ in range(ROUNDS)]
        for name, costs in found.items():
            costs[key] = min((each[name] for each in rounds if each[name] is not None), default=None)
    return found


def openvino_memory(model: bytes, side: int) -> float | None:
    """Peak memory of OpenVINO and a run on side x side pixels, MiB; None where it isn't installed, or not Linux."""
    if sys.platform != "linux" or importlib.util.find_spec("openvino") is None:
        return None
    done = subprocess.run([sys.executable, "-c", _PROBE, str(side)], input=model, capture_output=True, check=True)
    return int(done.stdout) / 1024


def quality(name: str, train: Path, path: Path) -> list[Record]:
    """Scores of a picture's files after the network, by precision."""
    task = task_of(name)
    case, made = case_of(path, task), networks(name, train)
    found = []
    for file in files_of(case, task):
        after = {precision: scores(network(file), case.truth).tolist() for precision, network in made.items()}
        found.append({"network": name, "scores": after})
    return found


def task_of(name: str) -> Task:
    if name in UNTRAINED:
        return UNTRAINED_TASK
    card = open_network(name, 1).card
    return Task(card.task, card.strength)


def files_of(case: Case, task: Task) -> list[Pixels]:
    """The picture as files at all rates show it."""
    encoder = accelir.Encoder(profile=str(task) if str(task) in profiles() else "fidelity")
    return [decode_pixels(encoder.encode(case.picture, bpp=rate).data) for rate in RATES]


@lru_cache(maxsize=1)
def models(name: str, train: Path) -> dict[str, bytes]:
    """ONNX models by precision."""
    from accelir.training.bench import as_input
    from accelir.training.quantise import quantised

    task = task_of(name)
    model, multiple_of = untrained(name) if name in UNTRAINED else shipped(name)
    inputs = []
    for i, path in enumerate(evenly(list_pictures(train), CALIBRATION)):
        files = files_of(case_of(path, task, SIDE), task)
        inputs.append(as_input(files[i % len(files)], multiple_of))
    return {FLOAT: model, INT8: quantised(model, inputs)}


def shipped(name: str) -> tuple[bytes, int]:
    """A network's model, and what sides of its input are multiples of."""
    return find(name).read_bytes(), open_network(name, 1).card.multiple_of


def untrained(name: str) -> tuple[bytes, int]:
    """The same of an architecture."""
    from accelir.architectures import build
    from accelir.training.export import to_onnx

    network = build(name, scale=int(UNTRAINED_TASK.strength))
    return to_onnx(network), network.multiple_of


@lru_cache(maxsize=1)
def networks(name: str, train: Path) -> dict[str, Network]:
    """The network by precision, as it runs at a receiver."""
    from accelir.training.package import write

    card = replace(Card.read(find(name).with_suffix(".json")), gradient="", gradient_memory=0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = write(models(name, train)[INT8], replace(card, name=f"{name}-int8"), folder)
        return {FLOAT: open_network(name, 1), INT8: open_network(path, 1)}


def rows(records: Sequence[Record]) -> list[Row]:
    made = []
    for record in records:
        if "cost" in record:
            judged = [each["scores"] for each in records if each["network"] == record["network"] and "scores" in each]
            made += [row_of(record, judged, precision) for precision in (FLOAT, INT8)]
    return [*made, {**dict.fromkeys(made[0], "–"), **PAPER}]


def row_of(record: Record, judged: Sequence[Record], precision: str) -> Row:
    """judged: scores by precision of each file."""
    mine, whole = record["cost"][precision], record["cost"][FLOAT]
    if not judged:
        shown = ["–"] * len(JUDGES)
    elif precision == FLOAT:
        shown = [f"{score:.2f}" for score in means([scored[FLOAT] for scored in judged])]
    else:
        shown = signed(means([np.subtract(scored[precision], scored[FLOAT]) for scored in judged]))
    return {
        "network": record["network"] + ("" if judged else ", untrained"),
        "precision": precision,
        "MACs a pixel": f"{record['macs']:,.0f}",
        "kB": f"{mine['bytes'] / 1000:.0f}",
        **{column: known(mine[key]) for column, key in COSTS.items()},
        "times as fast": times(whole["ms"], mine["ms"]),
        "memory": change(whole["memory"], mine["memory"]),
        "times as fast, OpenVINO": times(whole["openvino ms"], mine["openvino ms"]),
        "memory, OpenVINO": change(whole["openvino memory"], mine["openvino memory"]),
        **dict(zip(JUDGES, shown, strict=True)),
        "files": len(judged),
    }


def times(whole: float | None, mine: float | None) -> str:
    return f"{whole / mine:.2f}" if whole and mine else "–"


def change(whole: float | None, mine: float | None) -> str:
    return f"{100 * (mine / whole - 1):+.0f} %" if whole and mine else "–"


def facts(options: Options) -> dict[str, str]:
    version = importlib.metadata.version("openvino") if importlib.util.find_spec("openvino") else "not installed"
    told = {"calibration": f"{CALIBRATION} pictures of train", "OpenVINO": version}
    return {**pictures_of(options, SETS), **told}


TABLE = Table(
    name="palloni",
    title="Palloni: networks before and after int8",
    about=f"""
Palloni (2022) rounds U-Net and SRUNet for compressed video to int8 after training, and has them 2.3 times as fast with
54 to 63 % less memory. What machine and runtime that was, what memory counts, and how large the pictures were, isn't at
hand. Here the convolutions become int8 by ONNX runtime's static quantisation, as `accelir-train lighten` does it, with
{CALIBRATION} training pictures; sums, what passes between layers, and the enlargement are float32 in the file. CPU time
by ONNX runtime and by OpenVINO, of the fastest run, of seven {ROUNDS} times, on 144 x 144 pixels, one thread, on a
machine that others used; peak memory of a session and a run on 512 x 512 pixels, in a process of its own;
"times as fast" and "memory" compare with the same runtime's float32. Quality: files of the task's profile (`fidelity`
for dejpeg) at {", ".join(map(str, RATES))} bpp, restored by the network with ONNX runtime, PSNR in dB over RGB, luma,
and luma where the truth is flat, SSIMULACRA 2; rows of int8 are differences. Palloni's architectures weren't trained
here: they are shown for time and memory alone, at x4, with as many weights as the published code.
""",
    units=units,
    rows=rows,
    facts=facts,
)
