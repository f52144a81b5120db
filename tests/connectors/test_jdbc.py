"""'connector' = 'jdbc' and lookup joins against a real PostgreSQL: Flink's answers, a server that restarts, is slow or says no."""
import json
import signal
import subprocess
from pathlib import Path

import pytest
from postgres_peer import Postgres

import local_stack

FOLDER = Path(__file__).parent / "jdbc"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("postgres")).create()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def database(postgres):
    """The tables of setup.sql, as new."""
    postgres.ask((FOLDER / "setup.sql").read_text())
    return postgres


def table(database, name, columns, table_name=None, **options):
    options = {"connector": "jdbc", "url": database.url, "username": "sluice", "password": "x",
               "table-name": table_name or name, **options}
    pairs = ", ".join(f"'{k.replace('_', '-')}' = '{v}'" for k, v in options.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({pairs});\n"


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize("name", ["lookup", "scan_and_sink", "sink_changes"])
def test_flinks_answers(name, parallelism, database, tmp_path):
    script = tmp_path / f"{name}.stest"
    script.write_text((FOLDER / f"{name}.stest").read_text().replace("@URL@", database.url))
    done = subprocess.run([local_stack.BINARY, "test", script, "--parallelism", str(parallelism)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=local_stack.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def orders(tmp_path, count):
    rows = tmp_path / "orders.json"
    rows.write_text("".join(json.dumps({"id": i % 5, "v": i}) + "\n" for i in range(count)))
    return ("CREATE TABLE o (id INT, v INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', 'format' = 'json', "
            f"'path' = '{rows}');\n")


JOIN = "INSERT INTO found SELECT o.v, d.name FROM o LEFT JOIN dim FOR SYSTEM_TIME AS OF o.p AS d ON o.id = d.id;\n"


def test_lookups_wait_side_by_side(database, run_sql, tmp_path):
    database.ask("CREATE VIEW slow AS SELECT id, name FROM dim, "
                 "LATERAL (SELECT pg_sleep(0.1 + 0 * id)) s; CREATE TABLE IF NOT EXISTS found(v int, name text); TRUNCATE found;")
    sql = (orders(tmp_path, 40) + table(database, "dim", "id INT, name STRING", "slow")
           + table(database, "found", "v INT, name STRING") + JOIN)
    run_sql(sql)
    rows = [line.split("|") for line in database.ask("SELECT v, name FROM found ORDER BY v").splitlines()]
    names = {1: "one", 2: "two", 3: "three", 4: "four"}
    assert rows == [[str(v), names.get(v % 5, "")] for v in range(40)]


@pytest.mark.parametrize("disturb", ["restore", "rescale"])
def test_rows_under_lookup_survive(disturb, database, tmp_path):
    """Checkpoints are taken while answers are under way; each row comes out once, with its answer."""
    database.ask("CREATE VIEW slow AS SELECT id, name FROM dim, LATERAL (SELECT pg_sleep(0.03 + 0 * id)) s")
    names = {1: "one", 2: "two", 3: "three", 4: "four"}
    script = tmp_path / "slow.stest"
    script.write_text("ok\n" + orders(tmp_path, 60).strip(";\n") + "\n\nok\n"
                      + table(database, "dim", "id INT, name STRING", "slow").strip(";\n")
                      + "\n\nchangelog\nSELECT o.v, d.name FROM o LEFT JOIN dim FOR SYSTEM_TIME AS OF o.p AS d ON o.id = d.id\n----\n"
                      + "".join(f"+I\t{v}\t{names.get(v % 5, '<NULL>')}\n" for v in range(60)))
    done = subprocess.run([local_stack.BINARY, "test", script, "--disturb", disturb, "--batch-rows", "7", "--parallelism", "3"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=local_stack.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_cache_asks_once(database, run_sql, tmp_path):
    database.ask("DROP TABLE IF EXISTS asked; CREATE TABLE asked(id int);"
                 "CREATE OR REPLACE FUNCTION note(id int) RETURNS int AS $$ INSERT INTO asked VALUES ($1) RETURNING id $$ LANGUAGE sql;"
                 "CREATE VIEW noted AS SELECT id, name FROM dim WHERE note(id) = id;"
                 "CREATE TABLE IF NOT EXISTS found(v int, name text); TRUNCATE found;")
    sql = (orders(tmp_path, 500) + table(database, "dim", "id INT, name STRING", "noted", **{
        "lookup.cache": "PARTIAL", "lookup.partial-cache.max-rows": "100"})
        + table(database, "found", "v INT, name STRING") + "SET 'table.exec.async-lookup.buffer-capacity' = '1';\n" + JOIN)
    run_sql(sql)
    assert database.ask("SELECT count(*) FROM found") == "500"
    assert int(database.ask("SELECT count(*) FROM asked")) < 50


def test_a_server_that_is_not_there(run_sql):
    port = local_stack.free_port()
    printed = run_sql("CREATE TABLE t (id INT) WITH ('connector' = 'jdbc', 'table-name' = 't', "
                      f"'url' = 'jdbc:postgresql://127.0.0.1:{port}/postgres');\nSELECT * FROM t;\n", check=False)
    assert "refused" in printed and str(port) in printed


def test_other_databases_are_refused(run_sql):
    printed = run_sql("CREATE TABLE t (id INT) WITH ('connector' = 'jdbc', 'table-name' = 't', "
                      "'url' = 'jdbc:mysql://127.0.0.1/x');\nSELECT * FROM t;\n", check=False)
    assert "not supported yet" in printed and "mysql" in printed


def test_rows_that_do_not_fit_end_the_job(database, run_sql):
    database.ask("DROP TABLE IF EXISTS small; CREATE TABLE small(id int, name varchar(3));")
    printed = run_sql(table(database, "small", "id INT, name STRING") + "INSERT INTO small VALUES (1, 'abc'), (2, 'abcd');\n",
                      check=False)
    assert "character varying(3)" in printed
    assert database.ask("SELECT count(*) FROM small") == "0"


def test_the_server_restarts_under_a_running_job(tmp_path, engine):
    """A sink and a lookup that lose their connections connect again; the job goes on."""
    server = Postgres(tmp_path / "own").create().start()
    try:
        server.ask("CREATE TABLE dim(id int PRIMARY KEY, name text); INSERT INTO dim SELECT i, 'n' || i FROM generate_series(0, 9) i;"
                   "CREATE TABLE found(v bigint PRIMARY KEY, name text)")
        sql = ("SET 'execution.checkpointing.interval' = '100 ms';\n"
               "SET 'restart-strategy.type' = 'fixed-delay';\nSET 'restart-strategy.fixed-delay.attempts' = '1000';\n"
               "SET 'restart-strategy.fixed-delay.delay' = '100 ms';\n"
               "CREATE TABLE gen (v BIGINT, p AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '500', "
               "'fields.v.kind' = 'sequence', 'fields.v.start' = '1', 'fields.v.end' = '2000');\n"
               + table(server, "dim", "id BIGINT, name STRING") + table(server, "found", "v BIGINT PRIMARY KEY NOT ENFORCED, name STRING")
               + "INSERT INTO found SELECT v, d.name FROM gen JOIN dim FOR SYSTEM_TIME AS OF gen.p AS d ON MOD(gen.v, 10) = d.id "
               "ON CONFLICT DO DEDUPLICATE;\n")
        engine.start()
        engine.run(engine.upload(sql))
        local_stack.wait_until(lambda: int(server.ask("SELECT count(*) FROM found", check=False) or 0) > 100, local_stack.PATIENCE, "first rows")
        server.stop(signal.SIGINT)
        server.start()
        local_stack.wait_until(lambda: server.ask("SELECT count(*) FROM found", check=False) == "2000", local_stack.PATIENCE, "all rows")
        assert server.ask("SELECT count(*) FROM found WHERE name = 'n' || (v % 10)") == "2000"
    finally:
        engine.stop()
        server.stop()
