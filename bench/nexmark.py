"""Nexmark on this engine and, with --flink, on Apache Flink 2.3 in the same run, query by query, in turns.

First each query's answer over the 100k events is compared with Flink's recorded one. Then the query runs over millions of
JSON events (bench/nexmark_events.py) into `blackhole`. Prints, as the median of the rounds: events a second (this engine:
the whole process; Flink: the job alone, without the start of its JVM), events per CPU-second, and peak memory.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "nexmark"), str(ROOT / "bench")]

from nexmark_queries import ANSWERS, SIDE_INPUT, answer, expected, statements  # noqa: E402

BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))
CACHE = ROOT / ".cache" / "bench"
# q6: Flink refuses it. q14_udf: a Java function. q12 (processing time) is in no answers.
QUERIES = sorted((set(ANSWERS) | {"q12"}) - {"q14_udf"}, key=lambda q: int(q[1:]))
MINI_BATCH = {"table.exec.mini-batch.enabled": "true", "table.exec.mini-batch.allow-latency": "2 s",
              "table.exec.mini-batch.size": "50000", "table.optimizer.distinct-agg.split.enabled": "true"}
FLINK_VERSION = "2.3.0"
ABOUT = """\
Written by `bench/compare_flink --write`. Ours are figures of the whole process; Flink's of its job alone, in a JVM that has just started: with few events much of its time
is compilation by the JIT. ../shared/nexmark/NOTES.md records two to three times these figures for Flink (351 k events/s for q0, 147 for q23)."""


@dataclass
class Run:
    seconds: float
    cpu_seconds: float
    peak_mb: float


def finish(command, **options):
    """Runs it; (seconds, CPU seconds, peak MB, what it printed)."""
    began = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, **options)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{printed[-3000:]}")
    return Run(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), printed


def script_of(query, folder):
    *setup, select = statements(query, folder)
    sink = f"CREATE TABLE taken WITH ('connector' = 'blackhole') AS\n{select}"
    return [s for s in setup if not s.startswith("SET")], sink


def settings_of(options):
    settings = {"parallelism.default": str(options.parallelism), "table.local-time-zone": "UTC"}
    return settings | (MINI_BATCH if options.mini_batch else {})


def run_sluice(query, folder, options, scratch):
    setup, sink = script_of(query, folder)
    script = Path(scratch) / "sluice.sql"
    script.write_text(";\n".join([*setup, sink]) + ";\n")
    flags = [part for pair in settings_of(options).items() for part in ("-D", "=".join(pair))]
    return finish([BINARY, "sql", "-f", script, "--threads", options.parallelism, *flags])[0]


class Flink:
    """Apache Flink out of PyPI's `apache-flink-libraries`, or of the folder that FLINK_LIB names. Needs a JDK 17."""

    def __init__(self):
        libraries = os.environ.get("FLINK_LIB")
        if not libraries:
            target = CACHE / "flink"
            if not (target / "pyflink" / "lib").exists():
                finish([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--target", target,
                        f"apache-flink-libraries=={FLINK_VERSION}"])
            libraries = target / "pyflink" / "lib"
        classes = CACHE / "classes"
        classes.mkdir(parents=True, exist_ok=True)
        finish(["javac", "-nowarn", "-cp", f"{libraries}/*", "-d", classes, ROOT / "bench" / "FlinkRun.java"])
        opened = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.util", "java.lang", "java.nio", "sun.nio.ch")]
        self.command = ["java", "-Xmx3g", *opened, "-cp", f"{classes}:{libraries}/*", "FlinkRun"]

    def run(self, query, folder, options, scratch):
        setup, sink = script_of(query, folder)
        script = Path(scratch) / "flink.sql"
        script.write_text(";\n".join([*setup, sink]) + ";\n")
        flags = ["=".join(pair) for pair in (settings_of(options) | {"pipeline.object-reuse": "true"}).items()]
        whole, printed = finish([*self.command, script, *flags])
        line = next(line for line in printed.splitlines() if line.startswith("job "))
        _, seconds, cpu = line.split()
        return Run(float(seconds), float(cpu), whole.peak_mb)


def prepared(shared, copies):
    """The folder with `copies` times 100k events and the side input; kept between runs."""
    folder = CACHE / f"events-{copies}"
    done = folder / "events.jsonl"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "events.part"
        # A process of its own: a child's peak memory counts from what its parent has.
        finish([sys.executable, ROOT / "bench" / "nexmark_events.py", shared / "data" / "events-100k.jsonl.zst", part, copies])
        (folder / "side_input.csv").write_text(SIDE_INPUT)
        part.rename(done)
    return folder


def check_answer(query, folder, scratch):
    if query not in ANSWERS:
        return "-"
    for parallelism in (1, 3):
        got, printed = answer(BINARY, query, folder, scratch, parallelism=parallelism)
        if got != expected(query, "100k"):
            print(f"{query} at parallelism {parallelism}\n{printed}", file=sys.stderr)
            return "DIFFERS"
    return "equal"


def median(runs):
    return Run(*(statistics.median(getattr(r, f) for r in runs) for f in ("seconds", "cpu_seconds", "peak_mb")))


def table_of(rows, events, with_flink):
    head = ["query", "answer", "k events/s", "k events per CPU-s", "peak MB"]
    if with_flink:
        head += ["Flink: k events/s", "k events per CPU-s", "peak MB", "faster", "less CPU"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for query, verdict, own, flink in rows:
        cells = [query, verdict]
        for run in [own] + ([flink] if with_flink else []):
            cells += [f"{events / run.seconds / 1000:.0f}", f"{events / run.cpu_seconds / 1000:.0f}", f"{run.peak_mb:.0f}"]
        if with_flink:
            cells += [f"{flink.seconds / own.seconds:.1f} ×", f"{flink.cpu_seconds / own.cpu_seconds:.1f} ×"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flink", action="store_true", help="measure Apache Flink in turns with this engine")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "nexmark")
    parser.add_argument("--copies", type=int, default=50, help="of 100k events")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--parallelism", type=int, default=2)
    parser.add_argument("--mini-batch", action="store_true")
    parser.add_argument("--query", action="append", choices=QUERIES, help="only this one; may be repeated")
    parser.add_argument("--write", type=Path, help="also write the table into this file")
    options = parser.parse_args()
    if not (options.shared / "data").exists():
        raise SystemExit(f"there are no events in {options.shared}: name the folder with --shared")
    folder, small = prepared(options.shared, options.copies), prepared(options.shared, 1)
    events = options.copies * 100_000
    flink = Flink() if options.flink else None
    rows = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as scratch:
        for query in options.query or QUERIES:
            verdict, own, other = check_answer(query, small, scratch), [], []
            for _ in range(options.rounds):
                own.append(run_sluice(query, folder, options, scratch))
                if flink:
                    other.append(flink.run(query, folder, options, scratch))
            rows.append((query, verdict, median(own), median(other) if flink else None))
            print(table_of(rows[-1:], events, flink).splitlines()[-1], flush=True)
    text = (f"{events} JSON events from the page cache into `blackhole`, parallelism {options.parallelism} on {os.cpu_count()} cores, "
            f"mini-batch {'on' if options.mini_batch else 'off'}, median of {options.rounds} round(s).\n\n" + table_of(rows, events, flink))
    print("\n" + text)
    if options.write:
        options.write.write_text(f"# Nexmark\n{ABOUT}\n\n{text}\n")
    if any(verdict == "DIFFERS" for _, verdict, _, _ in rows):
        raise SystemExit("an answer differs from Flink's")


if __name__ == "__main__":
    main()
