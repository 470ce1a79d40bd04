"""Encoding: by effort, format, profile, to a size or at a step, beside Pillow, mozjpeg and jpegli at the same bytes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from conftest import PictureOf, once
from pytest_benchmark.fixture import BenchmarkFixture

import accelir
from accelir.formats.budget import bytes_at
from accelir.profile.installed import profiles
from benches.common import Pixels, largest_within, pillow_jpeg, pillow_webp, prepare
from benches.encoders import installed_encoders

BPP = {"jpeg": 1.2, "webp": 0.8}
SIZES = (0.04, 0.4, 2.4)
"""Megapixels: a thumbnail, a picture on a page, a camera's at half its sides."""
EFFORTS = (0, 1, 2, 3, 5, 7, 9)
SIZED = {"jpeg to a size": {"subsampling": "4:2:0"}, "jpeg to a size, auto": {}, "webp to a size": {}}
"""Kinds of files, and settings of the encoder beside profile and effort."""
AUTO = {"jpeg": ", auto", "webp": ""}
"""What the kind adds where nothing is set."""


def time_encoder(benchmark: BenchmarkFixture, picture: Pixels, format: str, profile: str, **settings: Any) -> None:
    encoder = accelir.Encoder(profile=profile, format=format, **settings)
    made = benchmark(encoder.encode, picture, bpp=BPP[format])
    benchmark.extra_info["passes"] = made.stats["passes"]


@pytest.mark.parametrize("megapixels", SIZES)
@pytest.mark.parametrize("kind", SIZED)
@pytest.mark.parametrize("effort", EFFORTS)
def bench_to_a_size(
    benchmark: BenchmarkFixture, picture_of: PictureOf, kind: str, megapixels: float, effort: int
) -> None:
    benchmark.group = f"{kind}, {megapixels} MP"
    time_encoder(benchmark, picture_of(megapixels), kind[:4], "fidelity", effort=effort, **SIZED[kind])


@pytest.mark.parametrize("effort", EFFORTS)
def bench_at_a_step(benchmark: BenchmarkFixture, picture_of: PictureOf, effort: int) -> None:
    """The same file without the search for it."""
    benchmark.group = "jpeg to a size, 2.4 MP"
    picture = picture_of(2.4)
    step = accelir.Encoder(profile="fidelity", subsampling="4:2:0").encode(picture, bpp=BPP["jpeg"]).stats["step"]

    def encode() -> bytes:
        prepared = prepare(picture, "fidelity", effort=effort)
        data: bytes = prepared.job.run(prepared.coefficients("4:2:0"), step=step).data
        return data

    benchmark(encode)


@pytest.mark.parametrize("format", BPP)
@pytest.mark.parametrize("profile", profiles())
def bench_profiles(benchmark: BenchmarkFixture, picture_of: PictureOf, format: str, profile: str) -> None:
    benchmark.group = f"{format} to a size{AUTO[format]}, 0.4 MP"
    time_encoder(benchmark, picture_of(0.4), format, profile)


@pytest.mark.parametrize("megapixels", SIZES)
@pytest.mark.parametrize("kind", SIZED)
def bench_pillow(benchmark: BenchmarkFixture, picture_of: PictureOf, kind: str, megapixels: float) -> None:
    """One try at the quality of the same size."""
    benchmark.group = f"{kind}, {megapixels} MP"
    make = pillow_jpeg if kind.startswith("jpeg") else partial(pillow_webp, method=4)
    benchmark(once(picture_of(megapixels), make, BPP[kind[:4]]))


@pytest.mark.parametrize("megapixels", SIZES)
def bench_pillow_bisecting(benchmark: BenchmarkFixture, picture_of: PictureOf, megapixels: float) -> None:
    benchmark.group = f"webp to a size, {megapixels} MP"
    picture = picture_of(megapixels)
    make = partial(pillow_webp, picture, method=4)
    benchmark(largest_within, make, bytes_at(BPP["webp"], picture.shape))


@pytest.mark.parametrize("megapixels", SIZES)
@pytest.mark.parametrize("name", [name for name in installed_encoders() if name != "Pillow"])
def bench_peer(benchmark: BenchmarkFixture, picture_of: PictureOf, name: str, megapixels: float) -> None:
    """One try, as Pillow has."""
    benchmark.group = f"jpeg to a size, {megapixels} MP"
    benchmark(once(picture_of(megapixels), installed_encoders()[name], BPP["jpeg"]))
