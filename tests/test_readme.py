"""README's Python example runs as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)


def test_readme_has_an_example():
    assert len(blocks()) == 1


@pytest.mark.parametrize("block", blocks())
def test_the_example_runs(block, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["data"]) <= 1.2 * 600 * 400 / 8
    assert (tmp_path / "photo.jpg").read_bytes() == names["result"].data
    assert names["large"].shape == (1600, 2400, 3)
    assert names["clean"].shape == (400, 600, 3)
