"""Start, stop, fail, survive: statuses, operations and logs, with the stand-in for the engine."""
import json
import os
import signal

import local_stack

from conftest import Application, Service


def messages(app, level=None):
    return [r["message"] for r in app.service.application_log(app.name) if level in (None, r["messageType"])]


def test_start_and_stop(app, fails):
    app.create()
    start = app.run()
    assert app.wait_for_operation(start, "SUCCESSFUL")["Operation"] == "StartApplication"
    fails("ResourceInUseException", app.start)
    stop = app.stop()
    app.wait_for("READY")
    app.wait_for_operation(stop, "SUCCESSFUL")
    fails("ResourceInUseException", app.stop)
    fails("ResourceInUseException", app.stop, Force=True)
    listed = app.client.list_application_operations(ApplicationName=app.name)["ApplicationOperationInfoList"]
    assert [o["OperationId"] for o in listed] == [stop, start]
    one = app.client.list_application_operations(ApplicationName=app.name, Limit=1)
    rest = app.client.list_application_operations(ApplicationName=app.name, Limit=1, NextToken=one["NextToken"])
    assert [o["OperationId"] for o in rest["ApplicationOperationInfoList"]] == [start]
    filtered = app.client.list_application_operations(ApplicationName=app.name, Operation="StopApplication", OperationStatus="SUCCESSFUL")
    assert len(filtered["ApplicationOperationInfoList"]) == 1


def test_the_plan_of_the_job_on_demand(app):
    app.create()
    flink = "FlinkApplicationConfigurationDescription"
    detail = lambda: app.client.describe_application(ApplicationName=app.name, IncludeAdditionalDetails=True)["ApplicationDetail"]  # noqa: E731
    assert "JobPlanDescription" not in detail()["ApplicationConfigurationDescription"][flink]
    app.run()
    plan = json.loads(detail()["ApplicationConfigurationDescription"][flink]["JobPlanDescription"])
    assert plan["jid"] and plan["nodes"] == []
    assert "JobPlanDescription" not in app.configuration()[flink]
    app.stop()
    app.wait_for("READY")
    assert "JobPlanDescription" in detail()["ApplicationConfigurationDescription"][flink]


def test_unknown_applications_and_operations(app, client, fails):
    for call in (client.start_application, client.stop_application):
        fails("ResourceNotFoundException", call, ApplicationName="none")
    fails("ResourceNotFoundException", client.list_application_operations, ApplicationName="none")
    app.create()
    fails("ResourceNotFoundException", app.operation, "none")


def test_run_configuration(app, fails):
    app.create()
    app.start(RunConfiguration={"ApplicationRestoreConfiguration": {"ApplicationRestoreType": "SKIP_RESTORE_FROM_SNAPSHOT"},
                                "FlinkRunConfiguration": {"AllowNonRestoredState": True}})
    app.wait_for("RUNNING")
    run = app.configuration()["RunConfigurationDescription"]
    assert run["ApplicationRestoreConfigurationDescription"]["ApplicationRestoreType"] == "SKIP_RESTORE_FROM_SNAPSHOT"
    assert run["FlinkRunConfigurationDescription"]["AllowNonRestoredState"] is True
    app.stop()
    app.wait_for("READY")
    custom = {"ApplicationRestoreType": "RESTORE_FROM_CUSTOM_SNAPSHOT"}
    fails("InvalidArgumentException", app.start, RunConfiguration={"ApplicationRestoreConfiguration": custom})
    fails("ResourceNotFoundException", app.start, RunConfiguration={"ApplicationRestoreConfiguration": {**custom, "SnapshotName": "s"}})
    assert app.detail()["ApplicationStatus"] == "READY"


def test_properties_reach_the_engine_as_aws_writes_them(app):
    groups = [{"PropertyGroupId": "g", "PropertyMap": {"k": "v", "umlaut": "ü"}}]
    app.create()
    app.update(ApplicationConfigurationUpdate={"EnvironmentPropertyUpdates": {"PropertyGroups": groups}})
    app.run()
    file = app.service.data / "apps" / app.name / "application_properties.json"
    assert json.loads(file.read_text()) == groups


def test_a_refused_job_is_ready_again_and_says_why(app):
    app.create(sql="REFUSE")
    operation = app.wait_for_operation(app.start(), "FAILED")
    assert "SQL parse failed" in operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"]
    app.wait_for("READY")
    [record] = [r for r in app.service.application_log(app.name) if r["messageType"] == "ERROR"]
    assert "SQL parse failed" in record["message"] and record["applicationARN"] == app.arn()
    assert record["applicationVersionId"] == "1" and "SQL parse failed" in record["throwableInformation"][0]


def test_a_job_that_fails_at_once(app):
    app.create(sql="FAIL")
    operation = app.wait_for_operation(app.start(), "FAILED")
    assert operation["OperationFailureDetails"]["ErrorInfo"]["ErrorString"].startswith("boom: it failed")
    app.wait_for("READY")


def test_a_bounded_job_finishes(app):
    app.create(sql="FINISH")
    app.wait_for_operation(app.start(), "SUCCESSFUL")
    app.wait_for("READY")
    assert any("FINISHED" in m for m in messages(app, "INFO"))
    assert app.service.engine_pids() == []


def test_a_job_that_fails_while_running_is_restarted_then_given_up(app, tmp_path):
    app.create(sql=f"UNTIL {tmp_path}/fail")
    app.run()
    (tmp_path / "fail").write_text("now")
    app.wait_for("READY")
    errors = messages(app, "ERROR")
    assert sum("will be restarted" in m for m in errors) == 3
    assert "not restarted any more: boom: it failed" in errors[-1]
    lost = app.client.list_application_operations(ApplicationName=app.name, Operation="RestartApplication")
    assert [o["OperationStatus"] for o in lost["ApplicationOperationInfoList"]] == ["FAILED"]


def test_force_stop_of_a_start_that_hangs(app, fails):
    app.create(sql="SLOW")
    start = app.start()
    assert app.detail()["ApplicationStatus"] == "STARTING"
    fails("ResourceInUseException", app.stop)
    fails("ResourceInUseException", app.update, ServiceExecutionRoleUpdate="arn:aws:iam::1:role/x")
    fails("ResourceInUseException", app.client.delete_application, ApplicationName=app.name,
          CreateTimestamp=app.detail()["CreateTimestamp"])
    app.stop(Force=True)
    app.wait_for("READY")
    assert app.operation(start)["OperationStatus"] == "CANCELLED"
    assert app.service.engine_pids() == []


def test_an_update_restarts_the_running_job(app):
    app.create()
    app.run()
    before = app.service.engine_pids()
    answer = app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
        "CodeContentUpdate": {"TextContentUpdate": "SELECT 2"}}})
    assert answer["ApplicationDetail"]["ApplicationStatus"] == "UPDATING"
    app.wait_for("RUNNING")
    app.wait_for_operation(answer["OperationId"], "SUCCESSFUL")
    after = app.service.engine_pids()
    assert len(after) == 1 and after != before
    answer = app.update(ApplicationConfigurationUpdate={"ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": True}})
    assert answer["ApplicationDetail"]["ApplicationStatus"] == "RUNNING", "nothing that the job would see"
    assert app.service.engine_pids() == after


def test_an_update_that_does_not_start_is_reported(app):
    app.create()
    app.run()
    answer = app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
        "CodeContentUpdate": {"TextContentUpdate": "FAIL"}}})
    app.wait_for_operation(answer["OperationId"], "FAILED")
    app.wait_for("READY")


def test_deleting_a_running_application_ends_its_engine(app):
    app.create()
    app.run()
    assert len(app.service.engine_pids()) == 1
    app.client.delete_application(ApplicationName=app.name, CreateTimestamp=app.detail()["CreateTimestamp"])
    app.wait_until_gone()
    assert app.service.engine_pids() == []


def test_a_killed_server_adopts_and_a_terminated_one_leaves_engines_alone(own_service):
    app = Application(own_service, "a")
    app.create()
    app.run()
    [engine] = own_service.engine_pids()
    own_service.process.kill()
    own_service.start()
    assert app.detail()["ApplicationStatus"] == "RUNNING" and own_service.engine_pids() == [engine]
    own_service.process.stop()
    assert own_service.process.popen.returncode == 0
    assert own_service.engine_pids() == [engine]
    own_service.start()
    app.stop()
    app.wait_for("READY")
    assert own_service.engine_pids() == []


def test_an_engine_killed_while_the_server_was_down_is_replaced(own_service):
    app = Application(own_service, "a")
    app.create()
    app.run()
    [engine] = own_service.engine_pids()
    own_service.process.kill()
    os.kill(engine, signal.SIGKILL)
    own_service.start()
    local_stack.wait_until(lambda: [p for p in own_service.engine_pids() if p != engine], local_stack.PATIENCE, "a new engine")
    assert app.detail()["ApplicationStatus"] == "RUNNING"


def test_a_second_server_on_the_same_folder_is_refused(own_service):
    second = local_stack.Process("second", [local_stack.BINARY, "server", "--listen", "127.0.0.1:0", "--data", own_service.data],
                                 own_service.folder / "second.log", local_stack.aws_environment(own_service.s3_url))
    second.popen.wait(20)
    assert second.popen.returncode == 1
    assert "another sluice server uses the data folder" in second.log_tail()


def test_stop_engines_on_exit(tmp_path, s3):
    service = Service(tmp_path, s3.url, ["--stop-engines-on-exit"])
    app = Application(service, "a")
    app.create()
    app.run()
    service.process.stop()
    assert service.engine_pids() == []
    service.start()
    app.wait_for("RUNNING")
    service.close()
