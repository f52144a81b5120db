"""The control-plane part of the guide's tutorials, as its readers type it: AWS CLI with the printed JSON, first start with
RESTORE_FROM_LATEST_SNAPSHOT although there is no snapshot. The code is SQL under the names that the tutorials upload."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import local_stack
from conftest import BUCKET

CLI = shutil.which("aws", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
ROLE = "arn:aws:iam::012345678901:role/MF-stream-rw-role"
JAR = "aws-kinesis-analytics-java-apps-1.0.jar"



def named(name, **properties):
    return {"PropertyGroupId": name, "PropertyMap": properties}


PRODUCER = named("ProducerConfigProperties", **{"flink.stream.initpos": "LATEST", "aws.region": "us-west-2", "AggregationEnabled": "false"})
CONSUMER = named("ConsumerConfigProperties", **{"aws.region": "us-west-2"})
INPUT = named("consumer.config.0", **{"input.stream.name": "ExampleInputStream", "flink.stream.initpos": "LATEST", "aws.region": "us-west-2"})
OUTPUT = named("producer.config.0", **{"output.stream.name": "ExampleOutputStream", "aws.region": "us-west-2", "shard.count": "1"})
KAFKA = [named("KafkaSource", **{"topic": "AWSKafkaTutorialTopic", "security.protocol": "SSL", "ssl.truststore.password": "changeit"}),
         named("KafkaSink", **{"topic": "AWSKafkaTutorialTopicDestination", "transaction.timeout.ms": "1000"})]


def run_options(script, jar):
    return named("kinesis.analytics.flink.run.options", python=script, jarfile=jar)


# Tutorial, code object, property groups, logging from the start
TUTORIALS = [
    ("E01", JAR, [PRODUCER, CONSUMER], False),
    ("E02", "aws-kinesis-analytics-java-apps-1.0.jar",
     [named("FlinkApplicationProperties", **{"kafka-topic": "AWSKafkaTutorialTopic", "brokers": "b-1:9098", "s3Path": "s3a://b/"})], False),
    ("E03", "myapp.zip", [INPUT, OUTPUT, run_options("GettingStarted/getting-started.py", "lib/amazon-kinesis-connector-flink-2.0.0.jar")], False),
    ("E04", "getting-started-scala-1.0.jar", [PRODUCER, CONSUMER], True),
    ("E05", "basic-beam-app-1.0.jar", [named("BeamApplicationProperties", InputStreamName="ExampleInputStream", AwsRegion="us-west-2")], False),
    ("E06", JAR, [], False), ("E07", JAR, [], False), ("E08", JAR, [], False), ("E09", "KafkaGettingStartedJob-1.0.jar", KAFKA, False),
    ("E10", JAR, [PRODUCER, named("ConsumerConfigProperties", **{
        "flink.stream.recordpublisher": "EFO", "flink.stream.efo.consumername": "basic-efo-flink-app"})], False),
    ("E11", JAR, [], False), ("E12", JAR, [], False), ("E13", "flink-app-1.0-SNAPSHOT.jar", KAFKA, False),
    ("E14", "myapp.zip", [INPUT, OUTPUT, run_options("tumbling-windows.py", "lib/flink-sql-connector-kinesis-1.15.2.jar")], False),
    ("E15", "myapp.zip", [INPUT, OUTPUT, run_options("sliding-windows.py", "lib/flink-sql-connector-kinesis-1.15.2.jar")], False),
    ("E16", "myapp.zip", [INPUT, named("sink.config.0", **{"output.bucket.name": "ka-app-code-username"}),
                          run_options("streaming-file-sink.py", "S3Sink/lib/flink-sql-connector-kinesis-1.15.2.jar")], False),
    ("E17", "tumbling-window-scala-1.0.jar", [PRODUCER, CONSUMER], True),
    ("E18", "sliding-window-scala-1.0.jar", [PRODUCER, CONSUMER], True),
    ("E19", "s3-sink-scala-1.0.jar", [PRODUCER, CONSUMER], True),
]


class Shell:
    """`aws kinesisanalyticsv2 OPERATION --cli-input-json file://…`"""

    def __init__(self, service, folder):
        self.service, self.folder = service, folder

    def __call__(self, operation, request=None, *more):
        command = [CLI, "--endpoint-url", self.service.url, "kinesisanalyticsv2", operation, *more]
        if request is not None:
            path = self.folder / "request.json"
            path.write_text(json.dumps(request))
            command += ["--cli-input-json", f"file://{path}"]
        environment = {**local_stack.aws_environment(self.service.s3_url), "AWS_DEFAULT_OUTPUT": "json"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def aws(service, tmp_path):
    if CLI is None:
        pytest.fail("there is no AWS CLI: scripts/setup.sh python installs it")
    return Shell(service, tmp_path)


def create_request(name, key, groups, logging):
    request = {"ApplicationName": name, "ApplicationDescription": "my java test app", "RuntimeEnvironment": "FLINK-1_15",
               "ServiceExecutionRole": ROLE,
               "ApplicationConfiguration": {"ApplicationCodeConfiguration": {
                   "CodeContent": {"S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key}}, "CodeContentType": "ZIPFILE"}}}
    if groups:
        request["ApplicationConfiguration"]["EnvironmentProperties"] = {"PropertyGroups": groups}
    if logging:
        request["CloudWatchLoggingOptions"] = [{
            "LogStreamARN": "arn:aws:logs:us-west-2:012345678901:log-group:MyApplication:log-stream:kinesis-analytics-log-stream"}]
    return request


@pytest.mark.parametrize("tutorial, key, groups, logging", TUTORIALS, ids=[t[0] for t in TUTORIALS])
def test_create_of_every_tutorial(app, s3, tutorial, key, groups, logging):
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"SELECT 1;")
    detail = app.client.create_application(**create_request(app.name, key, groups, logging))["ApplicationDetail"]
    configuration = detail["ApplicationConfigurationDescription"]
    content = configuration["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert content["S3ApplicationCodeLocationDescription"] == {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key}
    if groups:
        assert configuration["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"] == groups
    else:
        assert "EnvironmentPropertyDescriptions" not in configuration
    assert len(detail.get("CloudWatchLoggingOptionDescriptions", [])) == logging
    app.start(RunConfiguration={"ApplicationRestoreConfiguration": {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}})
    app.wait_for("RUNNING")


def test_getting_started_with_the_cli(aws, app, s3):
    """E01: create, start, stop, update the properties, update the code, delete."""
    name = app.name
    first = s3.put_object(Bucket=BUCKET, Key=JAR, Body=b"SELECT 1;")["VersionId"]
    created = aws("create-application", create_request(name, JAR, [PRODUCER, CONSUMER], False))["ApplicationDetail"]
    assert (created["ApplicationStatus"], created["ApplicationVersionId"]) == ("READY", 1)
    start = {"ApplicationName": name, "RunConfiguration": {
        "ApplicationRestoreConfiguration": {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"}}}
    aws("start-application", start)
    app.wait_for("RUNNING")
    aws("stop-application", {"ApplicationName": name})
    app.wait_for("READY")
    changed = [{**PRODUCER, "PropertyMap": {**PRODUCER["PropertyMap"], "aws.region": "us-east-1"}}, CONSUMER]
    aws("update-application", {"ApplicationName": name, "CurrentApplicationVersionId": 1, "ApplicationConfigurationUpdate": {
        "EnvironmentPropertyUpdates": {"PropertyGroups": changed}}})
    detail = aws("describe-application", {"ApplicationName": name})["ApplicationDetail"]
    assert detail["ApplicationVersionId"] == 2
    assert detail["ApplicationConfigurationDescription"]["EnvironmentPropertyDescriptions"]["PropertyGroupDescriptions"] == changed
    aws("start-application", start)
    app.wait_for("RUNNING")
    second = s3.put_object(Bucket=BUCKET, Key=JAR, Body=b"SELECT 2;")["VersionId"]
    assert first != second
    summary = [s for s in aws("list-applications")["ApplicationSummaries"] if s["ApplicationName"] == name][0]
    aws("update-application", {"ApplicationName": name, "CurrentApplicationVersionId": summary["ApplicationVersionId"],
                               "ApplicationConfigurationUpdate": {"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {
                                   "S3ContentLocationUpdate": {"BucketARNUpdate": f"arn:aws:s3:::{BUCKET}", "FileKeyUpdate": JAR,
                                                               "ObjectVersionUpdate": second}}}}})
    app.wait_for("RUNNING")
    detail = aws("describe-application", {"ApplicationName": name})["ApplicationDetail"]
    location = detail["ApplicationConfigurationDescription"]["ApplicationCodeConfigurationDescription"]["CodeContentDescription"]
    assert location["S3ApplicationCodeLocationDescription"]["ObjectVersion"] == second
    assert (detail["ApplicationVersionId"], detail["ApplicationVersionUpdatedFrom"]) == (3, 2)
    aws("delete-application", None, "--application-name", name, "--create-timestamp", str(detail["CreateTimestamp"]))
    app.wait_until_gone()


def test_sliding_window_needs_more_parallelism(aws, app):
    """E07, with the arguments as the guide prints them."""
    app.create()
    aws("update-application", None, "--application-name", app.name, "--current-application-version-id", "1",
        "--application-configuration-update", json.dumps({"FlinkApplicationConfigurationUpdate": {
            "ParallelismConfigurationUpdate": {"ParallelismUpdate": 5, "ConfigurationTypeUpdate": "CUSTOM"}}}))
    flink = app.configuration()["FlinkApplicationConfigurationDescription"]["ParallelismConfigurationDescription"]
    assert (flink["Parallelism"], flink["ConfigurationType"]) == (5, "CUSTOM")


def test_checkpoints_further_apart(aws, app):
    """E08: at version 5."""
    app.create()
    for version in range(1, 5):
        app.client.add_application_cloud_watch_logging_option(
            ApplicationName=app.name, CurrentApplicationVersionId=version,
            CloudWatchLoggingOption={"LogStreamARN": f"arn:aws:logs:us-east-1:1:log-group:g:log-stream:{version}"})
    aws("update-application", {"ApplicationConfigurationUpdate": {"FlinkApplicationConfigurationUpdate": {
        "CheckpointConfigurationUpdate": {"ConfigurationTypeUpdate": "CUSTOM", "CheckpointIntervalUpdate": 600000}}},
        "ApplicationName": app.name, "CurrentApplicationVersionId": 5})
    assert app.configuration()["FlinkApplicationConfigurationDescription"]["CheckpointConfigurationDescription"]["CheckpointInterval"] == 600000


def test_snapshots_off_and_delete(aws, app):
    """E11: the console disables snapshots before the application is deleted."""
    app.create()
    aws("update-application", {"ApplicationName": app.name, "CurrentApplicationVersionId": 1, "ApplicationConfigurationUpdate": {
        "ApplicationSnapshotConfigurationUpdate": {"SnapshotsEnabledUpdate": False}}})
    detail = aws("describe-application", None, "--application-name", app.name)["ApplicationDetail"]
    assert detail["ApplicationConfigurationDescription"]["ApplicationSnapshotConfigurationDescription"] == {"SnapshotsEnabled": False}
    aws("delete-application", None, "--application-name", app.name, "--create-timestamp", str(detail["CreateTimestamp"]))
    app.wait_until_gone()


def test_logging_vpc_and_tags_with_the_cli(aws, app):
    app.create()
    arn = app.arn()
    added = aws("add-application-cloud-watch-logging-option", {
        "ApplicationName": app.name, "CurrentApplicationVersionId": 1,
        "CloudWatchLoggingOption": {"LogStreamARN": "arn:aws:logs:us-east-1:123456789123:log-group:my-log-group:log-stream:My-LogStream"}})
    assert added["CloudWatchLoggingOptionDescriptions"][0]["CloudWatchLoggingOptionId"] == "2.1"
    aws("add-application-vpc-configuration", {"ApplicationName": app.name, "CurrentApplicationVersionId": 2, "VpcConfiguration": {
        "SecurityGroupIds": ["sg-0123456789abcdef0"], "SubnetIds": ["subnet-0123456789abcdef0"]}})
    aws("update-application", {"ApplicationName": app.name, "CurrentApplicationVersionId": 3, "ApplicationConfigurationUpdate": {
        "VpcConfigurationUpdates": [{"SecurityGroupIdUpdates": ["sg-1"], "SubnetIdUpdates": ["subnet-1"], "VpcConfigurationId": "3.1"}]}})
    aws("delete-application-vpc-configuration", {"ApplicationName": app.name, "CurrentApplicationVersionId": 4, "VpcConfigurationId": "3.1"})
    aws("delete-application-cloud-watch-logging-option", {"ApplicationName": app.name, "CurrentApplicationVersionId": 5,
                                                          "CloudWatchLoggingOptionId": "2.1"})
    assert app.detail()["ApplicationVersionId"] == 6
    aws("tag-resource", None, "--resource-arn", arn, "--tags", "Key=team,Value=data")
    assert aws("list-tags-for-resource", None, "--resource-arn", arn) == {"Tags": [{"Key": "team", "Value": "data"}]}
    aws("untag-resource", None, "--resource-arn", arn, "--tag-keys", "team")
    window = aws("update-application-maintenance-configuration", {"ApplicationName": app.name, "ApplicationMaintenanceConfigurationUpdate": {
        "ApplicationMaintenanceWindowStartTimeUpdate": "22:15"}})
    assert window["ApplicationMaintenanceConfigurationDescription"]["ApplicationMaintenanceWindowEndTime"] == "06:15"
