"""Snapshots of applications, what starts from them, and the snapshots that stand alone."""
import json
import time
from pathlib import Path

import local_stack
import pytest
from conftest import BUCKET, Application, Service

def create(app, sql="STATE one", enabled=True, **more):
    configuration = {"ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": sql}}}
    configuration.update(ApplicationSnapshotConfiguration={"SnapshotsEnabled": enabled}, **more)
    return app.create(ApplicationConfiguration=configuration)


def started(app):
    """What the engine was told to start from."""
    return json.loads((app.service.data / "apps" / app.name / "work" / "started.json").read_text())


def snapshots(app):
    return app.client.list_application_snapshots(ApplicationName=app.name)["SnapshotSummaries"]


def describe(app, name):
    return app.client.describe_application_snapshot(ApplicationName=app.name, SnapshotName=name)["SnapshotDetails"]


def take(app, name, status="READY"):
    app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName=name)
    local_stack.wait_until(lambda: describe(app, name)["SnapshotStatus"] == status, local_stack.PATIENCE, f"snapshot {name}: {status}")
    return describe(app, name)


def restart(app, kind=None, **more):
    run = {}
    if kind:
        run["ApplicationRestoreConfiguration"] = {"ApplicationRestoreType": kind, **more}
    app.start(RunConfiguration=run)
    app.wait_for("RUNNING")


def stop(app):
    app.wait_for_operation(app.stop(), "SUCCESSFUL")
    app.wait_for("READY")


def gone(client, call, **arguments):
    def check():
        try:
            call(**arguments)
            return False
        except client.exceptions.ResourceNotFoundException:
            return True

    local_stack.wait_until(check, local_stack.PATIENCE, "gone")


def test_a_snapshot_of_a_running_application(app, fails):
    create(app)
    app.run()
    assert snapshots(app) == []
    details = take(app, "first")
    assert details["ApplicationVersionId"] == 1 and details["RuntimeEnvironment"] == "FLINK-2_3"
    assert abs(details["SnapshotCreationTimestamp"].timestamp() - time.time()) < 60
    assert details["ApplicationEncryptionConfigurationDescription"]["KeyType"] == "AWS_OWNED_KEY"
    assert snapshots(app) == [details]
    fails("ResourceInUseException", app.client.create_application_snapshot, ApplicationName=app.name, SnapshotName="first")
    assert app.detail()["ApplicationStatus"] == "RUNNING"


def test_what_is_refused(app, client, fails):
    create(app)
    fails("ResourceInUseException", client.create_application_snapshot, ApplicationName=app.name, SnapshotName="s")
    fails("ResourceNotFoundException", client.create_application_snapshot, ApplicationName="none", SnapshotName="s")
    fails("ResourceNotFoundException", client.describe_application_snapshot, ApplicationName=app.name, SnapshotName="s")
    fails("ResourceNotFoundException", client.describe_application_snapshot, ApplicationName="none", SnapshotName="s")
    fails("ResourceNotFoundException", client.delete_application_snapshot, ApplicationName=app.name, SnapshotName="s",
          SnapshotCreationTimestamp=1)
    fails("InvalidArgumentException", client.create_application_snapshot, ApplicationName=app.name, SnapshotName="a b")
    fails("InvalidArgumentException", client.create_application_snapshot, ApplicationName=app.name, SnapshotName="s" * 257)
    fails("InvalidArgumentException", client.list_application_snapshots, ApplicationName=app.name, Limit=51)
    fails("InvalidArgumentException", client.list_application_snapshots, ApplicationName=app.name, NextToken="x")


def test_deleting_a_snapshot_removes_its_files(app, fails):
    create(app)
    app.run()
    details = take(app, "s")
    files = app.service.data / "apps" / app.name / "snapshots"
    assert list(files.rglob("_metadata"))
    arguments = dict(ApplicationName=app.name, SnapshotName="s")
    fails("InvalidArgumentException", app.client.delete_application_snapshot, SnapshotCreationTimestamp=12345, **arguments)
    app.client.delete_application_snapshot(SnapshotCreationTimestamp=details["SnapshotCreationTimestamp"], **arguments)
    gone(app.client, app.client.describe_application_snapshot, **arguments)
    assert snapshots(app) == [] and not list(files.rglob("_metadata"))
    take(app, "s")


def test_a_snapshot_that_fails(app):
    create(app, "SNAPBREAK")
    app.run()
    take(app, "s", "FAILED")
    assert app.detail()["ApplicationStatus"] == "RUNNING"
    assert any("the disk is full" in r["message"] for r in app.service.application_log(app.name) if r["messageType"] == "ERROR")
    app.stop(Force=True)


def test_snapshots_wait_for_nobody_and_nobody_for_them(app, tmp_path):
    create(app, f"SNAPWAIT {tmp_path}/go")
    app.run()
    app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="slow")
    assert describe(app, "slow")["SnapshotStatus"] == "CREATING"
    stop_operation = app.stop()
    assert app.detail()["ApplicationStatus"] == "STOPPING"
    (tmp_path / "go").write_text("")
    app.wait_for_operation(stop_operation, "SUCCESSFUL")
    assert describe(app, "slow")["SnapshotStatus"] == "READY", "it was asked for before the stop"
    assert len(snapshots(app)) == 2


def test_a_force_stop_takes_no_snapshot(app, tmp_path):
    create(app, f"SNAPWAIT {tmp_path}/never")
    app.run()
    app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="s")
    app.stop(Force=True)
    app.wait_for("READY")
    assert [s["SnapshotStatus"] for s in snapshots(app)] == ["FAILED"]


def test_stop_and_start_keep_the_state(app):
    create(app, "STATE red")
    restart(app, "RESTORE_FROM_LATEST_SNAPSHOT")
    first = started(app)
    assert (first["savepoint"], first["state"], first["allow"]) == ("", "", False), "there is none, and that is fine"
    stop(app)
    [taken] = snapshots(app)
    assert taken["SnapshotStatus"] == "READY" and taken["ApplicationVersionId"] == 1
    restart(app)
    assert started(app)["state"] == "red"
    stop(app)
    restart(app, "SKIP_RESTORE_FROM_SNAPSHOT")
    assert started(app)["state"] == "" and len(snapshots(app)) == 2
    run = app.configuration()["RunConfigurationDescription"]
    assert run["ApplicationRestoreConfigurationDescription"]["ApplicationRestoreType"] == "SKIP_RESTORE_FROM_SNAPSHOT"


def test_snapshots_can_be_off(app):
    create(app, "STATE red", enabled=False)
    app.run()
    stop(app)
    assert snapshots(app) == []
    restart(app)
    assert started(app)["state"] == ""


def test_start_from_a_snapshot_by_name(app, fails):
    create(app, "STATE red")
    app.run()
    take(app, "mine")
    app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
        "CodeContentUpdate": {"TextContentUpdate": "STATE blue"}}})
    app.wait_for("RUNNING")
    stop(app)
    custom = {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT"}
    for code, restore in [("ResourceNotFoundException", {**custom, "SnapshotName": "none"}),
                          ("InvalidArgumentException", custom)]:
        fails(code, app.start, RunConfiguration={"ApplicationRestoreConfiguration": restore})
    assert app.detail()["ApplicationStatus"] == "READY"
    app.start(RunConfiguration={"ApplicationRestoreConfiguration": {**custom, "SnapshotName": "mine"},
                                "FlinkRunConfiguration": {"AllowNonRestoredState": True}})
    app.wait_for("RUNNING")
    assert started(app)["state"] == "red" and started(app)["allow"] is True
    run = app.configuration()["RunConfigurationDescription"]
    assert run["ApplicationRestoreConfigurationDescription"] == {**custom, "SnapshotName": "mine"}
    assert run["FlinkRunConfigurationDescription"] == {"AllowNonRestoredState": True}


def test_an_update_keeps_the_state(app):
    create(app, "STATE red")
    app.run()
    answer = app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
        "CodeContentUpdate": {"TextContentUpdate": "STATE blue"}}})
    app.wait_for_operation(answer["OperationId"], "SUCCESSFUL")
    assert started(app)["state"] == "red"
    [taken] = snapshots(app)
    assert taken["ApplicationVersionId"] == 1, "of the version that ran"
    # A change of the run configuration alone restarts the job too.
    answer = app.update(RunConfigurationUpdate={
        "ApplicationRestoreConfiguration": {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"}})
    app.wait_for_operation(answer["OperationId"], "SUCCESSFUL")
    assert started(app)["state"] == "" and len(snapshots(app)) == 2


@pytest.mark.parametrize("change", ["stop", "update"])
def test_a_failed_snapshot_leaves_the_job_running(app, change):
    create(app, "SNAPBREAK")
    app.run()
    [engine] = app.service.engine_pids()
    if change == "stop":
        operation = app.stop()
    else:
        operation = app.update(ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": [
            {"PropertyGroupId": "g", "PropertyMap": {"k": "v"}}]}})["OperationId"]
    details = app.wait_for_operation(operation, "FAILED")
    assert "the disk is full" in details["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    app.wait_for("RUNNING")
    assert app.service.engine_pids() == [engine]
    if change == "update":
        detail = app.detail()
        assert detail["ApplicationVersionId"] == 3 and detail["ApplicationVersionRolledBackTo"] == 1
        assert "EnvironmentPropertyDescriptions" not in detail["ApplicationConfigurationDescription"]
    app.stop(Force=True)


def test_no_snapshot_while_the_job_is_down(app, fails, tmp_path):
    down = tmp_path / "down"
    create(app, f"RESTARTING {down}")
    app.run()
    down.write_text("")

    def refused():
        try:
            app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="s")
            return False
        except app.client.exceptions.InvalidApplicationConfigurationException as error:
            return error.response["Error"]["Message"]

    try:
        message = local_stack.wait_until(refused, local_stack.PATIENCE, "a refusal")
    finally:
        taken = snapshots(app)
    assert message.startswith(f"Failed to take snapshot for the application {app.name} at this moment. The application is "
                              "currently experiencing downtime.")
    for call in (app.stop, lambda: app.update(RunConfigurationUpdate={"FlinkRunConfiguration": {"AllowNonRestoredState": True}})):
        assert "downtime" in fails("InvalidApplicationConfigurationException", call)
    down.unlink()
    assert len(taken) <= 1
    app.stop(Force=True)


def test_pages_and_the_limit(tmp_path, s3, fails):
    service = Service(tmp_path, s3.url, ["--max-snapshots", "3"])
    try:
        app = Application(service, "a")
        create(app)
        app.run()
        for name in ("a", "b", "c"):
            take(app, name)
        fails("LimitExceededException", app.client.create_application_snapshot, ApplicationName="a", SnapshotName="d")
        names, token = [], {}
        while True:
            page = app.client.list_application_snapshots(ApplicationName="a", Limit=2, **token)
            names += [s["SnapshotName"] for s in page["SnapshotSummaries"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert names == ["c", "b", "a"]
        stop(app)
        assert len(snapshots(app)) == 4, "the service's own are taken beyond the limit"
        app.remove()
        assert not (service.data / "apps" / "a").exists()
    finally:
        service.close()


# ---- snapshots that stand alone


def settled(client, name, operation, status="SUCCESSFUL"):
    def details():
        return client.describe_snapshot_operation(SnapshotName=name, SnapshotOperationId=operation)["SnapshotOperationInfoDetails"]

    local_stack.wait_until(lambda: details()["SnapshotOperationStatus"] == status, local_stack.PATIENCE, f"{name}: {status}")
    return details()


def test_a_standing_snapshot_outlives_its_application(app, client, fails):
    create(app, "STATE red")
    fails("ResourceInUseException", client.create_snapshot, ApplicationName=app.name, SnapshotName="alone")
    fails("InvalidArgumentException", client.create_snapshot, ApplicationName="none", SnapshotName="alone")
    app.run()
    answer = client.create_snapshot(ApplicationName=app.name, SnapshotName="alone", SnapshotDescription="why",
                                    Tags=[{"Key": "k", "Value": "v"}])
    assert answer["SnapshotStatus"] == "CREATING" and answer["SnapshotOperationStatus"] == "IN_PROGRESS"
    assert answer["SnapshotArn"].endswith(":snapshot/alone")
    done = settled(client, "alone", answer["SnapshotOperationId"])
    assert done["SnapshotOperation"] == "CreateSnapshot" and done["ApplicationOperationDescription"]["ApplicationName"] == app.name
    details = client.describe_snapshot(SnapshotName="alone")["SnapshotInfoDetails"]
    assert details["SnapshotStatus"] == "READY" and details["SnapshotDescription"] == "why"
    arn = answer["SnapshotArn"]
    tags = lambda: {t["Key"]: t["Value"] for t in client.list_tags_for_resource(ResourceARN=arn)["Tags"]}
    assert tags() == {"k": "v"}
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}, {"Key": "l", "Value": ""}])
    fails("TooManyTagsException", client.tag_resource, ResourceARN=arn,
          Tags=[{"Key": f"more-{i}", "Value": ""} for i in range(49)])
    client.untag_resource(ResourceARN=arn, TagKeys=["k", "never-there"])
    assert tags() == {"l": ""} and details["SnapshotDescription"] == "why"
    fails("ResourceNotFoundException", client.list_tags_for_resource, ResourceARN=arn + "-none")
    assert details["SnapshotInitiator"] == "USER" and details["SnapshotSizeInBytes"] == len("red")
    assert details["SnapshotSourceDescription"]["SourceApplicationDescription"]["ApplicationName"] == app.name
    assert snapshots(app) == [], "not one of the application's own"
    fails("ResourceInUseException", client.create_snapshot, ApplicationName=app.name, SnapshotName="alone")
    app.remove()
    assert [s["SnapshotName"] for s in client.list_snapshots(SourceApplicationName=app.name)["SnapshotInfoList"]] == ["alone"]
    assert client.list_snapshots(SnapshotInitiator="SYSTEM")["SnapshotInfoList"] == []

    # Another application starts from it, by its ARN.
    other = Application(app.service, app.name + "-2")
    create(other)
    other.start(RunConfiguration={"ApplicationRestoreConfiguration": {
        "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotArn": answer["SnapshotArn"]}})
    other.wait_for("RUNNING")
    assert started(other)["state"] == "red"
    other.remove()

    arguments = dict(SnapshotName="alone", SnapshotCreationTimestamp=details["SnapshotCreationTimestamp"])
    fails("InvalidArgumentException", client.delete_snapshot, SnapshotName="alone", SnapshotCreationTimestamp=1)
    deleted = client.delete_snapshot(**arguments)
    assert deleted["SnapshotStatus"] == "DELETING"
    gone(client, client.describe_snapshot, SnapshotName="alone")
    assert settled(client, "alone", deleted["SnapshotOperationId"])["SnapshotOperation"] == "DeleteSnapshot"
    fails("ResourceNotFoundException", client.delete_snapshot, **arguments)
    fails("ResourceNotFoundException", client.list_snapshot_operations, SnapshotName="never-there")


def test_export_and_import(app, client, s3, fails):
    create(app, "STATE green")
    app.run()
    settled(client, "out", client.create_snapshot(ApplicationName=app.name, SnapshotName="out")["SnapshotOperationId"])
    place = {"BucketARN": f"arn:aws:s3:::{BUCKET}", "KeyPrefix": f"exports/{app.name}/"}
    role = "arn:aws:iam::123456789012:role/x"
    destination = dict(DestinationType="S3", ExportRoleArn=role, DestinationS3PrefixLocation=place)
    fails("ResourceNotFoundException", client.export_snapshot, SnapshotName="none", ExportDestinationConfiguration=destination)
    answer = client.export_snapshot(SnapshotName="out", ExportDestinationConfiguration=destination)
    done = settled(client, "out", answer["SnapshotOperationId"])
    where = done["SnapshotDestinationLocationDescription"]["S3PrefixLocation"]
    assert where["KeyPrefix"] == place["KeyPrefix"] and where["ExportedPrefix"].startswith(place["KeyPrefix"])
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix=where["ExportedPrefix"])["Contents"]]
    assert any(k.endswith("/_metadata") for k in keys)
    operations = client.list_snapshot_operations(SnapshotName="out", Limit=1)
    assert operations["SnapshotOperationInfoList"][0]["SnapshotOperation"] == "ExportSnapshot" and operations["NextToken"]

    def import_from(name, prefix):
        source = dict(SourceType="S3", ImportRoleArn=role, SourceS3PrefixLocation={**place, "KeyPrefix": prefix})
        return client.import_snapshot(SnapshotName=name, ImportSourceConfiguration=source)

    answer = import_from("in", where["ExportedPrefix"])
    assert answer["SnapshotStatus"] == "CREATING"
    settled(client, "in", answer["SnapshotOperationId"])
    details = client.describe_snapshot(SnapshotName="in")["SnapshotInfoDetails"]
    assert details["SnapshotStatus"] == "READY" and details["SnapshotInitiatorOperation"] == "ImportSnapshot"
    assert details["RuntimeEnvironment"] == "FLINK-2_3"
    assert details["SnapshotSourceDescription"]["S3PrefixLocation"]["KeyPrefix"] == where["ExportedPrefix"]
    app.stop(Force=True)
    app.wait_for("READY")
    restart(app, "RESTORE_FROM_CUSTOM_SNAPSHOT", SnapshotArn=details["SnapshotArn"])
    assert started(app)["state"] == "green"

    failed = settled(client, "bad", import_from("bad", "exports/nothing-here")["SnapshotOperationId"], "FAILED")
    assert "nothing-here" in failed["SnapshotOperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    assert client.describe_snapshot(SnapshotName="bad")["SnapshotInfoDetails"]["SnapshotStatus"] == "FAILED"
    for name in ("out", "in", "bad"):
        made = client.describe_snapshot(SnapshotName=name)["SnapshotInfoDetails"]["SnapshotCreationTimestamp"]
        client.delete_snapshot(SnapshotName=name, SnapshotCreationTimestamp=made)
        gone(client, client.describe_snapshot, SnapshotName=name)
    assert not list(Path(app.service.data / "snapshots").iterdir())
