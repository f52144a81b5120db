"""Applications on a session cluster that somebody else runs: real ones, of the runtimes that `sluice runtime install` has."""
import json
import os

import conftest
import local_stack
import pytest
from session_cluster import SessionCluster
from test_programs import SQL, python_package, rows_out, write_rows

NEWEST, OLDER = "FLINK-2_3", "FLINK-1_20"
everything = os.environ.get("SLUICE_FLINK") == "all"


@pytest.fixture(params=[NEWEST, pytest.param(OLDER, marks=pytest.mark.only_if(everything, "SLUICE_FLINK=all (make flink)"))])
def cluster(request, tmp_path, runtime_folder):
    cluster = SessionCluster(tmp_path / "cluster", runtime_folder(request.param), conftest.java_home())
    cluster.runtime = request.param
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def test_two_applications_on_a_cluster_that_dies_and_returns(cluster, service, tmp_path, jar_of, request):
    on_cluster = {"sluice.run.options": {"clusterUrl": cluster.url, "programArgs": f"folder={tmp_path}/jar"}}
    jar = conftest.Application(service, "on-cluster-jar", tmp_path / "jar")
    sql = conftest.Application(service, "on-cluster-sql", tmp_path / "sql")
    request.addfinalizer(lambda: [conftest.remove(app) for app in (jar, sql)])

    jar.create(jar_of("lifecycle", cluster.runtime), cluster.runtime, on_cluster)
    jar.run()
    jar.wait_for_count(40)
    jar.snapshot("early")
    assert not cluster.get("/jars")["files"], "what was uploaded is not left there"
    said = [record["message"] for record in jar.log() if record["messageType"] == "WARN"]
    assert len(said) == 1 and "does not see the property groups Test:" in said[0] and "programArgs" in said[0], said

    write_rows(sql, "1.json", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    sql.create(SQL.format(folder=sql.work), cluster.runtime, {"sluice.run.options": {"clusterUrl": cluster.url}})
    sql.run()
    local_stack.wait_until(lambda: "+I[A, 1]" in cluster.output() and "+I[B, 1]" in cluster.output(), local_stack.PATIENCE, "rows")
    sql_job = (cluster.running() - {job_of(jar)}).pop()

    # An update takes the state along and leaves the other application alone.
    before = jar.count()
    jar.wait_for("RUNNING", jar.update(FlinkApplicationConfigurationUpdate={
        "ParallelismConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "ParallelismUpdate": 2}}))
    jar.wait_for_count(before + 100)
    assert len(jar.starts()) == 2 and jar.starts()[1] >= before
    assert cluster.running() == {job_of(jar), sql_job}

    # The cluster dies with all it knew; as soon as it is back, both jobs go on from their last checkpoints.
    before = jar.count()
    wait_for_a_checkpoint(cluster, job_of(jar))
    cluster.kill()
    cluster.start()
    local_stack.wait_until(lambda: len(jar.starts()) == 3, local_stack.PATIENCE, "the job on the cluster that has returned")
    assert jar.starts()[2] >= before
    write_rows(sql, "2.json", [{"id": 3, "name": "a"}])
    local_stack.wait_until(lambda: "+U[A, 2]" in cluster.output(), local_stack.PATIENCE, "a row that continues the count")
    local_stack.wait_until(lambda: len(cluster.running()) == 2, local_stack.PATIENCE, "both jobs")
    assert jar.status() == sql.status() == "RUNNING"

    jar.wait_for_count(jar.starts()[2] + 40)
    stop_after_downtime(jar)
    at_stop = jar.count()
    assert len(cluster.running()) == 1
    jar.run("RESTORE_FROM_LATEST_SNAPSHOT")
    local_stack.wait_until(lambda: len(jar.starts()) == 4, local_stack.PATIENCE, "the job's start")
    assert jar.starts()[3] >= at_stop
    jar.stop(force=True)
    sql.stop()
    assert not cluster.running() and cluster.get("/overview"), "only the jobs have ended"


def wait_for_a_checkpoint(cluster, job):
    """Until one has completed that began after this call: the next one may have been under way."""
    def completed():
        return cluster.get(f"/jobs/{job}/checkpoints")["counts"]["completed"]
    wanted = completed() + 2
    local_stack.wait_until(lambda: completed() >= wanted, local_stack.PATIENCE, "a checkpoint")


def stop_after_downtime(app):
    """The job may count before the service has seen all of its tasks run; until then a stop with a snapshot is refused."""
    def accepted():
        try:
            app.stop()
        except app.client.exceptions.InvalidApplicationConfigurationException as error:
            assert "experiencing downtime" in str(error), error
            return False
        return True
    local_stack.wait_until(accepted, local_stack.PATIENCE, "the end of the downtime")


def job_of(app):
    return json.loads((app.folder / "flink_session.json").read_text())["job_id"]


@pytest.mark.only_if(everything, "SLUICE_FLINK=all (make flink)")  # PyFlink takes minutes to install
def test_a_python_program_with_its_own_functions(cluster, service, tmp_path, runtime_folder, request):
    """main() sees its properties; the cluster runs the functions with the Python that the options name, and goes on after a snapshot."""
    python = runtime_folder(cluster.runtime, "--python").with_name(cluster.runtime + "-python") / "bin" / "python"
    app = conftest.Application(service, "on-cluster-python", tmp_path / "app")
    request.addfinalizer(lambda: conftest.remove(app))
    write_rows(app, "1.json", [{"name": "quiet"}])
    app.create(python_package(), cluster.runtime, {
        "kinesis.analytics.flink.run.options": {"python": "app/main.py", "pyFiles": "."},
        "sluice.flink.options": {"python.executable": str(python)}, "sluice.run.options": {"clusterUrl": cluster.url}})
    app.run()
    local_stack.wait_until(lambda: {"name": "QUIET!"} in rows_out(app), local_stack.PATIENCE, "a row of the function")
    assert cluster.running() == {job_of(app)}
    app.stop()
    write_rows(app, "2.json", [{"name": "later"}])
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    local_stack.wait_until(lambda: {"name": "LATER!"} in rows_out(app), local_stack.PATIENCE, "a row after the restore")
    assert rows_out(app).count({"name": "QUIET!"}) == 1, "the file that was read is not read again"


def test_a_cluster_that_is_not_there_is_said(app, jar_of):
    app.create(jar_of("lifecycle", NEWEST), NEWEST, {"sluice.run.options": {"clusterUrl": "http://127.0.0.1:1"}})
    operation = app.wait_for_end(app.start())
    assert operation["OperationStatus"] == "FAILED"
    fault = operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert "the Flink cluster at http://127.0.0.1:1 does not answer" in fault, fault
