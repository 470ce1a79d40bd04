"""Hidden features of a network multiplied by SCALE, where nothing else changes: their signs are then easily told.

Rectifiers are positively homogeneous: relu(S a) = S relu(a). So what lies between convolutions can be made S times as
large: the convolution before gets its weights and bias times S, the one behind its weights divided by S. S is a power
of two, so that values keep their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

SCALE = 2.0**40
"""Of features. A feature of 1e-11, where float32 rounds at 1e-7 those near it, becomes 10."""

SHARED = ("Add", "Relu")
"""Operators whose inputs and outputs have one scale."""


def rescale(graph: onnx.GraphProto) -> set[str]:
    """Multiply by SCALE, in place, the tensors of a graph that are rectified; returns the names of those that are.

    Left as they are: tensors that come from, or go into, something else than Conv, Relu and Add, and those that share
    a scale with such.
    """
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    group = _groups(graph)
    rectified = {group[node.output[0]] for node in graph.node if node.op_type == "Relu"}
    fixed = {group[name] for name in _fixed(graph, constants) if name in group}
    scaled = {name for name, root in group.items() if root in rectified - fixed}
    for index, node in enumerate(graph.node):
        if node.op_type != "Conv":
            continue
        before, after = (SCALE if name in scaled else 1.0 for name in (node.input[0], node.output[0]))
        for place, factor in ((1, after / before), (2, after)):
            if factor != 1.0 and place < len(node.input):
                array = (constants[node.input[place]] * np.float32(factor)).astype(np.float32)
                node.input[place] = f"{node.input[place]}/scaled_{index}"
                graph.initializer.append(numpy_helper.from_array(array, node.input[place]))
    _drop_unused(graph)
    return scaled


def _groups(graph: onnx.GraphProto) -> dict[str, str]:
    """By tensor that has a scale of its own, one of those that must have the same."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for node in graph.node:
        for name in _linked(node):
            parent[root(name)] = root(node.output[0])
    return {name: root(name) for name in list(parent)}


def _linked(node: onnx.NodeProto) -> Sequence[str]:
    """Tensors that have the scale of a node's output."""
    if node.op_type in SHARED:
        return [*node.input, node.output[0]]
    return [node.output[0]] if node.op_type == "Conv" else []


def _fixed(graph: onnx.GraphProto, constants: dict[str, NDArray[Any]]) -> set[str]:
    """Tensors that can't be multiplied."""
    found = {face.name for face in (*graph.input, *graph.output)} | constants.keys()
    for node in graph.node:
        if node.op_type not in ("Conv", *SHARED):
            found |= {*node.input, *node.output}
        elif node.op_type == "Conv" and not constants.keys() >= set(node.input[1:]):
            found |= {node.input[0], node.output[0]}
    return found


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
