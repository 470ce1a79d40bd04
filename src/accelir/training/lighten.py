"""From a trained network to a lighter one: a student is taught, channels are pruned, the rest is rounded to int8.

A lightening is a folder with a folder for each stage. A stage that has its row.json is done, one that was killed goes
on from its checkpoint. The stages, and what is in their folders:

    teacher    row.json
    student    a run of a DistillingTrainer; left out where the plan names no student
    pruned-1   the same, of what pruning left of the stage before, and so on, until the goal is reached
    int8       model.onnx; aware/, a run that knows of the rounding, where rounding after training lost too much
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from accelir.architectures.blocks import Restorer, collapse
from accelir.restoration.card import Card
from accelir.restoration.pictures import list_pictures, split
from accelir.restoration.tasks import Task
from accelir.storage.files import write_atomically
from accelir.training.bench import Row, as_input, latency, measured
from accelir.training.count import count
from accelir.training.data import PairSource
from accelir.training.distil import DistillingTrainer
from accelir.training.export import export, to_onnx
from accelir.training.layers import shaped
from accelir.training.package import write
from accelir.training.prune import ROUND_TO, reduced
from accelir.training.quantise import aware, plain, quantised
from accelir.training.trainer import Trainer, TrainingRecipe, validation_pairs

JUDGED = "ours:fidelity:0.9-0.9,ours:fidelity:1.2-1.2,ours:fidelity:1.8-1.8"
"""Files that the table's scores are of, in turn, of pictures that no stage trains on."""
CALIBRATION = 12
"""Pictures, of the training ones, that show the ranges of activations."""
INT8_LOSS = 0.05
"""Loss in dB by rounding after training from which on a training that knows of the rounding is tried."""


@dataclass(frozen=True)
class Limit:
    """How light a network is to become, in float32."""

    value: float
    """Most that it may cost; for "x" times as fast as the teacher."""
    unit: str
    """"mac" per input pixel, "ms" of CPU time as accelir.training.bench has it, or "x"."""

    @staticmethod
    def parse(text: str) -> Limit:
        """Read "50000mac", "30ms" or "2.7x". Raises ValueError."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(mac|ms|x)", text)
        if found is None or float(found[1]) <= 0:
            raise ValueError(f"cannot read the goal {text!r}; write 50000mac (a pixel), 30ms or 2.7x (times as fast)")
        return Limit(float(found[1]), found[2])

    def cost(self, network: Restorer) -> float:
        """What a network costs in the goal's unit; milliseconds for "x"."""
        model = to_onnx(network)
        return count(model).macs if self.unit == "mac" else latency(model)

    def cost_of(self, row: Row) -> float:
        """The same of a network that was measured."""
        return row.macs if self.unit == "mac" else row.ms

    def most(self, teacher: Row) -> float:
        """What may be spent at most, given the teacher's row."""
        return teacher.ms / self.value if self.unit == "x" else self.value


@dataclass(frozen=True)
class LighteningPlan:
    """Everything but teacher and pictures that decides a lightening."""

    to: str
    """Limit as Limit.parse reads it."""
    student: dict[str, Any] = field(default_factory=dict)
    """Options of the architecture in which a student differs from its teacher; none: the teacher itself is pruned."""
    steps: int = 6000
    """Steps of the student's training."""
    prunings: int = 3
    """Prunings on the way to the goal, each by the same factor."""
    finetune: int = 2000
    """Steps of training after a pruning."""
    rate: float = 5e-4
    """Highest learning rate of the training after a pruning."""
    aware: int = 500
    """Steps of training that knows of int8, where it is needed; at a fifth of that rate."""
    round_to: int = ROUND_TO
    """Multiple that channels are kept in."""


class Lightening:
    """A lightening in its folder.

    run: the teacher's run. Raises ValueError for a folder that holds another plan, and FileNotFoundError for a run
    without a checkpoint.
    """

    def __init__(
        self,
        run: str | Path,
        pictures: str | Path,
        folder: str | Path,
        plan: LighteningPlan,
        *,
        workers: int = 1,
        device: str = "auto",
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.plan, self.goal = plan, Limit.parse(plan.to)
        self.pictures, self.folder = Path(pictures), Path(folder)
        self.workers, self.device, self.tell = workers, device, tell
        self.recipe, self.teacher = opened(Path(run) / "checkpoint.pt")
        self.rows: list[Row] = []
        self._keep_plan()
        self._last = Trainer(self.recipe, pictures, run, workers=0, device=device, network=copy.deepcopy(self.teacher))
        self._pairs = validation_pairs(replace(self.recipe, codecs=JUDGED), pictures)
        train, _ = split(list_pictures(pictures))
        source = PairSource(tuple(train), Task.parse(self.recipe.task), self.recipe.codecs, self.recipe.seed + 1, 512)
        self._calibration = [as_input(source.pair(i)[0], self.teacher.multiple_of) for i in range(CALIBRATION)]

    def _keep_plan(self) -> None:
        path, plan = self.folder / "plan.json", asdict(self.plan)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_atomically(path, json.dumps(plan, indent=1).encode())
        elif wrong := [name for name, value in json.loads(path.read_bytes()).items() if plan[name] != value]:
            raise ValueError(f"{self.folder} holds a lightening with another {', '.join(wrong)}; choose another folder")

    def run(self) -> list[Row]:
        """All stages, those that are done from their rows. Returns a row a stage."""
        self.rows = []
        self._measured("teacher", self.teacher)
        network = self._student() if self.plan.student else self.teacher
        network = self._pruned(network)
        self._int8(network)
        return self.rows

    def export(self, name: str) -> tuple[Path, Path]:
        """After `run`: write NAME.onnx, NAME-int8.onnx and cards into the folder; returns the networks' paths."""
        said = f"{self.pictures.name}, as the teacher's; made lighter: {json.dumps(asdict(self.plan))}"
        path = export(self._last, name, self.folder, data=said)
        card = replace(Card.read(path.with_suffix(".json")), name=f"{name}-int8", gradient="", gradient_memory=0.0)
        return path, write((self.folder / "int8" / "model.onnx").read_bytes(), card, self.folder)

    @property
    def _options(self) -> dict[str, Any]:
        """Of the architecture of the student, or of the teacher where there is none."""
        return {**self.recipe.options, **self.plan.student}

    def _student(self) -> Restorer:
        recipe = replace(self.recipe, options=self._options, steps=self.plan.steps)
        return self._stage("student", recipe, recipe.make_network)

    def _pruned(self, network: Restorer) -> Restorer:
        """What prunings leave, each by the same factor, down to the goal; one that is light enough stays whole."""
        plan, most, cost = self.plan, self.goal.most(self.rows[0]), self.goal.cost_of(self.rows[-1])
        recipe = replace(self.recipe, options=self._options, steps=plan.finetune, rate=plan.rate, mse_from=0.0)
        for i in range(plan.prunings if cost > most else 0):
            at = cost * (most / cost) ** ((i + 1) / plan.prunings)
            make = functools.partial(reduced, network, at, self.goal.cost, plan.round_to)
            network = self._stage(f"pruned-{i + 1}", recipe, make)
        return network

    def _stage(self, name: str, recipe: TrainingRecipe, make: Callable[[], Restorer]) -> Restorer:
        """A stage that teaches what `make` gives, or what its checkpoint holds, to the end."""
        checkpoint = self.folder / name / "checkpoint.pt"
        network = opened(checkpoint)[1] if checkpoint.exists() else make()
        self._last = self._taught(name, recipe, self.teacher, network)
        network = collapse(self._last.ema).cpu()
        self._measured(name, network)
        return network

    def _taught(self, name: str, recipe: TrainingRecipe, teacher: Restorer, network: Restorer) -> DistillingTrainer:
        folder = self.folder / name
        trainer = DistillingTrainer(
            recipe, self.pictures, folder, teacher=teacher, network=network, workers=self.workers, device=self.device
        )
        if trainer.step == 0:
            trainer.save()  # what pruning left, before the first step
        trainer.run(every=min(500, recipe.steps))
        return trainer

    def _int8(self, network: Restorer) -> None:
        path = self.folder / "int8" / "model.onnx"
        if not path.exists():
            model = self._rounded(network)
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, model)
        self._measured("int8", network, path.read_bytes())

    def _rounded(self, network: Restorer) -> bytes:
        """The int8 model: rounded after training, or with training that knows of it where that is better by enough."""
        model = quantised(to_onnx(network), self._calibration)
        score = self._judged("int8", network, model).psnr
        if self.rows[-1].psnr - score <= INT8_LOSS:
            return model
        recipe = replace(self.recipe, steps=self.plan.aware, rate=self.plan.rate / 5, mse_from=0.0)
        trainer = self._taught("int8/aware", recipe, network, aware(network, self._calibration))
        learnt = quantised(to_onnx(plain(trainer.ema)), self._calibration)
        return learnt if self._judged("int8", network, learnt).psnr > score else model

    def _measured(self, stage: str, network: Restorer, model: bytes | None = None) -> None:
        """Append a stage's row, which is measured once. model: its file, where it isn't the network's export."""
        path = self.folder / stage / "row.json"
        if not path.exists():
            row = self._judged(stage, network, model or to_onnx(network))
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, json.dumps(asdict(row), indent=1).encode())
        row = Row(**json.loads(path.read_bytes()))
        self.tell(f"{stage}: {row.macs:,.0f} MAC, {row.ms:.1f} ms, {row.psnr:.3f} dB")
        self.rows.append(row)

    def _judged(self, stage: str, network: Restorer, model: bytes) -> Row:
        return measured(stage, model, count(to_onnx(network)), self._pairs, network.multiple_of)


def opened(checkpoint: Path) -> tuple[TrainingRecipe, Restorer]:
    """A run's recipe and its averaged network, as wide as it is. Raises FileNotFoundError, ValueError."""
    if not checkpoint.exists():
        raise FileNotFoundError(f"no run to make lighter: there is no {checkpoint}")
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if unknown := state["recipe"].keys() - asdict(TrainingRecipe("", "")).keys():
        raise ValueError(f"{checkpoint} is of another kind of run, with {', '.join(sorted(unknown))}; take a plain one")
    recipe = TrainingRecipe(**state["recipe"])
    return recipe, shaped(recipe.make_network(), state["ema"])
