"""Weights of PyTorch become ONNX: .pth and .safetensors, by spandrel, which knows what architecture they are of.

spandrel reads tensors alone of these and runs nothing that a file holds; of .pt files, which may hold TorchScript, that
can't be said, so that they aren't taken. Needs `pip install accelir[convert]`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from accelir.restoration.session import open_model, run_model
from accelir.storage.text import printable

WEIGHTS = (".pth", ".ckpt", ".safetensors")
_NCNN = (".param", ".bin")
OPSET = 17
SIDE = 64
"""Sides in pixels of what the model is traced with."""
FIXED = 192
"""Sides of what a model is traced with whose graph holds for one size alone."""
TOLERANCE = 1e-3
"""Largest difference between torch's and ONNX runtime's results, of a range of 0 to 1: a quarter of an 8-bit level."""


def read_model(path: Path) -> tuple[bytes, str]:
    """An ONNX model's bytes, and the name of its architecture, "" where that isn't known.

    Raises ValueError for a file that is no model, or one that can't be turned into ONNX; says what to do. OSError.
    """
    suffix = path.suffix.lower()
    if suffix in _NCNN:
        raise ValueError(
            "ncnn's .param and .bin can't be read: converters lead to ncnn, not back. Take the .pth, .safetensors or "
            ".onnx that they were made of"
        )
    if suffix not in (".onnx", *WEIGHTS):
        raise ValueError(f"a file that ends in {suffix or 'nothing'}; taken are .onnx, {', '.join(WEIGHTS)}")
    if suffix == ".onnx":
        return path.read_bytes(), ""
    path.open("rb").close()
    return _converted(path)


def _converted(path: Path) -> tuple[bytes, str]:
    try:
        spandrel, torch = importlib.import_module("spandrel"), importlib.import_module("torch")
        importlib.import_module("onnx")
    except ImportError as error:
        raise ValueError(f"weights of PyTorch need {error.name}: pip install 'accelir[convert]'") from None
    except (RuntimeError, OSError) as error:  # as torchvision raises them beside a torch of another build
        raise ValueError(
            f"spandrel can't be imported: {printable(error)}; get torch and torchvision anew, both from one place"
        ) from None
    try:
        found = spandrel.ModelLoader("cpu").load_from_file(path)
    except Exception as error:  # whatever unpickling and the architectures' own checks raise
        raise ValueError(
            f"spandrel can't load it: {printable(error) or type(error).__name__}. It knows the architectures on "
            "https://github.com/chaiNNer-org/spandrel; of others, export an .onnx"
        ) from None
    if not isinstance(found, spandrel.ImageModelDescriptor):
        raise ValueError(f"{found.architecture.name} needs more than a picture as its input; no such networks are run")
    if found.input_channels not in (1, 3) or found.output_channels != found.input_channels:
        raise ValueError(
            f"it has {found.input_channels} channels in and {found.output_channels} out; taken are 3 (RGB) or 1 "
            "(luma), as many out as in"
        )
    return _exported(found, torch), str(found.architecture.name)


def _exported(found: Any, torch: Any) -> bytes:
    """The ONNX model of any size, or of one size where tracing makes it so. Raises ValueError."""
    # In a Sequential, as that hands on the picture alone: some models have further inputs with a default.
    model = torch.nn.Sequential(found.model.eval().float().cpu())
    channels, multiple = found.input_channels, found.size_requirements.multiple_of
    side = -(-max(SIDE, found.size_requirements.minimum) // multiple) * multiple
    free = {"x": {0: "n", 2: "h", 3: "w"}, "y": {0: "n", 2: "sh", 3: "sw"}}
    reasons = []
    for traced, axes, tried in (
        (side, free, [(side, side), (side + multiple, side + 2 * multiple)]),
        (-(-FIXED // multiple) * multiple, {}, [(-(-FIXED // multiple) * multiple,) * 2]),
    ):
        try:
            data = _traced(model, channels, traced, axes, torch)
            off = max(_difference(model, data, (1, channels, *shape), torch) for shape in tried)
        except Exception as error:  # torch's exporter raises many kinds
            reasons.append(printable(error))
            continue
        if off <= TOLERANCE:
            return data
        reasons.append(f"ONNX runtime and torch differ by {off:.2g}")
    raise ValueError(f"{found.architecture.name} can't be exported to ONNX: {'; '.join(dict.fromkeys(reasons))}")


def _traced(model: Any, channels: int, side: int, axes: dict[str, dict[int, str]], torch: Any) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's, of what doesn't hold for other sizes, which are tried
        torch.onnx.export(
            model,
            (torch.rand(1, channels, side, side),),
            buffer,
            input_names=["x"],
            output_names=["y"],
            opset_version=OPSET,
            dynamic_axes=axes,
            dynamo=False,
        )
    return buffer.getvalue()


def _difference(model: Any, data: bytes, shape: tuple[int, ...], torch: Any) -> float:
    """Largest difference between torch and ONNX runtime. Raises ModelError, ValueError where shapes differ."""
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(x)).numpy()
    got = run_model(open_model(data), x)
    if got.shape != expected.shape:
        raise ValueError(f"ONNX runtime gives {got.shape} where torch gives {expected.shape}")
    return float(np.abs(got - expected).max())
