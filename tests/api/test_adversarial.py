"""Calls in an order, at a moment or with values that nobody who means well would use."""
import concurrent.futures
import urllib.error
import urllib.request

import botocore.exceptions
import local_stack
import pytest
from conftest import ROLE, Application
from test_rollback import code, new_code, race, roll_back
from test_snapshots import create, describe, gone, snapshots, started, take

LOGGING = {"LogStreamARN": "arn:aws:logs:us-east-1:1:log-group:g:log-stream:s"}


def opened(url):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_name_that_is_used_again_begins_with_nothing(app, fails):
    create(app, "STATE red")
    client = app.client
    client.tag_resource(ResourceARN=app.arn(), Tags=[{"Key": "old", "Value": "1"}])
    operation = app.run()
    take(app, "s")
    new_code(app, "STATE blue")
    app.wait_for("RUNNING")
    before = app.detail()
    url = client.create_application_presigned_url(ApplicationName=app.name, UrlType="FLINK_DASHBOARD_URL")["AuthorizedUrl"]
    assert opened(url) == 200
    page = client.list_application_operations(ApplicationName=app.name, Limit=1)["NextToken"]
    client.delete_application(ApplicationName=app.name, CreateTimestamp=before["CreateTimestamp"])
    app.wait_until_gone()

    create(app, "STATE green")
    detail = app.detail()
    assert detail["ApplicationVersionId"] == 1 and detail["ConditionalToken"] != before["ConditionalToken"]
    assert client.list_tags_for_resource(ResourceARN=app.arn())["Tags"] == []
    assert snapshots(app) == []
    assert client.list_application_operations(ApplicationName=app.name)["ApplicationOperationInfoList"] == []
    assert client.list_application_operations(ApplicationName=app.name, NextToken=page)["ApplicationOperationInfoList"] == []
    fails("ResourceNotFoundException", client.describe_application_operation, ApplicationName=app.name, OperationId=operation)
    fails("ResourceNotFoundException", client.describe_application_version, ApplicationName=app.name, ApplicationVersionId=2)
    fails("ConcurrentModificationException", client.update_application, ApplicationName=app.name,
          ConditionalToken=before["ConditionalToken"], ServiceExecutionRoleUpdate=ROLE)
    app.run()
    assert started(app)["savepoint"] == "", "the state of the one before is gone with it"
    assert opened(url) == 403
    fails("InvalidRequestException", roll_back, app)


def test_a_standing_snapshot_of_a_deleted_application_is_not_the_latest_of_its_namesake(app, client):
    create(app, "STATE red")
    app.run()
    client.create_snapshot(ApplicationName=app.name, SnapshotName=app.name)
    status = lambda: client.describe_snapshot(SnapshotName=app.name)["SnapshotInfoDetails"]  # noqa: E731
    local_stack.wait_until(lambda: status()["SnapshotStatus"] == "READY", local_stack.PATIENCE, "READY")
    app.remove()
    local_stack.wait_until(lambda: app.create(sql="STATE green"), local_stack.PATIENCE, "created again")
    app.run()
    assert started(app)["savepoint"] == ""
    client.delete_snapshot(SnapshotName=app.name, SnapshotCreationTimestamp=status()["SnapshotCreationTimestamp"])
    gone(client, client.describe_snapshot, SnapshotName=app.name)


def test_the_token_of_a_version_is_not_that_of_its_copy(app, fails):
    create(app, "STATE red")
    first = app.detail()["ConditionalToken"]
    app.run()
    app.wait_for_operation(new_code(app, "STATE blue")["OperationId"], "SUCCESSFUL")
    second = app.detail()["ConditionalToken"]
    app.wait_for_operation(roll_back(app)["OperationId"], "SUCCESSFUL")
    app.wait_for("RUNNING")
    assert code(app) == "STATE red" and app.detail()["ApplicationVersionId"] == 3
    for token in (first, second):
        fails("ConcurrentModificationException", app.client.update_application, ApplicationName=app.name, ConditionalToken=token,
              ServiceExecutionRoleUpdate=ROLE)
    # Of version and token both must be right.
    fails("ConcurrentModificationException", app.client.update_application, ApplicationName=app.name, CurrentApplicationVersionId=3,
          ConditionalToken=first, ServiceExecutionRoleUpdate=ROLE)
    app.client.update_application(ApplicationName=app.name, CurrentApplicationVersionId=3,
                                  ConditionalToken=app.detail()["ConditionalToken"], ServiceExecutionRoleUpdate=ROLE)


def test_an_update_of_nothing_leaves_the_job_alone(app, service):
    create(app)
    app.run()
    before = started(app)
    answer = app.update(ApplicationConfigurationUpdate={})
    assert answer["ApplicationDetail"]["ApplicationStatus"] == "RUNNING"
    assert app.operation(answer["OperationId"])["OperationStatus"] == "SUCCESSFUL"
    app.update(ApplicationConfigurationUpdate={"ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": False}})
    app.client.add_application_cloud_watch_logging_option(
        ApplicationName=app.name, CurrentApplicationVersionId=3, CloudWatchLoggingOption=LOGGING)
    assert app.detail()["ApplicationVersionId"] == 4 and started(app) == before


def test_an_engine_that_dies_after_changes_without_a_restart_goes_on_from_its_checkpoint(own_service):
    app = Application(own_service, "a")
    create(app, "STATE red")
    app.run()
    before = started(app)["job"]
    app.client.add_application_cloud_watch_logging_option(
        ApplicationName=app.name, CurrentApplicationVersionId=1, CloudWatchLoggingOption=LOGGING)
    [pid] = own_service.engine_pids()
    local_stack._signal(pid, 9)
    local_stack.wait_until(lambda: own_service.engine_pids() not in ([], [pid]), local_stack.PATIENCE, "another engine")
    local_stack.wait_until(lambda: started(app)["job"] == before, local_stack.PATIENCE, "the same job")


def test_while_an_update_is_under_way(app, tmp_path, fails):
    create(app, f"STATE red SNAPWAIT {tmp_path}/go ")
    app.run()
    operation = new_code(app, "STATE blue")["OperationId"]
    app.wait_for("UPDATING")
    client, name = app.client, app.name
    created = app.detail()["CreateTimestamp"]
    for call, arguments in (
            (client.create_application_snapshot, {"SnapshotName": "s"}),
            (client.start_application, {}), (client.stop_application, {}),
            (client.delete_application, {"CreateTimestamp": created}),
            (client.update_application, {"CurrentApplicationVersionId": 2, "ServiceExecutionRoleUpdate": ROLE}),
            (client.add_application_cloud_watch_logging_option,
             {"CurrentApplicationVersionId": 2, "CloudWatchLoggingOption": LOGGING}),
            (client.update_application_maintenance_configuration,
             {"ApplicationMaintenanceConfigurationUpdate": {"ApplicationMaintenanceWindowStartTimeUpdate": "20:30"}})):
        message = fails("ResourceInUseException", call, ApplicationName=name, **arguments)
        assert "UPDATING" in message, message
    fails("ResourceInUseException", client.create_snapshot, ApplicationName=name, SnapshotName=name)
    # What does not touch the job is possible.
    client.tag_resource(ResourceARN=app.arn(), Tags=[{"Key": "k", "Value": "v"}])
    assert client.list_application_versions(ApplicationName=name)["ApplicationVersionSummaries"][0]["ApplicationStatus"] == "UPDATING"
    (tmp_path / "go").write_text("")
    app.wait_for_operation(operation, "SUCCESSFUL")


def test_while_it_starts(app, fails):
    create(app, "SLOW")
    app.start(RunConfiguration={})
    client, name = app.client, app.name
    for call, arguments in (
            (client.create_application_snapshot, {"SnapshotName": "s"}), (client.start_application, {}), (client.stop_application, {}),
            (client.delete_application, {"CreateTimestamp": app.detail()["CreateTimestamp"]}),
            (client.rollback_application, {"CurrentApplicationVersionId": 1}),
            (client.update_application, {"CurrentApplicationVersionId": 1, "ServiceExecutionRoleUpdate": ROLE})):
        assert "STARTING" in fails("ResourceInUseException", call, ApplicationName=name, **arguments)
    app.stop(Force=True)
    app.wait_for("READY")
    fails("ResourceInUseException", client.stop_application, ApplicationName=name)
    fails("ResourceInUseException", client.stop_application, ApplicationName=name, Force=True)


def test_a_snapshot_under_way_can_neither_be_deleted_nor_restored_from(app, tmp_path, fails):
    create(app, f"STATE red SNAPWAIT {tmp_path}/go ")
    app.run()
    app.client.create_application_snapshot(ApplicationName=app.name, SnapshotName="s")
    created = describe(app, "s")["SnapshotCreationTimestamp"]
    fails("ResourceInUseException", app.client.delete_application_snapshot, ApplicationName=app.name, SnapshotName="s",
          SnapshotCreationTimestamp=created)
    fails("InvalidArgumentException", app.update, RunConfigurationUpdate={"ApplicationRestoreConfiguration": {
        "ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT", "SnapshotName": "s"}})
    fails("ResourceInUseException", app.client.create_application_snapshot, ApplicationName=app.name, SnapshotName="s")
    (tmp_path / "go").write_text("")
    local_stack.wait_until(lambda: describe(app, "s")["SnapshotStatus"] == "READY", local_stack.PATIENCE, "READY")


def test_tags_at_their_limit(app, fails):
    tags = [{"Key": f"k{i}", "Value": "v"} for i in range(50)]
    message = fails("TooManyTagsException", app.create, Tags=tags + [{"Key": "one more", "Value": "v"}])
    assert "51" in message and "50" in message
    fails("ResourceNotFoundException", app.detail)
    app.create(Tags=tags)
    arn, client = app.arn(), app.client
    fails("TooManyTagsException", client.tag_resource, ResourceARN=arn, Tags=[{"Key": "one more", "Value": "v"}])
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "k7", "Value": "another"}, {"Key": "k8", "Value": ""}])  # in their place
    client.untag_resource(ResourceARN=arn, TagKeys=["k0", "never there"])
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "one more", "Value": "v"}])
    found = {tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceARN=arn)["Tags"]}
    assert len(found) == 50 and found["k7"] == "another" and found["k8"] == "" and "k0" not in found
    fails("InvalidArgumentException", client.tag_resource, ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    fails("InvalidArgumentException", client.tag_resource, ResourceARN=arn, Tags=[{"Key": "aws:a", "Value": "1"}])


def ids(page):
    return [o["OperationId"] for o in page["ApplicationOperationInfoList"]]


def test_pages_of_changing_size_in_a_list_that_grows(app, fails):
    create(app)
    version = 1
    for _ in range(7):
        app.client.add_application_cloud_watch_logging_option(
            ApplicationName=app.name, CurrentApplicationVersionId=version, CloudWatchLoggingOption=LOGGING)
        app.client.delete_application_cloud_watch_logging_option(
            ApplicationName=app.name, CurrentApplicationVersionId=version + 1, CloudWatchLoggingOptionId=f"{version + 1}.1")
        version += 2
    everything = ids(app.client.list_application_operations(ApplicationName=app.name))
    assert len(everything) == 14
    seen, token, size = [], None, 1
    while True:
        page = app.client.list_application_operations(ApplicationName=app.name, Limit=size, **({"NextToken": token} if token else {}))
        assert len(page["ApplicationOperationInfoList"]) <= size
        seen += ids(page)
        token, size = page.get("NextToken"), size + 1
        if not token:
            break
        # Meanwhile the list goes on, before its beginning.
        app.client.update_application(ApplicationName=app.name, CurrentApplicationVersionId=version, ServiceExecutionRoleUpdate=ROLE)
        version += 1
    assert seen == everything, "none twice, none left out"
    for limit in (0, 51, -1):
        fails("InvalidArgumentException", app.client.list_application_operations, ApplicationName=app.name, Limit=limit)


def test_versions_in_pages_while_there_are_more(app):
    create(app)
    for version in range(1, 6):
        app.update(ServiceExecutionRoleUpdate=ROLE, CurrentApplicationVersionId=version)
    page = app.client.list_application_versions(ApplicationName=app.name, Limit=2)
    app.update(ServiceExecutionRoleUpdate=ROLE)
    rest = app.client.list_application_versions(ApplicationName=app.name, Limit=50, NextToken=page["NextToken"])
    assert [v["ApplicationVersionId"] for p in (page, rest) for v in p["ApplicationVersionSummaries"]] == [6, 5, 4, 3, 2, 1]


def test_eight_creators_of_one_name(app, fails):
    clients = [app.service.client() for _ in range(8)]
    arguments = dict(ApplicationName=app.name, RuntimeEnvironment="FLINK-2_3", ServiceExecutionRole=ROLE)
    text = lambda i: {"ApplicationCodeConfiguration": {  # noqa: E731
        "CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": f"STATE s{i}"}}}
    codes = race([lambda c=c, i=i: c.create_application(ApplicationConfiguration=text(i), **arguments) for i, c in enumerate(clients)])
    assert codes.count(None) == 1 and set(codes) - {None} <= {"ResourceInUseException", "ConcurrentModificationException"}
    app.run()
    assert started(app)["job"] and code(app) == f"STATE s{codes.index(None)}", "the winner's code"


def test_eight_snapshots_of_one_name(app):
    create(app)
    app.run()
    clients = [app.service.client() for _ in range(8)]
    codes = race([lambda c=c: c.create_application_snapshot(ApplicationName=app.name, SnapshotName="s") for c in clients])
    assert codes.count(None) == 1 and set(codes) - {None} == {"ResourceInUseException"}
    local_stack.wait_until(lambda: describe(app, "s")["SnapshotStatus"] == "READY", local_stack.PATIENCE, "READY")


def test_whatever_is_called_in_between_the_application_comes_to_rest(app):
    """Callers who do not know of each other: only the API's own errors, and no status for ever."""
    create(app, "STATE red")
    allowed = {"ResourceInUseException", "ConcurrentModificationException", "InvalidRequestException", "InvalidArgumentException",
               "InvalidApplicationConfigurationException"}

    def caller(seed):
        client = app.service.client()
        calls = [
            lambda: client.start_application(ApplicationName=app.name),
            lambda: client.stop_application(ApplicationName=app.name),
            lambda: client.stop_application(ApplicationName=app.name, Force=True),
            lambda: client.update_application(
                ApplicationName=app.name, CurrentApplicationVersionId=app.detail()["ApplicationVersionId"],
                ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": [
                    {"PropertyGroupId": "g", "PropertyMap": {"seed": str(seed)}}]}}),
            lambda: client.create_application_snapshot(ApplicationName=app.name, SnapshotName=f"s{seed}-{len(unexpected)}"),
            lambda: client.rollback_application(
                ApplicationName=app.name, CurrentApplicationVersionId=app.detail()["ApplicationVersionId"]),
        ]
        for i in range(18):
            try:
                calls[(seed * 5 + i * (seed + 1)) % len(calls)]()
            except botocore.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in allowed:
                    unexpected.append(error)

    unexpected = []
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        list(pool.map(caller, range(5)))
    assert unexpected == []
    rest = ("READY", "RUNNING")
    local_stack.wait_until(lambda: app.detail()["ApplicationStatus"] in rest, local_stack.PATIENCE, "a status to rest in")
    listed = app.client.list_application_operations(ApplicationName=app.name, OperationStatus="IN_PROGRESS")
    assert listed["ApplicationOperationInfoList"] == []
    local_stack.wait_until(lambda: all(s["SnapshotStatus"] != "CREATING" for s in snapshots(app)), local_stack.PATIENCE, "no snapshot under way")
    if app.detail()["ApplicationStatus"] == "READY":
        app.run()
    assert started(app)["state"] in ("", "red")


@pytest.mark.parametrize("count", [30])
def test_names_that_come_and_go_leave_no_threads(own_service, count):
    client = own_service.client()

    def threads():
        return len(list((local_stack.Path("/proc") / str(own_service.process.popen.pid) / "task").iterdir()))

    def once(i):
        app = Application(own_service, f"n{i}")
        app.create()
        app.remove()

    once(0)
    before = threads()
    for i in range(1, count):
        once(i)
    assert client.list_applications()["ApplicationSummaries"] == []
    assert threads() <= before + 3, "the last ones may not be over yet"
