#!/usr/bin/env bash
# Lists the tree's C++ files that people write (generated ones are left out).
cd "$(dirname "$0")/.."
git ls-files -co --exclude-standard 'src/*.h' 'src/*.cc' 'bench/*.cc' 'bench/*.h' | grep -v '/generated/\|\.generated\.'
