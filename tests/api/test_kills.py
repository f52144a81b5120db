"""kill -9 of the server at every step of every operation: nothing that was acknowledged is lost, no application is stuck.

Which steps an operation has is asked of the service: a first run writes them down, and each of the others dies at one of them.
"""
import concurrent.futures
import http.client
import json
import urllib.request

import botocore.exceptions
import local_stack
import pytest
import urllib3.exceptions
from conftest import BUCKET, ROLE, Application, Service
from test_rollback import ROLLBACK, new_code, roll_back
from test_snapshots import create, describe, snapshots, started

NO_ANSWER = (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError,
             botocore.exceptions.ReadTimeoutError, botocore.exceptions.HTTPClientError, urllib3.exceptions.HTTPError)


def running(app, sql="STATE red", **more):
    create(app, sql, **more)
    app.run()


def updated(app):
    running(app)
    app.wait_for_operation(new_code(app, "STATE blue")["OperationId"], "SUCCESSFUL")


def prepare_start(app):
    running(app)
    app.wait_for_operation(app.stop(), "SUCCESSFUL")


def take(app):
    app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="s")


def delete_snapshot(app):
    details = describe(app, "s")
    app.client.delete_application_snapshot(ApplicationName=app.name, SnapshotName="s",
                                           SnapshotCreationTimestamp=details["SnapshotCreationTimestamp"])


def running_with_snapshot(app):
    running(app)
    take(app)
    local_stack.wait_until(lambda: describe(app, "s")["SnapshotStatus"] == "READY", local_stack.PATIENCE, "READY")


def delete(app):
    app.client.delete_application(ApplicationName=app.name, CreateTimestamp=app.detail()["CreateTimestamp"])


def exists(app):
    try:
        return app.detail()["ApplicationStatus"]
    except app.client.exceptions.ResourceNotFoundException:
        return None


def snapshot_status(app):
    try:
        return describe(app, "s")["SnapshotStatus"]
    except app.client.exceptions.ResourceNotFoundException:
        return None


# ---- snapshots that stand alone


def standing(app, name):
    """Its status; None if there is none. Nothing of it may be under way for ever."""
    try:
        operations = app.client.list_snapshot_operations(SnapshotName=name)["SnapshotOperationInfoList"]
        assert not operations or operations[0]["SnapshotOperationStatus"] in ("IN_PROGRESS", "SUCCESSFUL"), operations
        if any(o["SnapshotOperationStatus"] == "IN_PROGRESS" for o in operations):
            return "under way"
        return app.client.describe_snapshot(SnapshotName=name)["SnapshotInfoDetails"]["SnapshotStatus"]
    except app.client.exceptions.ResourceNotFoundException:
        return None


def take_standing(app):
    app.client.create_snapshot(ApplicationName=app.name, SnapshotName="alone")


# ---- what the service does by itself


def busy(app, **more):
    running(app, "STATE red BURN " + more.pop("words", ""), **more)
    app.first_job = started(app)["job"]


def wait_to_be_scaled(app):
    # Seen by its own eyes only where the service lives on.
    local_stack.wait_until(lambda: app.service.process.popen.poll() is not None or operations(app), local_stack.PATIENCE, "the operation")


def operations(app):
    try:
        return [(o["Operation"], o["OperationStatus"])
                for o in app.client.list_application_operations(ApplicationName=app.name)["ApplicationOperationInfoList"]
                if o["Operation"] in ("AutoScaleApplication", "MaintainApplication")]
    except NO_ANSWER:
        return []


def scaled(app, parallelism=2, status="SUCCESSFUL"):
    shown = app.configuration()["FlinkApplicationConfigurationDescription"]["ParallelismConfigurationDescription"]
    return (exists(app) == "RUNNING" and (shown["Parallelism"], shown["CurrentParallelism"]) == (1, parallelism)
            and operations(app) == [("AutoScaleApplication", status)] and app.detail()["ApplicationVersionId"] == 1)


def ask_for_maintenance(app):
    request = urllib.request.Request(f"{app.service.url}/maintenance/app-{app.name}", b"{}", method="POST",
                                     headers={"Content-Type": "application/x-amz-json-1.1"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read())["OperationId"]
    except (OSError, http.client.HTTPException) as error:
        raise urllib3.exceptions.HTTPError(error)


def maintained(app):
    return exists(app) == "RUNNING" and operations(app) == [("MaintainApplication", "SUCCESSFUL")]


# One datapoint is enough; the engine keeps a processor busy, of which it need not get much.
SCALING = ("--autoscale-datapoint-ms", "1000", "--autoscale-up-datapoints", "1", "--autoscale-up-percent", "1", "--max-kpus", "2")
# operation → options of the service that carries it out
OPTIONS = {"autoscale": SCALING, "autoscale-in-place": SCALING, "autoscale-that-fails": SCALING, "autoscale-without-snapshots": SCALING}


def with_standing(app):
    running(app)
    take_standing(app)
    local_stack.wait_until(lambda: standing(app, "alone") == "READY", local_stack.PATIENCE, "READY")


def place(app):
    # Each round has its own: the bucket is shared.
    return {"BucketARN": f"arn:aws:s3:::{BUCKET}", "KeyPrefix": f"kills/{app.service.data.parent.parent.name}-{app.service.data.parent.name}"}


def export(app):
    app.client.export_snapshot(SnapshotName="alone", ExportDestinationConfiguration={
        "DestinationType": "S3", "ExportRoleArn": ROLE, "DestinationS3PrefixLocation": place(app)})


def exported(app):
    operations = app.client.list_snapshot_operations(SnapshotName="alone")["SnapshotOperationInfoList"]
    return standing(app, "alone") == "READY" and [o["SnapshotOperation"] for o in operations] == ["ExportSnapshot", "CreateSnapshot"]


def with_exported(app):
    with_standing(app)
    export(app)
    local_stack.wait_until(lambda: exported(app), local_stack.PATIENCE, "exported")


def import_(app):
    app.client.import_snapshot(SnapshotName="in", ImportSourceConfiguration={
        "SourceType": "S3", "ImportRoleArn": ROLE, "SourceS3PrefixLocation": place(app)})


def delete_standing(app):
    details = app.client.describe_snapshot(SnapshotName="alone")["SnapshotInfoDetails"]
    app.client.delete_snapshot(SnapshotName="alone", SnapshotCreationTimestamp=details["SnapshotCreationTimestamp"])


# name → (what goes before, the call, what it is when the call is done)
OPERATIONS = {
    "start": (prepare_start, lambda app: app.start(), lambda app: exists(app) == "RUNNING" and started(app)["state"] == "red"),
    "stop": (running, lambda app: app.stop(),
             lambda app: exists(app) == "READY" and [s["SnapshotStatus"] for s in snapshots(app)] == ["READY"]),
    "force": (running, lambda app: app.stop(Force=True), lambda app: exists(app) == "READY"),
    "update": (running, lambda app: new_code(app, "STATE blue"),
               lambda app: exists(app) == "RUNNING" and app.detail()["ApplicationVersionId"] == 2 and started(app)["state"] == "red"),
    "update-that-fails": (lambda app: running(app, **ROLLBACK), lambda app: new_code(app, "FAIL"),
                          lambda app: exists(app) == "RUNNING" and app.detail()["ApplicationVersionId"] == 3
                          and started(app)["state"] == "red"),
    "rollback": (updated, roll_back,
                 lambda app: exists(app) == "RUNNING" and app.detail()["ApplicationVersionId"] == 3 and started(app)["state"] == "red"),
    "snapshot": (running, take, lambda app: snapshot_status(app) == "READY" and exists(app) == "RUNNING"),
    "delete-snapshot": (running_with_snapshot, delete_snapshot, lambda app: snapshot_status(app) is None),
    "standing-snapshot": (running, take_standing, lambda app: standing(app, "alone") == "READY"),
    "export": (with_standing, export, exported),
    "import": (with_exported, import_, lambda app: standing(app, "in") == "READY"),
    "delete-standing": (with_standing, delete_standing, lambda app: standing(app, "alone") is None),
    "autoscale": (busy, wait_to_be_scaled, lambda app: scaled(app) and started(app)["state"] == "red" and started(app)["parallelism"] == 2),
    "autoscale-in-place": (lambda app: busy(app, words="RESCALES"), wait_to_be_scaled,
                           lambda app: scaled(app)),
    "autoscale-that-fails": (lambda app: busy(app, words="WIDEFAILS"), wait_to_be_scaled,
                             lambda app: scaled(app, 1, "FAILED") and started(app)["state"] == "red"),
    "autoscale-without-snapshots": (lambda app: busy(app, enabled=False), wait_to_be_scaled,
                                    lambda app: scaled(app) and started(app)["job"] == app.first_job and not snapshots(app)),
    "maintenance": (running, ask_for_maintenance, lambda app: maintained(app) and started(app)["state"] == "red"),
    "maintenance-without-snapshots": (lambda app: running(app, enabled=False), ask_for_maintenance,
                                      lambda app: maintained(app) and not snapshots(app)),
    "delete": (running, delete, lambda app: exists(app) is None),
}


class Round:
    """One service that has come to where the operation begins."""

    def __init__(self, folder, s3, operation):
        self.before, self.call, self.done = OPERATIONS[operation]
        folder.mkdir()
        self.steps = folder / "steps"
        self.service = Service(folder, s3.url, [])
        self.app = Application(self.service, "a")
        self.before(self.app)

    def again(self, *options):
        """The service anew, as it is started when its options change."""
        self.service.process.kill()
        self.service.options = options
        self.service.start()

    def finish(self, what):
        try:
            local_stack.wait_until(lambda: self.done(self.app), local_stack.PATIENCE, f"{what}: the operation's end")
        except local_stack.StackError as error:
            pytest.fail(f"{error}; the application is {exists(self.app)}\n{self.service.process.log_tail()}")
        if exists(self.app):
            listed = self.app.client.list_application_operations(ApplicationName="a")["ApplicationOperationInfoList"]
            assert all(o["OperationStatus"] != "IN_PROGRESS" for o in listed), listed
        assert len(self.service.engine_pids()) == (1 if exists(self.app) == "RUNNING" else 0)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_at_every_step(tmp_path, s3, operation):
    first = Round(tmp_path / "first", s3, operation)
    try:
        first.again("--step-log", str(first.steps), *OPTIONS.get(operation, ()))
        begun = len(first.steps.read_text().splitlines()) if first.steps.exists() else 0
        first.call(first.app)
        first.finish("undisturbed")
        steps = list(dict.fromkeys(first.steps.read_text().splitlines()[begun:]))
    finally:
        first.service.close()
    assert steps, "the operation has no steps"

    def die_at(i):
        round_ = Round(tmp_path / f"{i}", s3, operation)
        try:
            round_.again("--die-at", steps[i], *OPTIONS.get(operation, ()))
            try:
                round_.call(round_.app)
            except NO_ANSWER:
                pass  # it died before the answer
            local_stack.wait_until(lambda: round_.service.process.popen.poll() is not None, local_stack.PATIENCE, f"death at {steps[i]}")
            round_.again()
            round_.finish(f"killed at {steps[i]}")
        finally:
            round_.service.close()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(die_at, range(len(steps))))
