"""Random queries of every kind for random_queries.py --flink: their changelogs are compared with Flink's, refusals too.

Unlike the queries of random_queries.py their answers may depend on the order of the input's rows. Each method gives
(kind of .stest block, SQL); joins of two inputs are compared as tables only, for Flink reads both at once.
"""
import json

WORDS = ["ash", "Birch", "", "elm tree", "fir", "oak", "élan", "42"]
COLUMNS = ("id INT, k INT, v BIGINT, s STRING, d DECIMAL(8, 2), f DOUBLE, b BOOLEAN, dt DATE, a ARRAY<INT>, m MAP<STRING, INT>, "
           "ts TIMESTAMP(3)")
WATERMARK = ", WATERMARK FOR ts AS ts - INTERVAL '3' SECOND"
KEY = ", PRIMARY KEY (id) NOT ENFORCED"
RANKS = ("ROW_NUMBER()", "RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()", "NTILE(3)", "LAG(v)", "LEAD(s, 2)", "LAG(v, 1, -1)")


class Streams:
    def __init__(self, rng, batch=False):
        self.rng = rng
        self.batch = batch

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, share):
        return self.rng.random() < share

    # --- the tables

    def value(self, number, at):
        def maybe(v):
            return None if self.chance(0.15) else v
        second = f"2024-05-01 10:{at // 60:02d}:{at % 60:02d}" + self.pick("", ".5", ".123", "")
        return {"id": number, "k": maybe(self.rng.randrange(4)), "v": maybe(self.pick(self.rng.randrange(-20, 100), self.rng.randrange(5))),
                "s": maybe(self.pick(*WORDS)), "d": maybe(round(self.rng.uniform(-50, 50), 2)), "f": maybe(self.pick(0.5, 1.25, -2.0, 0.0)),
                "b": maybe(self.chance(0.5)), "dt": maybe(self.pick("2024-01-31", "2024-02-29", "1969-12-31")),
                "a": maybe(self.pick([1, 2], [], [None, 3], [2, 2])), "m": maybe(self.pick({"x": 1}, {"x": 2, "y": None}, {})), "ts": second}

    def events(self, rows):
        lines, at = [], 0
        for number in range(rows):
            at += self.pick(0, 1, 1, 2, 3, 7)
            late = self.pick(0, 0, 0, 1, 2, 5)
            lines.append(json.dumps(self.value(number, max(0, at - late)), ensure_ascii=False))
        return lines

    def changes(self, steps):
        lines, live, number, at = [], {}, 0, 0
        for _ in range(steps):
            at += self.pick(0, 1, 2, 4)
            what = self.rng.random()
            if what < 0.5 or not live:
                live[number] = self.value(number, at)
                lines.append({"before": None, "after": live[number], "op": "c"})
                number += 1
                continue
            key = self.rng.choice(sorted(live))
            if what < 0.8:
                after = self.value(key, at)
                lines.append({"before": live[key], "after": after, "op": "u"})
                live[key] = after
            else:
                lines.append({"before": live.pop(key), "after": None, "op": "d"})
        return [json.dumps(line, ensure_ascii=False) for line in lines]

    def preamble(self):
        def table(name, file, form, more):
            return f"ok\nCREATE TABLE {name} ({COLUMNS}{more}) WITH ('connector' = 'filesystem', 'path' = '${{dir}}/{file}.jsonl', 'format' = '{form}')"
        blocks = [f"file {name}.jsonl\n" + "\n".join(lines)
                  for name, lines in (("t", self.events(22)), ("n", self.events(14)), ("c", self.changes(26)))]
        blocks += [table("t", "t", "json", WATERMARK), table("n", "n", "json", WATERMARK)]
        if not self.batch:
            blocks += [table("c", "c", "debezium-json", KEY), table("cw", "c", "debezium-json", WATERMARK + KEY)]
        return blocks

    # --- parts of queries

    def number(self):
        return self.pick("v", "k", "id", "d", "f", "v + k", "d * 2", "ABS(v)", "v % 7", "k * 1.5", "CAST(v AS INT)", "CAST(d AS DOUBLE)",
                         "CAST(k AS TINYINT)", "v / 3", "d / 3", "CAST(v AS DECIMAL(20, 4))")

    def anything(self):
        return self.pick("v", "k", "s", "d", "f", "b", "dt", "ts", "UPPER(s)", "s || '!'", "CASE WHEN b THEN v ELSE k END", "COALESCE(s, 'none')",
                         "CAST(d AS STRING)", "CHAR_LENGTH(s)", "EXTRACT(DAY FROM dt)", "v > 10", "IF(b, 1, 0)", "CAST(ts AS DATE)",
                         "FLOOR(ts TO MINUTE)", "a[1]", "m['x']", "CARDINALITY(a)", "k IN (1, 2)", "TIMESTAMPADD(DAY, 1, dt)", "NULLIF(k, 2)")

    def column(self, side):
        return side + self.pick("v", "k", "id", "d", "f", "s", "b", "dt", "ts")

    def key(self):
        return self.pick("k", "s", "b", "dt", "MOD(id, 3)", "UPPER(s)", "k + 1", "COALESCE(k, 0)", "d > 0", "FLOOR(ts TO MINUTE)", "f",
                         "CASE WHEN v > 20 THEN 'hi' ELSE 'lo' END")

    def predicate(self, a="", depth=0):
        if depth < 2 and self.chance(0.3):
            return f"({self.predicate(a, depth + 1)} {self.pick('AND', 'OR')} {self.predicate(a, depth + 1)})"
        return self.pick(f"{a}v > {self.rng.randrange(40)}", f"{a}k = {self.rng.randrange(4)}", f"{a}k IN (1, 3)", f"{a}s IS NOT NULL",
                         f"{a}s LIKE '%i%'", f"{a}b", f"NOT {a}b", f"{a}b IS NOT TRUE", f"{a}d BETWEEN -10 AND 25.5", f"{a}v IS NULL",
                         f"COALESCE({a}v, 7) < {a}id * 3", f"MOD({a}id, 3) = 1", f"{a}d > {a}v", f"{a}s NOT IN ('fir', 'oak')", f"{a}f > 0",
                         f"{a}dt = DATE '2024-02-29'", f"{a}ts < TIMESTAMP '2024-05-01 10:00:30'", f"{a}k IS DISTINCT FROM 1")

    def where(self, side="", share=0.4):
        return f" WHERE {self.predicate(side)}" if self.chance(share) else ""

    def aggregate(self):
        x, y = self.number(), self.anything()
        call = self.pick("COUNT(*)", f"COUNT({y})", f"COUNT(DISTINCT {y})", f"SUM({x})", f"AVG({x})", f"MIN({y})", f"MAX({y})", f"SUM(DISTINCT {x})",
                         f"AVG(DISTINCT {x})", "STDDEV_POP(v)", "VAR_SAMP(k)", "STDDEV_SAMP(d)", f"FIRST_VALUE({y})", f"LAST_VALUE({y})", "LISTAGG(s)",
                         "LISTAGG(DISTINCT s, '|')", f"COLLECT({y})", f"ARRAY_AGG({y})", "PERCENTILE(v, 0.5)", "SUM(CAST(k AS TINYINT))",
                         "SUM(CASE WHEN b THEN 1 ELSE 0 END)", f"JSON_ARRAYAGG({y})", "JSON_OBJECTAGG(KEY COALESCE(s, 'n') VALUE v)")
        if self.chance(0.25) and not call.startswith("JSON"):
            call += f" FILTER (WHERE {self.predicate('', 1)})"
        return call

    def aggregates(self, most=3):
        return ", ".join(f"{self.aggregate()} AS a{n}" for n in range(self.rng.randrange(1, most + 1)))

    def source(self):
        return "t" if self.batch else self.pick("t", "t", "c")

    def other(self):
        return "t" if self.batch else self.pick("t", "n", "c")

    # --- kinds of queries

    def plain(self):
        distinct = "DISTINCT " if self.chance(0.25) else ""
        return "changelog", f"SELECT {distinct}{self.anything()} AS x, {self.anything()} AS y, {self.number()} AS z FROM {self.source()}{self.where()}"

    def grouped(self):
        keys = ", ".join(self.rng.sample(["k", "s", "b", "dt"], self.pick(1, 1, 2)) if self.chance(0.6) else [self.key()])
        having = " HAVING COUNT(*) > 1" if self.chance(0.2) else ""
        return "changelog", f"SELECT {keys}, {self.aggregates()} FROM {self.source()}{self.where()} GROUP BY {keys}{having}"

    def whole(self):
        return "changelog", f"SELECT {self.aggregates(4)} FROM {self.source()}{self.where()}"

    def grouping_sets(self):
        how = self.pick("ROLLUP (k, b)", "CUBE (k, b)", "GROUPING SETS ((k), (b), ())", "k, ROLLUP (b)")
        more = self.pick("", ", GROUPING(k) AS g", ", GROUPING_ID(k, b) AS g", ", GROUP_ID() AS g")
        return "changelog", f"SELECT k, b{more}, {self.aggregates(2)} FROM {self.source()} GROUP BY {how}"

    def twice_grouped(self):
        outer = self.pick("SUM(m)", "MAX(m)", "MIN(m)", "AVG(m)", "COUNT(DISTINCT m)", "LAST_VALUE(m)")
        inner = self.pick("SUM(v)", "MAX(v)", "MIN(v)", "COUNT(v)")
        return "changelog", (f"SELECT n, COUNT(*) AS c, {outer} AS m FROM (SELECT k, COUNT(*) AS n, {inner} AS m FROM {self.source()} "
                             f"GROUP BY {self.pick('k', 'k, b')}) GROUP BY n")

    def join(self):
        kind = self.pick("JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        on = self.pick("l.k = r.k", "l.id = r.id", "l.k = r.k AND l.v < r.v", "l.id = r.id AND l.s = r.s", "l.id = r.k", "l.k = r.k AND l.b",
                       "l.k + 1 = r.k", "l.dt = r.dt", "l.v = r.d", "l.k IS NOT DISTINCT FROM r.k", "l.k = r.k OR l.id = r.id", "l.v = r.id")
        rest = self.pick("", self.where("l.", 1), self.where("r.", 1), " WHERE r.id IS NULL")
        return "table", (f"SELECT l.id AS a, r.id AS b, {self.column('l.')} AS x, {self.column('r.')} AS y FROM {self.source()} AS l {kind} "
                         f"{self.other()} AS r ON {on}{rest}")

    def subquery(self):
        no, one, two = self.pick("", "NOT "), self.source(), self.other()
        inner = self.pick("r.k = l.k", "r.id = l.id", "r.k = l.k AND r.v > 10", "r.k = l.k AND r.v > l.v", "r.id > l.id")
        return "table", self.pick(
            f"SELECT l.id, l.s FROM {one} AS l WHERE {no}EXISTS (SELECT 1 FROM {two} AS r WHERE {inner})",
            f"SELECT id, v FROM {one} WHERE k {no}IN (SELECT k FROM {two}{self.where()})",
            f"SELECT id FROM {one} WHERE v > (SELECT {self.pick('AVG(v)', 'MIN(v)', 'COUNT(*)')} FROM {two})",
            f"SELECT id, (SELECT COUNT(*) FROM {two} AS r WHERE {inner}) AS c FROM {one} AS l",
            f"SELECT id FROM {one} AS l WHERE v {self.pick('>', '=')} (SELECT MAX(r.v) FROM {two} AS r WHERE {inner})",
            f"SELECT id FROM {one} WHERE (k, s) {no}IN (SELECT k, s FROM {two})",
            f"SELECT id, k {no}IN (SELECT k FROM {two} WHERE k IS NOT NULL) AS x FROM {one}",
            f"SELECT id FROM {one} WHERE k {no}IN (SELECT k FROM {two}) OR v > 20")

    def set_operation(self):
        how = self.pick("UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL")
        left, right = self.pick(("k, s", "k, s"), ("k, v", "k, id"), ("d", "v"), ("s", "CAST(k AS STRING)"), ("v, 'x'", "k, 'long'"), ("f", "d"))
        return "table", f"SELECT {left} FROM {self.source()}{self.where()} {how} SELECT {right} FROM {self.other()}{self.where()}"

    def top(self):
        order = self.pick("v DESC, id", "id DESC", "d, id", "ts, id", "ts DESC", "ts", "f, id", "v", "v NULLS LAST, id", "dt DESC, id")
        by = self.pick("PARTITION BY k ", "PARTITION BY b ", "", "PARTITION BY MOD(id, 2) ")
        rank = self.pick("rn <= 2", "rn < 4", "rn = 1", "rn = 2", "rn BETWEEN 2 AND 3", "2 >= rn")
        return "changelog", (f"SELECT k, id, v{self.pick('', ', rn')} FROM (SELECT *, {self.pick('ROW_NUMBER()', 'ROW_NUMBER()', 'RANK()')} OVER "
                             f"({by}ORDER BY {order}) AS rn FROM {self.source()}) WHERE {rank}")

    def limited(self):
        if self.batch:
            return "rows", f"SELECT id, {self.anything()} AS x FROM t ORDER BY {self.pick('v', 'd DESC', 's', 'dt', 'x')}{self.pick('', ' NULLS LAST')}, id LIMIT 5"
        return "changelog", f"SELECT id, v FROM {self.source()} ORDER BY {self.pick('v, id', 'ts, id', 'd DESC, id')} LIMIT {self.pick('3', '2 OFFSET 1')}"

    def window(self, table):
        t = f"TABLE {table}, DESCRIPTOR(ts)"
        shift = self.pick("", "", ", INTERVAL '2' SECOND", ", INTERVAL '-3' SECOND")
        return self.pick(f"TUMBLE({t}, INTERVAL '{self.pick(5, 10, 15)}' SECOND{shift})",
                         f"HOP({t}, INTERVAL '5' SECOND, INTERVAL '{self.pick(10, 15)}' SECOND{shift})",
                         f"CUMULATE({t}, INTERVAL '5' SECOND, INTERVAL '{self.pick(15, 20)}' SECOND{shift})",
                         f"SESSION({t}, INTERVAL '{self.pick(2, 4, 7)}' SECOND)",
                         f"SESSION(TABLE {table} PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)")

    def windowed(self):
        window = self.window("t" if self.batch else self.pick("t", "t", "t", "cw"))
        keys = ", k" if "PARTITION BY k" in window else self.pick("", ", k", ", s", ", b, k", ", UPPER(s)")
        time = self.pick("", ", window_time")
        having = self.pick("", "", " HAVING COUNT(*) > 1")
        return "changes", (f"SELECT window_start, window_end{time}{keys}, {self.aggregates()} FROM TABLE({window}) "
                           f"GROUP BY window_start, window_end{time}{keys}{having}")

    def cascaded(self):
        return "changes", (f"SELECT window_start, window_end, {self.pick('SUM(n)', 'MAX(n)', 'COUNT(*)')} AS x, MAX(m) AS y FROM TABLE(TUMBLE((SELECT "
                           f"window_time AS ts, COUNT(*) AS n, {self.pick('SUM(v)', 'MAX(s)', 'AVG(d)')} AS m FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), "
                           "INTERVAL '5' SECOND)) GROUP BY window_start, window_end, window_time, k), DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
                           "GROUP BY window_start, window_end")

    def window_top(self):
        order = self.pick("v DESC, id", "ts", "ts DESC")
        return "changes", (f"SELECT window_start, k, v, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY {order}) "
                           f"AS rn FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn {self.pick('<= 2', '= 1')}")

    def group_window(self):
        name, sizes = self.pick(("TUMBLE", "10"), ("HOP", "5, 10"), ("SESSION", "4"))
        args = "(ts, " + ", ".join(f"INTERVAL '{n}' SECOND" for n in sizes.split(", ")) + ")"
        end = self.pick("", f", {name}_END{args} AS we", f", {name}_ROWTIME{args} AS wr")
        return "changes", f"SELECT {name}_START{args} AS ws{end}, {self.aggregates(2)} FROM t GROUP BY {name}{args}, k"

    def over(self):
        by = self.pick("PARTITION BY k ", "", "PARTITION BY b, k ")
        if self.batch:
            frame = self.pick("", "", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                              " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
            call = self.pick(self.aggregate(), self.aggregate(), *RANKS)
            order = self.pick("ts, id", "id", "v DESC, id", "d, id", "s, id")
            return "table", f"SELECT id, {call} OVER ({by}ORDER BY {order}{frame if call not in RANKS else ''}) AS x FROM t"
        frame = self.pick("", "", " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
                          " RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW", " ROWS 3 PRECEDING")
        order = self.pick("ts", "ts", "ts", "id", "v DESC")
        call = self.pick(self.aggregate(), self.aggregate(), self.aggregate(), "LAG(v)", "LAG(s, 2, 'z')", "ROW_NUMBER()", "LEAD(v)")
        return "changelog", f"SELECT id, {call} OVER ({by}ORDER BY {order}{frame}) AS x FROM t"

    def interval_join(self):
        time = self.pick("r.ts BETWEEN l.ts - INTERVAL '5' SECOND AND l.ts + INTERVAL '2' SECOND", "l.ts = r.ts",
                         "l.ts >= r.ts AND l.ts < r.ts + INTERVAL '8' SECOND")
        return "table", f"SELECT l.id AS a, r.id AS b FROM t AS l {self.pick('JOIN', 'LEFT JOIN', 'FULL JOIN')} n AS r ON l.k = r.k AND {time}"

    def temporal_join(self):
        more = self.pick("", "", " AND r.v > 10", " WHERE l.v > 3", " AND l.b")
        return "table", (f"SELECT l.id, l.k, r.v, r.s FROM n AS l {self.pick('JOIN', 'LEFT JOIN')} cw FOR SYSTEM_TIME AS OF l.ts AS r "
                         f"ON l.{self.pick('id', 'k', 'v')} = r.id{more}")

    def match(self):
        pattern = self.pick("A B", "A B+ C", "A+ B", "A B* C", "A B? C", "A{2} B", "A{1,3} B", "A B*? C", "S A+ E")
        names = sorted({c for c in pattern if c.isalpha()})
        define = []
        for n in names:
            define.append(f"{n} AS " + self.pick(f"{n}.v > {self.rng.randrange(30)}", f"{n}.v > LAST({n}.v, 1) OR LAST({n}.v, 1) IS NULL", f"{n}.d < 20",
                                                 f"{n}.b", f"{n}.id < 15", f"SUM({n}.v) < 60", f"{n}.k <> 9"))
        measures = self.rng.sample([f"{self.pick('FIRST', 'LAST')}({self.pick(*names)}.v)", f"{self.pick(*names)}.id", f"SUM({self.pick(*names)}.v)",
                                    "MATCH_ROWTIME()", f"LAST({self.pick(*names)}.id, 1)", f"COUNT({self.pick(*names)}.v)"], 3)
        skip = self.pick("AFTER MATCH SKIP PAST LAST ROW ", "AFTER MATCH SKIP TO NEXT ROW ", "", f"AFTER MATCH SKIP TO LAST {names[-1]} ")
        return "changes", (f"SELECT * FROM t MATCH_RECOGNIZE ({self.pick('PARTITION BY k ', '')}ORDER BY ts MEASURES "
                           + ", ".join(f"{m} AS m{n}" for n, m in enumerate(measures))
                           + f" {skip}PATTERN ({pattern}){self.pick('', '', chr(32) + 'WITHIN INTERVAL ' + chr(39) + '10' + chr(39) + ' SECOND')} "
                           f"DEFINE {', '.join(define)}) AS mr")

    def unnested(self):
        s = self.source()
        return "changelog", self.pick(f"SELECT id, x FROM {s} CROSS JOIN UNNEST(a) AS u(x)", f"SELECT id, x FROM {s} LEFT JOIN UNNEST(a) AS u(x) ON TRUE",
                                      f"SELECT id, x, y FROM {s} CROSS JOIN UNNEST(m) AS u(x, y)",
                                      f"SELECT x, COUNT(*) AS c FROM {s} CROSS JOIN UNNEST(a) AS u(x) GROUP BY x",
                                      f"SELECT id, x, o FROM {s}, UNNEST(a) WITH ORDINALITY AS u(x, o){self.where()}")

    def query(self):
        kinds = [self.plain, self.grouped, self.grouped, self.grouped, self.whole, self.grouping_sets, self.twice_grouped, self.join, self.join,
                 self.subquery, self.subquery, self.set_operation, self.top, self.top, self.limited, self.windowed, self.windowed, self.windowed,
                 self.cascaded, self.window_top, self.group_window, self.over, self.over, self.interval_join, self.match, self.unnested]
        if not self.batch:
            kinds.append(self.temporal_join)
        kind, sql = self.rng.choice(kinds)()
        return ("table" if self.batch and kind in ("changelog", "changes") else kind), sql
