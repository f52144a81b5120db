"""The API against the running binary: moto as S3, `sluice server` with a stand-in for the engine, so that a job's fate is the
test's choice (see src/service/runner/fake_engine_main.cc). Every answer is held against AWS's model file."""
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import botocore.config
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/test"
BUCKET = "api-code"
MODEL = json.loads((ROOT / "src/service/model/kinesisanalyticsv2.model.json").read_text())
# AWS's own answers break the model here: an MD5 has 32 digits, not 128 characters.
NOT_CHECKED = {"CodeMD5"}


def check_shape(name, value, path=""):
    """Asserts that an answer has only members that the model knows, all that it requires, and values it allows."""
    shape = MODEL["shapes"][name]
    kind = shape["type"]
    if kind == "structure":
        assert isinstance(value, dict), f"{path}: {value!r}"
        unknown = set(value) - set(shape["members"])
        assert not unknown, f"{path}: members that the model does not know: {unknown}"
        missing = set(shape.get("required", [])) - set(value)
        assert not missing, f"{path}: {missing} missing"
        for member, inner in value.items():
            if member not in NOT_CHECKED:
                check_shape(shape["members"][member]["shape"], inner, f"{path}.{member}")
    elif kind == "list":
        for i, inner in enumerate(value):
            check_shape(shape["member"]["shape"], inner, f"{path}[{i}]")
    elif kind == "map":
        for key, inner in value.items():
            check_shape(shape["value"]["shape"], inner, f"{path}.{key}")
    elif kind == "string":
        assert isinstance(value, str), f"{path}: {value!r}"
        assert value in shape.get("enum", [value]), f"{path}: {value!r}"
        assert shape.get("min", 0) <= len(value) <= shape.get("max", len(value)), f"{path}: {value!r}"
    elif kind in ("integer", "long"):
        assert isinstance(value, int) and not isinstance(value, bool), f"{path}: {value!r}"
        assert shape.get("min", value) <= value <= shape.get("max", value), f"{path}: {value!r}"
    elif kind == "timestamp":
        assert isinstance(value, (int, float)) and not isinstance(value, bool), f"{path}: {value!r}"
    elif kind == "boolean":
        assert isinstance(value, bool), f"{path}: {value!r}"


class Service:
    """One running service and its clients."""

    def __init__(self, folder, s3_url, options=()):
        self.folder, self.s3_url, self.options = folder, s3_url, options
        self.data = folder / "data"
        self.port = local_stack.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        engine = local_stack.BINARY.parent / "fake_engine"
        if not engine.exists():
            pytest.fail(f"there is no {engine}: run `make build`")
        command = [local_stack.BINARY, "server", "--listen", f"127.0.0.1:{self.port}", "--data", self.data,
                   "--restart-delay-ms", "50", *self.options]
        if "--engine-command" not in self.options:
            command += ["--engine-command", engine]
        self.process = local_stack.Process("sluice server", command, self.folder / "server.log",
                                           local_stack.aws_environment(self.s3_url))
        self.process.wait_for(self.url + "/health", 60)

    def client(self):
        client = boto3.client("kinesisanalyticsv2", endpoint_url=self.url, region_name=local_stack.REGION,
                              aws_access_key_id="a", aws_secret_access_key="b",
                              config=botocore.config.Config(retries={"max_attempts": 1}, proxies={},
                                                            parameter_validation=False))

        def check(http_response, model, **_):
            assert http_response.headers["x-amzn-RequestId"]
            if http_response.status_code == 200:
                check_shape(model.output_shape.name, json.loads(http_response.content), model.name)

        client.meta.events.register("after-call.kinesis-analytics-v2.*", check)
        return client

    def post(self, target, body, method="POST", path="/", headers=None):
        """(status, headers, JSON) of a request as bytes on the wire."""
        all_headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"KinesisAnalytics_20180523.{target}"}
        all_headers.update(headers or {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={k: v for k, v in all_headers.items() if v is not None})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            answer = opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None

    def engine_pids(self):
        return local_stack.pids_with(str(self.data), "--port-file")

    def application_log(self, name):
        path = self.data / "apps" / name / "logs" / "application.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def close(self):
        self.process.stop()
        local_stack.kill_left_over(self.folder)


class Application:
    """An application of its own for one test."""

    def __init__(self, service, name):
        self.service, self.name, self.client = service, name, service.client()

    def create(self, sql="SELECT 1;", **more):
        arguments = dict(
            ApplicationName=self.name, RuntimeEnvironment="FLINK-2_3", ServiceExecutionRole=ROLE,
            ApplicationConfiguration={"ApplicationCodeConfiguration": {
                "CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": sql}}})
        arguments.update(more)
        return self.client.create_application(**arguments)["ApplicationDetail"]

    def detail(self):
        return self.client.describe_application(ApplicationName=self.name)["ApplicationDetail"]

    def configuration(self):
        return self.detail()["ApplicationConfigurationDescription"]

    def arn(self):
        return self.detail()["ApplicationARN"]

    def update(self, **more):
        version = more.pop("CurrentApplicationVersionId", None) or self.detail()["ApplicationVersionId"]
        return self.client.update_application(ApplicationName=self.name, CurrentApplicationVersionId=version, **more)

    def start(self, **more):
        return self.client.start_application(ApplicationName=self.name, **more)["OperationId"]

    def stop(self, **more):
        return self.client.stop_application(ApplicationName=self.name, **more)["OperationId"]

    def operation(self, operation_id):
        return self.client.describe_application_operation(
            ApplicationName=self.name, OperationId=operation_id)["ApplicationOperationInfoDetails"]

    def wait_for(self, status):
        local_stack.wait_until(lambda: self.detail()["ApplicationStatus"] == status, local_stack.PATIENCE, f"{self.name}: {status}")

    def wait_for_operation(self, operation_id, status):
        local_stack.wait_until(lambda: self.operation(operation_id)["OperationStatus"] == status, local_stack.PATIENCE, f"operation {status}")
        return self.operation(operation_id)

    def run(self):
        operation = self.start(RunConfiguration={})
        self.wait_for("RUNNING")
        return operation

    def remove(self):
        try:
            detail = self.detail()
        except self.client.exceptions.ResourceNotFoundException:
            return
        if detail["ApplicationStatus"] not in ("READY", "RUNNING", "DELETING"):
            try:
                self.stop(Force=True)
            except self.client.exceptions.ResourceInUseException:
                pass
            self.wait_for("READY")
        if detail["ApplicationStatus"] != "DELETING":
            self.client.delete_application(ApplicationName=self.name, CreateTimestamp=detail["CreateTimestamp"])
        self.wait_until_gone()

    def wait_until_gone(self):
        def gone():
            try:
                self.detail()
                return False
            except self.client.exceptions.ResourceNotFoundException:
                return True
        local_stack.wait_until(gone, local_stack.PATIENCE, f"{self.name} gone")


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    process, url = local_stack.start_moto(tmp_path_factory.mktemp("moto") / "moto.log")
    client = boto3.client("s3", endpoint_url=url, region_name=local_stack.REGION, aws_access_key_id="a",
                          aws_secret_access_key="b", config=botocore.config.Config(proxies={}))
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    client.url = url
    yield client
    process.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory, s3):
    service = Service(tmp_path_factory.mktemp("service"), s3.url)
    yield service
    service.close()


@pytest.fixture
def own_service(tmp_path, s3):
    """A service that the test may kill."""
    service = Service(tmp_path, s3.url)
    yield service
    service.close()


@pytest.fixture
def client(service):
    return service.client()


@pytest.fixture
def app(service, request):
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:128]
    application = Application(service, name)
    yield application
    application.remove()


@pytest.fixture
def fails():
    """fails(code, call, …): the call's error has that code; returns its message."""
    import botocore.exceptions

    def check(code, call, *args, **kwargs):
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            call(*args, **kwargs)
        error = raised.value.response["Error"]
        assert error["Code"] == code, error
        assert 400 <= raised.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
        return error["Message"]

    return check
