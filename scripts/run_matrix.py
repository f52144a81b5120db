#!/usr/bin/env python3
"""Runs the SQL corpus at other batch sizes, parallelisms and with jobs that are killed and restored or rescaled on their way.

What passes undisturbed must pass at every point of batch size 1/7/1024 x parallelism 1/3 x plain/restore/rescale x state in
memory/RocksDB; what fails undisturbed is not looked at. tests/matrix/exceptions.txt lists blocks whose answer Flink does not
promise there; files that speak of late rows are left out where subtasks are parallel.

  scripts/run_matrix.py                       all 35 points
  scripts/run_matrix.py --sample 5 --seed 7   five points that the seed draws, for CI
"""
import argparse
import itertools
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "sqltests"
EXCEPTIONS = ROOT / "tests" / "matrix" / "exceptions.txt"
UNDISTURBED = (1024, 1, "none", "memory")


def points_of(state):
    return [point for point in itertools.product((1024, 7, 1), (1, 3), ("none", "restore", "rescale"), (state,))
            if point != UNDISTURBED]


POINTS = points_of("memory")


def corpus():
    return SHARED if SHARED.is_dir() else ROOT / "tests" / "sql"


def run_point(binary, folder, point, seed, timeout):
    """{(file, block): failure text or None}, or a text that says why there is no answer."""
    batch_rows, parallelism, disturb, state = point
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        command = [str(binary), "test", "-q", "--timeout", str(timeout), "--junit", str(report), "--batch-rows", str(batch_rows),
                   "--parallelism", str(parallelism), "--disturb", disturb, "--seed", str(seed), str(folder)]
        if state == "rocksdb":
            command.insert(2, "--rocksdb")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", cwd=ROOT)
        if done.returncode not in (0, 1) or not report.exists():
            return f"sluice test ended with status {done.returncode}: {done.stderr[-2000:]}"
        tree = ElementTree.parse(report)
    answers = {}
    for suite in tree.iter("testsuite"):
        for case in suite.findall("testcase"):
            bad = case.find("failure")
            text = None if bad is None else ((bad.get("message") or "") + "\n" + (bad.text or "")).strip() or "failed"
            name = os.path.relpath(suite.get("name"), folder)
            answers[(name, case.get("name"))] = text
    return answers


def read_exceptions():
    """[(file, text of the statement, what the point must be, reason)]"""
    found = []
    if EXCEPTIONS.exists():
        for line in EXCEPTIONS.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                where, when, reason = (part.strip() for part in line.split("|", 2))
                found.append((where, when, reason))
    return found


def files_with_late_rows(folder):
    """Test files whose comments speak of late rows: parallel, a row is late only once the watermarks of all subtasks have
    come, and when they come is nobody's promise."""
    return {os.path.relpath(file, folder) for file in Path(folder).rglob("*.stest")
            if re.search(r"^#.*\blate\b", file.read_text(), re.MULTILINE | re.IGNORECASE)}


def is_exception(exceptions, late, key, point):
    """`where` is FILE or FILE:LINE of the block, `when` any, parallel or disturbed."""
    file, block = key
    if file in late and (point[1] > 1 or point[2] == "rescale"):
        return True
    line = re.search(r"\d+", block)
    names = {file, f"{file}:{line.group()}" if line else file}
    for where, when, _ in exceptions:
        fits = when == "any" or (when == "parallel" and (point[1] > 1 or point[2] == "rescale")) or \
            (when == "disturbed" and point[2] != "none")
        if where in names and fits:
            return True
    return False


def name_of(point, seed):
    return f"batches of {point[0]}, parallelism {point[1]}, {point[2]}, state in {point[3]}, seed {seed}"


def run_matrix(binary, points, seed, folder=None, timeout=30, say=print):
    """(blocks that held, [(name, text)] of those that did not)."""
    folder = folder or corpus()
    base = run_point(binary, folder, UNDISTURBED, 0, timeout)
    if isinstance(base, str):
        return 0, [("undisturbed", base)]
    good = {key for key, text in base.items() if text is None}
    exceptions, late = read_exceptions(), files_with_late_rows(folder)
    held, broken = 0, []
    for point in points:
        start = time.monotonic()
        answers = run_point(binary, folder, point, seed, timeout)
        if isinstance(answers, str):
            broken.append((name_of(point, seed), answers))
            continue
        asked = {key for key in good if not is_exception(exceptions, late, key, point)}
        bad = sorted(key for key in asked if answers.get(key, "missing") is not None)
        held += len(asked) - len(bad)
        broken += [(f"{file}: {block} at {name_of(point, seed)}", answers.get((file, block)) or "missing") for file, block in bad]
        say(f"  {name_of(point, seed)}: {len(asked) - len(bad)} of {len(asked)} in {time.monotonic() - start:.0f} s")
    return held, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-folder", default=str(ROOT / "build"))
    parser.add_argument("--corpus", help="a folder of .stest files (default: ../shared/sqltests, else tests/sql)")
    parser.add_argument("--sample", type=int, help="so many points instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", choices=("memory", "rocksdb", "both"), default="both", help="where the jobs keep their state")
    parser.add_argument("--timeout", type=int, default=30, help="seconds that a block may take")
    parser.add_argument("--show", type=int, default=40, help="failures that are shown in full")
    options = parser.parse_args()
    points = [point for state in ("memory", "rocksdb") if options.state in (state, "both") for point in points_of(state)]
    if options.sample is not None:
        points = random.Random(options.seed).sample(points, options.sample)
    binary = Path(options.build_folder) / "sluice"
    if not binary.exists():
        sys.exit(f"there is no {binary}: build first (make build)")
    held, broken = run_matrix(binary, points, options.seed, options.corpus and Path(options.corpus), options.timeout)
    for name, text in broken[:options.show]:
        print(f"FAILED {name}")
        for line in text.splitlines()[:40]:
            print("    " + line)
    for name, _ in broken[options.show:]:
        print(f"FAILED {name}")
    print(f"{held} passed, {len(broken)} failed", flush=True)
    return 1 if broken or not held else 0


if __name__ == "__main__":
    sys.exit(main())
