"""What `accelir doctor` prints: versions, the processor's features, and which optional parts are there."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from importlib import metadata

from PIL import features

from accelir._version import __version__
from accelir.formats.jpeg.decode import turbo
from accelir.profile.installed import profiles
from accelir.restoration.installed import networks
from accelir.restoration.providers import default_provider, providers


def facts() -> Iterator[tuple[str, str]]:
    """Pairs of a label and what was found, one a line of the report."""
    yield "python", f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    yield "accelir", __version__
    yield "numpy", _version("numpy")
    yield "pillow", f"{_version('pillow')} ({_library('libjpeg_turbo')}, {_library('webp')})"
    yield "onnxruntime", _version("onnxruntime")
    yield "providers", f"{' '.join(providers())} (auto: {default_provider()})"
    yield "CPU features", " ".join(_cpu_features()) or "none beyond the baseline"
    yield "PyTurboJPEG", f"{_version('PyTurboJPEG')}, {_turbo()}"
    for optional in ("matplotlib", "fsspec", "dask", "torch", "scikit-learn"):
        yield optional, _version(optional)
    yield "profiles", " ".join(profiles()) or "none"
    yield "networks", " ".join(networks()) or "none"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _turbo() -> str:
    if turbo() is not None:
        return "libturbojpeg found"
    try:
        importlib.import_module("turbojpeg").TurboJPEG()
    except ImportError:
        return "libturbojpeg not used"
    except Exception as error:
        # PyTurboJPEG 2 says so of libraries before 3.0.
        if "3.0" in str(error):
            return "libturbojpeg is older than 3.0: pip install 'PyTurboJPEG<2'"
    return "libturbojpeg not found"


def _library(name: str) -> str:
    return f"{name.replace('_', '-')} {features.version(name) or 'missing'}"


def _cpu_features() -> list[str]:
    # NumPy has found them out already, but has no public call that returns them.
    try:
        found = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):
        return ["unknown to this NumPy"]
    return [name for name, present in found.items() if present]
