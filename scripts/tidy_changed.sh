#!/usr/bin/env bash
# clang-tidy over the .cc files that differ from origin/main (or, without a remote, from the last commit).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build}
base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
files=$( (git diff --name-only --diff-filter=d "$base" -- '*.cc'; git ls-files -o --exclude-standard -- '*.cc') | sort -u)
[ -n "$files" ] || { echo "clang-tidy: no changed files"; exit 0; }
# A configuration without the precompiled header: clang cannot read g++'s.
cmake -S . -B "$folder/tidy" -G Ninja -Wno-dev -DSLUICE_PCH=OFF >/dev/null
echo "$files" | xargs -P "$(nproc)" -n 1 clang-tidy -p "$folder/tidy" --quiet
