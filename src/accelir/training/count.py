"""Operations of a network, counted by walking its ONNX graph with the shapes that a run of it really has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import onnx

from accelir.restoration.session import open_model

_MACS = ("Conv", "ConvTranspose", "MatMul", "Gemm")
_RECTIFIERS = ("Relu", "PRelu", "LeakyRelu")
_SHUFFLES = ("DepthToSpace", "SpaceToDepth")


@dataclass(frozen=True)
class Count:
    """Operations of one run, per input pixel where nothing else is said."""

    macs: float
    """Multiply-accumulates (MAC)."""
    attention: float
    """MAC between two activations, as attention has them; `macs` includes them."""
    biases: float
    """Additions of the convolutions' biases."""
    rectified: float
    """Outputs of ReLU, PReLU and LeakyReLU."""
    adds: float
    """Outputs of other element-wise additions."""
    shuffled: float
    """Values moved by depth to space or space to depth."""
    parameters: int
    """Number of values in all float tensors of the file."""
    activations: tuple[int, ...]
    """Number of elements of each node's output, in the order of running; of the whole run."""


def _observed(model: onnx.ModelProto, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """The shape of every float tensor of a run on 1 x 3 x height x width floats, or 1 x height x width x 3 bytes."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    names = [name for node in model.graph.node for name in node.output if name]
    final = {output.name for output in model.graph.output}
    # A type-less output is taken by ONNX runtime, which knows the type itself.
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in final)
    run = open_model(model.SerializeToString(), 1, optimized=False)
    face = run.get_inputs()[0]
    x = np.zeros((1, height, width, 3), np.uint8)
    if face.type != "tensor(uint8)":
        x = np.zeros((1, 3, height, width), np.float32)
    outputs = run.run(names, {face.name: x})
    shapes = {name: value.shape for name, value in zip(names, outputs, strict=True) if value.dtype == np.float32}
    return {face.name: x.shape, **shapes}


def count(model: bytes, height: int = 48, width: int = 48) -> Count:
    """Count the operations of an ONNX model (its bytes) on one RGB picture of the given size."""
    graph = onnx.load_from_string(model)
    shapes = _observed(graph, height, width)
    constants = {tensor.name: tuple(tensor.dims) for tensor in graph.graph.initializer}
    kinds = {tensor.name: tensor.data_type for tensor in graph.graph.initializer}
    sums: Counter[str] = Counter()
    activations = []
    for node in graph.graph.node:
        if node.output[0] not in shapes:
            continue
        out = shapes[node.output[0]]
        size = int(np.prod(out))
        activations.append(size)
        if node.op_type in _MACS:
            macs = _macs(node, out, {**constants, **shapes})
            sums["macs"] += macs
            sums["attention"] += macs * (node.op_type == "MatMul" and node.input[1] not in constants)
            if "Conv" in node.op_type and len(node.input) > 2 and node.input[2]:
                sums["biases"] += size
        elif node.op_type in _RECTIFIERS:
            sums["rectified"] += size
        elif node.op_type in _SHUFFLES:
            sums["shuffled"] += size
        elif node.op_type == "Add":
            sums["adds"] += size
    floats = [int(np.prod(dims)) for name, dims in constants.items() if kinds[name] == onnx.TensorProto.FLOAT]
    pixels = height * width
    return Count(
        macs=sums["macs"] / pixels,
        attention=sums["attention"] / pixels,
        biases=sums["biases"] / pixels,
        rectified=sums["rectified"] / pixels,
        adds=sums["adds"] / pixels,
        shuffled=sums["shuffled"] / pixels,
        parameters=sum(floats),
        activations=tuple(activations),
    )


def _macs(node: onnx.NodeProto, out: tuple[int, ...], shapes: dict[str, tuple[int, ...]]) -> int:
    size = int(np.prod(out))
    if node.op_type == "MatMul":
        return size * shapes[node.input[0]][-1]
    weight = shapes[node.input[1]]
    if node.op_type == "Conv":  # outputs x inputs / groups x kernel
        return size * int(np.prod(weight[1:]))
    if node.op_type == "ConvTranspose":  # inputs x outputs / groups x kernel, once per input value
        return int(np.prod(shapes[node.input[0]])) * int(np.prod(weight[1:]))
    transposed = any(a.name == "transA" and a.i for a in node.attribute)
    return size * shapes[node.input[0]][0 if transposed else 1]
