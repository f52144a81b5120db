"""The main job through each client: create → start → rows in the output folder → describe → stop → delete."""
import io
import json
import os
import subprocess
import zipfile

import botocore.exceptions
import pytest
from conftest import BUCKET, ROLE, ROOT, CopyJob


def wait_until_gone(stack, name):
    import local_stack

    def gone():
        try:
            stack.status(name)
            return False
        except stack.client().exceptions.ResourceNotFoundException:
            return True

    local_stack.wait_until(gone, local_stack.PATIENCE, f"application {name}: deleted")


def test_aws_cli(stack):
    job = CopyJob(stack, "cli-job")
    stack.upload("cli.sql", job.sql.encode())
    configuration = {"ApplicationCodeConfiguration": {
        "CodeContentType": "PLAINTEXT",
        "CodeContent": {"S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": "cli.sql"}}}}
    created = stack.cli("create-application", "--application-name", job.name, "--runtime-environment", "FLINK-2_3",
                        "--service-execution-role", ROLE, "--application-configuration", json.dumps(configuration))
    assert created["ApplicationDetail"]["ApplicationStatus"] == "READY"
    assert created["ApplicationDetail"]["ApplicationVersionId"] == 1
    assert stack.cli("list-applications")["ApplicationSummaries"][0]["ApplicationName"] == job.name

    stack.cli("start-application", "--application-name", job.name, "--run-configuration", "{}")
    stack.wait_for_status(job.name, "RUNNING")
    job.add_rows(range(0, 5))
    job.add_rows(range(5, 10))
    job.wait_for_rows(range(1, 10))
    assert 0 not in job.rows(), "WHERE id > 0"
    detail = stack.cli("describe-application", "--application-name", job.name)["ApplicationDetail"]
    assert detail["ApplicationStatus"] == "RUNNING"

    stack.cli("stop-application", "--application-name", job.name)
    stack.wait_for_status(job.name, "READY")
    assert stack.engine_pids() == []
    refused = stack.cli("stop-application", "--application-name", job.name, check=False)
    assert refused.returncode != 0
    assert "ResourceInUseException" in refused.stderr or "InvalidApplicationConfigurationException" in refused.stderr

    detail = stack.client().describe_application(ApplicationName=job.name)["ApplicationDetail"]
    stack.cli("delete-application", "--application-name", job.name, "--create-timestamp", detail["CreateTimestamp"].isoformat())
    wait_until_gone(stack, job.name)
    assert all(count == 1 for count in job.rows().values())


def test_boto3_with_a_zip_package_and_a_second_run(stack):
    job = CopyJob(stack, "boto-job")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", "not SQL")
        archive.writestr("jobs/main.sql", job.sql)
    job.create("boto.zip", package.getvalue())
    job.add_rows(range(1, 101))
    job.start()
    job.wait_for_rows(range(1, 101))
    client = stack.client()
    client.stop_application(ApplicationName=job.name, Force=True)
    stack.wait_for_status(job.name, "READY")
    job.add_rows(range(101, 151))
    job.start()
    job.wait_for_rows(range(1, 151))
    # As AWS says of DeleteApplication: it halts the execution and deletes the application.
    created = client.describe_application(ApplicationName=job.name)["ApplicationDetail"]["CreateTimestamp"]
    client.delete_application(ApplicationName=job.name, CreateTimestamp=created)
    wait_until_gone(stack, job.name)
    assert stack.engine_pids() == []


def test_javascript_sdk(stack):
    job = CopyJob(stack, "js-job")
    stack.upload("js.sql", job.sql.encode())
    job.add_rows(range(1, 51))
    modules = ROOT / "tests" / "js" / "node_modules"
    assert modules.is_dir(), "the JavaScript client is missing: scripts/setup.sh js"

    def script(step):
        environment = {**stack.environment, "PATH": os.environ["PATH"]}
        done = subprocess.run(["node", "main_job.mjs", step, stack.url, job.name, BUCKET, "js.sql", ROLE], cwd=ROOT / "tests" / "js",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 0, f"{step}\n{done.stdout}\n{done.stderr}\n{stack.server.log_tail()}"
        return json.loads(done.stdout)

    assert script("start")["status"] == "RUNNING"
    job.wait_for_rows(range(1, 51))
    ended = script("stop")
    assert ended == {"status": "READY", "unknown": "ResourceNotFoundException", "deleted": True}
    wait_until_gone(stack, job.name)


def test_errors_arrive_as_the_clients_expect(stack):
    client = stack.client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_application(ApplicationName="no-such")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.create_application(ApplicationName="x" * 200, RuntimeEnvironment="FLINK-2_3", ServiceExecutionRole=ROLE)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "pplicationName" in refused.value.response["Error"]["Message"]


def test_a_job_that_fails_is_visible(stack):
    """A bad statement: the application does not stay RUNNING, and the log has the reason."""
    import local_stack

    job = CopyJob(stack, "bad-job")
    job.sql = job.sql.replace("UPPER(name)", "no_such_column")
    job.create()
    stack.client().start_application(ApplicationName=job.name, RunConfiguration={})
    local_stack.wait_until(lambda: stack.status(job.name) == "READY", local_stack.PATIENCE, "READY after a failed start")
    local_stack.wait_until(lambda: "no_such_column" in stack.engine_logs() + stack.server.log_tail(200), 10,
                           "the reason in a log")
