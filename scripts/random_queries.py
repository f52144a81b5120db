#!/usr/bin/env python3
"""Random queries whose answer must not depend on how they are run, over small random tables with NULLs and updates.

Without --flink: each query is run at several batch sizes, parallelisms, with mini-batches and with optimiser rules off; the final
tables must be equal. With --flink PROGRAM: Apache Flink answers first (`PROGRAM record FILE`, ../shared/oracle/oracle.sh), and then
this engine must give the same. A failing query is printed with its number: the same --seed makes it again.

--of says what is asked of Flink: these queries, streams (every kind of query, changelogs, refusals), batch (the same in batch mode) or
expressions (every function with arguments of every type).
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import random_expressions
import random_streams

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))
MINI_BATCH = {"table.exec.mini-batch.enabled": "true", "table.exec.mini-batch.allow-latency": "1 s", "table.exec.mini-batch.size": "7"}
# (arguments of `sluice test`, settings)
PLANS = [
    (["--batch-rows", "1"], {}),
    (["--batch-rows", "7", "--parallelism", "3"], {}),
    (["--parallelism", "2"], {}),
    ([], MINI_BATCH),
    (["--batch-rows", "7"], MINI_BATCH | {"table.exec.mini-batch.size": "2"}),
    (["--disturb", "restore", "--seed", "4"], MINI_BATCH | {"table.exec.mini-batch.size": "5000"}),
    (["--parallelism", "2"], MINI_BATCH | {"table.optimizer.distinct-agg.split.enabled": "true"}),
    ([], {"table.optimizer.join-reorder-enabled": "true", "table.optimizer.reuse-sub-plan-enabled": "false"}),
    ([], MINI_BATCH | {"table.optimizer.agg-phase-strategy": "ONE_PHASE"}),
    (["--disturb", "restore", "--seed", "3"], {}),
]
# What Flink breaks on rather than refuses.
BROKEN = re.compile(r"Unsupported call|Assignment conversion|Recovery is suppressed|Infinite or NaN|cannot be cast|^Line \d+, Column|Cannot generate|"
                    r"Index \d+ out of bounds|unexpected correlate|None\.get|^-?\d+$|[Mm]ismatch|NullPointer|Unsupported casting")
WORDS = ["ash", "Birch", "", "elm tree", "fir", "oak", "élan", "42"]

EVENTS = """CREATE TABLE t (id INT, k INT, v BIGINT, s STRING, d DECIMAL(8, 2), b BOOLEAN, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) WITH ('connector' = 'filesystem', 'path' = '${dir}/t.jsonl', 'format' = 'json')"""
CHANGES = """CREATE TABLE c (id INT, k INT, v BIGINT, s STRING, d DECIMAL(8, 2), b BOOLEAN, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'filesystem', 'path' = '${dir}/c.jsonl', 'format' = 'debezium-json')"""


class Data:
    def __init__(self, rng):
        self.rng = rng

    def value(self, number):
        r = self.rng
        maybe = lambda v: None if r.random() < 0.15 else v  # noqa: E731
        return {"id": number, "k": maybe(r.randrange(5)), "v": maybe(r.randrange(-20, 100)), "s": maybe(r.choice(WORDS)),
                "d": maybe(round(r.uniform(-50, 50), 2)), "b": maybe(r.random() < 0.5)}

    def events(self, rows):
        lines, at = [], 0
        for number in range(rows):
            at += self.rng.randrange(0, 4)
            second = max(0, at - self.rng.randrange(0, 3))
            row = self.value(number) | {"ts": f"2024-05-01 10:{second // 60:02d}:{second % 60:02d}"}
            lines.append(json.dumps(row, ensure_ascii=False))
        return lines

    def changes(self, steps):
        lines, live, number = [], {}, 0
        for _ in range(steps):
            what = self.rng.random()
            if what < 0.5 or not live:
                live[number] = self.value(number)
                lines.append({"before": None, "after": live[number], "op": "c"})
                number += 1
                continue
            key = self.rng.choice(sorted(live))
            if what < 0.8:
                after = self.value(key)
                lines.append({"before": live[key], "after": after, "op": "u"})
                live[key] = after
            else:
                lines.append({"before": live.pop(key), "after": None, "op": "d"})
        return [json.dumps(line, ensure_ascii=False) for line in lines]


class Queries:
    """Each method answers SQL; only what is the same in any order of rows: no FIRST_VALUE, no ties in a Top-N, no DOUBLE sums."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def predicate(self, a="", depth=0):
        r = self.rng
        if depth < 2 and r.random() < 0.35:
            return f"({self.predicate(a, depth + 1)} {self.pick('AND', 'OR')} {self.predicate(a, depth + 1)})"
        return self.pick(f"{a}v > {r.randrange(60)}", f"{a}k = {r.randrange(5)}", f"{a}k IN (1, 3, {r.randrange(9)})", f"{a}s IS NOT NULL",
                         f"{a}s LIKE '%{self.pick('i', 'a', 'e')}%'", f"{a}b", f"NOT {a}b", f"{a}b IS NOT TRUE", f"{a}d BETWEEN -10 AND 25.5",
                         f"{a}v IS NULL", f"{a}k <> {r.randrange(5)}", f"COALESCE({a}v, 7) < {a}id * 3", f"MOD({a}id, 3) = {r.randrange(3)}",
                         f"{a}d > {a}v", f"CHAR_LENGTH({a}s) > 2")

    def scalar(self, a=""):
        return self.pick(f"{a}v + {a}k", f"UPPER({a}s)", f"{a}d * 2", f"CASE WHEN {a}b THEN {a}v ELSE -1 END", f"COALESCE({a}s, 'none')",
                         f"{a}k", f"{a}v", f"{a}s", f"{a}d - {a}v", f"NULLIF({a}k, 2)", f"CAST({a}d AS INT)", f"SUBSTRING({a}s, 2)",
                         f"{a}s || '-' || CAST({a}k AS STRING)", f"{a}b", f"ABS({a}v)", f"CAST({a}v AS DECIMAL(12, 3)) / 3")

    def aggregate(self, a=""):
        call = self.pick("COUNT(*)", f"COUNT({a}v)", f"SUM({a}v)", f"MIN({a}v)", f"MAX({a}s)", f"COUNT(DISTINCT {a}s)", f"SUM(DISTINCT {a}v)",
                         f"AVG({a}v)", f"SUM({a}d)", f"MAX({a}d)", f"MIN({a}s)", f"COUNT(DISTINCT {a}k)", f"AVG({a}d)", f"MAX({a}id)",
                         f"COUNT(DISTINCT {a}v)")
        return f"{call} FILTER (WHERE {self.predicate(a, 1)})" if self.rng.random() < 0.3 else call

    def source(self):
        return self.pick("t", "c", "c")

    def plain(self):
        distinct = "DISTINCT " if self.rng.random() < 0.3 else ""
        return f"SELECT {distinct}{self.scalar()} AS x, {self.scalar()} AS y, k FROM {self.source()} WHERE {self.predicate()}"

    def grouped(self, source=None):
        keys = self.rng.sample(["k", "s", "b"], self.rng.choice([1, 1, 2]))
        where = f" WHERE {self.predicate()}" if self.rng.random() < 0.5 else ""
        having = f" HAVING COUNT(*) > {self.rng.randrange(3)}" if self.rng.random() < 0.3 else ""
        aggregates = ", ".join(f"{self.aggregate()} AS a{n}" for n in range(self.rng.randrange(1, 4)))
        return f"SELECT {', '.join(keys)}, {aggregates} FROM {source or self.source()}{where} GROUP BY {', '.join(keys)}{having}"

    def whole(self):
        aggregates = ", ".join(f"{self.aggregate()} AS a{n}" for n in range(self.rng.randrange(1, 5)))
        return f"SELECT {aggregates} FROM {self.source()} WHERE {self.predicate()}"

    def grouping_sets(self):
        how = self.pick("ROLLUP (k, s)", "CUBE (k, b)", "GROUPING SETS ((k), (b), ())")
        keys = {"R": "k, s", "C": "k, b", "G": "k, b"}[how[0]]
        return f"SELECT {keys}, {self.aggregate()} AS a0, {self.aggregate()} AS a1 FROM {self.source()} GROUP BY {how}"

    def twice_grouped(self):
        return (f"SELECT n, COUNT(*) AS number_of, MAX(m) AS m FROM (SELECT k, COUNT(*) AS n, {self.pick('SUM(v)', 'MAX(v)', 'MIN(v)')} AS m "
                f"FROM {self.source()} GROUP BY k, b) GROUP BY n")

    def join(self):
        kind = self.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        on = self.pick("l.k = r.k", "l.id = r.id", "l.k = r.k AND l.v < r.v", "l.id = r.id AND l.s = r.s", "l.s = r.s", "l.id = r.k")
        where = f" WHERE {self.predicate(self.pick('l.', 'r.'))}" if self.rng.random() < 0.4 else ""
        return f"SELECT l.id AS a, r.id AS b, {self.scalar('l.')} AS x, {self.scalar('r.')} AS y FROM {self.source()} AS l {kind} {self.source()} AS r ON {on}{where}"

    def join_grouped(self):
        return f"SELECT l.k, {self.aggregate('l.')} AS a0, {self.aggregate('r.')} AS a1 FROM {self.source()} AS l {self.pick('JOIN', 'LEFT JOIN')} " \
               f"{self.source()} AS r ON l.id = r.{self.pick('id', 'k')} GROUP BY l.k"

    def join_of_groups(self):
        return f"SELECT l.k, l.n, r.m FROM (SELECT k, COUNT(*) AS n FROM {self.source()} GROUP BY k) AS l {self.pick('JOIN', 'LEFT JOIN', 'FULL JOIN')} " \
               f"(SELECT k, {self.pick('MAX(v)', 'SUM(v)', 'COUNT(DISTINCT s)')} AS m FROM {self.source()} GROUP BY k) AS r ON l.k = r.k"

    def three_joined(self):
        return f"SELECT x.id AS a, y.id AS b, z.id AS c FROM {self.source()} AS x JOIN {self.source()} AS y ON x.k = y.k AND x.id < y.id " \
               f"{self.pick('JOIN', 'LEFT JOIN')} {self.source()} AS z ON y.id = z.id WHERE {self.predicate('x.')}"

    def exists(self):
        no = self.pick("", "NOT ")
        inner = self.pick("r.k = l.k", "r.id = l.id", "r.k = l.k AND r.v > 10", "r.s = l.s AND r.id <> l.id")
        return self.pick(f"SELECT l.id, l.s FROM {self.source()} AS l WHERE {no}EXISTS (SELECT 1 FROM {self.source()} AS r WHERE {inner})",
                         f"SELECT id, v FROM {self.source()} WHERE k {no}IN (SELECT k FROM {self.source()} WHERE k IS NOT NULL AND {self.predicate()})",
                         f"SELECT id FROM {self.source()} WHERE v > (SELECT {self.pick('AVG(v)', 'MIN(v)', 'COUNT(*)')} FROM {self.source()})")

    def set_operation(self):
        how = self.pick("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
        return f"SELECT k, s FROM {self.source()} WHERE {self.predicate()} {how} SELECT k, s FROM {self.source()} WHERE {self.predicate()}"

    def top(self):
        rank = self.pick("", ", rn")
        # Not Top-1: over inserts and with two columns of order Flink takes that for insert-only (FLINK-40368), and so do we.
        order = self.pick("v DESC, id", "id DESC", "d, id", "s DESC, v, id")
        by = self.pick("PARTITION BY k ", "PARTITION BY b ", "")
        return f"SELECT k, id, v{rank} FROM (SELECT *, ROW_NUMBER() OVER ({by}ORDER BY {order}) AS rn FROM {self.source()}) WHERE rn <= {self.rng.randrange(2, 5)}"

    def top_of_groups(self):
        return "SELECT k, n, rn FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC, k) AS rn FROM (SELECT k, COUNT(*) AS n FROM " \
               f"{self.source()} WHERE k IS NOT NULL GROUP BY k)) WHERE rn <= {self.rng.randrange(1, 4)}"

    def windowed(self):
        window = self.pick("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)", "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)",
                           "CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)")
        keys = self.pick("", ", k", ", s", ", b, k")
        return f"SELECT window_start, window_end{keys}, {self.aggregate()} AS a0, {self.aggregate()} AS a1 FROM TABLE({window}) GROUP BY window_start, window_end{keys}"

    def session(self):
        return f"SELECT window_start, window_end, k, {self.aggregate()} AS a0 FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)) " \
               "GROUP BY window_start, window_end, k"

    def interval_join(self):
        return f"SELECT l.id AS a, r.id AS b, l.v FROM t AS l {self.pick('JOIN', 'LEFT JOIN')} t AS r ON l.k = r.k AND " \
               f"r.ts BETWEEN l.ts - INTERVAL '{self.rng.randrange(1, 9)}' SECOND AND l.ts + INTERVAL '{self.rng.randrange(0, 5)}' SECOND"

    def any(self):
        return self.pick(self.plain, self.grouped, self.grouped, self.whole, self.grouping_sets, self.twice_grouped, self.join, self.join, self.join_grouped,
                         self.join_of_groups, self.three_joined, self.exists, self.set_operation, self.top, self.top_of_groups, self.windowed, self.session,
                         self.interval_join)()


def preamble(seed):
    rng = random.Random(seed)
    data = Data(rng)
    blocks = ["file t.jsonl\n" + "\n".join(data.events(60)), "file c.jsonl\n" + "\n".join(data.changes(90)), f"ok\n{EVENTS}", f"ok\n{CHANGES}"]
    return blocks, Queries(rng)


def blocks_of(path):
    """The blocks of queries, as {query: (kind, rows)}."""
    found = {}
    for block in path.read_text().split("\n\n"):
        head, _, rest = block.strip("\n").partition("\n")
        if head.split()[:1] and head.split()[0] in ("table", "error", "unsupported"):
            body, _, rows = rest.partition("\n----")
            found[body.strip()] = (head.split()[0], rows.strip("\n"))
    return found


def run_test(path, *arguments):
    return subprocess.run([BINARY, "test", "--jobs", "2", *arguments, path], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")


def compare_plans(folder, blocks, queries):
    answers, failures = [], 0
    for number, (arguments, settings) in enumerate([([], {}), *PLANS]):
        path = folder / f"plan{number}.stest"
        path.write_text("\n\n".join([*blocks, *(f"ok\nSET '{k}' = '{v}'" for k, v in settings.items()), *(f"table\n{q}\n----\n?" for q in queries)]) + "\n")
        done = run_test(path, "--update", *arguments)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{BINARY.name} ended with {done.returncode} at {arguments} {settings}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        answers.append((arguments, settings, blocks_of(path)))
    for query in queries:
        base = answers[0][2].get(query)
        if base is None or base == ("table", "?"):
            failures += 1
            print(f"no answer:\n  {query}")
            continue
        for arguments, settings, got in answers[1:]:
            if got.get(query) != base:
                failures += 1
                print(f"differs at {arguments} {settings}:\n  {query}\n--- plain\n{base[1]}\n--- here\n{got.get(query)}\n")
                break
    return failures


def with_refusals(text):
    """The recorded blocks, where what Flink refused must fail; what it breaks on is no question to us."""
    kept = []
    for block in text.split("\n\n"):
        if block.endswith("\n----\n?"):
            continue  # the recorder's time was up
        head, _, message = block.partition("\n----\nUNEXPECTED ")
        if not message:
            kept.append(block)
        elif not BROKEN.search(message):
            kept.append("error\n" + head.partition("\n")[2] + "\n----\n" + message)
    return "\n\n".join(kept).strip("\n") + "\n"


def compare_flink(folder, blocks, questions, program, size):
    # Small files: the recorder has a time limit for each.
    asked = folder / "flink"
    asked.mkdir()
    for start in range(0, len(questions), size):
        part = questions[start:start + size]
        (asked / f"{start}.stest").write_text("\n\n".join([*blocks, *(f"{kind}\n{sql}\n----\n?" for kind, sql in part)]) + "\n")
    # It ends with 1 when Flink refuses a query: that block then says so.
    subprocess.run([program, "record", asked], stdin=subprocess.DEVNULL)
    for path in asked.glob("*.stest"):
        path.write_text(with_refusals(path.read_text()))
    done = run_test(asked)
    print(done.stdout[-12000:])
    return 0 if done.returncode == 0 else 1


def flink_questions(of, seed, count):
    """(blocks before them, questions, how many a file)"""
    rng = random.Random(seed)
    if of == "expressions":
        source = random_expressions.Expressions(rng)
        return random_expressions.preamble(), [("rows", source.query()) for _ in range(count)], 50
    if of in ("streams", "batch"):
        source = random_streams.Streams(rng, of == "batch")
        blocks = source.preamble()
        if source.batch:
            blocks.insert(0, "# mode: batch")
        return blocks, [source.query() for _ in range(count)], 50
    blocks, source = preamble(seed)
    return blocks, [("table", source.any()) for _ in range(count)], 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--flink", type=Path, metavar="PROGRAM")
    parser.add_argument("--of", choices=["queries", "streams", "batch", "expressions"], default="queries", help="what is asked of Flink")
    parser.add_argument("--keep", type=Path, help="leave the .stest files in this folder")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="sluice-queries-"))
    folder.mkdir(exist_ok=True)
    try:
        if options.flink:
            blocks, asked, size = flink_questions(options.of, options.seed, options.count)
            queries = list(dict.fromkeys(asked))
            failures = compare_flink(folder, blocks, queries, options.flink, size)
        else:
            blocks, source = preamble(options.seed)
            queries = list(dict.fromkeys(source.any() for _ in range(options.count)))
            failures = compare_plans(folder, blocks, queries)
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    print(f"{len(queries)} queries, seed {options.seed}: {failures or 'none'} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
