#!/usr/bin/env bash
# What must hold of every commit beside the tests, a few seconds a tool; stops at the first complaint.
#
#   scripts/check.sh [--tidy]      --tidy: clang-tidy too, two minutes
#
# Needs what `pip install -e ".[dev]"` brings.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
bin=$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))')

"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy"
"$bin/lint-imports" --no-cache
"$bin/clang-format" --dry-run -Werror csrc/*/*.cc csrc/*/*.h
if [ "${1:-}" = --tidy ]; then
  mapfile -t includes < <("$python" -m pybind11 --includes | tr ' ' '\n')
  printf '%s\n' csrc/*/*.cc | xargs -P "${JOBS:-2}" -I{} "$bin/clang-tidy" --quiet {} -- -std=c++17 -Icsrc "${includes[@]}"
fi
