"""Tables of benches/paper for Palloni, Vu, Ma and Kirmemis: rows from what was measured, shares by programming."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from helpers import photo
from PIL import Image

pytestmark = pytest.mark.usefixtures("benches_can_be_imported")


def ladder(rng):
    from benches.paper.kirmemis_sets import Rung

    sizes = np.cumsum(rng.integers(20, 200, 5))
    errors = np.sort(rng.uniform(1, 400, 5))[::-1]
    return [Rung(bytes(int(size)), error, error / 4) for size, error in zip(sizes, errors, strict=True)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_programming_finds_the_best_files_within_a_total(seed):
    from benches.paper.kirmemis_sets import by_ilp

    ladders = [ladder(np.random.default_rng([seed, i])) for i in range(4)]
    total = sum(len(rungs[2].data) for rungs in ladders) + 7
    best = min(
        sum(rung.error for rung in chosen)
        for chosen in itertools.product(*ladders)
        if sum(len(rung.data) for rung in chosen) <= total
    )
    files = by_ilp(ladders, total, lambda rung: rung.error)
    assert sum(map(len, files)) <= total
    errors = [{rung.data: rung.error for rung in rungs} for rungs in ladders]
    assert sum(of[file] for of, file in zip(errors, files, strict=True)) == pytest.approx(best)


def test_ladders_have_rising_sizes_and_falling_errors(tmp_path):
    from benches.paper.kirmemis_sets import ladder

    Image.fromarray(photo()[:64, :64]).save(tmp_path / "p.png")
    rungs = ladder(tmp_path / "p.png")
    sizes = [len(rung.data) for rung in rungs]
    assert sizes == sorted(set(sizes))
    assert rungs[0].error > 10 * rungs[-1].error
    assert rungs[0].unseen > rungs[-1].unseen


def test_sets_are_compared_with_one_quality_of_the_same_files():
    from benches.paper import kirmemis_sets

    def record(files, way, psnr):
        told = {"set": "kodak", "pictures": 8, "rate": 0.4, "used": 99.5}
        return told | {"files": files, "way": way, "scores": [psnr, psnr - 3, psnr + 1, 50.0]}

    one, ilp = kirmemis_sets.ONE, kirmemis_sets.SQUARED
    rows = kirmemis_sets.rows([record("Pillow", one, 30.0), record("Pillow", ilp, 30.5), record("ours", one, 33.0)])
    assert [row["over one quality"] for row in rows] == ["+0.00", "+0.50", "+0.00"]
    assert [row["the paper's"] for row in rows] == ["–", "+0.44", "–"]
    assert kirmemis_sets.shown("ssimulacra2, min_psnr 29.50") == "SSIMULACRA 2, PSNR of 29.50 at least"
    assert kirmemis_sets.shown("one quality") == one


def detail_records(detail_table):
    return [
        {"task": task, "rate": rate, "detail": detail, "scores": [30 - detail * more, 31, 0.9, 50 + detail, 0.4]}
        for task, rates in detail_table.RATES.items()
        for rate in rates
        for detail in detail_table.DETAILS
        for more in (0.5, 1.5)
    ]


def test_the_loss_of_detail_is_told_from_the_mean_of_pictures():
    from benches.paper import kirmemis_detail

    rows = kirmemis_detail.rows(detail_records(kirmemis_detail))
    assert [row["PSNR lost"] for row in rows[:5]] == ["0.00", "0.25", "0.50", "0.75", "1.00"]
    assert rows[0]["MS-SSIM"] == "0.900"
    assert len(rows) == 45


def test_the_curve_of_perception_and_distortion_has_a_line_for_each_rate():
    from matplotlib.figure import Figure

    from benches.paper import kirmemis_detail

    figure = Figure()
    kirmemis_detail.draw_rows(kirmemis_detail.rows(detail_records(kirmemis_detail)), figure)
    assert [len(axes.lines) for axes in figure.axes] == [3] * 6
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xdata(), [30, 29.75, 29.5, 29.25, 29])


def test_ways_of_enlarging_are_told_over_lanczos_on_the_pictures_that_have_them():
    from benches.paper import ma

    def record(lanczos, network, large=None):
        ways = {ma.LANCZOS: {"RGB": lanczos}, "sr-x4": {"RGB": network}}
        return {"factor": "4", "rate": 0.1, "ways": ways | ({} if large is None else {ma.LARGE: {"RGB": large}})}

    rows = ma.rows([record(20.0, 21.0), record(30.0, 30.5, 28.0)])
    assert [(row["enlarged by"], row["pictures"], row["RGB"]) for row in rows] == [
        (ma.LANCZOS, 2, "25.00"),
        ("sr-x4", 2, "+0.75"),
        (ma.LARGE, 1, "-2.00"),
    ]


def test_one_file_is_enlarged_by_filters_and_networks(tmp_path, monkeypatch):
    from benches.common import JUDGES
    from benches.paper import ma

    monkeypatch.setattr(ma, "judges", lambda: {"RGB": JUDGES["RGB"]})
    Image.fromarray(photo()[:100, :130]).save(tmp_path / "p.png")
    (found,) = ma.measure(Fraction(8, 3), tmp_path / "p.png", 1.0, ma.NETWORKS)
    scores = {way: score["RGB"] for way, score in found["ways"].items()}
    assert list(scores) == ["bicubic", ma.LANCZOS, "sr-x4-light", "sr-x4", ma.LARGE]
    assert max(scores["sr-x4"], scores["sr-x4-light"]) > scores["bicubic"]


def test_a_network_that_was_trained_is_asked_for_large_factors_alone(tmp_path):
    from benches.paper import ma
    from benches.paper.table import Options

    (tmp_path / ma.TRAINED).mkdir()
    model = tmp_path / ma.TRAINED / f"{ma.TRAINED}.onnx"
    options = Options(tmp_path, tmp_path)
    assert ma.networks_of(options, Fraction(4)) == list(ma.NETWORKS)
    model.touch()
    assert ma.networks_of(options, Fraction(4)) == [*ma.NETWORKS, str(model)]
    assert ma.networks_of(options, Fraction(3, 2)) == list(ma.NETWORKS)


def costs(ms, memory, openvino=None):
    return {"bytes": 1000 * ms, "ms": ms, "memory": memory, "openvino ms": openvino, "openvino memory": openvino}


def test_int8_is_told_beside_float32_and_the_papers_figures_come_last():
    from benches.paper import palloni

    both = {palloni.FLOAT: costs(60, 200.0, 90.0), palloni.INT8: costs(40, 100.0, 30.0)}
    records = [
        {"network": "sr-x4", "macs": 1e5, "cost": both},
        {"network": "sr-x4", "scores": {palloni.FLOAT: [30.0] * 4, palloni.INT8: [29.9] * 4}},
        {"network": "sr-x4", "scores": {palloni.FLOAT: [32.0] * 4, palloni.INT8: [31.96] * 4}},
        {"network": "unet", "macs": 1e6, "cost": {each: costs(10, None) for each in both}},
    ]
    whole, rounded, untrained, _, paper = palloni.rows(records)
    assert (whole["RGB"], rounded["RGB"], untrained["RGB"]) == ("31.00", "-0.07", "–")
    assert (rounded["times as fast"], rounded["memory"], rounded["files"]) == ("1.50", "-50 %", 2)
    assert (rounded["times as fast, OpenVINO"], untrained["OpenVINO ms"], untrained["memory"]) == ("3.00", "–", "–")
    assert (untrained["network"], paper["times as fast"]) == ("unet, untrained", "2.3")
    assert list(paper) == list(whole)


def test_steps_to_a_light_network_are_told_over_their_teacher(tmp_path):
    from benches.paper import vu

    for stage in ("int8", "pruned-2", "pruned-1", "teacher", "student"):
        (tmp_path / "light" / stage).mkdir(parents=True)
        (tmp_path / "light" / stage / "row.json").touch()
    assert vu.stages(tmp_path) == ["teacher", "student", "pruned-1", "pruned-2", "int8"]
    (tmp_path / "light" / "pruned-2" / "log.csv").write_text("step,seconds,loss\n100,60,1\n300,180,1\n")
    assert vu.training_of(tmp_path, "pruned-2") == "300 steps, 3 minutes"
    assert vu.training_of(tmp_path, "int8") == "–"

    def record(stage, ms, psnr):
        cost = {"macs": 1e5, "parameters": 1000, "bytes": 2000, "ms": ms, "openvino ms": None, "memory": 100.0}
        told = {"run": "r", "trained": "–", "stage": stage}
        return told | cost | {"psnr": psnr, "ssimulacra2": 1.0}

    teacher, light = vu.rows([record("teacher", 60.0, 30.0), record("int8", 20.0, 29.5)])
    assert (teacher["times as fast"], light["times as fast"], light["lost"]) == ("1.00", "3.00", "0.500")
    assert light["OpenVINO ms"] == "–"
