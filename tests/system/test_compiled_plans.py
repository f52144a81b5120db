"""COMPILE PLAN and EXECUTE PLAN: a plan written by one process runs in another, goes on from a savepoint, and bad files are refused by name."""
import json
import os
import subprocess

import local_stack
import pytest
from engine_process import CountJob, Engine

TABLES = """\
CREATE TABLE src (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '{input}', 'format' = 'json');
CREATE TABLE dst (k STRING, s INT) WITH ('connector' = 'filesystem', 'path' = '{output}', 'format' = 'debezium-json');
"""
COMPILE = "COMPILE PLAN '{plan}' FOR INSERT INTO dst SELECT k, SUM(v) FROM src GROUP BY k;\n"


@pytest.fixture
def engine(tmp_path):
    engine = Engine(tmp_path, dict(os.environ))
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def paths(tmp_path):
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"k": k, "v": v}) + "\n" for k, v in [("a", 1), ("b", 2), ("a", 4)]))
    return {"input": tmp_path / "in.jsonl", "output": tmp_path / "out", "plan": tmp_path / "plan.json"}


def run(text, check=True):
    done = subprocess.run([local_stack.BINARY, "sql", "-e", text], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    printed = done.stdout + done.stderr
    assert not check or done.returncode == 0, printed
    return printed


def changes(paths):
    lines = [line for file in sorted(paths["output"].rglob("*")) if file.is_file() for line in file.read_text().splitlines()]
    return [(c["op"], (c["after"] or c["before"])["k"], (c["after"] or c["before"])["s"]) for c in map(json.loads, lines)]


def test_another_process_runs_the_plan(paths):
    run((TABLES + COMPILE).format(**paths))
    assert not paths["output"].exists()
    run("EXECUTE PLAN '{plan}';".format(**paths))  # without the tables: all that it needs is in the plan
    assert changes(paths) == [("c", "a", 1), ("c", "b", 2), ("d", "a", 1), ("c", "a", 5)]


def test_the_same_plan_has_the_same_operators(paths):
    run((TABLES + COMPILE).format(**paths))
    first = paths["plan"].read_text()
    paths["plan"].unlink()
    run((TABLES + COMPILE).format(**paths))
    assert paths["plan"].read_text() == first


def test_a_plan_that_is_there_is_kept(paths):
    run((TABLES + COMPILE).format(**paths))
    printed = run((TABLES + COMPILE).format(**paths), check=False)
    assert "Cannot overwrite the plan file" in printed and str(paths["plan"]) in printed
    run((TABLES + COMPILE.replace("FOR INSERT", "IF NOT EXISTS FOR INSERT")).format(**paths))
    run((TABLES + "SET 'table.plan.force-recompile' = 'true';\n" + COMPILE).format(**paths))


@pytest.mark.parametrize("damage, said", [
    (lambda text: text.replace('"SUM"', '"MAX"', 1), "was changed since"),
    (lambda text: text[:len(text) // 2], "was changed since"),
    (lambda text: "", "was changed since"),
    (lambda text: '{"flinkVersion": "2.3", "nodes": []}', "was compiled by Apache Flink"),
])
def test_bad_plans_are_refused_by_name(paths, damage, said):
    run((TABLES + COMPILE).format(**paths))
    paths["plan"].write_text(damage(paths["plan"].read_text()))
    printed = run("EXECUTE PLAN '{plan}';".format(**paths), check=False)
    assert said in printed and str(paths["plan"]) in printed
    assert not paths["output"].exists()


def test_a_plan_that_is_not_there(paths):
    printed = run("EXECUTE PLAN '{plan}';".format(**paths), check=False)
    assert "not found" in printed and str(paths["plan"]) in printed


def test_a_plan_goes_on_from_a_savepoint(engine, tmp_path):
    """The plan was compiled once; each run of it finds the state of the one before."""
    job = CountJob(tmp_path)
    plan = tmp_path / "plan.json"
    run(job.sql.replace("INSERT INTO dst", f"COMPILE PLAN '{plan}' FOR INSERT INTO dst"))
    package = engine.upload(f"SET 'execution.checkpointing.interval' = '200 ms';\nEXECUTE PLAN '{plan}';\n")

    first = engine.run(package)
    job.add(("a", 1), ("b", 2))
    job.wait_for_rows(engine)
    request = engine.trigger(f"{first}/stop", {"targetDirectory": str(tmp_path / "savepoints")})
    location = engine.completed(f"{first}/savepoints/{request}")["location"]
    engine.wait_for(first, lambda a: a["state"] == "FINISHED", "FINISHED")

    engine.run(package, savepointPath=location)
    job.add(("a", 10), ("b", 20))
    job.wait_for_rows(engine)
