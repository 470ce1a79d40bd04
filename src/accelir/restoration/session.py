"""ONNX runtime, in one place: how models are opened and run, and its errors as one class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from accelir.restoration.model_file import refuse_external_data
from accelir.storage.text import printable

if TYPE_CHECKING:
    import onnxruntime


LONGEST_ERROR = 1000
"""Characters of ONNX runtime's errors that are told."""

_NO_MEMORY = re.compile("bad_alloc|bad allocation|out of memory|[Ff]ailed to allocate memory")


class ModelError(ValueError):
    """What ONNX runtime says of a model that it can't read or run."""


def open_model(model: bytes, threads: int = 0, *, optimized: bool = True) -> onnxruntime.InferenceSession:
    """A session on the CPU, safe to run from several threads at once.

    model: an ONNX file's bytes. threads: of one run; 0 stands for all cores. optimized: False keeps every node of the
    file as it is, for those who want to look at each one's output. Raises ModelError, also for a model that is more
    than its bytes: one whose weights lie in other files. Raises MemoryError.
    """
    import onnxruntime

    try:
        refuse_external_data(model)
    except ValueError as error:
        raise ModelError(str(error)) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Bytes that look like ONNX runtime's own format would be read as that.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # Plans of memory are made per shape and kept; without them, tiles of several shapes took a third less.
    options.enable_mem_pattern = False
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        # Without its fallback, which tries the same provider again and prints to standard output.
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # ONNX runtime's errors have no common base beside Exception
        _raise(error)


def run_model(session: onnxruntime.InferenceSession, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """The first output for a model's inputs, in their order. Raises ModelError and MemoryError."""
    try:
        named = {face.name: x for face, x in zip(session.get_inputs(), inputs, strict=True)}
        y: NDArray[np.float32] = session.run(None, named)[0]
    except Exception as error:  # as above
        _raise(error)
    return y


def _raise(error: Exception) -> NoReturn:
    """What an error of ONNX runtime is here."""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
        raise MemoryError(f"ONNX runtime: {printable(error)}") from None
    raise ModelError(printable(error, LONGEST_ERROR)) from None


def describe_face(session: onnxruntime.InferenceSession) -> str:
    """Name, type and shape of every input and output, for error messages."""
    faces = [*session.get_inputs(), *session.get_outputs()]
    return printable(", ".join(f"{face.name} {face.type} {face.shape}" for face in faces))
