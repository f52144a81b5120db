"""AWS as the Kinesis, Firehose and DynamoDB tests meet it: moto, kinesis-mock (which speaks HTTP/2, for enhanced fan-out),
and a proxy between the engine and one of them that makes faults. Test files import the fixtures from here."""
import base64
import hashlib
import http.client
import http.server
import json
import os
import shutil
import threading
import urllib.parse
from pathlib import Path

import boto3
import local_stack
import pytest

ROOT = Path(__file__).resolve().parents[2]
KINESIS_MOCK = ROOT / "tests" / "js" / "node_modules" / "kinesis-local"
ACCOUNT = "123456789012"


def client(service, url, **more):
    return boto3.client(service, endpoint_url=url, region_name=local_stack.REGION, aws_access_key_id="local",
                        aws_secret_access_key="local-secret", **{"verify": False, **more})


class Stream:
    """A data stream and what was put into it."""

    def __init__(self, kinesis, name, shards, account=ACCOUNT):
        self.kinesis, self.name = kinesis, name
        self.arn = f"arn:aws:kinesis:{local_stack.REGION}:{account}:stream/{name}"
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        self.wait()

    def wait(self):
        local_stack.wait_until(lambda: self.kinesis.describe_stream_summary(StreamName=self.name)[
            "StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE", local_stack.PATIENCE, f"stream {self.name}: ACTIVE", interval=0.1)

    def put(self, rows, key=lambda row: str(row.get("k", row))):
        """JSON rows (or bytes), in their order for each key."""
        records = [{"Data": row if isinstance(row, bytes) else json.dumps(row).encode(), "PartitionKey": key(row)}
                   for row in rows]
        for at in range(0, len(records), 500):
            assert self.kinesis.put_records(StreamName=self.name, Records=records[at:at + 500])["FailedRecordCount"] == 0

    def shards(self, open_only=True):
        listed = self.kinesis.list_shards(StreamName=self.name)["Shards"]
        return [s for s in listed if not (open_only and s["SequenceNumberRange"].get("EndingSequenceNumber"))]

    def split(self, shard):
        low, high = (int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))
        self.kinesis.split_shard(StreamName=self.name, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((low + high) // 2))
        self.wait()

    def merge(self):
        """The first two open shards that lie side by side."""
        shards = sorted(self.shards(), key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))
        self.kinesis.merge_shards(StreamName=self.name, ShardToMerge=shards[0]["ShardId"],
                                  AdjacentShardToMerge=shards[1]["ShardId"])
        self.wait()

    def records(self):
        """Everything in it: (partition key, data)."""
        found = []
        for shard in self.shards(open_only=False):
            iterator = self.kinesis.get_shard_iterator(StreamName=self.name, ShardId=shard["ShardId"],
                                                       ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while iterator:
                answer = self.kinesis.get_records(ShardIterator=iterator, Limit=10000)
                found += [(r["PartitionKey"], r["Data"]) for r in answer["Records"]]
                iterator = answer.get("NextShardIterator") if answer["Records"] else None
        return found


class KinesisMock:
    """HTTP/1.1 and HTTP/2 on both of its ports; the account of a request is its access key if that has 12 digits."""
    account = "000000000000"

    def __init__(self, log):
        if not (KINESIS_MOCK / "main.js").exists() or not shutil.which("node"):
            pytest.fail("kinesis-mock is not there: scripts/setup.sh js")
        tls, plain = local_stack.free_port(), local_stack.free_port()
        environment = {**os.environ, "KINESIS_MOCK_TLS_PORT": str(tls), "KINESIS_MOCK_PLAIN_PORT": str(plain),
                       "KINESIS_MOCK_CERT_PATH": str(KINESIS_MOCK / "server.json"), "LOG_LEVEL": "WARN",
                       **{f"{what}_DURATION": "50ms" for what in (
                           "CREATE_STREAM", "DELETE_STREAM", "REGISTER_STREAM_CONSUMER", "DEREGISTER_STREAM_CONSUMER",
                           "MERGE_SHARDS", "SPLIT_SHARD")}}
        self.process = local_stack.Process("kinesis-mock", ["node", KINESIS_MOCK / "main.js"], log, environment)
        self.url, self.tls_url = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}"
        self.process.wait_for(self.url + "/healthcheck", local_stack.PATIENCE)

    def stop(self):
        self.process.stop()


class FaultProxy:
    """Forwards requests to `target`; `fault(operation, body, headers)` may answer itself, with (status, JSON), and
    `change(operation, answer)` may change a good answer. While it is not `open`, nobody can connect."""

    def __init__(self, target):
        self.target = urllib.parse.urlsplit(target)
        self.fault = lambda operation, body, headers: None
        self.change = lambda operation, answer: answer
        self.counts = {}
        self.lock = threading.Lock()
        self.port = local_stack.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = None
        self.connect()

    def connect(self):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                operation = self.headers.get("X-Amz-Target", ".").rsplit(".", 1)[1]
                with proxy.lock:
                    proxy.counts[operation] = proxy.counts.get(operation, 0) + 1
                    status, answer = proxy.fault(operation, body, self.headers) or (None, None)
                if status is None:
                    status, answer = proxy.forward(body, self.headers)
                    if status == 200 and answer:
                        with proxy.lock:
                            answer = json.dumps(proxy.change(operation, json.loads(answer))).encode()
                else:
                    answer = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass  # the engine was killed

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def forward(self, body, headers):
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=local_stack.PATIENCE)
        sent = {k: v for k, v in headers.items() if k.lower() not in ("connection",)}
        connection.request("POST", "/", body, sent)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer

    def disconnect(self):
        self.server.shutdown()
        self.server.server_close()


def throttle(times, operation_name, error="ProvisionedThroughputExceededException"):
    """A fault that refuses the first calls of an operation."""
    left = [times]

    def fault(operation, body, headers):
        if operation != operation_name or left[0] == 0:
            return None
        left[0] -= 1
        return 400, {"__type": error, "message": "Rate exceeded for shard"}
    return fault


def _varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number, data):
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def pack(pairs):
    """(partition key, data) pairs in one record, as the Kinesis Producer Library does."""
    keys = sorted({key for key, _ in pairs})
    message = b"".join(_field(1, key.encode()) for key in keys)
    for key, data in pairs:
        message += _field(3, b"\x08" + _varint(keys.index(key)) + _field(3, data))
    return b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    process, url = local_stack.start_moto(tmp_path_factory.mktemp("aws") / "moto.log")
    yield url
    process.stop()


@pytest.fixture(scope="session")
def kinesis_mock(tmp_path_factory):
    mock = KinesisMock(tmp_path_factory.mktemp("kinesis") / "mock.log")
    yield mock
    mock.stop()


@pytest.fixture
def proxy(moto):
    proxy = FaultProxy(moto)
    yield proxy
    proxy.disconnect()


_names = iter(range(10**6))


@pytest.fixture
def new_stream(moto):
    return lambda shards=1: Stream(client("kinesis", moto), f"stream-{next(_names)}", shards)
