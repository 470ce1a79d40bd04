"""What a network costs and what it gives: a row of the table that `accelir-train lighten` prints."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.metrics import PSNR_RGB, SSIMULACRA2
from accelir.restoration.session import open_model, run_model
from accelir.training.count import Count
from accelir.training.data import Pair

SIDE = 144
"""Side in pixels of the input that is timed."""
RUNS = 7
"""Runs that are timed; the fastest counts."""
LARGE = 512
"""Side in pixels of the input whose memory is measured."""

# Linux's peak of a process: before the model is opened, with all that is imported, and after a run.
_PROBE = """
import sys
import numpy as np
from accelir.restoration.session import open_model, run_model
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
import onnxruntime
model, x = sys.stdin.buffer.read(), np.zeros((1, 3, int(sys.argv[1]), int(sys.argv[1])), np.float32)
before = peak()
run_model(open_model(model, 1), x)
print(peak() - before)
"""


@dataclass(frozen=True)
class Row:
    """A network, measured."""

    stage: str
    """Name of the stage that made it."""
    macs: float
    """Multiply-accumulates per input pixel."""
    parameters: int
    """Number of weights."""
    bytes: int
    """Size of the ONNX file."""
    ms: float
    """CPU time of ONNX runtime for an input of SIDE x SIDE pixels, milliseconds, one thread."""
    openvino_ms: float | None
    """The same of OpenVINO; None where it isn't installed."""
    memory: float | None
    """Peak memory of ONNX runtime's session and a run on LARGE x LARGE pixels, MiB; None where it isn't Linux."""
    psnr: float
    """Mean over the judged files, dB, RGB."""
    ssimulacra2: float
    """Mean over the judged files."""


def measured(stage: str, model: bytes, tally: Count, pairs: list[Pair], multiple_of: int) -> Row:
    """The row of an ONNX model of ours. tally: its operations in float32; pairs: inputs and truths, uint8 h x w x 3."""
    session = open_model(model, 1)
    scores = []
    for x, truth in pairs:
        y = _restored(session, x, truth.shape[:2], multiple_of)
        scores.append((PSNR_RGB.score(y, truth), SSIMULACRA2.score(y, truth)))
    decibels, points = np.mean(scores, axis=0)
    return Row(
        stage=stage,
        macs=round(tally.macs, 1),
        parameters=tally.parameters,
        bytes=len(model),
        ms=latency(model),
        openvino_ms=openvino_latency(model),
        memory=peak_memory(model),
        psnr=round(float(decibels), 4),
        ssimulacra2=round(float(points), 3),
    )


def as_input(picture: NDArray[np.uint8], multiple_of: int) -> NDArray[np.float32]:
    """uint8 h x w x 3 -> float32 1 x 3 x H x W in 0..1, sides extended to the multiple."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % multiple_of), (0, -width % multiple_of), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None].astype(np.float32) / 255)


def _restored(session: Any, picture: NDArray[np.uint8], size: tuple[int, ...], multiple_of: int) -> NDArray[np.uint8]:
    y = run_model(session, as_input(picture, multiple_of))[0, :, : size[0], : size[1]]
    return (y.transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)


def latency(model: bytes) -> float:
    """CPU time of ONNX runtime for an input of SIDE x SIDE pixels, milliseconds, one thread."""
    session, x = open_model(model, 1), _timed_input()
    return _fastest(lambda: run_model(session, x))


def openvino_latency(model: bytes) -> float | None:
    """The same by OpenVINO, in float32 as ONNX runtime; None where it isn't installed."""
    if importlib.util.find_spec("openvino") is None:
        return None
    import openvino

    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    core = openvino.Core()
    request = core.compile_model(core.read_model(model), "CPU", settings).create_infer_request()
    x = _timed_input()
    return _fastest(lambda: request.infer([x]))


def peak_memory(model: bytes) -> float | None:
    """Peak memory of ONNX runtime's session and a run on LARGE x LARGE pixels, MiB; None where it isn't Linux."""
    if sys.platform != "linux":
        return None
    command = [sys.executable, "-c", _PROBE, str(LARGE)]
    done = subprocess.run(command, input=model, capture_output=True, check=True)
    return round(int(done.stdout) / 1024, 1)


def _timed_input() -> NDArray[np.float32]:
    return np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)


def _fastest(run: Callable[[], object]) -> float:
    """CPU time of the fastest of RUNS calls, milliseconds; the first isn't counted."""
    run()
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return round(1000 * min(times), 2)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table; what each is faster by, and loses, against the first."""
    head = "| stage | MAC | weights | KB | ms | times as fast | OpenVINO ms | MiB | PSNR | | SSIMULACRA 2 |"
    lines = [head, "|" + "---|" * head.count(" |")]
    for row in rows:
        cells = (
            row.stage,
            f"{row.macs:,.0f}",
            f"{row.parameters:,}",
            f"{row.bytes / 1000:.0f}",
            f"{row.ms:.1f}",
            f"{rows[0].ms / row.ms:.2f}",
            _optional(row.openvino_ms),
            _optional(row.memory),
            f"{row.psnr:.3f}",
            f"{row.psnr - rows[0].psnr:+.3f}",
            f"{row.ssimulacra2:.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _optional(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
