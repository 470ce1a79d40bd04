"""Builds the compiled modules: the three of the core (csrc/, pybind11) and the allocator (Cython)."""

import os
from pathlib import Path

from Cython.Build import cythonize
from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import Extension, setup

# No contraction of a * b + c into one rounding: every CPU gives the same file.
UNIX_FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"]
THREADS = [] if os.name == "nt" else ["-pthread"]

flags = [] if os.name == "nt" else [*UNIX_FLAGS, *THREADS]
headers = sorted(str(p) for p in Path("csrc").glob("*/*.h"))


def core(name: str) -> Pybind11Extension:
    """accelir.core.<name>: what all use, the folder of that name, and its bindings."""
    sources = sorted(str(p) for p in Path("csrc").glob("*/*.cc") if p.parent.name in ("common", name))
    bindings = sorted(str(p) for p in Path("csrc/python").glob(f"{name}*.cc"))
    extension = Pybind11Extension(
        f"accelir.core.{name}", sources + bindings, cxx_std=17, include_dirs=["csrc"], extra_compile_args=flags
    )
    extension.extra_link_args += THREADS
    extension.depends = headers
    return extension


allocation = Extension("accelir.cells.allocation", ["src/accelir/cells/allocation.pyx"], extra_compile_args=flags[:2])


def needs_recompile(object_file: str, source: str) -> bool:
    """Whether the source or any header of the core is newer than the object."""
    made = os.path.getmtime(object_file) if os.path.exists(object_file) else 0.0
    return any(os.path.getmtime(p) > made for p in (source, *headers))


ParallelCompile("ACCELIR_BUILD_JOBS", default=2, needs_recompile=needs_recompile).install()
setup(
    ext_modules=[core("jpeg"), core("vp8"), core("metrics"), *cythonize([allocation], language_level=3)],
    packages=[
        "accelir",
        "accelir._profiles",
        *(".".join(p.parent.relative_to("src").parts) for p in sorted(Path("src/accelir").glob("*/**/__init__.py"))),
    ],
    package_dir={"": "src", "accelir._profiles": "profiles"},
    package_data={
        "accelir": ["py.typed", "*.pyi"],
        "accelir.cells": ["*.pyi"],
        "accelir.comparison": ["*.html", "*.css", "*.js"],
        "accelir.core": ["*.pyi"],
        "accelir._profiles": ["*.webp", "*/*.json", "*/*.npz", "*/*.onnx", "*/*.gradient"],
    },
)
