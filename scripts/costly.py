"""Small files that would cost much without a reader's bounds, one kind a function: seeds of scripts/fuzz.py."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper

ARITHMETIC_WORK = bytes.fromhex("a10777") + bytes(10)
"""Arithmetic-coded data of whose blocks nearly all take 63 decisions; found by trying three bytes at random."""

OUTSIDE = "outside.bin"
"""The file that `external_model` names."""


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def gray_frame(marker: int, width: int, height: int) -> bytes:
    """SOI, a table, and a frame of one component."""
    frame = segment(marker, struct.pack(">BHH", 8, height, width) + b"\1\1\x11\0")
    return b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64) + frame


def scan(data: bytes, first: int, last: int, bits: int = 0) -> bytes:
    return segment(0xDA, bytes([1, 1, 0, first, last, bits])) + data


def empty_scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG of one colour whose AC scans are runs of empty blocks, 32,766 in four bytes."""
    blocks = -(-width // 8) * -(-height // 8)
    tables = segment(0xC4, b"\0\1" + bytes(15) + b"\0") + segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    runs = [min(32_766, blocks - at) for at in range(0, blocks, 32_766)]
    bits = "".join("0" + format(max(run - (1 << 14), 0), "014b") for run in runs)
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    dc = scan(bytes(-(-blocks // 8)), 0, 0)
    return gray_frame(0xC2, width, height) + tables + dc + scan(data, 1, 63) * count + b"\xff\xd9"


def arithmetic_work(width: int, height: int) -> bytes:
    """An arithmetic-coded JPEG that takes 75 decisions a block, and hardly a bit."""
    return gray_frame(0xC9, width, height) + scan(ARITHMETIC_WORK, 0, 63) + b"\xff\xd9"


def arithmetic_flat(width: int, height: int) -> bytes:
    """A sequential arithmetic-coded JPEG of one gray: a picture of any size in a hundred bytes."""
    return gray_frame(0xC9, width, height) + scan(bytes.fromhex("1eb780"), 0, 63) + b"\xff\xd9"


def many_segments(jpeg: bytes, count: int) -> bytes:
    """Empty comments before a JPEG's other segments."""
    return jpeg[:2] + b"\xff\xfe\0\2" * count + jpeg[2:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def many_chunks(count: int) -> bytes:
    """A WebP of empty chunks."""
    return riff(*[(b"ABCD", b"")] * count)


def bomb(size: int) -> bytes:
    """An npz file of so many zeros, a thousandth of that in size: pieces of 1 MiB that are the same when deflated."""
    megabytes = size >> 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (megabytes << 20,)})
    first = packer.compress(head.getvalue()) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = first + piece * megabytes + packer.flush()
    crc = zlib.crc32(head.getvalue())
    for _ in range(megabytes):
        crc = zlib.crc32(_ZEROS, crc)
    return _zip("a.npy", packed, crc, len(head.getvalue()) + (megabytes << 20))


_ZEROS = bytes(1 << 20)


def _zip(name: str, packed: bytes, crc: int, size: int) -> bytes:
    """A ZIP file of one deflated entry (APPNOTE 4.3)."""
    numbers = struct.pack("<HHHHHIIIHH", 20, 0, zipfile.ZIP_DEFLATED, 0, 33, crc, len(packed), size, len(name), 0)
    local = b"PK\3\4" + numbers + name.encode() + packed
    central = b"PK\1\2" + struct.pack("<H", 20) + numbers + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def external_model(inside: str = "initializer") -> bytes:
    """A restoration network, one convolution of 3 x 3 weights, float32, which lie in the file OUTSIDE.

    inside: "initializer", or "constant" for a Constant node's attribute.
    """
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 3, 1, 1])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=OUTSIDE)
    face = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 3, "h", "w"]) for n in ("x", "y")]
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"])]
    if inside == "constant":
        nodes.insert(0, helper.make_node("Constant", [], ["w"], value=weight))
    held = [weight] if inside == "initializer" else []
    graph = helper.make_graph(nodes, "scale", face[:1], face[1:], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnx.ModelProto.SerializeToString(model)
