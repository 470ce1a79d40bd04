"""Int8 for the convolutions of a network: after training, by ONNX runtime, or with training that knows of the rounding.

Both mean the same: weights symmetric and by output channel, inputs of convolutions in 256 steps from the least to the
largest value that calibration saw (Jacob et al., CVPR 2018). Outputs, sums and the fixed enlargement that everything is
added to stay float32: rounding outputs too lost three times as much.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime import quantization
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, collapse
from accelir.training.layers import arguments, exchange

Pixels = NDArray[np.float32]
"""A network's input, 1 x 3 x H x W in 0..1."""


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no annotations
    def __init__(self, inputs: Sequence[Pixels]) -> None:
        self._inputs = iter(inputs)

    def get_next(self) -> dict[str, Pixels] | None:
        x = next(self._inputs, None)
        return None if x is None else {"x": x}


def quantised(model: bytes, calibration: Sequence[Pixels]) -> bytes:
    """A model of accelir.training.export with int8 convolutions, as QuantizeLinear and DequantizeLinear around them.

    calibration: typical inputs.
    """
    graph = onnx.load_from_string(model)
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            graph,
            str(path),
            _Reader(calibration),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_quantize=_learnt(graph),
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]},
        )
        return path.read_bytes()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice to prepare graphs first, which ONNX runtime gives on the root logger; these gain nothing."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _learnt(graph: onnx.ModelProto) -> list[str]:
    """Names of the convolutions whose weights were trained; those of the fixed enlargement are a constant."""
    weights = {tensor.name for tensor in graph.graph.initializer if tensor.name.endswith(".weight")}
    return [node.name for node in graph.graph.node if node.op_type == "Conv" and node.input[1] in weights]


class QuantConv(nn.Conv2d):
    """A convolution that rounds its weights and its inputs to int8, and lets gradients pass as if it didn't."""

    low: Tensor
    high: Tensor

    def __init__(self, conv: nn.Conv2d, low: float, high: float) -> None:
        super().__init__(**arguments(conv))
        self.load_state_dict(conv.state_dict())
        self.register_buffer("low", torch.tensor(min(low, 0.0)))
        self.register_buffer("high", torch.tensor(max(high, 1e-6)))

    def forward(self, x: Tensor) -> Tensor:
        step = (self.high - self.low) / 255
        zero = (-self.low / step).round().int()
        x = torch.fake_quantize_per_tensor_affine(x.float(), step, zero, 0, 255)
        steps = self.weight.detach().abs().amax((1, 2, 3)).clamp_min(1e-12) / 127
        zeros = torch.zeros_like(steps, dtype=torch.int32)
        weight = torch.fake_quantize_per_channel_affine(self.weight, steps, zeros, 0, -127, 127)
        return self._conv_forward(x, weight, self.bias)


def aware(network: Restorer, calibration: Sequence[Pixels]) -> Restorer:
    """A collapsed copy whose convolutions round as int8 does, over the ranges that the float32 network has."""
    network = collapse(network).cpu().eval()
    ranges: dict[str, tuple[float, float]] = {}

    def watch(name: str) -> None:
        def see(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = min(low, float(inputs[0].min())), max(high, float(inputs[0].max()))

        hooks.append(convs[name].register_forward_pre_hook(see))

    convs = {name: module for name, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    hooks: list[torch.utils.hooks.RemovableHandle] = []
    for name in convs:
        watch(name)
    with torch.inference_mode():
        for x in calibration:
            network(torch.from_numpy(x))
    for hook in hooks:
        hook.remove()
    for name, conv in convs.items():
        exchange(network, name, QuantConv(conv, *ranges[name]))
    return network.train().requires_grad_(True)


def plain(network: Restorer) -> Restorer:
    """A copy of an `aware` network with plain convolutions, to be exported and quantised."""
    network = collapse(network)
    for name, module in list(network.named_modules()):
        if isinstance(module, QuantConv):
            conv = nn.Conv2d(**arguments(module))
            conv.load_state_dict({k: v for k, v in module.state_dict().items() if k not in ("low", "high")})
            exchange(network, name, conv)
    return network
