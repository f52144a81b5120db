"""What the service does by itself, with real Apache Flink: scaling by load and maintenance, both with the job's state."""
import os
import shutil
import subprocess

import conftest
import local_stack
import pytest
from test_lifecycle import NEWEST

pytestmark = pytest.mark.only_if(os.environ.get("SLUICE_FLINK") == "all", "SLUICE_FLINK=all (make flink)")

# A TaskManager uses more than this also when its program has little to do.
SCALING = ("--autoscale-datapoint-ms", "1000", "--autoscale-up-datapoints", "3", "--autoscale-up-percent", "0.5", "--max-kpus", "2")


def operations(app):
    listed = app.client.list_application_operations(ApplicationName=app.name)["ApplicationOperationInfoList"]
    return [(o["Operation"], o["OperationStatus"]) for o in listed if o["Operation"] in ("AutoScaleApplication", "MaintainApplication")]


@pytest.mark.parametrize("snapshots", [True, False])
def test_scaled_and_maintained_with_its_state(tmp_path, request, jar_of, snapshots):
    service = conftest.Service(tmp_path, *SCALING)
    try:
        app = conftest.application(service, request, tmp_path / "work")
        app.create(jar_of("lifecycle", NEWEST), NEWEST, snapshots=snapshots, FlinkApplicationConfiguration={
            "ParallelismConfiguration": {"ConfigurationType": "CUSTOM", "Parallelism": 1, "ParallelismPerKPU": 1},
            "CheckpointConfiguration": {"ConfigurationType": "CUSTOM", "CheckpointingEnabled": True, "CheckpointInterval": 500,
                                        "MinPauseBetweenCheckpoints": 100}})
        app.run()
        app.wait_for_count(100)
        local_stack.wait_until(lambda: operations(app) == [("AutoScaleApplication", "SUCCESSFUL")], local_stack.PATIENCE, "scaled")
        shown = app.detail()["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]
        assert shown["ParallelismConfigurationDescription"]["CurrentParallelism"] == 2
        assert app.detail()["ApplicationVersionId"] == 1
        app.wait_for_count(app.count() + 300)
        assert len(app.starts()) == 2 and app.starts()[1] > 0

        before = app.processes()
        asked = subprocess.run([local_stack.BINARY, "apps", "maintain", app.name, "--endpoint", service.url], capture_output=True,
                               text=True, timeout=60, env=service.environment)
        assert asked.returncode == 0, asked
        assert app.wait_for_end(asked.stdout.strip())["OperationStatus"] == "SUCCESSFUL"
        assert app.processes() != before
        local_stack.wait_until(lambda: len(app.starts()) == 3, local_stack.PATIENCE, "the job's third start")
        assert app.starts()[2] >= app.starts()[1]
        app.wait_for_count(app.count() + 20)
        assert app.status() == "RUNNING"
    finally:
        service.close()


def test_a_newer_patch_is_installed(tmp_path, request, jar_of, runtime_folder, monkeypatch):
    """The job that runs on 2.3.0 is moved in the window when the folder has 2.3.1; here the same JARs under that name."""
    runtimes = tmp_path / "runtimes"
    runtimes.mkdir()
    shutil.copytree(runtime_folder(NEWEST), runtimes / NEWEST, copy_function=os.symlink)
    jar = jar_of("lifecycle", NEWEST)
    monkeypatch.setattr(conftest, "RUNTIMES", runtimes)
    service = conftest.Service(tmp_path, "--maintenance-check-ms", "500")
    try:
        app = conftest.application(service, request, tmp_path / "work")
        app.create(jar, NEWEST)
        app.run()
        app.wait_for_count(100)
        # Before there is anything to do in it: the window may be open already.
        now = local_stack.time.gmtime(local_stack.time.time() - 3600)
        app.client.update_application_maintenance_configuration(
            ApplicationName=app.name, ApplicationMaintenanceConfigurationUpdate={
                "ApplicationMaintenanceWindowStartTimeUpdate": f"{now.tm_hour:02}:{now.tm_min:02}"})
        [dist] = (runtimes / NEWEST / "lib").glob("flink-dist-*.jar")
        version = dist.stem.removeprefix("flink-dist-")
        newer = ".".join([*version.split(".")[:2], str(int(version.split(".")[2]) + 1)])
        dist.rename(dist.with_name(f"flink-dist-{newer}.jar"))
        local_stack.wait_until(lambda: operations(app) == [("MaintainApplication", "SUCCESSFUL")], local_stack.PATIENCE, "maintenance")
        assert any(f"installed is {newer}" in record["message"] for record in app.log())
        local_stack.wait_until(lambda: len(app.starts()) == 2, local_stack.PATIENCE, "the job's second start")
        assert app.starts()[1] >= 100
    finally:
        service.close()
