#!/usr/bin/env bash
# Measures the engine on Nexmark events: the 100k of ../shared where present, else the demo's 10k. Options go to `sluice bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
events=../shared/nexmark/data/events-100k.jsonl.zst
[ -f "$events" ] || events=demo/data/nexmark-10k.jsonl.zst
exec build/sluice bench --events "$events" "$@"
