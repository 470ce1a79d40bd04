"""A network's gradient as a second ONNX graph, by reverse-mode differentiation of the first; needs `onnx`, no torch.

From `x` (N x 3 x H x W) and `reference` (N x 3 x sH x sW), both 0 to 1, the graph makes `gradient`, N x 3 x H x W:
J^T (clip(y) - reference), with y what the network makes of x, and J its Jacobian. That is the derivative of half the
sum of squared errors, but that values beyond 0 and 1 count as 0 and 1 and can still be moved.

Each operator has a rule, which makes the derivative by its inputs from that by its output. Convolutions have stride 1:
the derivative is again one, with the kernel turned and transposed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from accelir.training.rescale import rescale

FEW = 16
"""Channels below which ConvTranspose is faster in ONNX runtime than the convolution that it is equal to."""

Rule = Callable[["_Builder", onnx.NodeProto, str], dict[str, str]]
"""(graph that grows, node, name of the derivative by its output) -> names of the derivatives by its inputs."""


def gradient_model(model: bytes) -> bytes:
    """The gradient graph of a network.

    model: an ONNX model with one input N x 3 x H x W and one output N x 3 x sH x sW. Raises ValueError for operators
    and attributes that have no rule here; says which.
    """
    source = onnx.shape_inference.infer_shapes(onnx.load_from_string(model))
    builder = _Builder(source.graph, rescale(source.graph))
    x, y = source.graph.input[0].name, source.graph.output[0].name
    clipped = builder.add("Clip", [y, builder.constant(0.0), builder.constant(1.0)])
    slopes = {y: builder.add("Sub", [clipped, "reference"])}
    varying = _depending_on(source.graph, x)
    for node in reversed(source.graph.node):
        slope = slopes.pop(node.output[0], None)
        if slope is None:
            continue
        if node.op_type not in _RULES:
            raise ValueError(f"no derivative is known for {node.op_type}; known are {', '.join(sorted(_RULES))}")
        for name, part in _RULES[node.op_type](builder, node, slope).items():
            if name in varying:
                slopes[name] = builder.add("Add", [slopes[name], part]) if name in slopes else part
    graph = helper.make_graph(
        [*source.graph.node, *builder.nodes, helper.make_node("Identity", [slopes[x]], ["gradient"])],
        "gradient",
        [source.graph.input[0], _tensor("reference", ["n", 3, "sh", "sw"])],
        [_tensor("gradient", ["n", 3, "h", "w"])],
        [*source.graph.initializer, *builder.constants],
        value_info=list(builder.shapes.values()),
    )
    made = helper.make_model(graph, opset_imports=source.opset_import, ir_version=source.ir_version)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


class _Builder:
    """Nodes and constants that are added to a network's graph."""

    def __init__(self, graph: onnx.GraphProto, scaled: set[str]) -> None:
        """scaled: tensors of the graph that are so large that their hyperbolic tangents are signs."""
        self.scaled = scaled
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.shapes: dict[str, onnx.ValueInfoProto] = {}
        self._made: dict[str, str] = {}
        shapes = {info.name: info.type.tensor_type.shape.dim for info in graph.value_info}
        self._channels = {name: dims[1].dim_value for name, dims in shapes.items() if len(dims) > 1}
        self._known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self._known[node.output[0]] = numpy_helper.to_array(_attributes(node)["value"])

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """A node; returns its output's name. Equal work is done once."""
        key = repr((operator, inputs, attributes))
        if key not in self._made:
            self._made[key] = f"gradient/{operator}_{len(self.nodes)}"
            self.nodes.append(helper.make_node(operator, inputs, [self._made[key]], **attributes))
        return self._made[key]

    def constant(self, value: float | list[int] | NDArray[np.float32]) -> str:
        """A constant, float32, or int64 for a list; returns its name."""
        array = np.array(value, dtype=np.int64 if isinstance(value, list) else np.float32)
        key = repr((array.dtype, array.shape, array.tobytes()))
        if key not in self._made:
            self._made[key] = f"gradient/constant_{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(array, self._made[key]))
        return self._made[key]

    def tell_alike(self, one: str, other: str, channels: int) -> None:
        """Say that two tensors, N x channels x H x W, have one shape, which ONNX runtime's layout needs."""
        dims: list[int | str] = [f"{one}/n", channels, f"{one}/h", f"{one}/w"]
        for name in (one, other):
            self.shapes[name] = _tensor(name, dims)

    def channels(self, name: str) -> int:
        """How many channels a tensor of the network's has. Raises ValueError where that can't be told."""
        if name not in self._channels:
            raise ValueError(f"the derivative needs the channels of {name} to be known")
        return self._channels[name]

    def value(self, name: str) -> NDArray[Any]:
        """A tensor of the network's that doesn't depend on the picture. Raises ValueError for another."""
        if name not in self._known:
            raise ValueError(f"the derivative needs {name} to be a constant")
        return self._known[name]


def _depending_on(graph: onnx.GraphProto, x: str) -> set[str]:
    """Names of all tensors that depend on x."""
    found = {x}
    for node in graph.node:
        if node.op_type != "Shape" and found & set(node.input):
            found |= set(node.output)
    return found


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _tensor(name: str, shape: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _conv(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    given = _attributes(node)
    weight = builder.value(node.input[1])
    groups, dilations = given.get("group", 1), given.get("dilations", [1, 1])
    if set(given.get("strides", [1])) != {1} or given.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ValueError("no derivative is known for Conv with strides or auto_pad")
    outputs, inputs, *kernel = weight.shape
    turned = weight.reshape(groups, outputs // groups, inputs, *kernel)[..., ::-1, ::-1].swapaxes(1, 2)
    reach = [d * (k - 1) for d, k in zip(dilations, kernel, strict=True)]
    pads = [r - p for r, p in zip(2 * reach, given.get("pads", [0, 0, 0, 0]), strict=True)]
    if min(pads) < 0:
        raise ValueError("no derivative is known for Conv with pads wider than its kernel's reach")
    if inputs * groups < FEW:
        backward = builder.constant(np.ascontiguousarray(weight))
        plain = {"kernel_shape": kernel, "group": groups, "dilations": dilations, "pads": given.get("pads", [0] * 4)}
        return {node.input[0]: builder.add("ConvTranspose", [slope, backward], **plain)}
    backward = builder.constant(np.ascontiguousarray(turned.reshape(groups * inputs, outputs // groups, *kernel)))
    return {
        node.input[0]: builder.add(
            "Conv", [slope, backward], kernel_shape=kernel, group=groups, dilations=dilations, pads=pads
        )
    }


def _relu(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    """The slope where the output is above 0. Of large outputs Tanh is 1 there, which ONNX runtime takes in the layout
    of its convolutions; of others HardSigmoid is, at a third of Sign's time, and tensors are put in order and back.
    """
    if node.output[0] in builder.scaled:
        passes = builder.add("Tanh", [node.output[0]])
        builder.tell_alike(slope, passes, builder.channels(node.output[0]))
    else:
        passes = builder.add("HardSigmoid", [node.output[0]], alpha=1e30, beta=0.0)
    return {node.input[0]: builder.add("Mul", [slope, passes])}


def _prelu(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    negative = builder.add("Less", [node.input[0], builder.constant(0.0)])
    damped = builder.add("Mul", [slope, node.input[1]])
    return {node.input[0]: builder.add("Where", [negative, damped, slope])}


def _add(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    """Of two tensors of one shape, or of a tensor and a constant."""
    if node.input[0] == node.input[1]:
        return {node.input[0]: builder.add("Add", [slope, slope])}
    return dict.fromkeys(node.input, slope)


def _sub(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    return {node.input[0]: slope, node.input[1]: builder.add("Neg", [slope])}


def _depth_to_space(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    """Channels are put in blocks as the mode has it: C x b x b for CRD, b x b x C for DCR."""
    given = _attributes(node)
    side = given["blocksize"]
    blocks = builder.add("SpaceToDepth", [slope], blocksize=side)  # its channels are b x b x C
    if given.get("mode", b"DCR") == b"CRD":
        places = np.arange(builder.channels(node.input[0])).reshape(side * side, -1).T
        blocks = builder.add("Gather", [blocks, builder.constant(places.ravel().tolist())], axis=1)
    return {node.input[0]: blocks}


def _reshape(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    """Reshape, Squeeze and Unsqueeze: the values stay in their order."""
    return {node.input[0]: builder.add("Reshape", [slope, builder.add("Shape", [node.input[0]])])}


def _transpose(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    back = np.argsort(_attributes(node)["perm"]).tolist()
    return {node.input[0]: builder.add("Transpose", [slope], perm=back)}


def _pad(builder: _Builder, node: onnx.NodeProto, slope: str) -> dict[str, str]:
    """Repeated edges: what the rim got is added to the first and last row and column. The pads may be computed."""
    if _attributes(node).get("mode", b"constant") != b"edge":
        raise ValueError("no derivative is known for Pad but of mode edge")
    shape, pads = builder.add("Shape", [node.input[0]]), node.input[1]
    for axis in (2, 3):
        size, before, after = (
            builder.add("Slice", [name, builder.constant([i]), builder.constant([i + 1])])
            for name, i in ((shape, axis), (pads, axis), (pads, axis + 4))
        )
        slope = _fold_rims(builder, slope, axis, size, before, after)
    return {node.input[0]: slope}


def _fold_rims(builder: _Builder, slope: str, axis: int, size: str, before: str, after: str) -> str:
    """The derivative by the middle along one axis, of `size`, the rims' added to its ends."""
    axes, zero, one = builder.constant([axis]), builder.constant([0]), builder.constant([1])
    end = builder.add("Add", [before, size])
    middle = builder.add("Slice", [slope, before, end, axes])
    rest = builder.add("Sub", [size, one])
    for rim, low in (
        (builder.add("Slice", [slope, zero, before, axes]), True),
        (builder.add("Slice", [slope, end, builder.add("Add", [end, after]), axes]), False),
    ):
        line = builder.add("ReduceSum", [rim, axes], keepdims=1)
        pads = [builder.constant([0])] * 8
        pads[axis + 4 if low else axis] = rest
        middle = builder.add("Add", [middle, builder.add("Pad", [line, builder.add("Concat", pads, axis=0)])])
    return middle


_RULES: dict[str, Rule] = {
    "Add": _add,
    "Conv": _conv,
    "DepthToSpace": _depth_to_space,
    "PRelu": _prelu,
    "Pad": _pad,
    "Relu": _relu,
    "Reshape": _reshape,
    "Squeeze": _reshape,
    "Sub": _sub,
    "Transpose": _transpose,
    "Unsqueeze": _reshape,
}
