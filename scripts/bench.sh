#!/usr/bin/env bash
# Measures the engine on Nexmark events: the 100k of ../shared where present, else the demo's 10k. Options go to `sluice bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
source=../shared/nexmark/data/events-100k.jsonl.zst
[ -f "$source" ] || source=demo/data/nexmark-10k.jsonl.zst
mkdir -p build/bench
events=build/bench/$(basename "$source" .zst)
[ -f "$events" ] || { zstd -dqf "$source" -o "$events.part" && mv "$events.part" "$events"; }
exec build/sluice bench --events "$events" "$@"
