"""The same SQL package on the native engine and on Apache Flink, through the service: the rows must be the same."""
import json

NEWEST = "FLINK-2_3"

TABLES = """\
SET 'execution.runtime-mode' = 'batch';
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE orders (id BIGINT, name STRING, price DECIMAL(10, 2), amount DOUBLE, ts TIMESTAMP(3), flag BOOLEAN, doc STRING)
WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json');
CREATE TABLE answers (q STRING, a STRING, b STRING, c STRING, d STRING, e STRING)
WITH ('connector' = 'filesystem', 'path' = '{output}', 'format' = 'json');
EXECUTE STATEMENT SET BEGIN
"""

# Each gives five columns; everything becomes text, so that the engines' texts of values are compared too.
QUERIES = {
    "scalar": "SELECT id, UPPER(name), price * 1.17, amount / 3, COALESCE(flag, FALSE) FROM orders",
    "text": "SELECT id, SUBSTRING(name, 2), REPLACE(doc, 'a', 'x'), CHAR_LENGTH(name), JSON_VALUE(doc, '$.a') FROM orders",
    "time": "SELECT id, CAST(ts AS DATE), DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm'), EXTRACT(HOUR FROM ts), "
            "TIMESTAMPDIFF(MINUTE, TIMESTAMP '2026-01-01 00:00:00', ts) FROM orders",
    "groups": "SELECT name, COUNT(*), SUM(price), AVG(price), MAX(ts) FROM orders GROUP BY name",
    "distinct": "SELECT name, COUNT(DISTINCT flag), MIN(amount), COUNT(doc), 1 FROM orders GROUP BY name HAVING COUNT(*) > 5",
    "windows": "SELECT name, window_start, window_end, SUM(price), COUNT(*) FROM "
               "TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY name, window_start, window_end",
    "join": "SELECT l.id, r.id, l.name, r.price, l.ts FROM orders l LEFT JOIN orders r ON l.id = r.id + 1 AND l.name = r.name",
    "top": "SELECT id, name, price, n, 0 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY name ORDER BY price DESC, id) AS n "
           "FROM orders) WHERE n <= 2",
    "over": "SELECT id, name, SUM(price) OVER (PARTITION BY name ORDER BY id), LAG(price) OVER (PARTITION BY name ORDER BY id), "
            "RANK() OVER (PARTITION BY name ORDER BY id) FROM orders",
    "sets": "SELECT * FROM (SELECT name, 1, 2, 3, 4 FROM orders WHERE flag UNION SELECT name, 1, 2, 3, 4 FROM orders "
            "WHERE price > 20) AS t (a, b, c, d, e)",
}


def package(folder, output):
    inserts = []
    for name, query in QUERIES.items():
        columns = ", ".join(f"CAST({column} AS STRING)" for column in "abcde")
        inserts.append(f"INSERT INTO answers SELECT '{name}', {columns} FROM ({query}) AS t (a, b, c, d, e);")
    return TABLES.format(folder=folder, output=output) + "\n".join(inserts) + "\nEND;\n"


def write_orders(folder):
    folder.mkdir()
    with open(folder / "orders.json", "w") as file:
        for i in range(60):
            row = {"id": i, "name": ["ann", "bob", "çelik", None][i * 7 % 4], "price": f"{(i * 37 % 101) / 4:.2f}",
                   "amount": (i * 13 % 29) / 7, "ts": f"2026-01-0{1 + i % 3} {i * 5 % 24:02}:{i % 60:02}:00.{i:03}",
                   "flag": [True, False, None][i % 3], "doc": json.dumps({"a": i}) if i % 5 else None}
            file.write(json.dumps(row) + "\n")


def rows(folder):
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith((".", "_")):
            for line in path.read_text().splitlines():
                row = json.loads(line)
                found.setdefault(row["q"], []).append(json.dumps([row.get(column) for column in "abcde"]))
    return {query: sorted(values) for query, values in found.items()}


def test_both_engines_give_the_same_rows(app, runtime_folder):
    runtime_folder(NEWEST)
    write_orders(app.work / "in")
    answers = {}
    for engine in ("native", "flink"):
        output = app.work / engine
        properties = {"sluice.run.options": {"engine": engine}}
        if engine == "flink":  # many exchanges in a small TaskManager
            properties["sluice.flink.options"] = {"taskmanager.network.sort-shuffle.min-buffers": "32"}
        if engine == "native":
            app.create(package(app.work, output), NEWEST, properties)
        else:
            app.wait_for_end(app.update(
                ApplicationCodeConfigurationUpdate={"CodeContentUpdate": {"TextContentUpdate": package(app.work, output)}},
                EnvironmentPropertyUpdates=app.groups(properties)))
        operation = app.wait_for_end(app.start())
        assert operation["OperationStatus"] == "SUCCESSFUL", app.last_log()
        app.wait_for("READY")  # the job has read all of its input
        answers[engine] = rows(output)
    assert set(answers["flink"]) == set(QUERIES)
    for query in QUERIES:
        assert answers["native"].get(query) == answers["flink"][query], query
