"""Programs in the shape of the tutorials (tests/flink_apps/tutorials), as fat JARs and a zip out of S3, unmodified: they name
no endpoint, and the service leads them to kinesis-mock and moto. Needs root, for port 443.

CI runs one of them; `make flink` (SLUICE_FLINK=all) runs all.
"""
import io
import json
import os
import subprocess
import sys
import time
import zipfile

import boto3
import botocore.config
import conftest
import local_stack
import pytest

sys.path.insert(0, str(local_stack.ROOT / "tests" / "connectors"))
from aws_peers import KinesisMock  # noqa: E402

APPS = local_stack.ROOT / ".cache" / "flink_apps"
RUNTIME = "FLINK-1_20"
REGION = "us-west-2"  # as the tutorials have it; the service's is another one
BUCKET = "ka-app-code-user"
CONNECTOR = "flink-sql-connector-kinesis-4.0.0-1.16.jar"

everything = os.environ.get("SLUICE_FLINK") == "all"
only_all = pytest.mark.only_if(everything, "SLUICE_FLINK=all (make flink)")
# The first one builds the programs and may install the runtime.
pytestmark = [pytest.mark.only_if(os.geteuid() == 0, "root: port 443"), pytest.mark.timeout(1200)]


@pytest.fixture(scope="module", autouse=True)
def programs():
    """Built when they are not there."""
    subprocess.run([local_stack.ROOT / "scripts" / "setup.sh", "flink_apps"], stdin=subprocess.DEVNULL, check=True,
                   env={**os.environ, "FLINK_APPS": "all" if everything else ""})


@pytest.fixture(scope="module")
def kinesis(tmp_path_factory):
    mock = KinesisMock(tmp_path_factory.mktemp("kinesis") / "kinesis.log")
    yield mock
    mock.stop()


class Stream:
    """A stream of one shard, and what was read of it."""

    def __init__(self, client, name):
        self.client, self.name = client, name
        client.create_stream(StreamName=name, ShardCount=1)
        local_stack.wait_until(lambda: self.describe()["StreamStatus"] == "ACTIVE", local_stack.PATIENCE, f"stream {name}")
        self.arn = self.describe()["StreamARN"]
        self.iterator = client.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000",
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        self.records = []

    def describe(self):
        return self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]

    def put(self, text):
        self.client.put_record(StreamName=self.name, Data=text.encode(), PartitionKey="partitionkey")

    def new_records(self):
        answer = self.client.get_records(ShardIterator=self.iterator, Limit=1000)
        self.iterator = answer["NextShardIterator"]
        return answer["Records"]

    def read(self):
        """All records so far: [(partition key, text)]."""
        self.records += [(record["PartitionKey"], record["Data"].decode()) for record in self.new_records()]
        return self.records

    def read_bytes(self):
        """What came since the last call."""
        return [record["Data"] for record in self.new_records()]

    def delete(self):
        self.client.delete_stream(StreamName=self.name, EnforceConsumerDeletion=True)
        local_stack.wait_until(lambda: self.name not in self.client.list_streams()["StreamNames"], local_stack.PATIENCE, "stream deleted")


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    process, url = local_stack.start_moto(tmp_path_factory.mktemp("moto") / "moto.log")
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
                          config=botocore.config.Config(proxies={}))
    client.create_bucket(Bucket=BUCKET)
    client.url = url
    yield client
    process.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory, kinesis, s3):
    """One that redirects AWS's hosts. Its own credentials are what the programs get."""
    environment = {**local_stack.aws_environment(s3.url), "AWS_ENDPOINT_URL_KINESIS": kinesis.url,
                   "AWS_ENDPOINT_URL_STS": s3.url, "AWS_ENDPOINT_URL_SECRETS_MANAGER": s3.url}
    service = conftest.Service(tmp_path_factory.mktemp("tutorials"), "--redirect-aws", environment=environment)
    yield service
    service.close()


@pytest.fixture
def streams(kinesis):
    client = boto3.client("kinesis", endpoint_url=kinesis.url, region_name=REGION, aws_access_key_id="a",
                          aws_secret_access_key="b", config=botocore.config.Config(proxies={}))
    streams = Stream(client, "ExampleInputStream"), Stream(client, "ExampleOutputStream")
    yield streams
    for stream in streams:
        stream.delete()


class Tutorial:
    def __init__(self, app, s3):
        self.app, self.s3 = app, s3

    def run(self, package, properties=None, key="app.jar", runtime=RUNTIME, interval=1000):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=package)
        app = self.app
        app.client.create_application(
            ApplicationName=app.name, RuntimeEnvironment=runtime, ServiceExecutionRole=conftest.ROLE,
            ApplicationConfiguration={
                "ApplicationCodeConfiguration": {
                    "CodeContentType": "ZIPFILE",
                    "CodeContent": {"S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key}}},
                "EnvironmentProperties": {"PropertyGroups": [
                    {"PropertyGroupId": group, "PropertyMap": values} for group, values in (properties or {}).items()]},
                "FlinkApplicationConfiguration": {"CheckpointConfiguration": {
                    "ConfigurationType": "CUSTOM", "CheckpointingEnabled": True, "CheckpointInterval": interval,
                    "MinPauseBetweenCheckpoints": 100}}})
        app.run()
        return app


@pytest.fixture
def tutorial(app, s3):
    return Tutorial(app, s3)


def jar(name):
    return (APPS / f"{name}-1.0.jar").read_bytes()


def java_hash(text):
    """String.hashCode()."""
    value = 0
    for char in text:
        value = (31 * value + ord(char)) & 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def stock(number):
    return json.dumps({"event_time": f"2026-05-01T12:00:00.{number:06}", "ticker": "AAPL", "price": number + 0.5})


def put_until_out(source, sink, app, seconds=local_stack.PATIENCE):
    """Puts stock records until the first comes out, then three more that must all come out; those that came out."""
    deadline = time.monotonic() + seconds
    number = 0
    while not sink.read():
        if time.monotonic() > deadline:
            pytest.fail(f"no record came out\n{app.last_log()}")
        number += 1
        source.put(stock(number))
        time.sleep(0.2)
    want = {number + 1.5 + i for i in range(3)}
    for i in range(3):
        source.put(stock(number + 1 + i))

    def prices():
        return {json.loads(text)["price"] for _, text in sink.read()}
    try:
        local_stack.wait_until(lambda: want <= prices(), seconds, "records", interval=0.2)
    except local_stack.StackError:
        pytest.fail(f"{want} are not all among {prices()}\n{app.last_log()}")
    return sink.records


def check_copies(records):
    for key, text in records:
        assert key == str(java_hash(text)), text
        assert text.startswith('{"event_time": "2026-05-01T12:00:00.'), text


@only_all  # Maven takes minutes to fetch what it is built with
def test_getting_started(tutorial, streams):
    """E01: everything stands in the code; the old consumer and the new sink, which speaks HTTP/2."""
    app = tutorial.run(jar("getting-started"))
    check_copies(put_until_out(*streams, app))


@only_all
def test_streams_source(tutorial, streams):
    """The newer source and sink by ARN: calls go to the account's own host names."""
    source, sink = streams
    app = tutorial.run(jar("streams-source"), {"InputStream0": {"stream.arn": source.arn, "aws.region": REGION},
                                               "OutputStream0": {"stream.arn": sink.arn, "aws.region": REGION}})
    check_copies(put_until_out(source, sink, app))
    assert any("Application properties" in record["message"] for record in app.log())


@only_all
@pytest.mark.parametrize("publisher", ["POLLING", "EFO"])
def test_scala(tutorial, streams, publisher):
    """E04, and with enhanced fan-out (E10): an answer over HTTP/2 that goes on for minutes."""
    consumer = {"aws.region": REGION, "stream.name": "ExampleInputStream", "flink.stream.initpos": "LATEST",
                "flink.stream.recordpublisher": publisher, "flink.stream.efo.consumername": "basic-efo-flink-app"}
    app = tutorial.run(jar("scala"), {"ConsumerConfigProperties": consumer,
                                      "ProducerConfigProperties": {"aws.region": REGION, "stream.name": "ExampleOutputStream"}})
    check_copies(put_until_out(*streams, app))


@only_all
def test_python(tutorial, streams):
    """E03: SQL in Python. Columns come in the table's order, the key is the ticker."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(local_stack.ROOT / "tests/flink_apps/tutorials/python/getting-started.py", "getting-started.py")
        archive.write(APPS / CONNECTOR, CONNECTOR)
    source, sink = streams
    app = tutorial.run(buffer.getvalue(), {
        "consumer.config.0": {"input.stream.name": source.name, "aws.region": REGION, "scan.stream.initpos": "LATEST"},
        "producer.config.0": {"output.stream.name": sink.name, "aws.region": REGION, "shard.count": "1"},
        "kinesis.analytics.flink.run.options": {"python": "getting-started.py", "jarfile": CONNECTOR}}, key="myapp.zip")
    for key, text in put_until_out(source, sink, app):
        assert key == "AAPL"
        assert text.startswith('{"ticker":"AAPL","price":'), text


@only_all
def test_beam(tutorial, streams):
    """E05: Beam's own Flink runner, which works on Flink's insides; of the version of Flink that it is built for."""
    source, sink = streams
    app = tutorial.run(jar("beam"), {"BeamApplicationProperties": {
        "InputStreamName": source.name, "OutputStreamName": sink.name, "AwsRegion": REGION}}, runtime="FLINK-1_19")
    deadline = time.monotonic() + 120
    while not (answers := sink.read_bytes()):
        if time.monotonic() > deadline:
            pytest.fail(f"no answer\n{app.last_log()}")
        source.put("ping")
        source.put("something else")
        time.sleep(0.5)
    # Beam's sink packs records as the Kinesis Producer Library does.
    for data in answers:
        assert data.startswith(b"\xf3\x89\x9a\xc2") and b"pong\n" in data and b"something" not in data, data


@only_all
def test_table(tutorial, s3, tmp_path_factory):
    """E02: a Kafka topic to partitioned files on S3, with the file system that the service brings along."""
    import kafka_broker
    kafka_broker.fetch()
    broker = kafka_broker.Broker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    try:
        topic = broker.new_topic(name="AWSKafkaTutorialTopic")
        rows = [{"event_time": f"2026-05-01 14:00:{i:02}", "ticker": "AMZN", "price": 45.0 + i} for i in range(10)]
        broker.send(topic, *rows)
        app = tutorial.run(jar("table"), {"FlinkApplicationProperties": {
            "kafka-topic": topic, "brokers": broker.address, "s3Path": BUCKET}})
        prefix = "tableapi/ticker=AMZN/dt=2026-05-01/hr=14/"

        def written():
            keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
            files = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys if "/part-" in key]
            return [json.loads(line) for file in files for line in file.splitlines()]
        want = [{"event_time": row["event_time"], "price": row["price"]} for row in rows if row["price"] > 50]
        try:
            local_stack.wait_until(lambda: sorted(written(), key=str) == sorted(want, key=str), local_stack.PATIENCE, "files", interval=0.5)
        except local_stack.StackError:
            pytest.fail(f"{written()}\n{app.last_log()}")
    finally:
        broker.stop()


