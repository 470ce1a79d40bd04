"""Figures in README and docs/ come from docs/results: scripts/figures.py, benches/keep.py, and README's picture."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def figures():
    return loaded(ROOT / "scripts" / "figures.py")


@pytest.fixture
def keep(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return loaded(ROOT / "benches" / "keep.py")


@pytest.fixture
def results(figures, tmp_path, monkeypatch):
    """A folder of results with one table in it."""
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    (tmp_path / "gains.csv").write_text('# title: gains\npeer,dB\n"Pillow, 0.9",+0.56\n"Pillow, 1.2",+0.57\n')
    return tmp_path


def test_pages_show_what_the_results_say(figures):
    pages = {page.name: page.read_text("utf-8") for page in figures.PAGES}
    stale = [name for name, text in pages.items() if figures.filled(text) != text]
    assert stale == [], "run python scripts/figures.py"


def test_readme_has_its_tables_from_results_alone():
    readme = (ROOT / "README.md").read_text("utf-8")
    tables = [block for block in readme.split("\n\n") if block.lstrip().startswith("|")]
    assert tables == []
    assert readme.count("<!-- results: ") == readme.count("<!-- end -->") >= 3


def test_a_page_that_was_edited_by_hand_is_put_right(figures, results):
    page = (
        "# Page\n\n<!-- results: gains -->\n| peer | dB |\n|---|---|\n| Pillow, 0.9 | +9.99 |\n<!-- end -->\n\nText.\n"
    )
    table = "| peer | dB |\n|---|---|\n| Pillow, 0.9 | +0.56 |\n| Pillow, 1.2 | +0.57 |\n"
    right = f"# Page\n\n<!-- results: gains -->\n{table}<!-- end -->\n\nText.\n"
    assert figures.filled(page) == right
    assert figures.filled(right) == right


def test_a_table_without_results_is_an_error(figures, results):
    with pytest.raises(FileNotFoundError, match="nothing"):
        figures.filled("<!-- results: nothing -->\n<!-- end -->\n")


def test_cells_are_picked_and_joined(figures, results):
    rows = figures.rows_of("gains")
    assert figures.joined(figures.picked(rows, peer="Pillow, 1.2"), "dB") == "+0.57"
    assert figures.joined(rows, "dB").split("\u00a0") == ["+0.56", "/", "+0.57"]
    assert figures.joined([], "dB") == "–"


def test_a_bench_s_table_becomes_rows_with_empty_starts_filled(keep):
    printed = ["12 pictures", "", "| peer | file | dB |", "|---|---|---|", "| a | x | 1 |", "|  | y |  |"]
    assert keep.rows_of(printed) == [{"peer": "a", "file": "x", "dB": "1"}, {"peer": "a", "file": "y", "dB": ""}]
    assert keep.words_of(printed) == "12 pictures"


@pytest.mark.parametrize("printed", [["nothing"], ["| a |", "|---|"], ["| a |", "|---|", "| 1 |"] * 2])
def test_a_bench_without_one_table_is_refused(keep, printed):
    with pytest.raises(ValueError, match="one table"):
        keep.rows_of(printed)


def test_a_table_that_was_printed_before_is_kept(keep, tmp_path, monkeypatch):
    printed = tmp_path / "printed.txt"
    printed.write_text("2 pictures\n| peer | dB |\n|---|---|\n| a | +0.56 |\n")
    kept = []
    monkeypatch.setattr(keep, "write_result", lambda *result: kept.append(result))
    monkeypatch.setattr(
        "sys.argv", ["keep", "--printed", str(printed), "gains", "Gains", "benches/eyes.py", "--count", "2"]
    )
    keep.main()
    facts = {"command": "python benches/eyes.py --count 2"}
    assert kept == [("gains", "Gains", "2 pictures", facts, [{"peer": "a", "dB": "+0.56"}])]


def test_the_words_over_a_table_stay(keep, tmp_path):
    page = tmp_path / "gains.md"
    assert keep.words_before(page) == ""
    page.write_text("# Gains\n\nIn dB, over RGB.\n\n| peer | dB |\n|---|---|\n| a | 1 |\n\n- command: x\n")
    assert keep.words_before(page) == "In dB, over RGB."


def test_a_failing_bench_keeps_nothing(keep):
    with pytest.raises(keep.subprocess.CalledProcessError):
        list(keep.run(["-c", "raise SystemExit(3)"]))


def test_a_bench_s_command_is_shown_without_this_machine_s_folders(keep, tmp_path):
    folder = tmp_path / "kodak"
    folder.mkdir()
    assert keep.shown(["benches/eyes.py", str(folder), "--count", "12"]) == "python benches/eyes.py KODAK --count 12"


def test_readmes_picture_is_small_and_readme_opens_with_it():
    path = ROOT / "docs" / "front.png"
    with Image.open(path) as picture:
        assert picture.width <= 860, "pages show it at its own size up to here"
    assert path.stat().st_size < 600_000
    readme = (ROOT / "README.md").read_text("utf-8")
    assert 0 < readme.index("](docs/front.png)") < readme.index("```")
    assert readme.count("\n") < 90


def test_readmes_picture_compares_files_of_equal_bytes(figures):
    rows = figures.rows_of("front")
    for size in {row["encoded"] for row in rows}:
        files = figures.picked(rows, encoded=size)
        pillow = next(int(row["bytes"]) for row in files if row["file"].startswith("Pillow"))
        assert all(0.95 * pillow <= int(row["bytes"]) <= pillow for row in files)
        assert any(row["file"].startswith("accelir") for row in files)
