"""Snapshots with the real engine: what a job has read is neither read again nor lost, whatever becomes of the application."""
import local_stack
from conftest import BUCKET, CopyJob


def once(job, ids):
    """All of the rows are there, each once."""
    job.wait_for_rows(ids)
    found = job.rows()
    assert {i: found[i] for i in ids} == dict.fromkeys(ids, 1)


def settle(stack, job, operation):
    def status():
        return stack.client().describe_application_operation(
            ApplicationName=job.name, OperationId=operation)["ApplicationOperationInfoDetails"]

    local_stack.wait_until(lambda: status()["OperationStatus"] != "IN_PROGRESS", local_stack.PATIENCE, "the operation's end")
    assert status()["OperationStatus"] == "SUCCESSFUL", status()


def stop(stack, job, **more):
    settle(stack, job, stack.client().stop_application(ApplicationName=job.name, **more)["OperationId"])


def start(stack, job, kind="RESTORE_FROM_LATEST_SNAPSHOT", **more):
    settle(stack, job, stack.client().start_application(ApplicationName=job.name, RunConfiguration={
        "ApplicationRestoreConfiguration": {"ApplicationRestoreType": kind, **more}})["OperationId"])


def snapshot(stack, job, name):
    client = stack.client()
    client.create_application_snapshot(ApplicationName=job.name, SnapshotName=name)
    local_stack.wait_until(lambda: client.describe_application_snapshot(
        ApplicationName=job.name, SnapshotName=name)["SnapshotDetails"]["SnapshotStatus"] == "READY", local_stack.PATIENCE, "the snapshot")


def test_stop_start_update_and_rollback_keep_the_state(stack, copy_job):
    client = stack.client()
    copy_job.create()
    start(stack, copy_job)  # from the latest snapshot, of which there is none
    copy_job.add_rows(range(1, 11))
    once(copy_job, range(1, 11))

    stop(stack, copy_job)
    copy_job.add_rows(range(11, 21))
    start(stack, copy_job)
    once(copy_job, range(1, 21))

    answer = client.update_application(
        ApplicationName=copy_job.name, CurrentApplicationVersionId=1, ApplicationConfigurationUpdate={
            "EnvironmentPropertyUpdates": {"PropertyGroups": [{"PropertyGroupId": "g", "PropertyMap": {"k": "v"}}]}})
    settle(stack, copy_job, answer["OperationId"])
    copy_job.add_rows(range(21, 31))
    once(copy_job, range(1, 31))

    snapshot(stack, copy_job, "newest")
    settle(stack, copy_job, client.rollback_application(
        ApplicationName=copy_job.name, CurrentApplicationVersionId=2)["OperationId"])
    copy_job.add_rows(range(31, 41))
    once(copy_job, range(1, 41))
    listed = client.list_application_snapshots(ApplicationName=copy_job.name)["SnapshotSummaries"]
    assert [s["SnapshotStatus"] for s in listed] == ["READY"] * 3, "of the stop, of the update, and the user's"


def test_a_snapshot_by_name_goes_back_in_time(stack, copy_job):
    copy_job.create()
    start(stack, copy_job)
    copy_job.add_rows(range(1, 6))
    once(copy_job, range(1, 6))
    snapshot(stack, copy_job, "early")
    copy_job.add_rows(range(6, 11))
    once(copy_job, range(6, 11))
    stop(stack, copy_job, Force=True)
    start(stack, copy_job, "RESTORE_FROM_CUSTOM_SNAPSHOT", SnapshotName="early")
    local_stack.wait_until(lambda: copy_job.rows().get(6) == 2, local_stack.PATIENCE, "rows behind the snapshot are read again")
    assert copy_job.rows()[1] == 1, "those before it are not"
    stop(stack, copy_job, Force=True)
    start(stack, copy_job, "SKIP_RESTORE_FROM_SNAPSHOT")
    local_stack.wait_until(lambda: copy_job.rows().get(1) == 2, local_stack.PATIENCE, "everything is read again")


def test_a_snapshot_moves_to_another_application_through_s3(stack, copy_job):
    client = stack.client()
    copy_job.create()
    start(stack, copy_job)
    copy_job.add_rows(range(1, 11))
    once(copy_job, range(1, 11))

    def settled(name, operation):
        def details():
            return client.describe_snapshot_operation(SnapshotName=name,
                                                      SnapshotOperationId=operation)["SnapshotOperationInfoDetails"]

        local_stack.wait_until(lambda: details()["SnapshotOperationStatus"] != "IN_PROGRESS", local_stack.PATIENCE, name)
        assert details()["SnapshotOperationStatus"] == "SUCCESSFUL", details()
        return details()

    role = "arn:aws:iam::123456789012:role/x"
    place = {"BucketARN": f"arn:aws:s3:::{BUCKET}", "KeyPrefix": "moved"}
    settled("one", client.create_snapshot(ApplicationName=copy_job.name, SnapshotName="one")["SnapshotOperationId"])
    done = settled("one", client.export_snapshot(SnapshotName="one", ExportDestinationConfiguration={
        "DestinationType": "S3", "ExportRoleArn": role, "DestinationS3PrefixLocation": place})["SnapshotOperationId"])
    prefix = done["SnapshotDestinationLocationDescription"]["S3PrefixLocation"]["ExportedPrefix"]
    stop(stack, copy_job, Force=True)
    created = client.describe_application(ApplicationName=copy_job.name)["ApplicationDetail"]["CreateTimestamp"]
    client.delete_application(ApplicationName=copy_job.name, CreateTimestamp=created)
    imported = client.import_snapshot(SnapshotName="two", ImportSourceConfiguration={
        "SourceType": "S3", "ImportRoleArn": role, "SourceS3PrefixLocation": {**place, "KeyPrefix": prefix}})
    settled("two", imported["SnapshotOperationId"])

    heir = CopyJob.__new__(CopyJob)
    heir.__dict__.update(copy_job.__dict__, name="heir")
    heir.create()
    start(stack, heir, "RESTORE_FROM_CUSTOM_SNAPSHOT", SnapshotArn=imported["SnapshotArn"])
    heir.add_rows(range(11, 21))
    once(heir, range(1, 21))
