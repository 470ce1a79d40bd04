"""benches/paper: work that goes on where it was cut off, results as files, and what a table makes of its records."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from helpers import photo

ROOT = Path(__file__).parents[1]


pytestmark = pytest.mark.usefixtures("benches_can_be_imported")


def module(name):
    return importlib.import_module(f"benches.{name}")


def counting_unit(key, calls):
    def run():
        calls.append(key)
        return [{"key": key, "value": len(key)}]

    return module("paper.table").Unit(key, run)


def test_results_of_another_encoder_are_not_taken(tmp_path):
    store = module("paper.store")
    assert store.state() == store.state()
    (tmp_path / "network.onnx").write_bytes(b"1")
    before = store.digest_of([tmp_path])
    (tmp_path / "network.onnx").write_bytes(b"2")
    assert store.digest_of([tmp_path]) != before


def test_work_that_is_known_is_not_done_again(tmp_path):
    work_through, calls = module("paper.store").work_through, []
    units = [counting_unit(key, calls) for key in ("a", "bb", "ccc")]
    first = work_through(units[:2], tmp_path / "t.jsonl")
    both = work_through(units, tmp_path / "t.jsonl")
    assert calls == ["a", "bb", "ccc"]
    assert first.records == both.records[:2]
    assert [record["value"] for record in both.records] == [1, 2, 3]


def test_a_line_that_was_cut_off_is_done_again(tmp_path):
    work_through, calls, file = module("paper.store").work_through, [], tmp_path / "t.jsonl"
    units = [counting_unit(key, calls) for key in ("a", "bb")]
    work_through(units, file)
    whole = file.read_bytes()
    file.write_bytes(whole[:-7])
    assert work_through(units, file).records == [{"key": "a", "value": 1}, {"key": "bb", "value": 2}]
    assert calls == ["a", "bb", "bb"]
    assert [json.loads(line)["key"] for line in file.read_text().splitlines()] == ["a", "bb"]


def test_results_say_the_same_to_scripts_and_people(tmp_path):
    results = module("paper.results")
    rows = [{"file": "ours, effort 5", "RGB": 0.256, "ahead": "3 of 4"}, {"file": "other", "RGB": -1.0, "ahead": "–"}]
    results.write_result("gains", "Gains", "What it is.", {"command": "made by a test"}, rows, folder=tmp_path)
    cells = [["ours, effort 5", "0.26", "3 of 4"], ["other", "-1.00", "–"]]
    assert [list(row.values()) for row in results.read_result("gains", tmp_path)] == cells
    page = (tmp_path / "gains.md").read_text("utf-8")
    assert all(f"| {' | '.join(row)} |" in page for row in cells)
    assert "# command: made by a test\n" in (tmp_path / "gains.csv").read_text("utf-8")
    assert "- command: made by a test\n" in page
    assert results.machine() in page


def records_of(widths, better):
    """Three widths of one network on two pictures: PSNR rises with the width, and by `better` with our files."""
    return [
        {"task": "denoise-25", "rate": 0.9, "family": family, "width": name, "macs": macs, "file": file}
        | {"picture": picture, "scores": [psnr + better * (file == widths.OURS)] * 4}
        for picture in ("p", "q")
        for file in (widths.PILLOW, widths.OURS)
        for family, name, macs, psnr in (
            ("dncnn", "8", 100.0, 30.0),
            ("dncnn", "16", 400.0, 30.5),
            ("dncnn", "32", 1600.0, 31.0),
            (widths.SHIPPED, "light", 200.0, 31.2),
        )
    ]


@pytest.mark.parametrize(
    ("better", "ours", "saving"), [(1.0, "8", "93.8"), (0.6, "16", "75.0"), (0.0, "32", "0.0"), (-0.1, "32", "loses")]
)
def test_the_smallest_width_that_is_as_good_is_taken_and_a_loss_is_told(better, ours, saving):
    widths = module("paper.widths")
    first, mean, *_ = widths.rows("denoise-25", records_of(widths, better))
    assert (first["ours"], first["saving %"], first["RGB"]) == (
        ours,
        saving,
        f"{better - (31 - first_psnr(ours)):+.2f}",
    )
    assert mean["saving %"] == ("0.0" if saving == "loses" else saving)


def test_a_width_between_two_is_where_the_line_between_them_is_as_good():
    widths = module("paper.widths")
    few, many, full = (
        widths.Found("", m, {"p": [psnr] * 4}) for m, psnr in ((100.0, 30.0), (1600.0, 31.0), (1600.0, 30.5))
    )
    assert widths.saving_between(full, [few, many], ["p"]) == "75.0"
    assert widths.saving_between(full, [many], ["p"]) == "0.0"
    assert widths.saving_between(full, [few], ["p"]) == "loses"


def first_psnr(width):
    return {"8": 30.0, "16": 30.5, "32": 31.0}[width]


def test_the_bicubic_base_can_be_left_out_of_the_saving():
    widths = module("paper.widths")
    full, narrow = (widths.Found("", macs, {"p": [1.0] * 4}) for macs in (11200.0, 2200.0))
    assert widths.saving(full, narrow, ["p"], 0) == "80.4"
    assert widths.saving(full, narrow, ["p"], 1200) == "90.0"


def test_an_emulated_picture_is_made_of_its_cells():
    emulation = module("paper.emulation").Emulation(photo()[:80, :100])
    fine, coarse = np.full((3, 4), 90), np.full((3, 4), 20)
    mixed = np.where(np.arange(4) < 2, fine, coarse)
    sizes = [emulation.size(qualities) for qualities in (coarse, mixed, fine)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]
    pixels = emulation.pixels(mixed)
    np.testing.assert_array_equal(pixels[:, :64], emulation.pixels(fine)[:, :64])
    np.testing.assert_array_equal(pixels[:, 64:], emulation.pixels(coarse)[:, 64:])


def test_an_emulated_size_keeps_to_its_budget():
    paper = module("paper.emulation")
    emulation = paper.Emulation(photo()[:96, :96])
    chosen = paper.one_quality(emulation, 1200)
    assert emulation.size(chosen) <= 1200 < emulation.size(chosen + 1)


def scored(common, *points):
    return [common.Score(bpp, dict.fromkeys(common.JUDGES, psnr)) for bpp, psnr in points]


def test_bd_rate_and_bd_psnr_of_curves_that_are_shifted():
    common = module("common")
    anchor = scored(common, (0.5, 30.0), (1.0, 32.0), (2.0, 34.0))
    smaller = scored(common, (0.4, 30.0), (0.8, 32.0), (1.6, 34.0))
    better = scored(common, (0.5, 30.5), (1.0, 32.5), (2.0, 34.5))
    np.testing.assert_allclose(common.bd_rates(anchor, smaller, 0.5, 2.0), -20, atol=1e-6)
    np.testing.assert_allclose(common.bd_scores(anchor, better, 0.5, 2.0), 0.5, atol=1e-6)


def test_curves_without_a_common_score_or_rate_have_no_difference():
    common = module("common")
    low, high = scored(common, (0.5, 30.0), (1.0, 32.0)), scored(common, (2.0, 33.0), (4.0, 34.0))
    assert np.isnan(common.bd_rates(low, high, 0.5, 1.0)).all()
    assert np.isnan(common.bd_scores(low, high, 0.5, 4.0)).all()


def test_every_table_has_a_name_of_its_own_and_can_be_asked_for():
    main, registry = module("paper.__main__"), module("paper.registry")
    assert all(main.named(name) is table for name, table in registry.TABLES.items())
    assert main.named("2") is registry.TABLES["table-2"]
