"""Applications on real Apache Flink: `sluice server` without S3, JARs built here with javac, one JobManager and TaskManager at
a time.

The distributions are those of `sluice runtime install`, kept over runs in SLUICE_RUNTIMES (default: ~/.cache/sluice/runtimes).
Nothing here sleeps for a fixed time: wait_until polls to a deadline.
"""
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import boto3
import botocore.config
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/test"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sluice"
RUNTIMES = Path(os.environ.get("SLUICE_RUNTIMES", CACHE / "runtimes"))


def java_home():
    listed = subprocess.run([local_stack.BINARY, "runtime", "list", "--runtimes", RUNTIMES], capture_output=True, text=True,
                            check=True).stdout
    line = next(line for line in listed.splitlines() if line.startswith("FLINK-2_3"))
    assert " in /" in line.split("MB in")[-1], f"Flink needs a JDK: {line}"
    return Path(line.rsplit(" in ", 1)[1])


@pytest.fixture(scope="session")
def runtime_folder():
    """runtime_folder(RUNTIME): where that distribution is; installed first if it is not there."""
    def install(runtime, *options):
        done = subprocess.run([local_stack.BINARY, "runtime", "install", runtime, "--runtimes", RUNTIMES, *options],
                              capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, done.stderr
        return RUNTIMES / runtime
    return install


@pytest.fixture(scope="session")
def jar_of(runtime_folder):
    """jar_of(NAME, RUNTIME): the bytes of tests/flink_apps/NAME as a JAR, compiled against that runtime; built once."""
    def build(name, runtime):
        folder = ROOT / "tests" / "flink_apps" / name
        sources = sorted(folder.glob("*.java"))
        text = b"".join(source.read_bytes() for source in sources)
        jar = CACHE / "test-jars" / f"{name}-{runtime}-{hashlib.sha256(text).hexdigest()[:16]}.jar"
        if not jar.exists():
            classes = jar.with_suffix(".classes")
            classes.mkdir(parents=True, exist_ok=True)
            bin_folder = java_home() / "bin"
            class_path = ":".join(map(str, (runtime_folder(runtime) / "lib").glob("*.jar")))
            subprocess.run([bin_folder / "javac", "-nowarn", "--release", "11", "-cp", class_path, "-d", classes, *sources],
                           check=True, timeout=120)
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nMain-Class: {sources[0].stem}\n\n")
                for path in sorted(classes.rglob("*.class")):
                    archive.write(path, path.relative_to(classes))
            jar.write_bytes(buffer.getvalue())
        return jar.read_bytes()
    return build


class Service:
    def __init__(self, folder, *options, environment=None):
        self.folder, self.options = folder, options
        self.environment = environment or local_stack.aws_environment("http://127.0.0.1:1")
        self.data = folder / "data"
        self.port = local_stack.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self, *more):
        command = [local_stack.BINARY, "server", "--listen", f"127.0.0.1:{self.port}", "--data", self.data,
                   "--runtimes", RUNTIMES, "--kpu-memory-mib", "1024", "--jobmanager-heap-mib", "256",
                   "--restart-delay-ms", "200", "--start-timeout-ms", str(local_stack.PATIENCE * 1000),
                   *self.options, *more]
        self.process = local_stack.Process("sluice server", command, self.folder / "server.log",
                                           self.environment)
        self.process.wait_for(self.url + "/health", 30)

    def client(self):
        return boto3.client("kinesisanalyticsv2", endpoint_url=self.url, region_name=local_stack.REGION,
                            aws_access_key_id="a", aws_secret_access_key="b",
                            config=botocore.config.Config(retries={"max_attempts": 1}, proxies={}))

    def close(self):
        self.process.stop()
        local_stack.kill_left_over(self.folder)


class Application:
    def __init__(self, service, name, work):
        self.service, self.name, self.work = service, name, work
        self.client = service.client()
        self.folder = service.data / "apps" / name
        work.mkdir(parents=True, exist_ok=True)

    def code(self, package):
        if isinstance(package, str):
            return {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": package}}
        return {"CodeContentType": "ZIPFILE", "CodeContent": {"ZipFileContent": package}}

    def groups(self, properties):
        properties = {"Test": {"folder": str(self.work)}, **properties}
        return {"PropertyGroups": [{"PropertyGroupId": group, "PropertyMap": values} for group, values in properties.items()]}

    def create(self, package, runtime, properties=None, parallelism=1, snapshots=True, interval=500, **more):
        self.client.create_application(
            ApplicationName=self.name, RuntimeEnvironment=runtime, ServiceExecutionRole=ROLE,
            ApplicationConfiguration={
                "ApplicationCodeConfiguration": self.code(package),
                "EnvironmentProperties": self.groups(properties or {}),
                "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": snapshots},
                "FlinkApplicationConfiguration": {
                    "ParallelismConfiguration": {"ConfigurationType": "CUSTOM", "Parallelism": parallelism,
                                                 "ParallelismPerKPU": 4, "AutoScalingEnabled": False},
                    "CheckpointConfiguration": {"ConfigurationType": "CUSTOM", "CheckpointingEnabled": True,
                                                "CheckpointInterval": interval, "MinPauseBetweenCheckpoints": 100}},
                **more})

    def detail(self):
        return self.client.describe_application(ApplicationName=self.name)["ApplicationDetail"]

    def status(self):
        return self.detail()["ApplicationStatus"]

    def start(self, restore=None, snapshot=None, **flink):
        run = {}
        if restore:
            run["ApplicationRestoreConfiguration"] = {"ApplicationRestoreType": restore}
            if snapshot:
                run["ApplicationRestoreConfiguration"]["SnapshotName"] = snapshot
        if flink:
            run["FlinkRunConfiguration"] = flink
        return self.client.start_application(ApplicationName=self.name, RunConfiguration=run)["OperationId"]

    def run(self, *args, **more):
        operation = self.start(*args, **more)
        self.wait_for("RUNNING", operation)
        return operation

    def stop(self, force=False):
        operation = self.client.stop_application(ApplicationName=self.name, Force=force)["OperationId"]
        self.wait_for("READY", operation)

    def update(self, **configuration):
        version = self.detail()["ApplicationVersionId"]
        return self.client.update_application(ApplicationName=self.name, CurrentApplicationVersionId=version,
                                              ApplicationConfigurationUpdate=configuration)["OperationId"]

    def operation(self, operation_id):
        return self.client.describe_application_operation(
            ApplicationName=self.name, OperationId=operation_id)["ApplicationOperationInfoDetails"]

    def wait_for(self, status, operation=None):
        def there():
            if self.status() == status:
                return True
            if operation and (details := self.operation(operation))["OperationStatus"] == "FAILED":
                pytest.fail(f"{json.dumps(details, default=str, indent=1)}\n{self.last_log()}")
            return False
        try:
            local_stack.wait_until(there, local_stack.PATIENCE, f"{self.name}: {status}", interval=0.1)
        except local_stack.StackError as error:
            pytest.fail(f"{error}; it is {self.status()}\n{self.last_log()}")

    def wait_for_end(self, operation):
        try:
            local_stack.wait_until(lambda: self.operation(operation)["OperationStatus"] != "IN_PROGRESS", local_stack.PATIENCE, "its end")
        except local_stack.StackError as error:
            pytest.fail(f"{error}; it is {self.status()}\n{self.last_log()}")
        return self.operation(operation)

    def snapshot(self, name):
        self.client.create_application_snapshot(ApplicationName=self.name, SnapshotName=name)

        def ready():
            details = self.client.describe_application_snapshot(ApplicationName=self.name, SnapshotName=name)["SnapshotDetails"]
            assert details["SnapshotStatus"] != "FAILED", self.last_log()
            return details["SnapshotStatus"] == "READY"
        local_stack.wait_until(ready, local_stack.PATIENCE, f"snapshot {name}")

    def log(self):
        path = self.folder / "logs" / "application.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def last_log(self):
        engine = self.folder / "logs" / "engine.log"
        lines = [json.dumps(record)[:600] for record in self.log()[-15:]]
        thrown = [record["throwableInformation"] for record in self.log() if "throwableInformation" in record]
        lines += thrown[-1][:60] if thrown else []
        return "\n".join(lines + (engine.read_text(errors="replace").splitlines()[-15:] if engine.exists() else []))

    # What the program Lifecycle writes.
    def count(self):
        path = self.work / "count"
        return int(path.read_text()) if path.exists() else 0

    def starts(self):
        path = self.work / "starts"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def wait_for_count(self, least, seconds=local_stack.PATIENCE):
        local_stack.wait_until(lambda: self.count() >= least, seconds, f"count {least}", interval=0.05)

    def processes(self):
        """pids by kind: JobManager and TaskManagers."""
        record = json.loads((self.folder / "flink.json").read_text())
        return record["job_manager"]["pid"], [process["pid"] for process in record["task_managers"]]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("flink"))
    yield service
    service.close()


@pytest.fixture
def own_service(tmp_path):
    """A service that the test may kill."""
    service = Service(tmp_path)
    yield service
    service.close()


def application(service, request, work):
    return Application(service, "".join(c if c.isalnum() else "-" for c in request.node.name)[:60], work)


def remove(app):
    """Ends its processes; the service goes on."""
    try:
        status = app.status()
    except app.client.exceptions.ResourceNotFoundException:
        return
    if status != "READY":
        app.stop(force=True)
    app.client.delete_application(ApplicationName=app.name, CreateTimestamp=app.detail()["CreateTimestamp"])
    deadline = time.monotonic() + 30
    while app.folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture
def app(service, request, tmp_path):
    app = application(service, request, tmp_path / "work")
    yield app
    remove(app)


@pytest.fixture
def own_app(own_service, request, tmp_path):
    return application(own_service, request, tmp_path / "work")
