"""'scan.parallelism' and 'sink.parallelism' in a running job: what Flink's REST API says of its vertices (asked of Flink 2.3)."""
import local_stack

JOB = """\
SET 'parallelism.default' = '2';
CREATE TABLE src (k INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
  'fields.k.min' = '1', 'fields.k.max' = '9', 'scan.parallelism' = '1');
CREATE TABLE dst (k INT {key}, n BIGINT) WITH ('connector' = '{connector}', 'sink.parallelism' = '3'{more});
INSERT INTO dst {select};
"""


def vertices(engine, **parts):
    engine.start()
    job = engine.run(engine.upload(JOB.format(**{"key": "", "connector": "print", "more": "", **parts})))
    local_stack.wait_until(lambda: engine.get(job)["state"] == "RUNNING", local_stack.PATIENCE, "the job to run")
    return job, engine.get(job)["vertices"]


def test_changes_go_to_the_sink_by_its_key(engine):
    _, found = vertices(engine, key="PRIMARY KEY NOT ENFORCED", select="SELECT k, COUNT(*) FROM src GROUP BY k")
    assert [v["parallelism"] for v in found] == [1, 2, 2, 3]
    assert "GroupAggregate" in found[2]["name"] and "Writer" in found[3]["name"]


def test_rows_are_spread(engine, tmp_path):
    job, found = vertices(engine, connector="filesystem", more=f", 'path' = '{tmp_path}/out', 'format' = 'json'",
                          select="SELECT k, v FROM src WHERE v > k")
    assert [v["parallelism"] for v in found] == [1, 2, 3]
    assert "Source" in found[0]["name"] and "Calc" in found[1]["name"] and "Writer" in found[2]["name"]
    # Rows come out of every subtask of the sink.
    local_stack.wait_until(lambda: all(s["metrics"]["read-records"] > 0 for s in engine.get(
        f"{job}/vertices/{found[2]['id']}")["subtasks"]), local_stack.PATIENCE, "rows in every subtask")
