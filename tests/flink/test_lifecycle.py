"""The life of an application on real Apache Flink: state, snapshots, failures, killed processes."""
import os
import signal
import subprocess

import local_stack
import pytest

NEWEST, OLDER = "FLINK-2_3", "FLINK-1_20"


@pytest.mark.parametrize("runtime", [NEWEST, OLDER])
def test_state_goes_along_over_snapshot_update_stop_and_restore(app, jar_of, runtime):
    jar = jar_of("lifecycle", runtime)
    app.create(jar, runtime, {"sluice.run.options": {"programArgs": "--first 'a b'"}})
    app.run()
    app.wait_for_count(40)
    app.snapshot("early")
    at_snapshot = app.count()
    app.wait_for_count(at_snapshot + 100)
    assert app.starts() == [0]

    # An update in place, to another parallelism: the state comes along, nothing is counted twice or lost.
    before = app.count()
    app.wait_for("RUNNING", app.update(FlinkApplicationConfigurationUpdate={
        "ParallelismConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "ParallelismUpdate": 2}}))
    # For a while: a task that has nothing to read ends, and while it does Flink takes no snapshots.
    app.wait_for_count(before + 300)
    assert len(app.starts()) == 2 and app.starts()[1] >= before

    app.stop()
    at_stop = app.count()
    assert not (app.folder / "flink.json").exists()
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    app.wait_for_count(at_stop + 20)
    assert app.starts()[2] >= at_stop
    if runtime == OLDER:
        check_log(app)
        check_ports(app)
        return  # what follows has nothing of a version in it
    app.stop()

    app.run("RESTORE_FROM_CUSTOM_SNAPSHOT", "early")
    local_stack.wait_until(lambda: len(app.starts()) == 4, local_stack.PATIENCE, "start from a snapshot")
    assert 20 <= app.starts()[3] <= at_snapshot + 60
    app.stop()

    app.run("SKIP_RESTORE_FROM_SNAPSHOT")
    local_stack.wait_until(lambda: len(app.starts()) == 5, local_stack.PATIENCE, "start from nothing")
    assert app.starts()[4] == 0

    check_log(app)
    check_ports(app)


def check_log(app):
    """The program's own log, as JSON, whatever is in the message; arguments as they were given."""
    messages = {record["message"]: record for record in app.log()}
    assert "main began in mode run with 2 arguments: --first,a b" in messages
    record = messages['the task starts from "0"\\']
    assert record["logger"] == "Lifecycle" and record["messageType"] == "INFO" and record["messageSchemaVersion"] == "1"
    assert record["applicationARN"] == app.detail()["ApplicationARN"] and "Count.processElement" in record["locationInformation"]


def check_ports(app):
    """Nobody else on the network reaches the cluster."""
    job_manager, task_managers = app.processes()
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [line for line in listening if any(f"pid={pid}," in line for pid in [job_manager, *task_managers])]
    assert len(ours) >= 4
    assert not [line for line in ours if "127.0.0.1" not in line.split()[3]], "\n".join(ours)


def test_a_main_that_fails_is_the_operations_first_fault(app, jar_of):
    app.create(jar_of("lifecycle", NEWEST), NEWEST, {"Test": {"mode": "fail-main"}})
    operation = app.wait_for_end(app.start())
    assert operation["OperationStatus"] == "FAILED"
    fault = operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert "this program was told to fail" in fault, fault
    assert app.status() == "READY" and not (app.folder / "flink.json").exists()
    errors = [record for record in app.log() if record["messageType"] == "ERROR"]
    assert errors and any("this program was told to fail" in line for record in errors for line in record.get("throwableInformation", []))


def test_an_entry_class_that_is_not_there_is_said_plainly(app, jar_of):
    app.create(jar_of("lifecycle", NEWEST), NEWEST, {"sluice.run.options": {"entryClass": "com.example.Nothing"}})
    operation = app.wait_for_end(app.start())
    assert "com.example.Nothing" in operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]


def test_killed_processes_of_flink_come_back_with_their_state(app, jar_of):
    app.create(jar_of("lifecycle", NEWEST), NEWEST)
    app.run()
    app.wait_for_count(200)
    job_manager, task_managers = app.processes()
    os.kill(task_managers[0], signal.SIGKILL)
    before = app.count()
    app.wait_for_count(before + 60)
    assert app.processes()[0] == job_manager and app.processes()[1] != task_managers
    assert len(app.starts()) == 2 and 100 <= app.starts()[1] <= before + 20

    os.kill(job_manager, signal.SIGKILL)
    local_stack.wait_until(lambda: len(app.starts()) == 3, local_stack.PATIENCE, "the job on a new cluster")
    before = app.starts()[2]
    assert before >= 100 and app.processes()[0] != job_manager
    app.wait_for_count(before + 40)
    assert app.status() == "RUNNING"


def test_a_killed_service_finds_its_job_again(own_app, jar_of):
    app = own_app
    app.create(jar_of("lifecycle", NEWEST), NEWEST)
    app.run()
    app.wait_for_count(40)
    processes = app.processes()
    app.service.process.kill()
    app.service.start()
    before = app.count()
    app.wait_for_count(before + 20)
    assert app.status() == "RUNNING" and app.processes() == processes and app.starts() == [0]
    # Killed while a job comes up: the next one ends what is left and starts it again, once.
    app.stop()
    app.service.process.kill()
    app.service.start("--die-at", "start.engine_launched")
    app.start()
    local_stack.wait_until(lambda: app.service.process.popen.poll() is not None, local_stack.PATIENCE, "the service's end")
    left = app.processes()
    app.service.start()
    app.wait_for("RUNNING")
    app.wait_for_count(app.count() + 20)
    assert not any(local_stack.pids_with(str(app.folder)) and pid in local_stack.pids_with(str(app.folder))
                   for pid in [left[0], *left[1]])
    assert len(app.starts()) == 2 and app.starts()[1] >= 40
    app.stop()


def test_a_job_that_fails_again_and_again_is_unhealthy(app, jar_of):
    app.create(jar_of("lifecycle", NEWEST), NEWEST, {
        "Test": {"folder": str(app.work), "mode": "fail-task"},
        "sluice.flink.options": {"restart-strategy.fixed-delay.delay": "1 s"}})
    app.start()

    def lost():
        operations = app.client.list_application_operations(ApplicationName=app.name)["ApplicationOperationInfoList"]
        return [one for one in operations if one["Operation"] == "RestartApplication"]
    local_stack.wait_until(lost, local_stack.PATIENCE, "three failures")
    assert lost()[0]["OperationStatus"] == "FAILED"
    details = app.operation(lost()[0]["OperationId"])
    assert "the task was told to fail" in details["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert app.status() == "RUNNING"
    with pytest.raises(app.client.exceptions.InvalidApplicationConfigurationException):
        app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="no")
