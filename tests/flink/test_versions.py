"""Each version of Apache Flink once through the service: start, count, snapshot, stop, restore. `make flink` runs all of them; the
newest and 1.20 are what the other tests run on."""
import os

import local_stack
import pytest

pytestmark = pytest.mark.only_if(os.environ.get("SLUICE_FLINK") == "all", "SLUICE_FLINK=all (make flink)")


@pytest.mark.parametrize("runtime", ["FLINK-1_15", "FLINK-1_18", "FLINK-1_19", "FLINK-2_2"])
def test_state_goes_along_over_snapshot_stop_and_restore(app, jar_of, runtime):
    app.create(jar_of("lifecycle", runtime), runtime)
    app.run()
    app.wait_for_count(40)
    app.snapshot("early")
    at_snapshot = app.count()
    app.wait_for("RUNNING", app.update(FlinkApplicationConfigurationUpdate={
        "ParallelismConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "ParallelismUpdate": 2}}))
    app.wait_for_count(app.count() + 100)
    app.stop()
    at_stop = app.count()
    app.run("RESTORE_FROM_LATEST_SNAPSHOT")
    local_stack.wait_until(lambda: len(app.starts()) == 3, local_stack.PATIENCE, "the job's start")
    assert app.starts()[2] >= at_stop
    app.stop(force=True)
    app.run("RESTORE_FROM_CUSTOM_SNAPSHOT", "early")
    local_stack.wait_until(lambda: len(app.starts()) == 4, local_stack.PATIENCE, "the job's start from a snapshot")
    assert 20 <= app.starts()[3] <= at_snapshot + 60
    messages = {record["message"] for record in app.log()}
    assert 'the task starts from "0"\\' in messages
