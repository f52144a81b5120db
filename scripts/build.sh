#!/usr/bin/env bash
# Configures (once) and builds: scripts/build.sh FOLDER BUILD_TYPE TARGET...
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 type=$2
shift 2
if [ ! -f "$folder/build.ninja" ] || ! grep -q "^CMAKE_BUILD_TYPE:STRING=$type\$" "$folder/CMakeCache.txt"; then
  cmake -S . -B "$folder" -G Ninja -Wno-dev -DCMAKE_BUILD_TYPE="$type" -DSLUICE_SANITIZE="${SLUICE_SANITIZE:-}" \
    >"${TMPDIR:-/tmp}/sluice-configure.$$" 2>&1 || {
    cat "${TMPDIR:-/tmp}/sluice-configure.$$" >&2
    rm -f "${TMPDIR:-/tmp}/sluice-configure.$$"
    exit 1
  }
  rm -f "${TMPDIR:-/tmp}/sluice-configure.$$"
fi
exec ninja -C "$folder" -j "${JOBS:-$(nproc)}" ${NINJA_FLAGS:---quiet} "$@"
