"""SQL and Python on real Apache Flink, and what a start refuses."""
import io
import json
import os
import zipfile

import local_stack
import pytest

NEWEST = "FLINK-2_3"

SQL = """\
CREATE TABLE src (id INT, name STRING) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '200 ms');
CREATE TABLE dst (name STRING, n BIGINT) WITH ('connector' = 'print');
INSERT INTO dst SELECT UPPER(name), COUNT(*) FROM src GROUP BY name;
"""

PYTHON = """\
import json
import os
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf
from my_deps.shouting import shout

with open("/etc/flink/application_properties.json") as file:
    groups = {group["PropertyGroupId"]: group["PropertyMap"] for group in json.load(file)}
folder = groups["Test"]["folder"]
table_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())


@udf(result_type=DataTypes.STRING())
def loud(text):
    return shout(text)


table_env.create_temporary_function("loud", loud)
table_env.execute_sql(f\"\"\"CREATE TABLE src (name STRING) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json', 'source.monitor-interval' = '200 ms')\"\"\")
table_env.execute_sql(f\"\"\"CREATE TABLE dst (name STRING) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json',
  'sink.rolling-policy.rollover-interval' = '1 s', 'sink.rolling-policy.check-interval' = '1 s')\"\"\")
table_env.execute_sql("INSERT INTO dst SELECT loud(name) FROM src")
"""


def output(app):
    path = app.folder / "logs" / "engine.log"
    return path.read_text(errors="replace") if path.exists() else ""


def write_rows(app, name, rows):
    folder = app.work / "in"
    folder.mkdir(exist_ok=True)
    (folder / f".{name}").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / f".{name}").rename(folder / name)


def python_package():
    """PYTHON with a module of its own, zipped."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app/main.py", PYTHON)
        archive.writestr("my_deps/__init__.py", "")
        archive.writestr("my_deps/shouting.py", "def shout(text):\n    return text.upper() + '!'\n")
    return buffer.getvalue()


def rows_out(app):
    files = [path for path in (app.work / "out").glob("**/part-*")] if (app.work / "out").exists() else []
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def test_sql_runs_on_apache_flink_if_a_property_says_so(app, runtime_folder):
    runtime_folder(NEWEST)
    write_rows(app, "1.json", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    app.create(SQL.format(folder=app.work), NEWEST, {"sluice.run.options": {"engine": "flink"}})
    app.run()
    local_stack.wait_until(lambda: "+I[A, 1]" in output(app) and "+I[B, 1]" in output(app), local_stack.PATIENCE, "rows")
    app.stop()
    write_rows(app, "2.json", [{"id": 3, "name": "a"}])
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    local_stack.wait_until(lambda: "+U[A, 2]" in output(app), local_stack.PATIENCE, "a row that continues the count")
    assert "+I[B, 1]" not in output(app).split("+U[A, 2]")[1]


def test_sql_that_fails_on_apache_flink_fails_the_start_with_its_cause(app, runtime_folder):
    runtime_folder(NEWEST)
    app.create("CREATE TABLE t (a INT) WITH ('connector' = 'nothing');\nINSERT INTO t SELECT * FROM u;", NEWEST,
               {"sluice.run.options": {"engine": "flink"}})
    operation = app.wait_for_end(app.start())
    fault = operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert "Object 'u' not found" in fault and "\tat " not in fault, fault


@pytest.mark.only_if(os.environ.get("SLUICE_FLINK") == "all", "SLUICE_FLINK=all (make flink)")  # PyFlink takes minutes to install
def test_a_python_program_with_its_own_modules_and_functions(app, runtime_folder):
    runtime_folder(NEWEST, "--python")
    write_rows(app, "1.json", [{"name": "quiet"}])
    app.create(python_package(), NEWEST,
               {"kinesis.analytics.flink.run.options": {"python": "app/main.py", "pyFiles": "."}})
    app.run()
    local_stack.wait_until(lambda: {"name": "QUIET!"} in rows_out(app), local_stack.PATIENCE, "a row of the function")


def test_a_python_program_without_run_options_says_what_is_missing(app):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", "print(1)")
    app.create(buffer.getvalue(), NEWEST)
    operation = app.wait_for_end(app.start())
    assert "kinesis.analytics.flink.run.options" in operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
