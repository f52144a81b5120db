"""'connector' = 'kafka' and 'upsert-kafka' as sinks: keys, metadata, partitioners, tombstones; transactions that survive kill -9,
seen by a read_committed consumer of another library."""
import json
import os
import random
import threading
import time

import local_stack
import pytest
from test_kafka_source import table

KILLS = int(os.environ.get("SLUICE_KAFKA_KILLS", "5"))
SEED = int(os.environ.get("SLUICE_CHAOS_SEED", "1"))


def sink(broker, topic, columns, connector="kafka", **more):
    return table(broker, topic, columns, connector, "o", more={"scan.bounded.mode": None, "scan.startup.mode": None, **more})


KEYED = {"key.format": "json", "key.fields": "id"}
UPSERT = {"key.format": "json", "value.format": "json", "format": None}


def test_keys_headers_and_timestamps(broker, run_sql):
    topic = broker.new_topic()
    run_sql(sink(broker, topic, "id INT, s STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers'",
                 **KEYED)
            + "INSERT INTO o VALUES (1, 'a', TO_TIMESTAMP_LTZ(1700000000123, 3), MAP['k', ENCODE('v', 'UTF-8')]), "
              "(2, 'b', CAST(NULL AS TIMESTAMP_LTZ(3)), CAST(NULL AS MAP<STRING, BYTES>));")
    first, second = broker.messages(topic)
    assert (first.key, first.value, first.timestamp, list(first.headers)) == (
        b'{"id":1}', b'{"id":1,"s":"a"}', 1700000000123, [("k", b"v")])
    assert (second.key, list(second.headers)) == (b'{"id":2}', [])
    assert abs(second.timestamp - time.time() * 1000) < 600_000


def test_keys_go_to_the_partitions_that_javas_producer_chooses(broker, run_sql):
    topic = broker.new_topic(7)
    run_sql(sink(broker, topic, "id INT, s STRING", **KEYED)
            + "INSERT INTO o VALUES " + ", ".join(f"({i}, 'x')" for i in range(40)) + ";")
    from kafka.partitioner.default import murmur2
    found = broker.messages(topic)
    assert len(found) == 40
    assert [m.partition for m in found] == [(murmur2(m.key) & 0x7FFFFFFF) % 7 for m in found]


def test_fixed_partitioner(broker, run_sql):
    topic = broker.new_topic(5)
    run_sql("SET 'parallelism.default' = '2';\n" + sink(broker, topic, "id INT, s STRING", **{"sink.partitioner": "fixed"})
            + "CREATE TABLE g (id INT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '50');\n"
              "INSERT INTO o SELECT * FROM g;")
    assert {m.partition for m in broker.messages(topic)} == {0, 1}


def test_the_topic_is_a_column(broker, run_sql):
    one, two = broker.new_topic(), broker.new_topic()
    ddl = sink(broker, f"{one};{two}", "id INT, topic STRING METADATA")
    run_sql(ddl + f"INSERT INTO o VALUES (1, '{one}'), (2, '{two}');")
    assert (broker.rows(one), broker.rows(two)) == ([{"id": 1}], [{"id": 2}])
    assert "Expected topic to be in: [" in run_sql(ddl + "INSERT INTO o VALUES (3, 'other');", check=False)


def test_upsert_kafka_deletes_by_tombstones(broker, run_sql):
    topic, source = broker.new_topic(), broker.new_topic()
    broker.send(source, *({"id": i, "k": k} for i, k in enumerate("aab")))
    # Of each k the largest id below 2 is wanted: b has none, and a's changes.
    run_sql(table(broker, source, "id INT, k STRING")
            + sink(broker, topic, "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "upsert-kafka", **UPSERT)
            + "INSERT INTO o SELECT k, n FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) WHERE n < 2;")
    assert [(m.key, m.value) for m in broker.messages(topic)] == [
        (b'{"k":"a"}', b'{"k":"a","n":1}'), (b'{"k":"a"}', None), (b'{"k":"b"}', b'{"k":"b","n":1}')]


def test_upsert_buffer_keeps_the_last_row_of_a_key(broker, run_sql):
    topic, source = broker.new_topic(), broker.new_topic()
    broker.send(source, *({"id": i, "k": "ab"[i % 2]} for i in range(100)))
    run_sql(table(broker, source, "id INT, k STRING")
            + sink(broker, topic, "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "upsert-kafka", **UPSERT,
                   **{"sink.buffer-flush.max-rows": "1000", "sink.buffer-flush.interval": "10 min"})
            + "INSERT INTO o SELECT k, COUNT(*) FROM t GROUP BY k;")
    assert sorted((m.key, m.value) for m in broker.messages(topic)) == [
        (b'{"k":"a"}', b'{"k":"a","n":50}'), (b'{"k":"b"}', b'{"k":"b","n":50}')]


def test_debezium_changes(broker, run_sql):
    topic = broker.new_topic()
    run_sql(sink(broker, topic, "k INT, n BIGINT", format="debezium-json")
            + "INSERT INTO o SELECT k, COUNT(*) FROM (VALUES (1), (1)) AS v (k) GROUP BY k;")
    assert [row["op"] for row in broker.rows(topic)] == ["c", "d", "c"]


def test_protobuf_messages(broker, run_sql):
    topic = broker.new_topic()
    schema = 'syntax = "proto3"; message M { int32 id = 1; string s = 2; repeated int32 l = 3; }'
    table = sink(broker, topic, "id INT, s STRING, l ARRAY<INT>", format="protobuf",
                 **{"protobuf.message-class-name": "M", "protobuf.schema": schema, "scan.startup.mode": "earliest-offset",
                    "scan.bounded.mode": "latest-offset"})
    run_sql(table + "INSERT INTO o VALUES (1, 'a', ARRAY[5, 6]), (0, '', CAST(NULL AS ARRAY<INT>));")
    assert [m.value for m in broker.messages(topic)] == [bytes.fromhex("0801120161") + b"\x1a\x02\x05\x06", b""]
    said = run_sql("SET 'execution.runtime-mode' = 'batch';\n" + table + "SELECT SUM(id), MAX(s), SUM(CARDINALITY(l)), COUNT(*) FROM o;")
    assert ["1", "a", "2", "2"] in [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines()]


def test_a_bounded_exactly_once_job_commits_at_its_end(broker, run_sql):
    topic = broker.new_topic()
    secure = broker.secure_options("SCRAM-SHA-256", "client.jks")
    run_sql("SET 'execution.checkpointing.interval' = '100 ms';\n"
            + sink(broker, topic, "id INT", **{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": topic}, **secure)
            + "INSERT INTO o VALUES (1), (2), (3);")
    assert broker.rows(topic, "read_committed") == [{"id": 1}, {"id": 2}, {"id": 3}]


class CountJob:
    """Kafka → a count by key → Kafka, exactly once: for each record one row out with its number in its key. A record lost or
    doubled shows, and so does lost state."""

    def __init__(self, broker, partitions=2):
        self.broker = broker
        self.source, self.sink = broker.new_topic(partitions), broker.new_topic(partitions)
        self.sql = ("SET 'execution.checkpointing.interval' = '100 ms';\n"
                    + table(broker, self.source, "id INT, k STRING, p AS PROCTIME()", more={"scan.bounded.mode": None})
                    + sink(broker, self.sink, "id INT, k STRING, n BIGINT",
                           **{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": self.sink,
                              "properties.transaction.timeout.ms": "120000"})
                    + "INSERT INTO o SELECT id, k, COUNT(*) OVER (PARTITION BY k ORDER BY p ROWS BETWEEN UNBOUNDED PRECEDING "
                      "AND CURRENT ROW) FROM t;")
        self.producer = broker.producer()
        self.sent = 0

    def send(self, count):
        for _ in range(count):
            row = {"id": self.sent, "k": f"k{self.sent % 7}"}
            # A key's rows stay in one partition, so that their order is given.
            self.producer.send(self.source, value=json.dumps(row).encode(), partition=self.sent % 7 % 2)
            self.sent += 1
        self.producer.flush()

    def expected(self):
        return [{"id": i, "k": f"k{i % 7}", "n": i // 7 + 1} for i in range(self.sent)]


class SteadySender(threading.Thread):
    """Records all the time, so that a kill always meets some under way."""

    def __init__(self, job):
        super().__init__(daemon=True)
        self.job, self.stopped = job, threading.Event()

    def run(self):
        while not self.stopped.wait(0.005):
            self.job.send(2)

    def end(self):
        self.stopped.set()
        self.join()


def test_exactly_once_over_kills(broker, engine):
    """The process is killed at moments that a seed draws: at any time, when records have just been written, and in the
    milliseconds between a checkpoint's manifest and the commit of its transactions. The same job is started again in the
    same folder, with another parallelism, and finds its last checkpoint. SLUICE_KAFKA_KILLS chooses how often."""
    dice = random.Random(SEED)
    job = CountJob(broker)
    job_id = "0123456789abcdef0123456789abcdef"
    checkpoints = engine.data / "checkpoints" / job_id

    def start(parallelism):
        return engine.run(engine.upload(f"SET 'parallelism.default' = '{parallelism}';\n{job.sql}"), jobId=job_id)

    def manifests():
        return {str(path) for path in checkpoints.glob("chk-*/_metadata")}

    def poll(condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            pass

    def when_a_manifest_is_there():
        for _ in range(2):  # the first one's commit makes the sink's transactions take turns
            known = manifests()
            poll(lambda: manifests() - known, 5)

    def when_records_are_written():
        before = len(broker.messages(job.sink, quiet_ms=50))
        poll(lambda: len(broker.messages(job.sink, quiet_ms=50)) > before, 5)

    moments = [when_a_manifest_is_there, when_records_are_written, when_a_manifest_is_there,
               lambda: time.sleep(dice.uniform(0, 0.6))]
    sender = SteadySender(job)
    sender.start()
    for number in range(KILLS):
        engine.start()
        start(dice.randint(1, 3))
        moments[number % len(moments)]()
        engine.kill()
    sender.end()
    engine.start()
    path = start(2)
    broker.wait_for_rows(job.sink, job.expected(), "read_committed", local_stack.PATIENCE, engine.process.popen)
    assert engine.get(path + "/checkpoints")["latest"]["restored"] is not None
    log = engine.log.read_text(errors="replace")
    assert "Unable to commit" not in log, log
    committed = log.count("prepared before the restart, is committed")
    print(f"{job.sent} records, {KILLS} kills, {committed} transactions committed for a process that was gone")
    assert KILLS < 5 or committed > 0, "no kill came between a checkpoint and its commit"
