"""ONNX runtime's errors in words for people, with what to do."""

from __future__ import annotations

import re

from accelir.storage.text import printable

LONGEST = 1000
"""Characters of ONNX runtime's own text that are told."""

_DECORATION = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |\S*/onnxruntime_src/.*?\) (?=[A-Z])", re.S)
_NEWER = "pip install -U onnxruntime, or export the model again with {}"
_MEANINGS = (
    (
        r"No Op registered for (\S+)|error: (\S+?)\(\S+ is not a registered",
        "it uses the operator {}, which ONNX runtime hasn't; export the model with standard ONNX operators alone",
    ),
    (
        r"find an implementation for (\w+)",
        "it uses {} on numbers of a type that ONNX runtime can't compute with here; export it as float32 or float16",
    ),
    (
        r"support for domain \S+ is till opset (\d+)",
        "it needs newer operators than this ONNX runtime has; " + _NEWER.format("opset_version={} or less"),
    ),
    (
        r"max supported IR version: (\d+)",
        "its file is of a newer ONNX than this ONNX runtime reads; " + _NEWER.format("an IR version of {} or less"),
    ),
    (r"protobuf parsing failed|No graph was found", "it is no ONNX file, or was cut short; get it again"),
    (r"index: \d+ Got: \d+ Expected: (\d+)", "it takes a fixed size alone, {} along one side"),
)
"""What errors mean, {} being what the pattern found. Ones that aren't here are told as they are."""


def explained(error: str) -> str:
    """An error of ONNX runtime in words, and its own text behind them."""
    said = printable(_DECORATION.sub("", error).strip(), LONGEST)
    for pattern, meaning in _MEANINGS:
        if found := re.search(pattern, error):
            return f"{meaning.format(next((printable(g) for g in found.groups() if g), ''))} ({said})"
    return said
