"""Whole processes and real clients: moto as S3, `sluice server`, engines that it starts; AWS CLI, boto3, the JavaScript SDK.

A part that cannot be started fails the test and says what is missing. Nothing here sleeps for a fixed time: wait_until polls
to a deadline.
"""
import json
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.config
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/test"
BUCKET = "test-code"

# Rows in a folder → counts per key in another; ends by itself only if the source is bounded.
COPY_SQL = """\
SET 'execution.checkpointing.interval' = '200 ms';
CREATE TABLE src (id INT, name STRING) WITH (
  'connector' = 'filesystem', 'path' = '{input}', 'format' = 'json', 'source.monitor-interval' = '100 ms');
CREATE TABLE dst (id INT, name STRING) WITH (
  'connector' = 'filesystem', 'path' = '{output}', 'format' = 'json',
  'sink.rolling-policy.rollover-interval' = '200 ms', 'sink.rolling-policy.check-interval' = '100 ms');
INSERT INTO dst SELECT id, UPPER(name) FROM src WHERE id > 0;
"""


class Stack:
    """moto, one service with its data folder, and clients for both."""

    def __init__(self, folder, s3_url):
        self.folder, self.s3_url = folder, s3_url
        self.data = folder / "data"
        self.data.mkdir()
        self.port = local_stack.free_port()
        self.environment = local_stack.aws_environment(s3_url)
        self.server = self.url = None

    def start_server(self, *options):
        self.server, self.url = local_stack.start_server(self.data, self.folder / "server.log", self.s3_url, self.port, options)

    def client(self, service="kinesisanalyticsv2", url=None):
        return boto3.client(service, endpoint_url=url or self.url, region_name=local_stack.REGION,
                            aws_access_key_id="local", aws_secret_access_key="local-secret",
                            config=botocore.config.Config(retries={"max_attempts": 1}, proxies={}))

    def cli(self, *arguments, check=True):
        """The AWS CLI against the service: its JSON answer, or the finished process with check=False."""
        command = [str(ROOT / ".venv" / "bin" / "aws"), "--endpoint-url", self.url, "--output", "json", "kinesisanalyticsv2",
                   *map(str, arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=self.environment, timeout=60)
        if not check:
            return done
        assert done.returncode == 0, f"{' '.join(command[3:])}\n{done.stderr}\n{self.server.log_tail()}"
        return json.loads(done.stdout or "{}")

    def upload(self, key, body):
        self.client("s3", self.s3_url).put_object(Bucket=BUCKET, Key=key, Body=body)

    def status(self, name):
        return self.client().describe_application(ApplicationName=name)["ApplicationDetail"]["ApplicationStatus"]

    def wait_for_status(self, name, wanted, seconds=local_stack.PATIENCE):
        seen = []

        def reached():
            seen.append(self.status(name))
            return seen[-1] == wanted

        try:
            local_stack.wait_until(reached, seconds, f"application {name}: {wanted}")
        except local_stack.StackError as error:
            pytest.fail(f"{error}; last status {seen[-1]}\n{self.server.log_tail()}\n{self.engine_logs()}")

    def engine_pids(self):
        return local_stack.engine_pids(self.data)

    def engine_logs(self):
        texts = [f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                 for log in sorted(self.data.rglob("*.log"))]
        return "\n".join(texts)

    def close(self):
        if self.server:
            self.server.stop()
        local_stack.kill_left_over(self.folder)


class CopyJob:
    """An application that copies rows from a folder to another, upper-casing the names."""

    def __init__(self, stack, name):
        self.stack, self.name = stack, name
        self.input, self.output = stack.folder / f"{name}-in", stack.folder / f"{name}-out"
        self.input.mkdir()
        self.output.mkdir()
        self.sql = COPY_SQL.format(input=self.input, output=self.output)
        self.written = 0

    def add_rows(self, ids):
        """One file, which appears whole."""
        hidden = self.input / f".rows-{self.written}.jsonl"
        hidden.write_text("".join(json.dumps({"id": i, "name": f"name {i}"}) + "\n" for i in ids))
        hidden.rename(self.input / f"rows-{self.written}.jsonl")
        self.written += 1

    def rows(self):
        """The committed rows, by id, with how often each is there."""
        found = {}
        for file in self.output.rglob("*"):
            relative = file.relative_to(self.output)
            if not file.is_file() or any(part.startswith((".", "_")) for part in relative.parts):
                continue
            for line in file.read_text().splitlines():
                row = json.loads(line)
                assert row["name"] == f"NAME {row['id']}"
                found[row["id"]] = found.get(row["id"], 0) + 1
        return found

    def wait_for_rows(self, ids, seconds=local_stack.PATIENCE):
        wanted = set(ids)
        try:
            local_stack.wait_until(lambda: wanted <= set(self.rows()), seconds, "rows in the output folder")
        except local_stack.StackError as error:
            missing = sorted(wanted - set(self.rows()))[:10]
            pytest.fail(f"{error}; missing {missing}\n{self.stack.server.log_tail()}\n{self.stack.engine_logs()}")

    def create(self, key=None, body=None):
        """Creates the application (with boto3) from S3."""
        key = key or f"{self.name}.sql"
        self.stack.upload(key, body or self.sql.encode())
        content_type = "ZIPFILE" if key.endswith(".zip") else "PLAINTEXT"
        return self.stack.client().create_application(
            ApplicationName=self.name, RuntimeEnvironment="FLINK-2_3", ServiceExecutionRole=ROLE,
            ApplicationConfiguration={"ApplicationCodeConfiguration": {
                "CodeContentType": content_type,
                "CodeContent": {"S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key}}}})

    def start(self):
        self.stack.client().start_application(ApplicationName=self.name, RunConfiguration={})
        self.stack.wait_for_status(self.name, "RUNNING")


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory):
    process, url = local_stack.start_moto(tmp_path_factory.mktemp("moto") / "moto.log")
    client = boto3.client("s3", endpoint_url=url, region_name=local_stack.REGION, aws_access_key_id="local",
                          aws_secret_access_key="local-secret")
    client.create_bucket(Bucket=BUCKET)
    yield url
    process.stop()


@pytest.fixture
def stack(tmp_path, s3_url):
    stack = Stack(tmp_path, s3_url)
    try:
        stack.start_server()
        yield stack
    finally:
        stack.close()


@pytest.fixture
def copy_job(stack):
    return CopyJob(stack, "copy")
