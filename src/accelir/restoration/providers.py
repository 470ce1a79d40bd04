"""What ONNX runtime runs models on: its execution providers, by short names as "cuda"."""

from __future__ import annotations

GPUS = ("cuda", "rocm", "dml")
"""Providers that "auto" tries, in this order, before the CPU. Others it leaves alone: what they give differs from what
the CPU gives by more than float32's rounding (coreml, openvino on some chips), or they compile a model for minutes at
its first run (tensorrt, migraphx)."""

AUTO, CPU = "auto", "cpu"

_SUFFIX = "ExecutionProvider"
_ELSEWHERE = "azure"
"""Sends its input to another machine."""

_NAMED_THREADS = "OpenVINOExecutionProvider"

_PACKAGES = {
    "cuda": "onnxruntime-gpu",
    "tensorrt": "onnxruntime-gpu",
    "openvino": "onnxruntime-openvino",
    "dml": "onnxruntime-directml",
    "rocm": "onnxruntime-rocm",
}


def providers() -> tuple[str, ...]:
    """What the installed ONNX runtime was built with, in its order: the CPU last. A GPU may still be missing."""
    return tuple(_names())


def default_provider() -> str:
    """What "auto" tries first."""
    return next((name for name in GPUS if name in _names()), CPU)


def runtime_options(name: str, threads: int) -> dict[str, str]:
    """Options of a provider, by ONNX runtime's name of it, for so many threads, 0 standing for all cores.

    OpenVINO doesn't look at the session's number.
    """
    return {"num_of_threads": str(threads)} if name == _NAMED_THREADS and threads else {}


def runtime_names(provider: str) -> list[str]:
    """ONNX runtime's own names of a provider and of the CPU behind it, for what the provider can't do.

    Raises TypeError for what is no text, ValueError for a provider that this ONNX runtime hasn't.
    """
    if not isinstance(provider, str):
        raise TypeError(f"provider is a name as 'auto' or 'cpu', not {type(provider).__name__}")
    known = _names()
    chosen = default_provider() if provider == AUTO else provider.lower()
    if chosen not in known:
        package = _PACKAGES.get(chosen)
        hint = f"; in the place of onnxruntime, pip install {package}" if package else ""
        raise ValueError(f"no provider {provider!r} in this ONNX runtime, which has {', '.join(known)}{hint}")
    return list(dict.fromkeys((known[chosen], known[CPU])))


def _names() -> dict[str, str]:
    """ONNX runtime's names by ours."""
    import onnxruntime

    found = {name.removesuffix(_SUFFIX).lower(): name for name in onnxruntime.get_available_providers()}
    found.pop(_ELSEWHERE, None)
    return found
