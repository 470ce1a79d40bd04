"""What scripts/check.sh checks, and pages that are written by scripts: formatting, types, rooms, the API page."""

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
