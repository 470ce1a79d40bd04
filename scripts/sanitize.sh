#!/usr/bin/env bash
# Builds the core with AddressSanitizer and UndefinedBehaviorSanitizer and exercises it; non-zero on any finding.
# docs/sanitizers.md says what is checked and how to read a finding.
#
#   scripts/sanitize.sh [SECONDS] [SEED]      how long the random part runs (60), and where it starts (0)
#
# Needs GCC or Clang with their sanitizer runtimes, and a Python ($PYTHON, python3) with numpy and pybind11.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60} seed=${2:-0}
python=${PYTHON:-python3} cxx=${CXX:-g++}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# Without -fno-sanitize-recover UBSan would only print. Conversions of floats that don't fit are undefined too, but not
# part of "undefined"; the library's own checks catch what stays inside an allocation.
flags=(-std=c++17 -O1 -g -fPIC -fno-omit-frame-pointer -ffp-contract=off -D_GLIBCXX_ASSERTIONS
       -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all)
# Sanitizers and the loader's choice between versions of a function don't go together, so there is one version.
flags+=(-DACCELIR_NO_MULTIVERSION)
mapfile -t includes < <("$python" -m pybind11 --includes | tr ' ' '\n')
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')

# Python itself is not built with a sanitizer, so the runtimes are loaded before it; libstdc++ with them, or the first
# exception would not find its way.
preload=
case $("$cxx" --version) in
  *clang*) libraries="libclang_rt.asan-$(uname -m).so libstdc++.so.6"; flags+=(-shared-libasan) ;;
  *) libraries="libasan.so libubsan.so libstdc++.so.6" ;;
esac
for library in $libraries; do preload+="$("$cxx" -print-file-name="$library") "; done
run() {
  # Python's own allocator would hide accesses behind the end of small objects; what it never frees is no leak of ours.
  env LD_PRELOAD="$preload" PYTHONMALLOC=malloc PYTHONPATH="$build" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
    ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1:detect_stack_use_after_return=1 \
    UBSAN_OPTIONS=print_stacktrace=1 "$@"
}

echo "building in $build"
mkdir -p "$build/csrc/"{common,jpeg,vp8,metrics,python} "$build/core"
printf '%s\n' csrc/*/*.cc | xargs -P "${JOBS:-2}" -I{} \
  "$cxx" "${flags[@]}" -fvisibility=hidden -Icsrc "${includes[@]}" -c {} -o "$build/{}.o"
for module in jpeg vp8 metrics; do
  "$cxx" "${flags[@]}" -shared "$build"/csrc/{common,"$module"}/*.o "$build/csrc/python/$module"*.o \
    -o "$build/core/$module$suffix"
done

# A net that catches nothing proves nothing: both kinds of fault must end the process.
cat >"$build/canary.cc" <<'EOF'
#include <cstdlib>
extern "C" int read_behind(int n) {
  volatile char* p = static_cast<char*>(malloc(n));
  return p[n];
}
extern "C" int overflow(int n) { return n + n; }
EOF
"$cxx" "${flags[@]}" -shared "$build/canary.cc" -o "$build/canary.so"
for fault in 'read_behind(7)' 'overflow(2**31 - 1)'; do
  if run "$python" -c "import ctypes; ctypes.CDLL('$build/canary.so').$fault" >/dev/null 2>&1; then
    echo "the sanitizers let $fault pass" >&2
    exit 2
  fi
done

run "$python" scripts/sanitize.py "$seconds" "$seed"
