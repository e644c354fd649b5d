#!/usr/bin/env bash
# Builds the project and runs all of its tests: release, ASan+UBSan with fuzzing, TSan of runtime.
#
#   ./test.sh          about half an hour on two cores, less when little has changed
#   ./test.sh --long   the same with 500 kills of the server in each crash test, with 50 random
#                      workloads instead of 6 for a disk that fails at every call, and with
#                      everything under TSan, the whole server too; takes some hours
#
# Ends with the line "N passed, N failed" and a status other than 0 if anything failed.
set -euo pipefail
cd "$(dirname "$0")"
# Clones of the project in different places share what ccache keeps.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=true

case "${1:-}" in
  "") export IGGY_CRASH_ROUNDS="${IGGY_CRASH_ROUNDS:-30}"; asan_seeds=2; tsan=tsan ;;
  --long) export IGGY_CRASH_ROUNDS=500 IGGY_FAULT_SEEDS=50; asan_seeds=50; tsan=tsan-all ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

./scripts/install_packages.sh

# A tree that does not build counts as one failed test.
build_failures=0
results=()

run_tree() {
  local preset=$1
  echo "== $preset: build"
  rm -f "build/$preset/results.xml"
  if ! cmake --preset "$preset" >"build/$preset.log" 2>&1 ||
     ! cmake --build "build/$preset" >>"build/$preset.log" 2>&1; then
    tail -n 60 "build/$preset.log"
    echo "== $preset: does not build"
    build_failures=$((build_failures + 1))
    return
  fi
  echo "== $preset: test"
  ctest --test-dir "build/$preset" -j2 --output-on-failure --no-tests=error \
    --output-junit results.xml || true
  results+=("build/$preset/results.xml")
}

mkdir -p build
run_tree release
# The same workloads as in release, if not as many: what is looked for is what they touch.
IGGY_FAULT_SEEDS_MAX=$asan_seeds run_tree asan
# More kills or workloads would not show other races.
IGGY_CRASH_ROUNDS=30 IGGY_FAULT_SEEDS_MAX=1 run_tree "$tsan"

exec python3 scripts/sum_results.py --failures "$build_failures" "${results[@]}"
