"""Records a second out of a Kinesis stream, by polling and by enhanced fan-out, against kinesis-mock on this machine. Run by
brokers.py.

The stream is filled first; then each reader is timed from the start of its job until its source has emitted everything.
Kinesis-mock is one thread of JavaScript: it bounds both figures, so records are packed (--packed; 1: one a record), as the
Kinesis Producer Library packs them. On AWS a shard gives 2 MB a second to all pollers, and to each fan-out consumer.
"""
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in ("scripts", "tests/system", "tests/connectors"):
    sys.path.insert(0, str(ROOT / folder))
import aws_peers  # noqa: E402
import local_stack  # noqa: E402
from engine_process import Engine  # noqa: E402

SQL = """\
CREATE TABLE src (event_time TIMESTAMP(3), ticker STRING, price DOUBLE) WITH (
  'connector' = 'kinesis', 'stream.arn' = '{arn}', 'aws.region' = '{region}', 'aws.endpoint' = '{endpoint}', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601', 'source.init.position' = 'TRIM_HORIZON', {reader});
CREATE TABLE dst (event_time TIMESTAMP(3), ticker STRING, price DOUBLE) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT * FROM src;
"""
READERS = {"polling": "'source.reader.type' = 'POLLING'",
           "fan-out": "'source.reader.type' = 'EFO', 'source.efo.consumer.name' = 'bench'"}


def fill(stream, records, packed):
    def row(i):
        return json.dumps({"event_time": "2026-11-23T03:00:00.123456", "ticker": "AAPL", "price": i % 10000 / 100}).encode()
    # One key a batch: what is packed under a key of another shard, its reader leaves out.
    put = []
    for at in range(0, records, packed):
        batch = [(f"key{at}", row(i)) for i in range(at, min(at + packed, records))]
        put.append((f"key{at}", batch[0][1] if packed == 1 else aws_peers.pack(batch)))
    keys = {data: key for key, data in put}
    put = [data for _, data in put]
    for at in range(0, len(put), 100):
        stream.put(put[at:at + 100], key=keys.get)
    return sum(len(data) for data in put)


def emitted(engine, job):
    return engine.get(job)["vertices"][0]["metrics"]["write-records"]


def timed(engine, stream, endpoint, reader, records):
    sql = SQL.format(arn=stream.arn, region=local_stack.REGION, endpoint=endpoint, reader=READERS[reader])
    package = engine.upload(sql)
    start = time.monotonic()
    job = engine.run(package)
    while True:
        count = emitted(engine, job)
        now = time.monotonic()
        if count >= records:
            break
        if now - start > 120:
            raise SystemExit(f"{reader}: {count} of {records} records after two minutes\n{engine.process.log_tail()}")
        time.sleep(0.005)
    engine.call("PATCH", job)
    return now - start


def add_arguments(parser):
    parser.add_argument("--records", type=int, default=100_000, help="of the figures of Kinesis")
    parser.add_argument("--packed", type=int, default=200)
    parser.add_argument("--shards", type=int, default=2)


def measure(options, add):
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        mock = aws_peers.KinesisMock(Path(folder) / "mock.log")
        engine = Engine(Path(folder), local_stack.aws_environment("http://127.0.0.1:1"))
        try:
            stream = aws_peers.Stream(aws_peers.client("kinesis", mock.url), "bench", options.shards, mock.account)
            bytes_put = fill(stream, options.records, options.packed)
            engine.start()
            for reader in READERS:
                seconds = timed(engine, stream, mock.url, reader, options.records)
                add(f"Kinesis: {reader}, {options.shards} shards, {options.packed} rows a packed record",
                    f"{options.records / seconds:,.0f} records/s, {bytes_put / seconds / 1e6:.1f} MB/s")
        finally:
            engine.stop()
            mock.stop()
