"""ONNX runtime, in one place: how models are opened and run, and its errors as one class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from accelir.restoration.model_file import refuse_external_data
from accelir.restoration.providers import AUTO, CPU, runtime_names, runtime_options
from accelir.restoration.runtime_errors import explained
from accelir.storage.text import printable

if TYPE_CHECKING:
    import onnxruntime


_NO_MEMORY = "bad_alloc|bad allocation|out of memory|[Ff]ailed to allocate memory"
_HALF = np.dtype(np.float16)


class ModelError(ValueError):
    """What ONNX runtime says of a model that it can't read or run."""


def open_model(
    model: bytes, threads: int = 0, *, optimized: bool = True, provider: str = CPU
) -> onnxruntime.InferenceSession:
    """A session that is safe to run from several threads at once.

    model: an ONNX file's bytes. threads: of one run; 0 stands for all cores. optimized: False keeps every node of the
    file as it is, for those who want to look at each one's output. provider: what to run on, as accelir.restore takes
    it; "auto" falls back on the CPU. Raises ModelError, also for a model that is more than its bytes: one whose weights
    lie in other files. Raises ValueError for a provider that isn't there or doesn't work, MemoryError.
    """
    import onnxruntime

    names = runtime_names(provider)
    try:
        refuse_external_data(model)
    except ValueError as error:
        raise ModelError(str(error)) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised, not printed
    # Bytes that look like ONNX runtime's own format would be read as that.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # Plans of memory are made per shape and kept; without them, tiles of several shapes took a third less.
    options.enable_mem_pattern = False
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        # Without its fallback, which tries the same provider again and prints to standard output.
        chosen = [(name, runtime_options(name, threads)) for name in names]
        session = onnxruntime.InferenceSession(model, options, providers=chosen, enable_fallback=0)
    except Exception as error:  # ONNX runtime's errors have no common base beside Exception
        if provider == AUTO and len(names) > 1:
            return open_model(model, threads, optimized=optimized)
        _raise(error)
    if provider != AUTO and names[0] not in session.get_providers():
        raise ValueError(
            f"provider {provider!r} doesn't work on this machine: ONNX runtime has it but could not start it (a driver "
            "or library is missing); take 'cpu' or 'auto'"
        )
    return session


def run_model(session: onnxruntime.InferenceSession, *inputs: NDArray[Any]) -> NDArray[np.float32]:
    """The first output for a model's inputs, in their order. Raises ModelError and MemoryError."""
    try:
        named = {
            face.name: x.astype(_HALF, copy=False) if face.type == "tensor(float16)" else x
            for face, x in zip(session.get_inputs(), inputs, strict=True)
        }
        y: NDArray[Any] = session.run(None, named)[0]
    except Exception as error:  # as above
        _raise(error)
    return y.astype(np.float32) if y.dtype == _HALF else y


def _raise(error: Exception) -> NoReturn:
    """What an error of ONNX runtime is here."""
    if isinstance(error, MemoryError) or re.search(_NO_MEMORY, str(error)):
        raise MemoryError(f"ONNX runtime: {printable(error)}") from None
    raise ModelError(explained(str(error))) from None


def describe_face(session: onnxruntime.InferenceSession) -> str:
    """Name, type and shape of every input and output, for error messages."""
    faces = [*session.get_inputs(), *session.get_outputs()]
    return printable(", ".join(f"{face.name} {face.type} {face.shape}" for face in faces))
