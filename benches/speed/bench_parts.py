"""What encodings are made of beside the core: QP-NET, the allocator, metrics; files for a network and for a quality."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PictureOf
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.jpeg.group_plan import plan_modes
from accelir.metrics import METRICS
from accelir.profile.installed import load_profile

BPP = 1.2


@pytest.mark.parametrize("megapixels", [0.4, 2.4])
def bench_qpnet(benchmark: BenchmarkFixture, picture_of: PictureOf, megapixels: float) -> None:
    groups = load_profile("denoise-25").groups
    assert groups is not None
    benchmark.group = f"plan, {megapixels} MP"
    benchmark(groups.network.shares, picture_of(megapixels))


@pytest.mark.parametrize("megapixels", [0.4, 2.4])
def bench_allocator(benchmark: BenchmarkFixture, picture_of: PictureOf, megapixels: float) -> None:
    groups = load_profile("denoise-25").groups
    assert groups is not None
    picture = picture_of(megapixels)
    shares = groups.network.shares(picture)
    benchmark.group = f"plan, {megapixels} MP"
    benchmark(plan_modes, groups.curves, shares, bytes_at(BPP, picture.shape), "lagrangian")


@pytest.mark.parametrize("name", METRICS)
def bench_metric(benchmark: BenchmarkFixture, picture_of: PictureOf, name: str) -> None:
    picture = picture_of(0.4)
    darker = (picture.astype(np.int32) * 31 // 32).astype(np.uint8)
    benchmark.group = "metric, 0.4 MP"
    benchmark(METRICS[name].score, darker, picture)


def bench_reference(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    original = picture_of(0.4)
    height, width = (side // 4 for side in original.shape[:2])
    original = original[: 4 * height, : 4 * width]
    small = np.asarray(Image.fromarray(original).resize((width, height), Image.Resampling.BICUBIC))
    benchmark.group = "for an original of 0.4 MP"
    benchmark(accelir.encode, small, bpp=BPP, profile="sr-x4", reference=original)


def bench_target(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    benchmark.group = "to a quality, 0.04 MP"
    benchmark(accelir.encode, picture_of(0.04), target=("psnr", 36.0), profile="fidelity")
