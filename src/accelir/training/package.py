"""A network's two files: the ONNX model, its card in the metadata, and the card as JSON beside it. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import onnx

from accelir.restoration.card import Card
from accelir.storage.files import sha256, write_atomically


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
