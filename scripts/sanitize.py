"""Exercises the core for the sanitizers: `scripts/sanitize.sh` builds `core` with them and runs this.

First the corners (all small sizes, the longest sides, the strongest levels, every truncation), then random calls for
some seconds. What is read back must be what was written; all else is the sanitizers' to judge.
"""

from __future__ import annotations

import contextlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from core import jpeg, metrics
from core import vp8 as webp
from numpy.typing import NDArray

LAYOUTS = ("gray", "4:4:4", "4:2:2", "4:2:0")


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def block_shapes(width: int, height: int, layout: str) -> list[tuple[int, ...]]:
    across, down = {"gray": (1, 1), "4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}[layout]
    luma = (ceil_div(height, 8), ceil_div(width, 8), 8, 8)
    chroma = (ceil_div(ceil_div(height, down), 8), ceil_div(ceil_div(width, across), 8), 8, 8)
    return [luma] if layout == "gray" else [luma, chroma, chroma]


def picture(rng: np.random.Generator, height: int, width: int, layout: str) -> NDArray[np.uint8]:
    """Noise, black and white, a gradient or one colour; often with strides."""
    shape = (height, width) if layout == "gray" else (height, width, 3)
    kind = rng.integers(4)
    if kind == 0:
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    elif kind == 1:
        pixels = (rng.random(shape) < 0.5).astype(np.uint8) * np.uint8(255)
    elif kind == 2:
        pixels = np.indices(shape).sum(axis=0).astype(np.uint8)
    else:
        pixels = np.full(shape, rng.integers(256), np.uint8)
    return pixels[::-1] if rng.random() < 0.3 else pixels


def random_levels(rng: np.random.Generator, shapes: list[tuple[int, ...]]) -> list[NDArray[np.int16]]:
    bound = int(rng.choice([0, 1, 2, 40, 1023]))
    share = rng.choice([0.02, 0.3, 1.0])
    levels = [rng.integers(-bound, bound + 1, s) * (rng.random(s) < share) for s in shapes]
    if rng.random() < 0.2:
        for component in levels:
            component[..., 0, 0] = rng.choice([-1024, 1023], component.shape[:2])
    return [component.astype(np.int16) for component in levels]


def random_modes(rng: np.random.Generator, n: int) -> NDArray[np.void]:
    modes = np.zeros(n, jpeg.MODE)
    modes["lambda"] = rng.choice([0, 0, 0.01, 0.1, 1, 100, 1e30], n)
    modes["deadzone"] = rng.choice([0.5, 0.6, 1, 64], n)
    modes["multiple"] = rng.choice([1, 1, 2, 3, 64], n)
    modes["cut"] = rng.choice([64, 64, 1, 2, 10, 63], n)
    return modes


def encode(rng: np.random.Generator, pixels: NDArray[np.uint8], layout: str) -> bytes:
    """A call of the core with random settings; empty when the budget is too small."""
    height, width = pixels.shape[:2]
    cells = (ceil_div(height, 32), ceil_div(width, 32))
    blocks = (ceil_div(height, 8), ceil_div(width, 8))
    n = int(rng.integers(1, 6))
    size = (
        {"step": float(np.exp(rng.uniform(-3, 13.8)))}
        if rng.random() < 0.5
        else {"max_bytes": int(np.exp(rng.uniform(0, np.log(pixels.size + 2000)))) if rng.random() < 0.9 else 2**63 - 1}
    )
    settings = jpeg.Settings(
        relative_steps=np.exp(rng.uniform(-5, np.log(16), (2, 64))).astype(np.float32).clip(1e-3, 16),
        weights=(np.exp(rng.uniform(-9, 13, (n, 3, 64))) * (rng.random((n, 3, 64)) < 0.9)).astype(np.float32),
        modes=random_modes(rng, n),
        mode_map=rng.integers(0, n, cells).astype(np.int32),
        progressive=str(rng.choice(["never", "always", "auto"])),
        scan_breadth=int(rng.integers(3)),
        loops=int(rng.integers(1, 4)),
        passes=int(rng.integers(1, 12)),
        tolerance=float(rng.choice([0, 0.001, 0.1])),
        restart_interval=int(rng.choice([0, 0, 1, 5, 65535])),
        segments=b"\xff\xfe\x00\x04ab" if rng.random() < 0.3 else b"",
        block_weights=np.exp(rng.uniform(-60, 13, blocks)).astype(np.float32) if rng.random() < 0.5 else None,
        threads=int(rng.integers(1, 4)),
    )
    coefficients = jpeg.Coefficients.from_pixels(pixels, layout, smoothing(rng), int(rng.integers(1, 4)))
    keep = rng.random() < 0.5
    encoding = jpeg.encode(coefficients, settings, **size, keep_levels=keep)
    assert (encoding.levels is not None) == (keep and len(encoding.data) > 0)
    error_weights = rng.uniform(0, 9, (3, 64)).astype(np.float32)
    if encoding.levels:
        for written, kept in zip(jpeg.read(encoding.data).levels.arrays(), encoding.levels.arrays(), strict=True):
            assert np.array_equal(written, kept)
        assert encoding.levels.cell_errors(coefficients, encoding.tables, error_weights).shape == cells
    if "step" in size:
        assert jpeg.estimate(coefficients, settings, size["step"], error_weights).bytes > 0
    assert len(encoding.data) <= size.get("max_bytes", len(encoding.data))
    return encoding.data


def write_and_read(rng: np.random.Generator, width: int, height: int, layout: str) -> bytes:
    levels = random_levels(rng, block_shapes(width, height, layout))
    tables = rng.integers(1, 256, (1 if layout == "gray" else int(rng.integers(1, 3)), 64)).astype(np.uint8)
    restart = int(rng.choice([0, 0, 1, 3, 65535]))
    written = jpeg.Levels.from_arrays(levels, width, height, layout)
    data = jpeg.write(written, tables, progressive=bool(rng.integers(2)), restart_interval=restart)
    for found, given in zip(jpeg.read(data).levels.arrays(), levels, strict=True):
        assert np.array_equal(found, given)
    written.cell_bits()
    return data


def read_damaged(data: bytes) -> None:
    arithmetic = data.replace(b"\xff\xc0", b"\xff\xc9", 1).replace(b"\xff\xc2", b"\xff\xca", 1)
    for found in (data, arithmetic):
        for read in (jpeg.read, jpeg.check_scans):
            with contextlib.suppress(ValueError):
                read(found, max_pixels=1 << 18)


def damage(rng: np.random.Generator, data: bytes) -> bytes:
    kind = rng.integers(4)
    if kind == 0:
        return data[: rng.integers(len(data))]
    if kind == 1:
        return b"\xff\xd8" + rng.bytes(int(rng.integers(100)))
    changed = bytearray(data)
    if kind == 2:
        for _ in range(int(rng.integers(1, 8))):
            changed[rng.integers(len(data))] ^= int(rng.integers(1, 256))
    else:
        start, length = rng.integers(len(data)), rng.integers(1, 40)
        changed[start : start + length] = data[(at := rng.integers(len(data))) : at + rng.integers(40)]
    return bytes(changed)


def vp8_parts(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> None:
    """Planes of the picture, filtered, and a histogram's segments."""
    taken = webp.Picture.from_pixels(pixels, bool(rng.integers(2)))
    planes = taken.planes()
    again = webp.Picture.from_planes(*planes, taken.width, taken.height)
    assert all(np.array_equal(a, b) for a, b in zip(again.planes(), planes, strict=True))
    shape = tuple(side // 16 for side in planes[0].shape)
    levels = rng.integers(0, 64, shape).astype(np.uint8) * np.uint8(rng.integers(2))
    inner = rng.random(shape) < 0.5
    webp.loop_filter(*planes, levels, inner, bool(rng.integers(2)), int(rng.integers(8)))
    weights = np.exp(rng.uniform(-30, 30, 128)) * (rng.random(128) < rng.choice([0.02, 0.3, 1.0]))
    weights[rng.integers(128)] = 1.0
    centers, segment_of = webp.segments(weights, int(rng.integers(1, 5)))
    assert segment_of.max() < len(centers)


def vp8_settings(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, object]:
    """Anything that the core takes for a picture of so many macroblocks, but for the size."""
    return {
        "lambda_": float(rng.choice([0, 0.01, 0.1, 1, 1e6])),
        "luma_weights": [float(w) for w in rng.choice([0, 0.5, 1, 1e6], 16)],
        "chroma_weights": [float(w) for w in rng.choice([0, 0.5, 1, 1e6], 16)],
        "deltas": [int(d) for d in rng.integers(-15, 16, 5)],
        "filter": float(rng.choice([0, 0.5, 1, 100])),
        "sharpness": int(rng.integers(8)),
        "simple_filter": bool(rng.integers(2)),
        "measure_filter": bool(rng.integers(2)),
        "doubt": float(rng.choice([1, 2, 1e6])),
        "rank_by_tokens": bool(rng.integers(2)),
        "subblock_modes": int(rng.integers(11)),
        "subblock_trellises": int(rng.integers(11)),
        "block_trellises": int(rng.integers(5)),
        "loops": int(rng.integers(3)),
        "passes": int(rng.integers(1, 12)),
        "paced": bool(rng.integers(2)),
        "tolerance": float(rng.choice([0, 0.001, 0.1])),
        "token_partitions": int(rng.choice([1, 2, 4, 8])),
        "threads": int(rng.integers(1, 4)),
        "max_first_partition": int(rng.choice([(1 << 19) - 1, 100, 0])),
        "octaves": rng.uniform(0, rng.choice([1, 8, 16]), shape).astype(np.float32) if rng.random() < 0.5 else None,
        "weights": rng.uniform(0, rng.choice([9, 1e6]), shape).astype(np.float32) if rng.random() < 0.5 else None,
    }


def ssimulacra2(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> None:
    """Of a picture as linear light against another, of any size; errors by cells of any."""
    linear = np.dstack([pixels] * 3)[..., :3].astype(np.float32) / np.float32(255)
    reference = metrics.Ssimulacra2(linear)
    other = np.clip(linear + rng.normal(0, 0.1, linear.shape), 0, 1).astype(np.float32)
    assert reference.score(linear) == 100
    cell = int(rng.choice([1, 2, 8, 16, 32, 96, 128]))
    errors = reference.errors(other, cell)
    assert errors.shape == tuple(ceil_div(side, cell) for side in pixels.shape[:2])
    assert (errors >= 0).all()
    assert reference.score(other) <= 100


def smoothing(rng: np.random.Generator) -> float:
    """Of halved chroma."""
    return float(rng.choice([0.0, 1.0, rng.random()]))


def vp8_size(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> dict[str, int]:
    """A quantiser, or a budget from impossible to unlimited."""
    if rng.random() < 0.5:
        return {"quantizer": int(rng.choice([0, 127, rng.integers(128)]))}
    return {"max_bytes": int(rng.choice([0, 2**63 - 1, np.exp(rng.uniform(0, np.log(pixels.size + 2000)))]))}


def vp8(rng: np.random.Generator, pixels: NDArray[np.uint8], **options: object) -> None:
    """A VP8 frame with random settings and maps, but for the options."""
    shape = tuple(ceil_div(side, 16) for side in pixels.shape[:2])
    picture = webp.Picture.from_pixels(pixels, bool(rng.integers(2)), smoothing(rng), rng.random())
    settings = vp8_settings(rng, shape) | options
    size = {name: settings.pop(name) for name in ("quantizer", "max_bytes") if name in settings} or vp8_size(
        rng, pixels
    )
    keep = bool(rng.integers(2))
    made = webp.Settings(**settings)
    encoding = webp.encode(picture, made, **size, keep_reconstruction=keep)
    assert len(encoding.data) <= size.get("max_bytes", len(encoding.data))
    if "quantizer" in size:
        assert webp.estimate(picture, made, size["quantizer"]).bytes > 0
    reconstruction = encoding.reconstruction()
    if not encoding.data:
        return
    if keep:
        assert reconstruction[0].shape == pixels.shape[:2]
    assert webp.read(encoding.data)[0].shape == shape
    for _ in range(20):
        with contextlib.suppress(ValueError):
            webp.read(damage(rng, encoding.data))


def refused(call, *arguments, **options) -> None:
    try:
        call(*arguments, **options)
    except (ValueError, TypeError):
        return
    raise AssertionError(f"{call.__name__} took {arguments} {options}")


def corners(rng: np.random.Generator) -> None:
    sides = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33)
    for height in sides:
        for width in sides:
            for layout in LAYOUTS:
                encode(rng, picture(rng, height, width, layout), layout)
                write_and_read(rng, width, height, layout)
                vp8_parts(rng, picture(rng, height, width, layout))
                vp8(rng, picture(rng, height, width, layout))
    for height, width in ((1, 65500), (65500, 1), (24, 12_000), (800, 900), (1000, 31)):
        for layout in LAYOUTS:
            encode(rng, picture(rng, height, width, layout), layout)
            write_and_read(rng, width, height, layout)
    for layout in LAYOUTS:
        for _ in range(4):
            data = write_and_read(rng, 20, 18, layout)
            for length in range(0, len(data), max(1, len(data) // 500)):
                read_damaged(data[:length])
    for shape in ((0, 5), (5, 0), (65536, 1), (5, 5, 4), (5,), (0, 0, 3)):
        refused(jpeg.Coefficients.from_pixels, np.zeros(shape, np.uint8))
    for value in (1025.0, -1025.0, np.nan, np.inf):
        refused(jpeg.Coefficients.from_arrays, [np.full((1, 1, 8, 8), value, np.float32)], 8, 8, "gray")
    for extreme in (1024.0, -1024.0):
        arrays = [np.full((1, 1, 8, 8), extreme, np.float32)]
        jpeg.Coefficients.from_arrays(arrays, 8, 8, "gray").arrays()
    refused(jpeg.Levels.from_arrays, [np.full((1, 1, 8, 8), -32768, np.int16)], 8, 8, "gray")
    levels = jpeg.Levels.from_arrays([np.ones((1, 1, 8, 8), np.int16)], 8, 8, "gray")
    refused(jpeg.write, levels, np.zeros((1, 64), np.uint8))
    other = jpeg.Coefficients.from_pixels(np.zeros((8, 9), np.uint8))
    refused(levels.cell_errors, other, np.ones((1, 64), np.uint8), np.ones((3, 64), np.float32))
    refused_settings(rng)


def refused_settings(rng: np.random.Generator) -> None:
    """Of the JPEG core, alone and with a picture of another size."""
    plain = {
        "relative_steps": np.ones((2, 64), np.float32),
        "weights": np.ones((1, 3, 64), np.float32),
        "modes": random_modes(rng, 1),
        "mode_map": np.zeros((2, 2), np.int32),
    }
    for name, value in (
        ("relative_steps", np.ones((3, 64), np.float32)),
        ("relative_steps", np.zeros((2, 64), np.float32)),
        ("weights", np.ones((2, 3, 64), np.float32)),
        ("modes", random_modes(rng, 0)),
        ("mode_map", np.ones((2, 2), np.int32)),
        ("mode_map", np.zeros((0, 2), np.int32)),
        ("block_weights", np.zeros((2, 2), np.float32)),
        ("block_weights", np.full((2, 2), np.nan, np.float32)),
        ("block_weights", np.ones((2, 3), np.float32)),
        ("loops", 2**40),
        ("segments", "text"),
        ("anything", 1),
    ):

        def encode_with(options: dict[str, object]) -> None:
            coefficients = jpeg.Coefficients.from_pixels(np.zeros((40, 50), np.uint8))
            jpeg.encode(coefficients, jpeg.Settings(**options), step=5.0)

        encode_with(plain)
        refused(encode_with, plain | {name: value})


def vp8_corners(rng: np.random.Generator) -> None:
    """The longest sides, the strongest levels, samples of a picture, partitions, and what must be refused."""
    for height, width in ((1, 16383), (16383, 1), (40, 3000), (600, 500)):
        pixels = picture(rng, height, width, "4:2:0")
        vp8_parts(rng, pixels)
        vp8(rng, pixels)
        vp8(rng, pixels, max_bytes=pixels.size // 20)
    noise = rng.integers(0, 256, (400, 400, 3), dtype=np.uint8)
    for pixels in (noise, (noise > 127).astype(np.uint8) * np.uint8(255), noise[::-1, ::-1, 0]):
        for partitions in (1, 2, 4, 8):
            vp8(rng, pixels, quantizer=0, token_partitions=partitions, deltas=[-15] * 5)
            vp8(rng, pixels, max_bytes=2**63 - 1, token_partitions=partitions)
    for shape in ((0, 5), (5, 0), (16384, 1), (1, 16384), (5, 5, 4), (5,), (0, 0, 3)):
        refused(webp.Picture.from_pixels, np.zeros(shape, np.uint8))
    small = webp.Picture.from_pixels(np.zeros((20, 20, 3), np.uint8))
    refused(webp.Picture.from_planes, *small.planes(), 40, 20)
    refused(webp.Picture.from_planes, *small.planes(), 0, 20)
    plain = vp8_settings(rng, (2, 2)) | {"quantizer": 9}

    def encode_with(options: dict[str, object]) -> None:
        size = {name: options[name] for name in ("quantizer", "max_bytes") if name in options}
        webp.encode(small, webp.Settings(**{k: v for k, v in options.items() if k not in size}), **size)

    for name, value in (
        ("quantizer", 128),
        ("quantizer", -1),
        ("max_bytes", 100),
        ("max_bytes", -1),
        ("lambda_", np.nan),
        ("filter", np.inf),
        ("luma_weights", [np.nan] * 16),
        ("chroma_weights", [1.0] * 15),
        ("deltas", [16] * 5),
        ("tolerance", np.nan),
        ("octaves", np.full((2, 2), np.nan, np.float32)),
        ("weights", np.zeros((2, 3), np.float32)),
        ("token_partitions", 3),
    ):
        refused(encode_with, plain | {name: value})


def at_random(rng: np.random.Generator, seconds: float) -> int:
    rounds, end = 0, time.monotonic() + seconds
    with ThreadPoolExecutor(2) as pool:
        while time.monotonic() < end:
            width, height = (int(v) for v in rng.integers(1, 120, 2))
            layout = str(rng.choice(LAYOUTS))
            pixels = picture(rng, height, width, layout)
            jobs = [pool.submit(encode, child, pixels, layout) for child in rng.spawn(2)]
            frames = [pool.submit(vp8, child, pixels) for child in rng.spawn(2)]
            files = [job.result() for job in jobs] + [write_and_read(rng, width, height, layout)]
            vp8_parts(rng, pixels)
            ssimulacra2(rng, pixels)
            for frame in frames:
                frame.result()
            for data in filter(None, files):
                jpeg.read(data)
                for _ in range(20):
                    read_damaged(damage(rng, data))
            rounds += 1
    return rounds


def main() -> None:
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    corners(np.random.default_rng(seed))
    vp8_corners(np.random.default_rng(seed))
    print("corners: nothing found", flush=True)
    rounds = at_random(np.random.default_rng(seed), seconds)
    print(f"{rounds} random rounds from seed {seed}: nothing found")


if __name__ == "__main__":
    main()
