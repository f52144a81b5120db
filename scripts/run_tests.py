#!/usr/bin/env python3
"""Runs all tests and sums them up: every GoogleTest case, .stest block and pytest case counts one.

Prints each failure readably and ends with the line "N passed, N failed"; exit status 1 on a failure. Parts:
  build    (with --build) the Release build
  layers   scripts/check_layers.py
  unit     the GoogleTest programs of the build folder
  sql      tests/sql: every block must pass
  shared   ../shared/sqltests, where present: each file must keep at least the blocks that tests/sql/shared_ratchet.txt names
  matrix   scripts/run_matrix.py at some points that a seed draws
  random   scripts/random_queries.py: each answer is the same however the query is run
  system   pytest: the folders of tests/ that hold test_*.py
  sanitize some unit tests under AddressSanitizer with UBSan, those of threads under ThreadSanitizer (builds what they need)
  fuzz     scripts/fuzz.py for some seconds each: the parser, the formats, what Kafka's brokers send

The format of the C++ files and stale pages of docs/reference are reported but do not fail the run; `make lint` is strict.
"""
import argparse
import concurrent.futures
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import run_matrix

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "sqltests"
RATCHET = ROOT / "tests" / "sql" / "shared_ratchet.txt"
PARTS = ["layers", "unit", "sql", "shared", "matrix", "random", "system", "sanitize", "fuzz"]
MATRIX_POINTS, MATRIX_SEED = 4, 1
ROCKSDB_POINT = (7, 1, "restore", "rocksdb")  # always: the other points keep their state in memory
RANDOM_SEEDS = range(1, 4)
FUZZ_SECONDS = 15  # each program
SYSTEM = ["house", "api", "nexmark", "system", "connectors", "formats", "flink", "chaos"]
# A test that fails is run once more where processes or the wall clock take part, since a busy machine can be slower than any
# time-out: if it passes then, it is named as unstable. Not where a failure means lost or doubled records, not where many fail.
NO_SECOND_TRY = ["tests/chaos", "tests/nexmark", "engine_runtime_test", "engine_state_test", "engine_operators_test"]
MOST_SECOND_TRIES = 3
# Sanitizers, build folder, programs: what has threads, what keeps memory of its own. What reads foreign bytes is fuzzed with
# AddressSanitizer; everything else is for `make sanitize`.
SANITIZED = [
    ("address,undefined", "build-sanitize", ["engine_state_test"]),
    ("thread", "build-sanitize-thread", ["engine_runtime_test"]),
]
# Tests of whole processes mostly wait: what mostly compiles goes on beside them, in the time that they leave.
BESIDE_SYSTEM = ["sanitize", "fuzz"]
CORES = os.cpu_count() or 2
MAX_TEXT = 4000  # characters of one failure that are shown


class Tally:
    def __init__(self):
        self.passed = 0
        self.failures = []  # (name, text)

    def fail(self, name, text=""):
        self.failures.append((name, text.strip()))

    def add(self, other):
        self.passed += other.passed
        self.failures += other.failures


def run(command, timeout, background=False, **more):
    """(exit status or None after a time-out, output). Standard input is closed; the whole process group is ended.

    In the background it gets only what processor time others leave. Linux weighs sessions against each other before it
    weighs what is in them, so the session needs its own priority; where there are no such groups the process's counts.
    """
    command = ["nice", "-n", "19", *command] if background else command
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", cwd=ROOT, start_new_session=True, **more)
    if background:
        with contextlib.suppress(OSError):
            Path(f"/proc/{process.pid}/autogroup").write_text("19")
    try:
        output, _ = process.communicate(timeout=timeout)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return None, output + f"\n(ended after {timeout} s)"


def tail(text, size=MAX_TEXT):
    return text if len(text) <= size else "…" + text[-size:]


def how_it_ended(status):
    if status is None:
        return "timed out"
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def read_junit(path):
    """[(file or suite, name, failure text or None)]; None if there is no readable report."""
    try:
        tree = ElementTree.parse(path)
    except (OSError, ElementTree.ParseError):
        return None
    cases = []
    for suite in tree.iter("testsuite"):
        for case in suite.findall("testcase"):
            bad = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
            text = None if bad is None else ((bad.get("message") or "") + "\n" + (bad.text or "")).strip() or bad.tag
            if bad is not None and bad.tag == "skipped":
                text = "skipped: " + text
            name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
            cases.append((case.get("file") or suite.get("name") or "", name, text))
    return cases


def tally_cases(cases):
    tally = Tally()
    for _, name, text in cases:
        if text is None:
            tally.passed += 1
        else:
            tally.fail(name, text)
    return tally


# --- parts -------------------------------------------------------------------------------------------------------------


def build(folder):
    tally = Tally()
    status, output = run(["scripts/build.sh", folder, "Release", "all"], 3 * 3600)
    if status == 0:
        tally.passed += 1
    else:
        tally.fail("build", tail(output, 12000))
    return tally


def layers(_):
    tally = Tally()
    status, output = run([sys.executable, "scripts/check_layers.py"], 120)
    if status == 0:
        tally.passed += 1
    else:
        tally.fail("layers", output)
    return tally


def gtest(program, *options):
    """(exit status or None, output, cases or None) of a GoogleTest program."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        corpus = SHARED if SHARED.is_dir() else ROOT / "tests" / "sql"
        status, output = run([str(program), f"--gtest_output=xml:{report}", "--gtest_brief=1", *options], 600,
                             env={**os.environ, "SLUICE_SQLTESTS": str(corpus)})
        return status, output, read_junit(report)


def unit_program(program, second_try=True):
    tally = Tally()
    status, output, cases = gtest(program)
    if second_try and status == 1 and cases:
        status, cases = tried_again(program.name, status, cases,
                                    lambda failed: gtest(program, "--gtest_filter=" + ":".join(failed))[0])
    if cases is not None:
        tally.add(tally_cases(cases))
    if status != 0 and not tally.failures:
        tally.fail(program.name, f"{how_it_ended(status)}\n{tail(output)}")
    return tally


def tried_again(what, status, cases, again):
    """Status and cases after a second run of what failed, by `again` (names → exit status), where that is allowed."""
    failed = {test: text for _, test, text in cases if text is not None}
    if what in NO_SECOND_TRY or not 0 < len(failed) <= MOST_SECOND_TRIES or again(list(failed)) != 0:
        return status, cases
    for test, text in failed.items():
        print(f"  UNSTABLE {test}: passed when it was run again; at first:")
        print("\n".join("      " + line for line in tail(text).splitlines()))
    return 0, [(file, test, None) for file, test, _ in cases]


def unit(options):
    tally = Tally()
    programs = sorted(path for path in Path(options.build_folder).glob("*_test") if os.access(path, os.X_OK))
    if not programs:
        tally.fail("unit", f"no *_test programs in {options.build_folder}: build first (make build)")
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for result in pool.map(unit_program, programs):
            tally.add(result)
    tally.add(other_checks(options.build_folder))
    return tally


def other_checks(build_folder):
    """What CMake lists as a test and is no GoogleTest program."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run(["ctest", "--test-dir", str(build_folder), "-E", "_test$", "--output-junit", str(report)], 600)
        for _, name, text in read_junit(report) or []:
            if text is None:
                tally.passed += 1
            else:
                tally.fail(name, text)
    return tally


def stest(binary, paths, timeout):
    """The cases of `sluice test PATHS`, or None and the reason if it did not write its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [str(binary), "test", "--timeout", "20", "--junit", str(report), *map(str, paths)]
        status, output = run(command, timeout)
        cases = read_junit(report)
    if cases is None or status not in (0, 1):
        return None, f"{how_it_ended(status)}\n{tail(output)}"
    return cases, ""


def stest_files(binary, files, tally):
    """{file: cases}; a file that brings the runner down is a failure of its own and has no cases."""
    cases, _ = stest(binary, files, 1800)
    if cases is not None:
        by_file = {file: [] for file in files}
        by_name = {str(file): file for file in files}
        for name, block, text in cases:
            by_file.setdefault(by_name.get(name, Path(name)), []).append((name, block, text))
        return by_file
    by_file = {}
    for file in files:
        cases, why = stest(binary, [file], 300)
        if cases is None:
            tally.fail(str(file), "sluice test did not finish: " + why)
        by_file[file] = cases or []
    return by_file


def binary_of(options, tally, part):
    binary = Path(options.build_folder) / "sluice"
    if not binary.exists():
        tally.fail(part, f"there is no {binary}: build first (make build)")
        return None
    return binary


def sql(options):
    tally = Tally()
    binary = binary_of(options, tally, "sql")
    if not binary:
        return tally
    with tempfile.TemporaryDirectory() as folder:
        status, output = run([str(binary), "reference", folder], 60)
        if status != 0:
            tally.fail("sluice reference", f"{how_it_ended(status)}\n{tail(output)}")
        # The examples of the functions' declarations are tests too.
        files = sorted((ROOT / "tests" / "sql").rglob("*.stest")) + sorted(Path(folder).glob("*.stest"))
        for cases in stest_files(binary, files, tally).values():
            tally.add(tally_cases(cases))
        report_reference(Path(folder))
    return tally


def report_reference(folder):
    committed = ROOT / "docs" / "reference"
    stale = [page.name for page in folder.iterdir()
             if not (committed / page.name).exists() or (committed / page.name).read_text() != page.read_text()]
    if stale:
        print(f"  docs/reference: {', '.join(sorted(stale))} not as the binary writes them (make reference)")


def read_ratchet():
    wanted = {}
    if RATCHET.exists():
        for line in RATCHET.read_text().splitlines():
            if line and not line.startswith("#"):
                name, passing, _ = line.split()
                wanted[name] = int(passing)
    return wanted


def write_ratchet(counts):
    lines = ["# Blocks of ../shared/sqltests that pass: FILE PASSING BLOCKS. `make ratchet` writes it; a count may only grow.\n"]
    lines += [f"{name} {passing} {blocks}\n" for name, (passing, blocks) in sorted(counts.items())]
    RATCHET.write_text("".join(lines))


def keep_green(counts):
    """Files whose every block passes become the project's own, to stay green where ../shared is not."""
    for name, (passing, blocks) in counts.items():
        if blocks and passing == blocks:
            target = ROOT / "tests" / "sql" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((SHARED / name).read_bytes())


def print_folders(counts):
    folders = {}
    for name, (passing, blocks) in counts.items():
        entry = folders.setdefault(name.split("/")[0], [0, 0])
        entry[0] += passing
        entry[1] += blocks
    folders["total"] = [sum(entry[i] for entry in folders.values()) for i in (0, 1)]
    print("  ../shared/sqltests, blocks that pass:")
    for folder, (passing, blocks) in folders.items():
        print(f"    {folder:<18} {passing:>5} of {blocks:>5}  {100 * passing / max(blocks, 1):5.1f} %")


def shared(options):
    tally = Tally()
    if not SHARED.is_dir():
        print("  ../shared/sqltests is not here; tests/sql is")
        return tally
    binary = binary_of(options, tally, "shared")
    if not binary:
        return tally
    counts = {}
    for file, cases in stest_files(binary, sorted(SHARED.rglob("*.stest")), tally).items():
        counts[str(file.relative_to(SHARED))] = (sum(text is None for _, _, text in cases), len(cases))
    print_folders(counts)
    if options.write_ratchet:
        write_ratchet(counts)
        keep_green(counts)
    wanted = read_ratchet()
    for name, least in wanted.items():
        passing = counts.get(name, (0, 0))[0]
        tally.passed += min(passing, least)
        for lost in range(least - passing):
            tally.fail(f"{name} (lost block {lost + 1})", f"{passing} blocks pass, {least} did: build/sluice test {SHARED / name}")
    more = sum(passing for passing, _ in counts.values()) - sum(wanted.values())
    if more > 0:
        print(f"  {more} more blocks pass than tests/sql/shared_ratchet.txt asks for: `make ratchet` keeps them")
    return tally


def matrix(options):
    tally = Tally()
    binary = binary_of(options, tally, "matrix")
    if not binary:
        return tally
    points = random.Random(MATRIX_SEED).sample(run_matrix.POINTS, MATRIX_POINTS) + [ROCKSDB_POINT]
    held, broken = run_matrix.run_matrix(binary, points, MATRIX_SEED)
    tally.passed += held
    for name, text in broken:
        tally.fail(name, tail(text))
    return tally


def random_queries(options):
    tally = Tally()
    binary = binary_of(options, tally, "random")
    if not binary:
        return tally
    for seed in RANDOM_SEEDS:
        status, output = run([sys.executable, "scripts/random_queries.py", "--seed", str(seed), "--count", "80"], 600,
                             env={**os.environ, "SLUICE_BINARY": str(binary)})
        if status == 0:
            tally.passed += 1
        else:
            tally.fail(f"random queries, seed {seed}", f"{how_it_ended(status)}\n{tail(output)}")
    return tally


def system(options):
    tally = Tally()
    for name in SYSTEM:
        if any((ROOT / "tests" / name).rglob("test_*.py")):
            tally.add(pytest_folder(options, f"tests/{name}"))
    return tally


def pytest_folder(options, name):
    """A process of its own: each folder has its own conftest."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--timeout=300", f"--junitxml={report}", "-o", "junit_family=xunit2"]
        command += ["-o", f"cache_dir={folder}/cache"]
        environment = {**os.environ, "SLUICE_BINARY": str((Path(options.build_folder) / "sluice").resolve())}
        status, output = run([*command, *(["-x"] if options.first else []), name], 3600, env=environment)
        cases = read_junit(report)
        if cases:
            status, cases = tried_again(name, status, cases,
                                        lambda _: run([*command, "--last-failed", name], 1800, env=environment)[0])
    if cases:
        tally.add(tally_cases(cases))
    if status != 0 and not tally.failures:
        tally.fail(name, f"{how_it_ended(status)}\n{tail(output)}")
    return tally


def sanitize(_):
    tally = Tally()
    for sanitizers, folder, programs in SANITIZED:
        status, output = run(["scripts/build.sh", folder, "Dev", *programs], 3600, background=True,
                             env={**os.environ, "SLUICE_SANITIZE": sanitizers})
        if status != 0:
            tally.fail(f"build with {sanitizers}", tail(output, 12000))
            continue
        for name in programs:
            tally.add(unit_program(ROOT / folder / name, second_try=False))
    return tally


def fuzz(_):
    tally = Tally()
    status, output = run([sys.executable, "scripts/fuzz.py", "--seconds", str(FUZZ_SECONDS), "--seed", "1"], 3600,
                         background=True)
    if status == 0:
        tally.passed += output.count("nothing broke")
    else:
        tally.fail("fuzz", f"{how_it_ended(status)}\n{tail(output)}")
    return tally


def report_format():
    files = subprocess.run(["scripts/cxx_files.sh"], capture_output=True, text=True, cwd=ROOT).stdout.split()
    if not files or not shutil.which("clang-format"):
        return
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        chunks = [files[i::CORES] for i in range(CORES)]
        texts = pool.map(lambda chunk: run(["clang-format", "--dry-run", *chunk], 300)[1] if chunk else "", chunks)
    bad = {line.split(":")[0] for text in texts for line in text.splitlines() if "clang-format-violations" in line}
    print(f"  format: {len(files) - len(bad)} of {len(files)} files as clang-format wants them" +
          (" (make format)" if bad else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", action="store_true", help="build first")
    parser.add_argument("--build-folder", default=str(ROOT / "build"))
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated: " + ",".join(PARTS))
    parser.add_argument("--write-ratchet", action="store_true", help="record what passes of ../shared/sqltests, and copy its green files to tests/sql")
    parser.add_argument("--first", action="store_true", help="pytest stops at its first failure")
    options = parser.parse_args()

    total = Tally()

    def part(name, work):
        start = time.monotonic()
        print(f"== {name}", flush=True)
        tally = work()
        print(f"  {tally.passed} of {tally.passed + len(tally.failures)} in {time.monotonic() - start:.0f} s", flush=True)
        for failure, text in tally.failures:
            print(f"  FAILED {name}: {failure}")
            for line in text[:MAX_TEXT * 3].splitlines():
                print("      " + line)
        total.add(tally)
        return not tally.failures

    if not options.build or part("build", lambda: build(options.build_folder)):
        names = options.only.split(",")
        beside = {}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for name in names:
                if name == "system":
                    beside = {other: pool.submit(globals()[other], options) for other in BESIDE_SYSTEM if other in names}
                work = globals()["random_queries" if name == "random" else name]
                part(name, beside[name].result if name in beside else lambda: work(options))
        if "layers" in options.only:
            report_format()
    if total.failures:
        print("\nfailed:")
        for name, _ in total.failures:
            print(f"  {name}")
    print(f"{total.passed} passed, {len(total.failures)} failed", flush=True)
    return 1 if total.failures or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
