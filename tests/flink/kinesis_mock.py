"""A local Kinesis that AWS's SDKs for Java can talk to, for programs that run unmodified."""
import os
from pathlib import Path

import boto3
import botocore.config

import local_stack

ACCOUNT = "000000000000"


def main_js():
    return Path(os.environ.get("SLUICE_KINESIS_MOCK", local_stack.ROOT / "tests/js/node_modules/kinesis-local/main.js"))


class KinesisMock:
    def __init__(self, folder):
        port, tls_port = local_stack.free_port(), local_stack.free_port()
        environment = {**os.environ, "KINESIS_MOCK_PLAIN_PORT": str(port), "KINESIS_MOCK_TLS_PORT": str(tls_port),
                       "KINESIS_MOCK_CERT_PATH": str(main_js().parent / "server.json"), "LOG_LEVEL": "WARN",
                       "SHARD_LIMIT": "200", "AWS_ACCOUNT_ID": ACCOUNT}
        self.url = f"http://127.0.0.1:{port}"
        self.process = local_stack.Process("kinesis-mock", ["node", main_js()], folder / "kinesis.log", environment)
        self.process.wait_for(self.url + "/healthcheck", 60)

    def client(self, region):
        return boto3.client("kinesis", endpoint_url=self.url, region_name=region, aws_access_key_id="a",
                            aws_secret_access_key="b", config=botocore.config.Config(proxies={}))

    def stop(self):
        self.process.stop()


class Stream:
    """A stream of one shard, and what was put into it."""

    def __init__(self, client, name):
        self.client, self.name = client, name
        client.create_stream(StreamName=name, ShardCount=1)
        local_stack.wait_until(lambda: self.describe()["StreamStatus"] == "ACTIVE", 30, f"stream {name}")
        self.arn = self.describe()["StreamARN"]
        self.iterator = client.get_shard_iterator(StreamName=name, ShardId="shardId-000000000000",
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        self.records = []

    def describe(self):
        return self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]

    def put(self, text):
        self.client.put_record(StreamName=self.name, Data=text.encode(), PartitionKey="partitionkey")

    def read(self):
        """All records so far: [(partition key, text)]."""
        answer = self.client.get_records(ShardIterator=self.iterator, Limit=1000)
        self.iterator = answer["NextShardIterator"]
        self.records += [(record["PartitionKey"], record["Data"].decode()) for record in answer["Records"]]
        return self.records

    def delete(self):
        self.client.delete_stream(StreamName=self.name, EnforceConsumerDeletion=True)
