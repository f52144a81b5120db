#!/usr/bin/env python3
"""Builds the libFuzzer programs (every *_fuzz.cc, with clang, ASan and UBSan) and runs each for some seconds.

Seeds are the statements and files of tests/sql, and what a program writes itself where bytes are no text; what a run finds
new is kept in .cache/fuzz and is where the next one goes on.
An input that breaks something is left in .cache/fuzz/crashes; its name and how to repeat it are printed. Exit status 1 then.
"""
import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-fuzz"
CACHE = ROOT / ".cache" / "fuzz"
MAX_BYTES = 4096
TEXT_FORMATS = 12  # the first of formats_fuzz's subjects, which its first byte chooses
MAKE_SEEDS = ["formats_fuzz", "kafka_fuzz"]  # base/fuzz_seeds.h
# Without it undefined behaviour is printed, and nobody reads what a run prints that ends well.
ENVIRONMENT = {**os.environ, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def build(target):
    if not shutil.which("clang++"):
        raise SystemExit("fuzzing needs clang with libFuzzer: apt-get install clang libclang-rt-14-dev")
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-Wno-dev", "-DCMAKE_CXX_COMPILER=clang++", "-DSLUICE_PCH=OFF",
                        "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1",
                        "-DSLUICE_SANITIZE=address,undefined,fuzzer-no-link"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", target], check=True)


def blocks(kind_of_file):
    """The bodies of .stest blocks: of `file` blocks, or of all others."""
    for path in sorted((ROOT / "tests" / "sql").rglob("*.stest")):
        for block in path.read_text(errors="replace").split("\n\n"):
            lines = [line for line in block.splitlines() if not line.startswith("#")]
            if len(lines) < 2 or lines[0].startswith("file") != kind_of_file:
                continue
            body = "\n".join(lines[1:]).partition("\n----")[0]
            if len(body) < MAX_BYTES:
                yield body.encode()


def write_seeds(program, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seeds = []
    if program.name == "formats_fuzz":
        seeds = [bytes([k % TEXT_FORMATS, 40]) + body + b"\n" for k, body in enumerate(blocks(True))]
    elif program.name == "parser_fuzz":
        seeds = list(blocks(False))
    if program.name in MAKE_SEEDS:
        subprocess.run([program, "--write-seeds", folder], check=True)
    for k, seed in enumerate(seeds):
        (folder / f"seed-{k}").write_bytes(seed)


def fuzz(program, seconds, seed):
    """True if nothing broke."""
    seeds, found, crashes = CACHE / "seeds" / program.name, CACHE / "corpus" / program.name, CACHE / "crashes"
    write_seeds(program, seeds)
    for folder in (found, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([program, f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MAX_BYTES}", "-timeout=10", "-rss_limit_mb=2048",
                           f"-artifact_prefix={crashes}/{program.name}-", "-print_final_stats=1", found, seeds],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT)
    runs = next((line.split()[-1] for line in done.stdout.splitlines() if "number_of_executed_units" in line), "?")
    print(f"{program.name}: {runs} inputs, {'nothing broke' if done.returncode == 0 else 'BROKEN'}", flush=True)
    if done.returncode != 0:
        print(done.stdout[-6000:])
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each program")
    parser.add_argument("--only", help="only this program, which is all that is built then")
    parser.add_argument("--seed", type=int, default=0, help="of libFuzzer's choices; 0: another one each time")
    options = parser.parse_args()
    build(options.only or "fuzzers")
    programs = sorted(p for p in BUILD.glob("*_fuzz") if options.only in (None, p.name))
    if not programs:
        raise SystemExit(f"there are no fuzzers in {BUILD}" + (f" named {options.only}" if options.only else ""))
    if not all([fuzz(program, options.seconds, options.seed) for program in programs]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
