"""What encodings are made of beside the core: QP-NET, the allocator, metrics; files for an
original, of fewer pixels, for a quality, and sets, beside Pillow, mozjpeg and jpegli at the same bytes.
"""

from __future__ import annotations

import numpy as np
import pytest
from conftest import PictureOf, once
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.jpeg.group_plan import plan_modes
from accelir.metrics import METRICS
from accelir.profile.installed import load_profile
from benches.common import Pixels, pillow_jpeg
from benches.encoders import Encode, installed_encoders

BPP, LOW_BPP = 1.2, 0.3
SHRUNK = 4
GROUPS = {
    "reference": "for an original of 0.4 MP",
    "scale": "at fewer pixels, 0.4 MP",
    "set": "a set of four, 0.4 MP in all",
    "target": "to a quality, 0.04 MP",
}


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


def shrunk(original: Pixels) -> Pixels:
    height, width = (side // SHRUNK for side in original.shape[:2])
    return np.asarray(Image.fromarray(original).resize((width, height), Image.Resampling.BICUBIC))


def bench_reference(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    small = shrunk(picture_of(0.4))
    original = picture_of(0.4)[: SHRUNK * small.shape[0], : SHRUNK * small.shape[1]]
    benchmark.group = GROUPS["reference"]
    benchmark(accelir.encode, small, bpp=BPP, profile="sr-x4", reference=original)


def bench_no_reference(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    """The same file without the original."""
    benchmark.group = GROUPS["reference"]
    benchmark(accelir.encode, shrunk(picture_of(0.4)), bpp=BPP, profile="sr-x4")


@pytest.mark.parametrize("scale", [1, 2, 4, "auto"])
def bench_scale(benchmark: BenchmarkFixture, picture_of: PictureOf, scale: int | str) -> None:
    benchmark.group = GROUPS["scale"]
    benchmark(accelir.encode, picture_of(0.4), bpp=LOW_BPP, profile="fidelity", scale=scale)


def bench_set(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    benchmark.group = GROUPS["set"]
    benchmark(accelir.encode_set, pieces(picture_of(0.4)), bpp=BPP, profile="fidelity")


def bench_one_by_one(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    """The set's pictures, each at the set's rate."""
    encoder = accelir.Encoder(profile="fidelity")
    benchmark.group = GROUPS["set"]
    benchmark(lambda: [encoder.encode(piece, bpp=BPP) for piece in pieces(picture_of(0.4))])


def pieces(picture: Pixels) -> list[Pixels]:
    """Four of a quarter each."""
    return [np.ascontiguousarray(part) for half in np.array_split(picture, 2) for part in np.array_split(half, 2, 1)]


@pytest.mark.parametrize("kind", GROUPS)
def bench_pillow(benchmark: BenchmarkFixture, picture_of: PictureOf, kind: str) -> None:
    time_peer(benchmark, picture_of, pillow_jpeg, kind)


@pytest.mark.parametrize("kind", GROUPS)
@pytest.mark.parametrize("name", [name for name in installed_encoders() if name != "Pillow"])
def bench_peer(benchmark: BenchmarkFixture, picture_of: PictureOf, name: str, kind: str) -> None:
    time_peer(benchmark, picture_of, installed_encoders()[name], kind)


def time_peer(benchmark: BenchmarkFixture, picture_of: PictureOf, encode: Encode, kind: str) -> None:
    """One try at the quality of the same size; where ours are for a target, at that of some size."""
    pictures = {
        "reference": [shrunk(picture_of(0.4))],
        "scale": [picture_of(0.4)],
        "set": pieces(picture_of(0.4)),
        "target": [picture_of(0.04)],
    }[kind]
    tries = [once(picture, encode, LOW_BPP if kind == "scale" else BPP) for picture in pictures]
    benchmark.group = GROUPS[kind]
    benchmark(lambda: [each() for each in tries])


def bench_target(benchmark: BenchmarkFixture, picture_of: PictureOf) -> None:
    benchmark.group = GROUPS["target"]
    benchmark(accelir.encode, picture_of(0.04), target=("psnr", 36.0), profile="fidelity")
