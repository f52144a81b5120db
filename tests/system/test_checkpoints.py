"""Checkpoints, savepoints and rescaling of a running engine over Flink's REST API."""
import shutil
from pathlib import Path

import boto3
import local_stack
import pytest
from engine_process import CountJob, Engine


@pytest.fixture
def engine(tmp_path, s3_url):
    engine = Engine(tmp_path, local_stack.aws_environment(s3_url))
    engine.start()
    yield engine
    engine.stop()


def wait_for_checkpoints(engine, job, count=2):
    return engine.wait_for(f"{job}/checkpoints", lambda a: a["counts"]["completed"] >= count, f"{count} checkpoints")


def test_a_checkpoint_on_demand_and_its_details(engine, tmp_path):
    counted = CountJob(tmp_path, settings="SET 'execution.checkpointing.interval' = '10 min';")
    counted.add(("x", 1), ("y", 2), ("x", 3))
    job = engine.run(engine.upload(counted.sql))
    engine.running(job)
    request = engine.trigger(f"{job}/checkpoints", {"checkpointType": "CONFIGURED"})
    number = engine.completed(f"{job}/checkpoints/{request}")["checkpointId"]
    facts = engine.get(f"{job}/checkpoints")
    assert facts["counts"] == {"restored": 0, "total": 1, "in_progress": 0, "completed": 1, "failed": 0}
    assert facts["latest"]["completed"]["id"] == number
    details = engine.get(f"{job}/checkpoints/details/{number}")
    assert details["status"] == "COMPLETED"
    path = Path(details["external_path"].removeprefix("file:"))
    assert path.name == f"chk-{number}" and (path / "_metadata").is_file()
    for vertex in engine.get(job)["vertices"]:
        assert details["tasks"][vertex["id"]]["num_acknowledged_subtasks"] == vertex["parallelism"]
        subtasks = engine.get(f"{job}/checkpoints/details/{number}/subtasks/{vertex['id']}")["subtasks"]
        assert [s["status"] for s in subtasks] == ["completed"] * vertex["parallelism"]
        assert engine.get(f"{job}/vertices/{vertex['id']}/backpressure")["status"] == "ok"
    assert engine.get(f"{job}/checkpoints/config")["interval"] == 600000
    metrics = {m["id"]: m["value"] for m in engine.get(
        f"{job}/metrics?get=numberOfCompletedCheckpoints,lastCheckpointExternalPath,numRestarts,fullRestarts,downtime")}
    assert metrics == {"numberOfCompletedCheckpoints": "1", "lastCheckpointExternalPath": details["external_path"],
                       "numRestarts": "0", "fullRestarts": "0", "downtime": "0"}


def test_stop_with_savepoint_and_go_on_from_it_elsewhere(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1), ("y", 2), ("x", 3))
    package = engine.upload(counted.sql)
    job = engine.run(package)
    counted.wait_for_rows(engine)
    request = engine.trigger(f"{job}/stop", {"targetDirectory": f"file://{tmp_path}/savepoints", "drain": False})
    location = engine.saved(job, request)
    engine.wait_for(job, lambda a: a["state"] == "FINISHED", "FINISHED")
    folder = Path(location.removeprefix("file:"))
    assert folder.parent == tmp_path / "savepoints"
    assert folder.name.startswith(f"savepoint-{job.removeprefix('/jobs/')[:6]}-")
    moved = tmp_path / "moved"
    shutil.move(folder, moved)

    counted.add(("x", 10), ("z", 4))
    second = engine.run(package, savepointPath=str(moved), parallelism=3)
    counted.wait_for_rows(engine)
    restored = engine.get(f"{second}/checkpoints")["latest"]["restored"]
    assert restored["is_savepoint"] and restored["external_path"] == f"file:{moved}"
    assert (moved / "_metadata").is_file(), "NO_CLAIM: the savepoint is its owner's"


def test_a_claimed_savepoint_is_removed_once_a_checkpoint_replaces_it(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1))
    package = engine.upload(counted.sql)
    job = engine.run(package)
    counted.wait_for_rows(engine)
    request = engine.trigger(f"{job}/stop", {"targetDirectory": str(tmp_path / "savepoints")})
    location = engine.saved(job, request)
    counted.add(("x", 2))
    second = engine.run(package, savepointPath=location, claimMode="CLAIM")
    counted.wait_for_rows(engine)
    wait_for_checkpoints(engine, second)
    assert not Path(location.removeprefix("file:")).exists()


def test_a_savepoint_of_a_running_job_is_disposed_of(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1))
    job = engine.run(engine.upload(counted.sql))
    engine.running(job)
    request = engine.trigger(f"{job}/savepoints", {"target-directory": str(tmp_path / "savepoints"), "cancel-job": False})
    location = engine.saved(job, request)
    assert engine.get(job)["state"] == "RUNNING"
    request = engine.trigger("/savepoint-disposal", {"savepoint-path": location})
    assert engine.completed(f"/savepoint-disposal/{request}") == {}
    assert not Path(location.removeprefix("file:")).exists()
    request = engine.trigger("/savepoint-disposal", {"savepoint-path": location})
    cause = engine.completed(f"/savepoint-disposal/{request}")["failure-cause"]
    assert f"Cannot find checkpoint or savepoint file/directory '{location}'" in cause["stack-trace"]


def test_a_savepoint_that_cannot_be_written_fails_and_the_job_goes_on(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1))
    job = engine.run(engine.upload(counted.sql))
    engine.running(job)
    (tmp_path / "file").write_text("in the way")
    request = engine.trigger(f"{job}/savepoints", {"target-directory": str(tmp_path / "file" / "savepoints")})
    cause = engine.completed(f"{job}/savepoints/{request}")["failure-cause"]
    assert str(tmp_path / "file") in cause["stack-trace"]
    counted.add(("x", 2))
    counted.wait_for_rows(engine)
    assert engine.get(job)["state"] == "RUNNING"


def test_rescaling_in_place_keeps_state(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1), ("y", 2), ("z", 3))
    job = engine.run(engine.upload(counted.sql))
    counted.wait_for_rows(engine)
    bounds = engine.get(f"{job}/resource-requirements")
    wanted = {vertex: {"parallelism": {"lowerBound": 1, "upperBound": 3}} for vertex in bounds}
    status, answer = engine.call("PUT", f"{job}/resource-requirements", wanted)
    assert status == 200, answer
    facts = engine.wait_for(job, lambda a: {v["parallelism"] for v in a["vertices"]} == {3}, "three subtasks each")
    assert facts["state"] == "RUNNING"
    counted.add(("x", 10), ("y", 20), ("z", 30), ("u", 40))
    counted.wait_for_rows(engine)
    metrics = {m["id"]: m["value"] for m in engine.get(f"{job}/metrics?get=numRescales,downtime")}
    assert metrics == {"numRescales": "1", "downtime": "0"}


def test_a_killed_engine_goes_on_with_the_same_job_id(engine, tmp_path):
    counted = CountJob(tmp_path)
    counted.add(("x", 1), ("y", 2))
    package = engine.upload(counted.sql)
    job = engine.run(package)
    counted.wait_for_rows(engine)
    engine.kill()
    engine.start()
    counted.add(("x", 3))
    assert engine.run(package, jobId=job.removeprefix("/jobs/")) == job
    counted.wait_for_rows(engine)
    assert engine.get(f"{job}/checkpoints")["latest"]["restored"]["is_savepoint"] is False


def test_state_in_s3(tmp_path, s3_url):
    client = boto3.client("s3", endpoint_url=s3_url, region_name=local_stack.REGION, aws_access_key_id="local",
                          aws_secret_access_key="local-secret")
    client.create_bucket(Bucket="test-checkpoints")
    keys = lambda: sorted(o["Key"] for o in client.list_objects_v2(Bucket="test-checkpoints").get("Contents", []))  # noqa: E731
    engine = Engine(tmp_path, local_stack.aws_environment(s3_url),
                    ["execution.checkpointing.dir=s3://test-checkpoints/c", "execution.checkpointing.data-inline-threshold=0 b",
                     "execution.checkpointing.savepoint-dir=s3://test-checkpoints/saved"])
    engine.start()
    try:
        counted = CountJob(tmp_path)
        counted.add(*((f"key {i}", i) for i in range(300)))
        package = engine.upload(counted.sql)
        job = engine.run(package)
        counted.wait_for_rows(engine)
        wait_for_checkpoints(engine, job)
        number = job.removeprefix("/jobs/")
        assert any(key.startswith(f"c/{number}/chk-") and key.endswith("/_metadata") for key in keys())
        assert any(key.startswith(f"c/{number}/shared/") for key in keys())
        engine.kill()
        engine.start()
        counted.add(*((f"key {i}", 7) for i in range(0, 300, 3)))
        engine.run(package, jobId=number)
        counted.wait_for_rows(engine)
        request = engine.trigger(f"{job}/stop", {})
        location = engine.saved(job, request)
        assert location.startswith("s3://test-checkpoints/saved/savepoint-")
        engine.wait_for(job, lambda a: a["state"] == "FINISHED", "FINISHED")
        assert not [key for key in keys() if key.startswith("c/")], "a finished job leaves no checkpoints"
        counted.add(("key 0", 1))
        engine.run(package, savepointPath=location)
        counted.wait_for_rows(engine)
    finally:
        engine.stop()
