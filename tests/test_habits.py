"""What scripts/check.sh checks, and pages that are written by scripts: formatting, types, rooms, the API page."""

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
CORE = sorted(p for p in ROOT.glob("csrc/*/*") if p.suffix in (".cc", ".h"))


def run(*call):
    return subprocess.run([str(part) for part in call], cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports", "--no-cache"),
        ("clang-format", "--dry-run", "-Werror", *CORE),
    ],
    ids=lambda call: " ".join(call[:2]),
)
def test_a_tool_finds_nothing(call):
    done = run(SCRIPTS / call[0], *call[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_api_page_is_up_to_date():
    assert run(sys.executable, "scripts/api_page.py", "--check").returncode == 0, "run python scripts/api_page.py"


def test_hooks_and_tests_use_the_same_versions():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for tool in ("ruff", "clang-format"):
        version = project.split(f'"{tool}==')[1].split('"')[0]
        assert f"{tool}=={version}" in hooks or f"rev: v{version}" in hooks


def test_no_class_name_stands_twice_in_the_package():
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src" / "accelir").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_nothing_but_the_face_stands_in_the_hall():
    modules = {path.stem for path in (ROOT / "src" / "accelir").glob("*.py")}
    assert modules == {"__init__", "__main__", "_version", "api", "cli", "errors", "pillow_plugin"}


def test_formats_have_the_same_files_where_they_do_the_same():
    jpeg, webp = (
        {path.stem for path in (ROOT / "src/accelir/formats" / name).glob("*.py")} for name in ("jpeg", "webp")
    )
    assert webp <= jpeg
