"""Every block of code in README and docs/ runs as it stands: page by page, from top to bottom, in an empty folder.

Fences say what a block is: `python` and `sh` are run, with examples/photo.png there and the package's commands on PATH.
`console` is shown only, for what takes hours, a cluster or data that the repository hasn't; there are few,
counted here.
"""

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = ("console", "json", "mermaid", "", "html")
# Pages with `console` blocks, and how many.
NOT_RUN = {
    "CONTRIBUTING.md": 5,
    "commands.md": 1,
    "lighter_networks.md": 2,
    "networks.md": 2,
    "own_network.md": 1,
    "profiles.md": 1,
    "sanitizers.md": 1,
}
# Its `sh` blocks make virtual environments; .ci/run runs them word for word.
RUN_BY_CI = "README.md"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


def blocks(page: Path) -> list[tuple[str, str]]:
    """(kind, code) of each."""
    return _BLOCK.findall(page.read_text("utf-8"))


def run_sh(code: str, folder: Path) -> None:
    env = {**os.environ, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def run_page(page: Path, folder: Path) -> dict[str, object]:
    """Run the blocks of a page in a folder; returns what Python names its blocks leave."""
    names: dict[str, object] = {"__name__": "__main__"}
    for kind, code in blocks(page):
        if kind == "python":
            exec(compile(code, page.name, "exec"), names)
        elif kind == "sh" and page.name != RUN_BY_CI:
            run_sh(code, folder)
    return names


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES[1:] if blocks(p)], ids=lambda page: page.name)
def test_a_pages_blocks_run(page, folder):
    run_page(page, folder)


def test_readmes_example_does_what_it_says(folder):
    names = run_page(ROOT / "README.md", folder)
    assert len(names["data"]) <= 1.2 * 600 * 400 / 8
    assert (folder / "photo.jpg").read_bytes() == names["result"].data
    assert names["large"].shape == (1600, 2400, 3)
    assert names["clean"].shape == (400, 600, 3)


def test_readmes_commands_are_run_by_ci():
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    commands = [code.strip() for kind, code in blocks(ROOT / "README.md") if kind == "sh"]
    assert len(commands) == 2
    assert all(f"'{command}'" in ci for command in commands)


def test_blocks_that_are_not_run_are_few_and_known():
    shown = {page.name: sum(kind == "console" for kind, _ in blocks(page)) for page in PAGES}
    assert {name: count for name, count in shown.items() if count} == NOT_RUN
    assert {kind for page in PAGES for kind, _ in blocks(page)} <= {"python", "sh", *SHOWN}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_code_hides_outside_of_fences(page):
    outside = _BLOCK.sub("", page.read_text("utf-8"))
    assert "```" not in outside
    assert not re.search(r"\n\n    \S", outside), "an indented block; fence it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = _BLOCK.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
