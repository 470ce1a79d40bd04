"""ONNX files as protocol buffers, as far as it takes to see that a model is all in its own bytes.

ONNX lets a tensor name another file instead of holding its numbers; ONNX runtime would look for it below the current
folder, and a digest of the model says nothing of it. The runtime has no option against that, so the fields are walked
here: tensors are looked at wherever onnx.proto3 has them.
"""

from __future__ import annotations

from collections.abc import Iterator

MOST_FIELDS = 4_000_000
"""Fields of a model; those of the networks that ship are some hundreds."""

MOST_DEPTH = 100
"""Messages within messages, as protocol buffers limit them."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# The messages that lead to tensors: their fields, by number, that are such messages themselves.
_MESSAGES = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


def refuse_external_data(model: bytes) -> None:
    """Raises ValueError for a model with a tensor in another file, and for bytes that are no protocol buffer."""
    data, seen = memoryview(model), 0
    open_messages = [("model", 0, len(model), 0)]
    while open_messages:
        kind, start, end, depth = open_messages.pop()
        for number, value, where in fields(data, start, end):
            if (seen := seen + 1) > MOST_FIELDS:
                raise ValueError(f"an ONNX model of more than {MOST_FIELDS:,} fields")
            if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
                raise ValueError(
                    "an ONNX model whose weights lie in another file (external data); save it as one file: "
                    "onnx.save_model(model, path, save_as_external_data=False)"
                )
            if where and number in _MESSAGES[kind]:
                if depth == MOST_DEPTH:
                    raise ValueError(f"an ONNX model of messages nested more than {MOST_DEPTH} deep")
                open_messages.append((_MESSAGES[kind][number], where[0], where[1], depth + 1))


def fields(data: memoryview, at: int, end: int) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Number of each field of a message, its value if that is a varint (else -1), and where its bytes are if it has."""
    while at < end:
        key, at = _varint(data, at, end)
        number, wire = key >> 3, key & 7
        value, where = -1, None
        if wire == _VARINT:
            value, at = _varint(data, at, end)
        elif wire == _BYTES:
            length, at = _varint(data, at, end)
            where = (at, at + length)
            at += length
        elif wire in (_FIXED64, _FIXED32):
            at += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("no ONNX model: a field of an unknown kind")
        if at > end:
            raise ValueError("no ONNX model: a field longer than its message")
        yield number, value, where


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """A number of up to 64 bits, 7 a byte from the lowest on, and where the next byte is."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise ValueError("no ONNX model: a number without an end")
