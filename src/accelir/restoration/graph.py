"""What a model costs: operations, weights and memory, from its ONNX graph and the sizes that a run of it has.

The graph is read as protocol buffers, without the onnx package, which receivers don't have. To see every result's size,
the names of all results are made outputs: protocol buffers of one message one after the other are merged, so outputs
are added by appending to the file's bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from accelir.restoration.model_file import fields
from accelir.restoration.session import open_model

# Numbers of fields in onnx.proto3.
_GRAPH = 7
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12
_INPUTS, _OUTPUTS, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
_TENSOR = 5
_DIMENSION, _TYPE, _NAME = 1, 2, 8

_WEIGHTS = (1, 2, 3, 10, 11, 16)
"""ONNX's types of weights: float, uint8, int8, float16, double, bfloat16. Tensors of others are sizes and indices."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """An operation, and the names of what it takes and gives."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """The operations of a model in the order of running, and its weights."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Shape]
    """Shape of each constant tensor, by name."""
    parameters: int
    """Number of weights: of numbers in the tensors that the file is initialised with."""


@dataclass(frozen=True)
class Cost:
    """What a run takes, per input pixel."""

    macs: float
    """Multiply-accumulates."""
    memory: float
    """Most bytes of results that are needed at one time."""
    parameters: int
    """Number of weights of the model."""


def read_graph(model: bytes) -> Graph:
    """The graph of an ONNX file's bytes. Raises ValueError for bytes that are no protocol buffer."""
    data = memoryview(model)
    nodes: list[Node] = []
    shapes: dict[str, Shape] = {}
    parameters = 0
    for number, start, end in _parts(data, 0, len(data)):
        for part, low, high in _parts(data, start, end) if number == _GRAPH else ():
            if part == _NODE:
                nodes.append(_node(data, low, high))
                for where in _constants(data, low, high):
                    shapes[nodes[-1].outputs[0]] = _tensor(data, *where)[2]
            elif part == _INITIALIZER:
                name, kind, shapes[name] = _tensor(data, low, high)
                parameters += math.prod(shapes[name]) * (kind in _WEIGHTS)
    return Graph(tuple(nodes), shapes, parameters)


def cost(model: bytes, shape: Shape) -> Cost:
    """What an ONNX model takes on an input of this shape, 1 x C x H x W. Raises ModelError and MemoryError."""
    graph = read_graph(model)
    sizes = _observed(model, graph, shape)
    shapes = {**graph.constants, **{name: found[0] for name, found in sizes.items()}}
    pixels = shape[2] * shape[3]
    macs = sum(_macs(node, shapes) for node in graph.nodes)
    return Cost(macs / pixels, _most_at_once(graph, sizes) / pixels, graph.parameters)


def _observed(model: bytes, graph: Graph, shape: Shape) -> dict[str, tuple[Shape, int]]:
    """Shape and bytes of every result, and of the input, by name."""
    names = [name for node in graph.nodes for name in node.outputs if name]
    added = b"".join(_field(_OUTPUT, _field(1, name.encode())) for name in dict.fromkeys(names))
    session = open_model(model + _field(_GRAPH, added), 1, optimized=False)
    face = session.get_inputs()[0]
    x = np.zeros(shape, np.float16 if face.type == "tensor(float16)" else np.float32)
    values = zip(names, session.run(names, {face.name: x}), strict=True)
    found = {name: (value.shape, value.nbytes) for name, value in values if isinstance(value, np.ndarray)}
    return {face.name: (x.shape, 0), **found}


def _most_at_once(graph: Graph, sizes: Mapping[str, tuple[Shape, int]]) -> int:
    """Most bytes of results that depend on the input and are still wanted, over the nodes."""
    last = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    live: dict[str, int] = {}
    most, moving = 0, {next(iter(sizes))}
    for i, node in enumerate(graph.nodes):
        if moving.isdisjoint(node.inputs):
            continue
        moving.update(node.outputs)
        live |= {name: sizes[name][1] for name in node.outputs if name in sizes}
        most = max(most, sum(live.values()))
        live = {name: size for name, size in live.items() if last.get(name, -1) > i}
    return most


def _macs(node: Node, shapes: Mapping[str, Shape]) -> int:
    """Multiply-accumulates of a node; 0 for one whose sizes weren't seen (one that didn't run)."""
    if not {*node.inputs[:2], *node.outputs[:1]} <= shapes.keys():
        return 0
    size = math.prod(shapes[node.outputs[0]])
    if node.operator == "MatMul":
        return size * shapes[node.inputs[0]][-1]
    if node.operator == "Gemm":
        return size * math.prod(shapes[node.inputs[1]]) // shapes[node.outputs[0]][-1]
    if node.operator == "Conv":  # outputs x inputs / groups x kernel
        return size * math.prod(shapes[node.inputs[1]][1:])
    if node.operator == "ConvTranspose":  # inputs x outputs / groups x kernel, once per input value
        return math.prod(shapes[node.inputs[0]]) * math.prod(shapes[node.inputs[1]][1:])
    return 0


def _parts(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each field that has bytes."""
    for number, _, where in fields(data, start, end):
        if where is not None:
            yield number, *where


def _node(data: memoryview, start: int, end: int) -> Node:
    texts: dict[int, list[str]] = {_INPUTS: [], _OUTPUTS: [], _OPERATOR: []}
    for number, low, high in _parts(data, start, end):
        if number in texts:
            texts[number].append(_text(data, low, high))
    return Node("".join(texts[_OPERATOR]), tuple(texts[_INPUTS]), tuple(texts[_OUTPUTS]))


def _constants(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the tensors in a node's attributes are."""
    for number, low, high in _parts(data, start, end):
        if number == _ATTRIBUTE:
            yield from (where for part, *where in _parts(data, low, high) if part == _TENSOR)  # type: ignore[misc]


def _tensor(data: memoryview, start: int, end: int) -> tuple[str, int, Shape]:
    """Name, ONNX's type and shape of a tensor."""
    name, kind, shape = "", 0, []
    for number, value, where in fields(data, start, end):
        if number == _DIMENSION:  # packed in proto3, but either way is taken
            shape += [value] if where is None else _varints(data, *where)
        elif number == _TYPE:
            kind = value
        elif number == _NAME and where is not None:
            name = _text(data, *where)
    return name, kind, tuple(shape)


def _varints(data: memoryview, start: int, end: int) -> list[int]:
    found, value, shift = [], 0, 0
    for byte in data[start:end]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value = shift = 0
    return found


def _text(data: memoryview, start: int, end: int) -> str:
    return bytes(data[start:end]).decode("utf-8", "replace")


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, as protocol buffers write it."""
    return _written(number << 3 | 2) + _written(len(content)) + content


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
