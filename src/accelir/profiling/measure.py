"""Stage 1, measuring: what every cell of a picture costs and what is left of its error after restoration.

The picture is encoded by the real encoder, once at each QP and once at each base step under each mode, decoded, and
restored as a whole. So a cell's neighbours always share its QP or mode. Results are kept, one file a picture, under a
key of all that decides them, and an interrupted build goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelir.cells.grid import grid_of
from accelir.cells.modes import ModeArray
from accelir.cells.qp import step_of_qp
from accelir.core import jpeg
from accelir.formats.jpeg.decode import decode_jpeg
from accelir.formats.jpeg.prepare import PreparedJpeg
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics.metric import sum_by_cell
from accelir.metrics.psnr import PSNR_RGB
from accelir.profile.model import Profile
from accelir.profiling.menu import BASE_QPS, QPS, make_menu
from accelir.restoration.installed import find
from accelir.restoration.network import Network, open_network
from accelir.restoration.pictures import Pixels, degraded
from accelir.restoration.tasks import Task
from accelir.storage.arrays import read_arrays, write_arrays
from accelir.storage.files import write_atomically

SUFFIX = ".npz"


@dataclass(frozen=True)
class Measurement:
    """One picture's cells, row by row; n of them, q QPs, s base steps, m modes."""

    shape: NDArray[np.int64]
    """Rows and columns of cells, (2,)."""
    values: NDArray[np.float64]
    """Values of the ground truth (pixels x 3) that a cell stands for, (n,); fewer where the border cuts it."""
    bits: NDArray[np.float64]
    """Bits of each cell in a uniform file of each QP, (n, q), headers not counted."""
    sse: NDArray[np.float64]
    """Squared RGB error after restoration, summed over the cell, (n, q)."""
    mode_bits: NDArray[np.float64]
    """Bits of each cell at each base step under each mode, (n, s, m)."""
    mode_sse: NDArray[np.float64]
    """Squared RGB error at each base step under each mode, summed over the cell, (n, s, m)."""
    qp_bytes: NDArray[np.float64]
    """Bytes of the whole sequential file of each QP, (q,)."""
    mode_bytes: NDArray[np.float64]
    """Bytes of the whole sequential file at each base step under each mode, (s, m)."""

    def to_bytes(self) -> bytes:
        """An npz file; the same measurement gives the same bytes."""
        return write_arrays({f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Measurement:
        """Raises ValueError for anything that to_bytes doesn't write."""
        arrays = read_arrays(data)
        if set(arrays) != {f.name for f in fields(cls)}:
            raise ValueError(f"not a measurement: it has {', '.join(arrays)}")
        return cls(**arrays)


@dataclass(frozen=True)
class MeasurementPlan:
    """What is measured of every picture."""

    task: Task
    network: str
    """Name or path of the network; workers elsewhere must find it too."""
    profile: Profile
    """Profile whose tables and weights the files have; its ladder's first rung is the mode of uniform files."""
    menu: ModeArray
    subsampling: str = "4:2:0"
    qps: tuple[int, ...] = QPS
    base_qps: tuple[int, ...] = BASE_QPS
    side: int = 512
    """Side in pixels that ground truths are cut to."""

    def __post_init__(self) -> None:
        for name in ("qps", "base_qps"):
            if len(qps := getattr(self, name)) < 2 or sorted(set(qps)) != list(qps):
                raise ValueError(f"{name} must be two or more and rise, not {qps}")

    @classmethod
    def of(cls, task: Task, network: str, profile: Profile, **options: Any) -> MeasurementPlan:
        """With the menu that goes with the profile's Lagrangian."""
        return cls(task, network, profile, make_menu(float(profile.jpeg.ladder.modes["lambda"][0])), **options)

    def key(self, picture: Path) -> str:
        """64 hexadecimal digits that change with anything that changes the result, the encoder itself included."""
        digest = hashlib.sha256()
        jpeg = self.profile.jpeg
        tables = jpeg.tables[self.subsampling]
        for part in (
            picture.stem.encode(),  # decides the noise
            picture.read_bytes(),
            str(self.task).encode(),
            find(self.network).read_bytes(),
            tables.relative_steps.tobytes() + tables.weights.tobytes() + jpeg.ladder.modes[:1].tobytes(),
            repr(jpeg.chroma_smoothing).encode(),
            self.menu.tobytes(),
            repr((self.subsampling, self.qps, self.base_qps, self.side)).encode(),
            self._probe(),
        ):
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()

    def _probe(self) -> bytes:
        """What the encoder writes for a small picture: it changes when the encoder does."""
        y, x = np.mgrid[:64, :64]
        pixels = np.stack([x * y // 16, (x * x + 3 * y) % 256, 128 + 4 * (x - y) % 64], axis=-1).astype(np.uint8)
        prepared = _prepare(pixels, self)
        return b"".join(prepared.under(9.0, self.menu[i : i + 1], self.subsampling).data for i in range(len(self.menu)))


def measure(picture: Path, plan: MeasurementPlan) -> Measurement:
    """Measure one picture. One thread."""
    network = open_network(plan.network, 1)
    pixels, truth = degraded(picture, plan.task, plan.side)
    prepared = _prepare(pixels, plan)
    steps = [step_of_qp(qp) for qp in plan.base_qps]
    points = [(step_of_qp(qp), plan.profile.jpeg.ladder.modes[:1]) for qp in plan.qps]
    points += [(step, plan.menu[i : i + 1]) for step in steps for i in range(len(plan.menu))]
    rows = [_measure_point(prepared.under(*point, plan.subsampling), network, truth) for point in points]
    bits, sse, sizes = (np.array(column, np.float64).T for column in zip(*rows, strict=True))
    q, modes = len(plan.qps), (len(steps), len(plan.menu))
    return Measurement(
        shape=np.array(grid_of(pixels.shape)),
        values=sum_by_cell(np.full(truth.shape[:2], 3.0), plan.task.scale).ravel(),
        bits=bits[:, :q],
        sse=sse[:, :q],
        mode_bits=bits[:, q:].reshape(-1, *modes),
        mode_sse=sse[:, q:].reshape(-1, *modes),
        qp_bytes=sizes[:q],
        mode_bytes=sizes[q:].reshape(modes),
    )


def _prepare(pixels: Pixels, plan: MeasurementPlan) -> PreparedJpeg:
    return PreparedJpeg(Request(pixels, EncoderSettings(plan.profile)))


def _measure_point(
    encoding: jpeg.Encoding, network: Network, truth: Pixels
) -> tuple[NDArray[np.float32], NDArray[np.float64], int]:
    assert encoding.levels is not None
    errors = PSNR_RGB.error_by_cell(network(decode_jpeg(encoding.data)), truth, network.card.scale)
    return encoding.levels.cell_bits().ravel(), errors.ravel(), len(encoding.data)


def stored(picture: Path, plan: MeasurementPlan, work: Path) -> Path:
    """Where a picture's measurement is kept."""
    return work / f"{picture.stem}-{plan.key(picture)[:24]}{SUFFIX}"


def load(path: Path) -> Measurement | None:
    """A kept measurement; None where there is none or it is damaged, which is then measured again."""
    try:
        return Measurement.from_bytes(path.read_bytes())
    except (OSError, ValueError):
        return None


def keep(path: Path, measurement: Measurement) -> None:
    """Keep a measurement, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, measurement.to_bytes())


def join(measurements: list[Measurement]) -> Measurement:
    """The cells of many pictures as if of one column of cells."""
    joined = {
        f.name: np.concatenate([getattr(m, f.name) for m in measurements])
        for f in fields(Measurement)
        if f.name in ("values", "bits", "sse", "mode_bits", "mode_sse")
    }
    return Measurement(
        shape=np.array([len(joined["values"]), 1]),
        qp_bytes=np.sum([m.qp_bytes for m in measurements], axis=0),
        mode_bytes=np.sum([m.mode_bytes for m in measurements], axis=0),
        **joined,
    )


def mean(measurements: list[Measurement]) -> Measurement:
    """One picture's cells with the error that several networks leave on average; the files are the same."""
    first = measurements[0]
    errors = {name: np.mean([getattr(m, name) for m in measurements], axis=0) for name in ("sse", "mode_sse")}
    return Measurement(**{**dict(zip((f.name for f in fields(first)), astuple(first), strict=True)), **errors})
