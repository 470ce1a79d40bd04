"""Figures of benches/paper and the table of speeds: rows from what was measured."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


pytestmark = pytest.mark.usefixtures("benches_can_be_imported")


def bench(group, name, seconds, /, **params):
    return {"group": group, "name": name, "params": params or None, "stats": {"min": seconds}}


def test_speeds_are_taken_over_pillows_of_the_same_group():
    from benches.speed.table import rows_of

    group = "jpeg to a size, 2.4 MP"
    rows = list(
        rows_of(
            [
                bench(group, "bench_to_a_size[5-jpeg-2.4]", 0.060, kind="jpeg", megapixels=2.4, effort=5),
                bench(group, "bench_peer[jpegli-2.4]", 0.022, name="jpegli", megapixels=2.4),
                bench(group, "bench_pillow[jpeg-2.4]", 0.020, kind="jpeg", megapixels=2.4),
                bench("metric", "bench_metric[ssim]", 0.050, name="ssim"),
            ]
        )
    )
    assert [(row["what"], row["ms"], row["times Pillow's"]) for row in rows] == [
        ("Pillow", "20.0", "1.00"),
        ("accelir, effort 5", "60.0", "3.00"),
        ("jpegli", "22.0", "1.10"),
        ("ssim", "50.0", "–"),
    ]


def test_a_group_of_speeds_comes_from_its_last_run_alone():
    from benches.speed.table import latest

    first = [bench("a", "bench_x", 1.0), bench("a", "bench_pillow[y]", 1.0), bench("b", "bench_z", 1.0)]
    second = [bench("a", "bench_pillow[y]", 2.0)]
    assert latest([first, second]) == [first[2], second[0]]


def test_overhead_is_the_median_over_pictures_of_ratios_to_pillow():
    from benches.paper import overhead

    records = [
        {"size": size, "encoder": encoder, "seconds": seconds * factor}
        for size in overhead.SIZES
        for factor in (1, 2, 4)
        for encoder, seconds in {
            overhead.PILLOW: 0.01,
            overhead.SEARCHING: 0.07,
            **dict.fromkeys(overhead.OURS, 0.03),
        }.items()
    ]
    ours = next(row for row in overhead.rows(records) if row["encoder"] == "sr-x4")
    assert ours["times Pillow's"] == "3.00"
    assert ours["ms"] == "60.0"
    assert ours["over Pillow, ms"] == "+40.0"


@pytest.mark.parametrize("size", [(640, 360), (960, 540)])
def test_pictures_for_overhead_are_cut_to_shape(size):
    from benches.paper import overhead

    picture = np.random.default_rng(0).integers(0, 256, (800, 1000, 3)).astype(np.uint8)
    assert overhead.fitted(picture, size).shape == (size[1], size[0], 3)


def test_latency_has_both_times_of_every_network():
    from benches.paper import latency

    times = {"1": [0.2, 0.1], "2": [0.15, 0.12]}
    large, small = ({"network": name, "macs": macs, "times": times} for name, macs in (("b", 2e4), ("a", 1e4)))
    rows = latency.rows([large, small])
    assert [row["network"] for row in rows] == ["a", "b"]
    assert rows[0]["CPU ms, 1 thread"] == "100"
    assert rows[0]["ms, 2 threads"] == "150"
    assert rows[1]["GMAC a second of CPU"] == f"{2e4 * 480 * 270 / 0.1 / 1e9:.0f}"


def test_gains_by_cell_agree_with_psnr():
    from accelir.metrics import psnr
    from benches.common import Case
    from benches.paper import spread

    rng = np.random.default_rng(1)
    truth = rng.integers(40, 200, (128, 128, 3)).astype(np.uint8)
    case = Case(truth[::4, ::4], truth)
    coarse, fine = (np.clip(truth + rng.normal(0, sigma, truth.shape), 0, 255).astype(np.uint8) for sigma in (9, 3))
    (gain,) = spread.gains(*(spread.errors(picture, case, 4) for picture in (coarse, fine)))
    assert gain == pytest.approx(psnr(fine, truth) - psnr(coarse, truth), abs=0.1)
    assert spread.gains(np.array([0.0]), np.array([0.0])) == [0.0]


def test_spread_tells_percentiles_of_all_cells():
    from benches.paper import spread

    records = [{"task": "sr-x4", spread.NETWORK: [0.0, 1.0], spread.OURS: [-1.0, 3.0]} for _ in range(2)]
    rows = {row["cells"]: row for row in spread.rows(records)}
    assert rows["50 %"]["sr-x4, network, dB"] == "+0.50"
    assert rows["0 %"]["sr-x4, our file, dB"] == "-1.00"
    assert rows["cells in all"]["sr-x4, network, dB"] == "4"


@pytest.mark.parametrize("name", ["kirmemis_detail", "latency", "overhead", "spread"])
def test_figures_are_drawn_from_the_results_as_they_are_kept(name):
    import importlib

    from matplotlib.figure import Figure

    from benches.paper.results import read_result

    table = importlib.import_module(f"benches.paper.{name}").TABLE
    figure = Figure()
    table.draw(read_result(table.name), figure)
    assert figure.axes
    assert all(axes.lines or axes.patches for axes in figure.axes)


def test_maps_tell_how_far_qps_are_from_those_of_adaptive_quantisation():
    from benches.common import Case
    from benches.paper import maps

    truth = np.zeros((64, 64, 3), np.uint8)
    for index, (top, left) in enumerate([(0, 0), (0, 32), (32, 0), (32, 32)]):
        truth[top : top + 32 : 2, left : left + 32] = 50 * index
    utility = np.arange(4).reshape(2, 2)
    found = maps.Maps(
        "bird",
        Case(truth, truth),
        utility,
        {"ours": 50 + utility, "VAQ": 60 - utility, "uniform": np.full((2, 2), 55)},
        {"ours": 36.0, "VAQ": 35.0, "uniform": 35.5},
    )
    row = maps.row_of(found)
    assert row["QPs, ours and VAQ"] == "-1.00"
    assert row["utility and variance"] == "+1.00"
    assert row["our QPs and utility"] == "+1.00"
    assert row["ours, dB"] == "36.00"
