"""What the service does by itself, with the real engine: scaling by load and maintenance. No row is lost or doubled."""
import json
import subprocess
import urllib.request

import local_stack
from test_snapshots import once, settle

BURN = """
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000');
CREATE TABLE hole (n BIGINT, c BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO hole SELECT n, COUNT(*) FROM numbers GROUP BY n;
"""
# One datapoint is enough, and of a processor it need not get much: other tests want some, too.
SCALING = ("--autoscale-datapoint-ms", "1000", "--autoscale-up-datapoints", "1", "--autoscale-up-percent", "15", "--max-kpus", "2")


def parallelism(stack, job):
    detail = stack.client().describe_application(ApplicationName=job.name)["ApplicationDetail"]
    flink = detail["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]
    return flink["ParallelismConfigurationDescription"]["CurrentParallelism"]


def operations(stack, job, name):
    listed = stack.client().list_application_operations(ApplicationName=job.name, Operation=name)
    return [o["OperationStatus"] for o in listed["ApplicationOperationInfoList"]]


def engine(stack, job, path):
    url = json.loads((stack.data / "apps" / job.name / "engine.json").read_text())["rest_url"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url + path, timeout=30) as answer:
        return json.loads(answer.read())


def widest_tasks(stack, job):
    """Of each job of the application, the largest parallelism of a task."""
    jobs = engine(stack, job, "/jobs/overview")["jobs"]
    return [max(v["parallelism"] for v in engine(stack, job, f"/jobs/{j['jid']}")["vertices"]) for j in jobs]


def test_a_busy_application_is_scaled_while_it_runs(stack, copy_job):
    stack.server.kill()
    stack.start_server(*SCALING)
    copy_job.sql += BURN
    copy_job.create()
    copy_job.start()
    [pid] = stack.engine_pids()
    assert parallelism(stack, copy_job) == 1
    copy_job.add_rows(range(1, 11))
    local_stack.wait_until(lambda: parallelism(stack, copy_job) == 2, local_stack.PATIENCE, "two at once")
    stack.wait_for_status(copy_job.name, "RUNNING")
    copy_job.add_rows(range(11, 21))
    once(copy_job, range(1, 21))
    assert widest_tasks(stack, copy_job) == [2, 2], "both jobs of the package"
    assert stack.engine_pids() == [pid], "without a restart"
    assert operations(stack, copy_job, "AutoScaleApplication") == ["SUCCESSFUL"]

    # It stays so over a restart of the service, and begins anew with the next start.
    stack.server.kill()
    stack.start_server()
    assert parallelism(stack, copy_job) == 2
    settle(stack, copy_job, stack.client().stop_application(ApplicationName=copy_job.name)["OperationId"])
    assert parallelism(stack, copy_job) == 1
    copy_job.start()
    copy_job.add_rows(range(21, 31))
    once(copy_job, range(1, 31))
    assert widest_tasks(stack, copy_job) == [1, 1]


def test_maintenance_by_the_operator_keeps_the_state(stack, copy_job):
    copy_job.create()
    copy_job.start()
    copy_job.add_rows(range(1, 11))
    once(copy_job, range(1, 11))
    before = stack.engine_pids()
    asked = subprocess.run([local_stack.BINARY, "apps", "maintain", copy_job.name, "--endpoint", stack.url], capture_output=True,
                           text=True, timeout=60, env=stack.environment)
    assert asked.returncode == 0, asked
    settle(stack, copy_job, asked.stdout.strip())
    assert stack.engine_pids() != before
    copy_job.add_rows(range(11, 21))
    once(copy_job, range(1, 21))
    assert stack.status(copy_job.name) == "RUNNING"
