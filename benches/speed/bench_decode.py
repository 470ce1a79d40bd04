"""Decoding beside Pillow, and restoring."""

from __future__ import annotations

import io

import numpy as np
import pytest
from conftest import PictureOf
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

import accelir
from benches.common import Pixels

BPP = 1.2


def by_pillow(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module", params=("jpeg", "webp"))
def file(request: pytest.FixtureRequest, picture_of: PictureOf) -> tuple[str, bytes]:
    """Of 2.4 MP, and its format."""
    return request.param, accelir.encode(picture_of(2.4), bpp=BPP, format=request.param, profile="fidelity")


def bench_decode(benchmark: BenchmarkFixture, file: tuple[str, bytes]) -> None:
    benchmark.group = f"decode {file[0]}, 2.4 MP"
    benchmark(accelir.decode, file[1], network=None)


def bench_pillow(benchmark: BenchmarkFixture, file: tuple[str, bytes]) -> None:
    benchmark.group = f"decode {file[0]}, 2.4 MP"
    benchmark(by_pillow, file[1])


@pytest.mark.parametrize("network", accelir.networks())
def bench_restore(benchmark: BenchmarkFixture, picture_of: PictureOf, network: str) -> None:
    benchmark.group = "restore, 0.1 MP"
    benchmark(accelir.restore, picture_of(0.1), network)
