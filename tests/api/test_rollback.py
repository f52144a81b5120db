"""RollbackApplication, the rollback by the service itself, and calls that race."""
import threading

import botocore.exceptions
import local_stack
import pytest
from test_snapshots import create, restart, snapshots, started, stop

ROLLBACK = {"ApplicationSystemRollbackConfiguration": {"RollbackEnabled": True}}


def new_code(app, sql):
    return app.update(ApplicationConfigurationUpdate={"ApplicationCodeConfigurationUpdate": {
        "CodeContentUpdate": {"TextContentUpdate": sql}}})


def code(app):
    return app.configuration()["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]["TextContent"]


def roll_back(app, version=None):
    return app.client.rollback_application(ApplicationName=app.name,
                                           CurrentApplicationVersionId=version or app.detail()["ApplicationVersionId"])


def test_back_to_the_version_before(app, fails):
    create(app, "STATE red")
    fails("ResourceInUseException", roll_back, app)
    app.run()
    fails("InvalidRequestException", roll_back, app)
    app.wait_for_operation(new_code(app, "STATE blue")["OperationId"], "SUCCESSFUL")
    fails("ConcurrentModificationException", roll_back, app, 1)
    answer = roll_back(app)
    detail = answer["ApplicationDetail"]
    assert detail["ApplicationStatus"] == "ROLLING_BACK" and detail["ApplicationVersionId"] == 3
    assert detail["ApplicationVersionRolledBackFrom"] == 2 and detail["ApplicationVersionRolledBackTo"] == 1
    done = app.wait_for_operation(answer["OperationId"], "SUCCESSFUL")
    assert done["Operation"] == "RollbackApplication"
    assert done["ApplicationVersionChangeDetails"] == {"ApplicationVersionUpdatedFrom": 2, "ApplicationVersionUpdatedTo": 3}
    app.wait_for("RUNNING")
    assert code(app) == "STATE red" and started(app)["state"] == "red", "the newest snapshot, which the update took"


def test_no_rollback_without_a_snapshot(app, fails):
    create(app, enabled=False)
    app.run()
    app.wait_for_operation(new_code(app, "SELECT 2")["OperationId"], "SUCCESSFUL")
    assert "snapshot" in fails("InvalidRequestException", roll_back, app)


def test_back_from_an_update_that_hangs(app):
    create(app, "STATE red")
    app.run()
    update = new_code(app, "SLOW")
    local_stack.wait_until(lambda: snapshots(app) and snapshots(app)[0]["SnapshotStatus"] == "READY", local_stack.PATIENCE, "the snapshot")
    answer = roll_back(app)
    app.wait_for("RUNNING")
    assert app.operation(update["OperationId"])["OperationStatus"] == "CANCELLED"
    app.wait_for_operation(answer["OperationId"], "SUCCESSFUL")
    assert code(app) == "STATE red" and started(app)["state"] == "red"


@pytest.mark.parametrize("bad", ["FAIL", "REFUSE", "CRASH"])
def test_the_service_rolls_back_by_itself(app, bad):
    create(app, "STATE red", **ROLLBACK)
    app.run()
    update = new_code(app, bad)["OperationId"]
    failed = app.wait_for_operation(update, "FAILED")["OperationFailureDetails"]
    assert failed["ErrorInfo"]["ErrorString"]
    done = app.wait_for_operation(failed["RollbackOperationId"], "SUCCESSFUL")
    assert done["Operation"] == "RollbackApplication"
    app.wait_for("RUNNING")
    detail = app.detail()
    assert detail["ApplicationVersionId"] == 3 and detail["ApplicationVersionRolledBackFrom"] == 2
    assert code(app) == "STATE red" and started(app)["state"] == "red"


def test_without_opting_in_a_failed_update_is_ready(app):
    create(app, "STATE red")
    app.run()
    failed = app.wait_for_operation(new_code(app, "FAIL")["OperationId"], "FAILED")
    assert "RollbackOperationId" not in failed["OperationFailureDetails"]
    app.wait_for("READY")
    assert app.detail()["ApplicationVersionId"] == 2
    # The state is not lost: a repaired version goes on from the update's snapshot.
    new_code(app, "STATE blue")
    restart(app)
    assert started(app)["state"] == "red"


def test_a_failed_start_of_a_new_version_rolls_back(app):
    create(app, "STATE red", **ROLLBACK)
    app.run()
    stop(app)
    new_code(app, "FAIL")
    operation = app.start()
    assert "RollbackOperationId" in app.wait_for_operation(operation, "FAILED")["OperationFailureDetails"]
    app.wait_for("RUNNING")
    assert code(app) == "STATE red" and started(app)["state"] == "red"


def test_a_first_start_that_fails_has_nothing_to_go_back_to(app):
    create(app, "FAIL", **ROLLBACK)
    app.wait_for_operation(app.start(), "FAILED")
    app.wait_for("READY")


def race(calls):
    """The error codes of calls that run at the same time; None for those that succeed."""
    barrier, codes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(i, call):
        barrier.wait()
        try:
            call()
        except botocore.exceptions.ClientError as error:
            codes[i] = error.response["Error"]["Code"]

    threads = [threading.Thread(target=run, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


LOSES = {"ConcurrentModificationException", "ResourceInUseException"}


def test_of_concurrent_calls_one_wins(app):
    create(app, "STATE red")
    clients = [app.service.client() for _ in range(8)]
    codes = race([lambda c=c: c.start_application(ApplicationName=app.name) for c in clients])
    assert codes.count(None) == 1 and set(codes) - {None} <= LOSES
    app.wait_for("RUNNING")
    codes = race([lambda c=c, i=i: c.update_application(
        ApplicationName=app.name, CurrentApplicationVersionId=1, ApplicationConfigurationUpdate={
            "EnvironmentPropertyUpdates": {"PropertyGroups": [{"PropertyGroupId": "g", "PropertyMap": {"i": str(i)}}]}})
        for i, c in enumerate(clients)])
    assert codes.count(None) == 1 and set(codes) - {None} <= LOSES
    assert app.detail()["ApplicationVersionId"] == 2
    app.wait_for("RUNNING")
    codes = race([lambda c=c: c.stop_application(ApplicationName=app.name) for c in clients])
    assert codes.count(None) == 1 and set(codes) - {None} <= LOSES
    app.wait_for("READY")
    codes = race([lambda c=c: c.delete_application(ApplicationName=app.name, CreateTimestamp=app.detail()["CreateTimestamp"])
                  for c in clients])
    assert codes.count(None) == 1 and set(codes) - {None} <= LOSES | {"ResourceNotFoundException"}
    app.wait_until_gone()


def test_the_conditional_token(app, fails):
    create(app)
    token = app.detail()["ConditionalToken"]
    role = "arn:aws:iam::123456789012:role/other"
    fails("InvalidArgumentException", app.client.update_application, ApplicationName=app.name, ServiceExecutionRoleUpdate=role)
    answer = app.client.update_application(ApplicationName=app.name, ConditionalToken=token, ServiceExecutionRoleUpdate=role)
    assert answer["ApplicationDetail"]["ConditionalToken"] != token
    fails("ConcurrentModificationException", app.client.update_application, ApplicationName=app.name, ConditionalToken=token,
          ServiceExecutionRoleUpdate=role)
