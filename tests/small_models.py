"""Small ONNX models with the faces and the faults of ones that people have. Needs onnx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

Size = tuple[int | str, int | str]
FREE: Size = ("h", "w")


def model_of(
    nodes: Sequence[Any], weights: dict[str, Any], channels: int = 3, size: Size = FREE, kind: int = 1
) -> bytes:
    """A file of nodes that lead from x to y. kind: ONNX's type of both, 1 being float and 10 float16."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", kind, [1, channels, *size])],
        [helper.make_tensor_value_info("y", kind, [1, "c", "sh", "sw"])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def enlarger(
    scale: int = 1,
    channels: int = 3,
    dtype: type = np.float32,
    size: Size = FREE,
    bias: float = 0.0,
    radius: int = 1,
    sharpness: float = 0.0,
) -> bytes:
    """Each pixel repeated, after a filter of its channel within a radius: a box blur, or less a part of it."""
    side = 2 * radius + 1
    kernel = np.full((side, side), (1 if sharpness == 0 else -sharpness) / side**2)
    if sharpness:
        kernel[radius, radius] += 1 + sharpness
    weight = np.zeros((channels * scale**2, channels, side, side), dtype)
    for out in range(channels * scale**2):
        weight[out, out // scale**2] = kernel
    nodes = [
        helper.make_node("Pad", ["x", "rim"], ["padded"], mode="reflect"),
        helper.make_node("Conv", ["padded", "w", "b"], ["wide"]),
        helper.make_node("DepthToSpace", ["wide"], ["y"], blocksize=scale, mode="CRD"),
    ]
    weights = {
        "w": weight,
        "b": np.full(channels * scale**2, bias, dtype),
        "rim": np.array([0, 0, radius, radius] * 2, np.int64),
    }
    return model_of(nodes, weights, channels, size, 1 if dtype == np.float32 else 10)


def without_card(model: bytes) -> bytes:
    """A model whose metadata are gone."""
    bare = onnx.load_from_string(model)
    del bare.metadata_props[:]
    return bare.SerializeToString()
