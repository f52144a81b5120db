"""Scaling and maintenance as a caller of the API sees them. When and how far: src/service/lifecycle/scaling_policy_test.cc."""
import datetime
import shutil

import local_stack
import pytest
from conftest import Application, Service
from test_apps_cli import run
from test_rollback import new_code
from test_snapshots import create, started
from test_kills import SCALING, busy, operations, scaled


@pytest.fixture
def scaling_service(tmp_path, s3):
    service = Service(tmp_path, s3.url, SCALING)
    yield service
    service.close()


@pytest.fixture
def wide(scaling_service):
    """An application that was scaled to 2."""
    application = Application(scaling_service, "wide")
    busy(application)
    local_stack.wait_until(lambda: scaled(application), local_stack.PATIENCE, "scaled")
    return application


def current(app):
    return app.configuration()["FlinkApplicationConfigurationDescription"]["ParallelismConfigurationDescription"]["CurrentParallelism"]


def update_parallelism(app, **more):
    return app.update(ApplicationConfigurationUpdate={"FlinkApplicationConfigurationUpdate": {"ParallelismConfigurationUpdate": {
        "ConfigurationTypeUpdate": "CUSTOM", **more}}})


def test_a_scaled_application_keeps_its_parallelism_until_somebody_says_otherwise(wide):
    version = wide.client.describe_application_version(ApplicationName="wide", ApplicationVersionId=1)["ApplicationVersionDetail"]
    shown = version["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]["ParallelismConfigurationDescription"]
    assert shown["Parallelism"] == 1
    # New code: the load is what it was.
    wide.wait_for_operation(new_code(wide, "STATE blue")["OperationId"], "SUCCESSFUL")
    assert current(wide) == 2 and started(wide)["parallelism"] == 2 and started(wide)["state"] == "red"
    # An operator's word holds.
    wide.wait_for_operation(update_parallelism(wide, AutoScalingEnabledUpdate=False)["OperationId"], "SUCCESSFUL")
    assert current(wide) == 1 and started(wide)["parallelism"] == 1


def test_an_update_that_fails_leaves_the_scaled_job(wide):
    # The savepoint of the job that runs cannot be taken any more: the update is undone.
    wide.wait_for_operation(new_code(wide, "SNAPBREAK")["OperationId"], "SUCCESSFUL")
    operation = update_parallelism(wide, ParallelismUpdate=1)["OperationId"]
    wide.wait_for_operation(operation, "FAILED")
    wide.wait_for("RUNNING")
    assert current(wide) == 2


def test_a_stopped_application_shows_what_it_would_start_with(wide):
    wide.wait_for_operation(wide.stop(), "SUCCESSFUL")
    assert current(wide) == 1


def test_an_engine_that_was_replaced_on_disk_is_taken_in_the_window_only(tmp_path, s3, fails):
    """As an upgrade does it: another file under the name that the service starts engines by."""
    program = tmp_path / "engine"
    shutil.copy(local_stack.BINARY.parent / "fake_engine", program)
    service = Service(tmp_path, s3.url, ("--maintenance-check-ms", "100", "--engine-command", program))
    try:
        app = Application(service, "a")
        create(app, "STATE red")
        now = datetime.datetime.now(datetime.timezone.utc)

        def window(hours):
            start = (now + datetime.timedelta(hours=hours)).strftime("%H:%M")
            app.client.update_application_maintenance_configuration(
                ApplicationName="a", ApplicationMaintenanceConfigurationUpdate={"ApplicationMaintenanceWindowStartTimeUpdate": start})

        window(4)
        app.run()
        [before] = local_stack.pids_with(str(service.data), "--port-file")
        newer = tmp_path / "newer"
        newer.write_bytes(program.read_bytes() + b"newer")
        newer.chmod(0o755)
        newer.rename(program)
        # Not before the window. A snapshot's end shows that the service has looked at the job in between.
        for name in ("one", "two"):
            app.client.create_application_snapshot(ApplicationName="a", SnapshotName=name)
            local_stack.wait_until(lambda: app.client.describe_application_snapshot(
                ApplicationName="a", SnapshotName=name)["SnapshotDetails"]["SnapshotStatus"] == "READY", local_stack.PATIENCE, "READY")  # noqa: B023
        assert operations(app) == []
        window(-1)
        local_stack.wait_until(lambda: operations(app) == [("MaintainApplication", "SUCCESSFUL")], local_stack.PATIENCE, "maintenance")
        assert local_stack.pids_with(str(service.data), "--port-file") != [before]
        assert started(app)["state"] == "red" and app.detail()["ApplicationVersionId"] == 1
        assert any("installed is" in line["message"] for line in service.application_log("a"))
    finally:
        service.close()


def test_maintenance_is_refused_where_nothing_runs(app, service):
    app.create()
    done = run("apps", "maintain", app.name, "--endpoint", service.url)
    assert done.returncode == 1 and "cannot accept maintenance while its status is READY" in done.stderr
    assert run("apps", "maintain", "nobody", "--endpoint", service.url).returncode == 3
    # A form on somebody's page can send this, but must not be heard.
    status, _, answer = service.post("", {}, path=f"/maintenance/app-{app.name}", headers={"Content-Type": "text/plain"})
    assert status == 415, answer
    assert service.post("", {}, method="PUT", path=f"/maintenance/app-{app.name}")[0] == 405


def test_the_window_is_for_steady_flink_applications(app, service, fails):
    update = app.client.update_application_maintenance_configuration
    wanted = {"ApplicationMaintenanceWindowStartTimeUpdate": "20:30"}
    app.create("SLOW")
    app.start(RunConfiguration={})
    fails("ResourceInUseException", update, ApplicationName=app.name, ApplicationMaintenanceConfigurationUpdate=wanted)
    app.stop(Force=True)
    app.wait_for("READY")
    update(ApplicationName=app.name, ApplicationMaintenanceConfigurationUpdate=wanted)


def test_sql_applications_have_no_window_to_change(app, fails):
    app.client.create_application(ApplicationName=app.name, RuntimeEnvironment="SQL-1_0",
                                  ServiceExecutionRole="arn:aws:iam::123456789012:role/test")
    fails("UnsupportedOperationException", app.client.update_application_maintenance_configuration, ApplicationName=app.name,
          ApplicationMaintenanceConfigurationUpdate={"ApplicationMaintenanceWindowStartTimeUpdate": "20:30"})
