"""Ma et al.: networks of whole factors and Lanczos, against Lanczos and bicubic enlargement alone, at low rates."""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image

import accelir
from accelir.formats.budget import bytes_at
from accelir.formats.decode import decode_pixels
from accelir.metrics import Metric
from accelir.metrics.optional import optional_metrics
from accelir.restoration.pictures import load
from accelir.restoration.sizes import network_for
from benches.any_size import MULTIPLE, by_filter
from benches.common import JUDGES, Pixels, means, signed
from benches.paper.pictures import picture_paths, pictures_of
from benches.paper.table import Options, Record, Row, Table, Unit

SETS = ("kodak", "urban100")
FACTORS = tuple(map(Fraction, ("3/2", "2", "8/3", "4")))
RATES = (0.1, 0.2, 0.4)
"""Bits per pixel of the large picture."""
NETWORKS = ("sr-x4-light", "sr-x4")
"""By whose families pictures are enlarged."""
TRAINED = "arsr-11"
"""A network of --runs that is taken beside them where it is."""
LANCZOS = "Lanczos"
FILTERS = {"bicubic": Image.Resampling.BICUBIC, LANCZOS: Image.Resampling.LANCZOS}
LARGE = "not shrunk"
VMAF = {"vmaf": "VMAF", "vmaf-neg": "VMAF-NEG"}
"""What they are called among optional metrics, and here."""


@lru_cache(maxsize=1)
def judges() -> dict[str, Metric]:
    """Those of all tables, and VMAF where it is installed."""
    found = optional_metrics().found
    return JUDGES | {shown: found[name] for name, shown in VMAF.items() if name in found}


def units(options: Options) -> Iterator[Unit]:
    for factor in FACTORS:
        networks = networks_of(options, factor)
        for set_name, path in picture_paths(options, SETS):
            for rate in RATES:
                key = f"{factor} {set_name} {path.stem} {rate} {' '.join(Path(name).stem for name in networks)}"
                yield Unit(key, partial(measure, factor, path, rate, networks))


def networks_of(options: Options, factor: Fraction) -> list[str]:
    """Ours, and the one that was trained where it isn't larger than need be."""
    trained = options.runs / TRAINED / f"{TRAINED}.onnx" if options.runs and factor > 2 else None
    return [*NETWORKS, *([str(trained)] if trained and trained.exists() else [])]


def measure(factor: Fraction, path: Path, rate: float, networks: Sequence[str]) -> list[Record]:
    """Scores of one file, enlarged by each way, and of a file of the large picture of the same bytes."""
    picture = load(path)
    height, width = (side - side % MULTIPLE for side in picture.shape[:2])
    truth, size = np.ascontiguousarray(picture[:height, :width]), (width, height)
    small = by_filter(Image.Resampling.BICUBIC)(truth, (int(width / factor), int(height / factor)))
    encoder, budget = accelir.Encoder(profile="fidelity"), bytes_at(rate, truth.shape)
    data = encoder.encode(small, max_bytes=budget).data
    shown = {name: by_filter(filter)(decode_pixels(data), size) for name, filter in FILTERS.items()}
    for name in networks:
        taken = network_for(name, small.shape, size)
        assert taken is not None, "factors are above 1"
        if Path(taken).stem not in shown:
            shown[Path(taken).stem] = accelir.decode(data, network=taken, size=size)
    with contextlib.suppress(accelir.BudgetError):  # where no file of the large picture is so small
        shown[LARGE] = decode_pixels(encoder.encode(truth, max_bytes=budget).data)
    ways = {way: scored(restored, truth) for way, restored in shown.items()}
    return [{"factor": str(factor), "rate": rate, "ways": ways}]


def scored(restored: Pixels, truth: Pixels) -> dict[str, float]:
    return {name: judge.score(restored, truth) for name, judge in judges().items()}


def rows(records: Sequence[Record]) -> list[Row]:
    keys = dict.fromkeys((each["factor"], each["rate"]) for each in records)
    return [row for key in keys for row in rows_of(*key, records)]


def rows_of(factor: str, rate: float, records: Sequence[Record]) -> Iterator[Row]:
    """Lanczos' scores, then what the others have more than it, over the pictures that have both."""
    found = [each["ways"] for each in records if (each["factor"], each["rate"]) == (factor, rate)]
    judged = list(found[0][LANCZOS])
    mean = means([list(ways[LANCZOS].values()) for ways in found])
    yield row(factor, rate, LANCZOS, len(found), dict(zip(judged, [f"{score:.2f}" for score in mean], strict=True)))
    for way in dict.fromkeys(way for ways in found for way in ways if way != LANCZOS):
        gains = [np.subtract(list(ways[way].values()), list(ways[LANCZOS].values())) for ways in found if way in ways]
        yield row(factor, rate, way, len(gains), dict(zip(judged, signed(means(gains)), strict=True)))


def row(factor: str, rate: float, way: str, pictures: int, judged: dict[str, str]) -> Row:
    return {"factor": factor, "bpp": f"{rate}", "enlarged by": way, "pictures": pictures, **judged}


def facts(options: Options) -> dict[str, str]:
    package = "vmaf-torch"
    known = f"{package} {importlib.metadata.version(package)}" if len(judges()) > len(JUDGES) else "not installed"
    return {**pictures_of(options, SETS), "VMAF": known}


TABLE = Table(
    name="ma",
    title="Ma et al.: enlarging at low rates by networks, by Lanczos and by bicubic filters",
    about=f"""
Ma et al. (ARSR, arXiv 2401.14641) enlarge decoded video of low rates by one small network, which cleans it too, and
report 4 to 6 points of VMAF over Lanczos and bicubic enlargement, with about 22 thousand weights, working on luma;
factors such as 3/2 and 8/3 come from a network of a whole factor and Lanczos. Their rates by stream aren't at hand.
Here a still picture is shrunk by Pillow's bicubic filter and coded as JPEG by `fidelity`, which knows of no network,
with the bytes that the large picture has at the rate; the same file is enlarged by each way. `sr-x4-light` has ARSR's
shape with eleven layers, on RGB, 43,584 weights, and learnt from many kinds of files; `{TRAINED}` is that shape trained
for a short time on Pillow's JPEG alone; `sr-x4` and `sr-x2-light` are plain stacks. 3/2 is reached by `sr-x2-light`,
8/3 by networks of 4, and then Lanczos' filter. "{LARGE}": the large picture itself as JPEG of the same bytes, where
there is a file so small. The rows of Lanczos are scores, the others differences from them, means over pictures: PSNR in
dB over RGB and luma, luma where the truth is flat, SSIMULACRA 2, VMAF, and VMAF-NEG, which counts no sharpening, in
points. VMAF is that of single pictures, which have no motion.
""",
    units=units,
    rows=rows,
    facts=facts,
)
