"""A network's files: the ONNX model, its card in the metadata, the card as JSON beside it, and the gradient graph.

Needs no torch. `python -m accelir.training.package NETWORK.onnx` makes the gradient graph of a network that has a card.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import onnx

from accelir.restoration.card import Card
from accelir.restoration.installed import GRADIENT
from accelir.storage.files import sha256, write_atomically
from accelir.training.count import count
from accelir.training.gradient import gradient_model

SPARE = 1.2
"""What ONNX runtime's memory holds over what is used."""


def write(model: bytes, card: Card, folder: str | Path) -> Path:
    """Write NAME.onnx and NAME.json into a folder; returns the former's path.

    model: a serialised ONNX model, whose metadata are replaced. The card's sha256 is that of the file written.
    """
    graph = onnx.load_from_string(model)
    del graph.metadata_props[:]
    entry = graph.metadata_props.add()
    entry.key, entry.value = "accelir", json.dumps({**json.loads(card.to_json()), "sha256": None})
    path = Path(folder) / f"{card.name}.onnx"
    data = graph.SerializeToString(deterministic=True)
    write_atomically(path, data)
    write_atomically(path.with_suffix(".json"), replace(card, sha256=sha256(data)).to_json().encode())
    return path


def add_gradient(path: str | Path) -> Path:
    """Write NAME.gradient beside NAME.onnx, and say so in NAME.json; returns the new file's path.

    Its memory is reckoned as SPARE times that of all activations of the network, but what is rectified in place: peaks
    of 71 to 99 % of it were measured. Raises ValueError for a network with an operator whose derivative isn't known,
    that isn't of float32, RGB from 0 to 1 and any size, or without NAME.json.
    """
    path = Path(path)
    card, model = Card.read(path.with_suffix(".json")), path.read_bytes()
    if (card.channels, card.range, card.size) != (3, (0.0, 1.0), None) or _is_half(model):
        raise ValueError(f"{card.name}: gradient graphs are for networks of float32, RGB from 0 to 1 and any size")
    graph, side = gradient_model(model), 96 - 96 % card.multiple_of
    tally = count(model, side, side)
    memory = SPARE * 4.0 * (sum(tally.activations) / side**2 - tally.rectified)
    write_atomically(path.with_suffix(GRADIENT), graph)
    described = replace(card, gradient=sha256(graph), gradient_memory=round(memory, 1))
    write_atomically(path.with_suffix(".json"), described.to_json().encode())
    return path.with_suffix(GRADIENT)


def _is_half(model: bytes) -> bool:
    """Whether a model takes or gives float16."""
    graph = onnx.load_from_string(model).graph
    return any(face.type.tensor_type.elem_type != onnx.TensorProto.FLOAT for face in (*graph.input, *graph.output))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(add_gradient(name))
