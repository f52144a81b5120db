"""Kafka → SQL → Kafka on a broker of its own: throughput and latency. Run by brokers.py.

Throughput: JSON records, a windowed aggregate by key, exactly once with a checkpoint a second; events a second and events per
CPU-second of the whole engine process (the broker's CPU is told beside it: both share the machine).
Latency: records at a steady rate through a projection; from the broker's time of the source record to the broker's time of the
record made of it (both topics have LogAppendTime, so one clock with milliseconds): fetch, engine and produce. That is what a
read_uncommitted consumer sees. A read_committed consumer of an exactly-once sink sees a record when its checkpoint is complete;
that is measured by such a consumer, at a low rate.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in ("scripts", "tests/connectors", "tests/system"):
    sys.path.insert(0, str(ROOT / folder))

import kafka_broker  # noqa: E402
import local_stack  # noqa: E402
from engine_process import Engine  # noqa: E402
from kafka import KafkaConsumer  # noqa: E402

COLUMNS = "`user` INT, item INT, price DOUBLE, note STRING, t BIGINT"


def kafka_table(name, columns, topic, broker, **options):
    given = {"connector": "kafka", "topic": topic, "properties.bootstrap.servers": broker.address, "format": "json", **options}
    listed = ", ".join(f"'{k}' = '{v}'" for k, v in given.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({listed});\n"


def run(folder, name, sql):
    """(wall seconds, CPU seconds, peak MB) of a script."""
    script = folder / f"{name}.sql"
    script.write_text(sql)
    began = time.monotonic()
    process = subprocess.Popen([str(local_stack.BINARY), "sql", "--file", str(script)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{name} ended with {process.returncode}:\n{printed[-3000:]}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def cpu_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def throughput(folder, broker, events, partitions, threads, add):
    source, sink = broker.new_topic(partitions), broker.new_topic(partitions)
    fill = (f"SET 'parallelism.default' = '{partitions}';\n"
            "CREATE TABLE g (`user` INT, item INT, price DOUBLE, note STRING, n BIGINT) WITH ('connector' = 'datagen', "
            f"'rows-per-second' = '100000000', 'number-of-rows' = '{events}', 'fields.user.min' = '0', 'fields.user.max' = '999', "
            f"'fields.price.min' = '0', 'fields.price.max' = '1000', "
            f"'fields.note.length' = '24', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '{events - 1}');\n"
            + kafka_table("k", COLUMNS, source, broker, **{"properties.compression.type": "lz4"})
            + "INSERT INTO k SELECT `user`, item, price, note, n / 10 FROM g;")
    wall, cpu, _ = run(folder, "fill", fill)
    add("Kafka: datagen to JSON topic", f"{events / wall / 1e6:.2f} M events/s, {events / cpu / 1e6:.2f} M per CPU-s")
    source_table = kafka_table("s", COLUMNS + ", ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
                               source, broker, **{"scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"})
    select = ("SELECT `user`, window_start, COUNT(*), SUM(price) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
              "GROUP BY `user`, window_start, window_end;")
    head = f"SET 'parallelism.default' = '{threads}';\n"
    for name, aim, sql in (
            ("Kafka: JSON topic, filter", "", head + source_table + "CREATE TABLE o (n INT) WITH ('connector' = 'blackhole');\n"
             "INSERT INTO o SELECT `user` FROM s WHERE price < 0;"),
            ("Kafka: JSON → keyed window aggregate → Kafka, exactly once, 1 s checkpoints", "2 M per core", head + "SET 'execution.checkpointing.interval' = '1 s';\n" + source_table
             + kafka_table("o", "`user` INT, w TIMESTAMP_LTZ(3), n BIGINT, total DOUBLE", sink, broker,
                           **{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": sink})
             + "INSERT INTO o " + select)):
        broker_cpu = cpu_of(broker.process.pid)
        wall, cpu, peak = run(folder, "job", sql)
        add(name, f"{events / wall / 1e6:.2f} M events/s, {events / cpu / 1e6:.2f} M per CPU-s, {peak:.0f} MB "
            f"(broker {cpu_of(broker.process.pid) - broker_cpu:.1f} CPU-s of {wall:.1f} s)", aim)


def send_steadily(broker, topic, rate, seconds):
    producer = broker.producer(acks=1)
    step = 0.002
    count = max(1, int(rate * step))
    began, sent = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        if sent / rate > now:
            time.sleep(sent / rate - now)
        for _ in range(count):
            producer.send(topic, value=b'{"user":%d,"item":1,"price":1.5,"note":"abc","t":%d}' % (sent % 1000, sent))
            sent += 1
    producer.flush()
    producer.close()


def milliseconds(text):
    """Of a TIMESTAMP_LTZ as JSON has it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "T")).timestamp() * 1000


class CommittedReader(threading.Thread):
    """How long after the source record's time a read_committed consumer gets what was made of it."""

    def __init__(self, broker, topic):
        super().__init__(daemon=True)
        self.broker, self.topic, self.delays, self.ended = broker, topic, [], False

    def run(self):
        consumer = KafkaConsumer(self.topic, bootstrap_servers=self.broker.address, isolation_level="read_committed",
                                 enable_auto_commit=False, auto_offset_reset="earliest")
        while not self.ended:
            for messages in consumer.poll(timeout_ms=50).values():
                now = time.time() * 1000
                self.delays += [now - milliseconds(json.loads(m.value)["ts"]) for m in messages]
        consumer.close()


def latency(folder, broker, rate, seconds, guarantee, add, committed=False):
    log_append = {"message.timestamp.type": "LogAppendTime"}
    source, sink = broker.new_topic(1, **log_append), broker.new_topic(1, **log_append)
    more = {"sink.delivery-guarantee": guarantee}
    if guarantee == "exactly-once":
        more["sink.transactional-id-prefix"] = sink
    folder.mkdir(exist_ok=True)
    engine = Engine(folder, local_stack.aws_environment("http://127.0.0.1:1"))
    engine.start()
    reader = CommittedReader(broker, sink) if committed else None
    try:
        engine.running(engine.run(engine.upload(
            "SET 'execution.checkpointing.interval' = '1 s';\n"
            + kafka_table("s", COLUMNS + ", ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL", source, broker,
                          **{"scan.startup.mode": "earliest-offset"})
            + kafka_table("o", "`user` INT, ts TIMESTAMP_LTZ(3)", sink, broker, **more)
            + "INSERT INTO o SELECT `user`, ts FROM s WHERE price > 0;")))
        if reader:
            reader.start()
        cpu = cpu_of(engine.process.popen.pid)
        sender = subprocess.run([sys.executable, str(Path(__file__).resolve().parent / "brokers.py"), "--send",
                                 json.dumps([broker.address, source, rate, seconds])], stdin=subprocess.DEVNULL)
        assert sender.returncode == 0
        time.sleep(2.5)
        cpu = cpu_of(engine.process.popen.pid) - cpu
        if reader:
            reader.ended = True
            reader.join()
    finally:
        engine.stop()
    delays = reader.delays if reader else [m.timestamp - milliseconds(json.loads(m.value)["ts"]) for m in broker.messages(sink)]
    delays = sorted(delays[len(delays) // 5:])  # without the start
    if not delays:
        raise SystemExit("no records came through")
    at = {p: delays[min(len(delays) - 1, int(len(delays) * p / 100))] for p in (50, 90, 99, 99.9)}
    seen = "read_committed consumer" if committed else guarantee
    aim = "about the checkpoint interval" if committed else "p99 2 ms" if guarantee == "at-least-once" else ""
    add(f"Kafka: latency, {seen}, {rate} records/s", ", ".join(f"p{p} {ms:.0f}" for p, ms in at.items())
        + f", max {delays[-1]:.0f} ms; {cpu / (seconds + 2.5):.2f} cores", aim)


def add_arguments(parser):
    parser.add_argument("--events", type=int, default=4_000_000, help="of the throughput figures of Kafka")
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=int, default=10_000, help="records a second while latency is measured")
    parser.add_argument("--seconds", type=float, default=15, help="that latency is measured for")
    parser.add_argument("--send", help=argparse.SUPPRESS)


def send_for(what):
    """What the sending process of `latency` does."""
    address, topic, rate, seconds = json.loads(what)

    class There:
        @staticmethod
        def producer(**more):
            from kafka import KafkaProducer
            return KafkaProducer(bootstrap_servers=address, linger_ms=0, **more)
    send_steadily(There, topic, rate, seconds)


def measure(options, add):
    kafka_broker.fetch()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-kafka-") as folder:
        folder = Path(folder)
        broker = kafka_broker.Broker(folder / "broker").start()
        try:
            throughput(folder, broker, options.events, options.partitions, options.threads, add)
            for guarantee in ("at-least-once", "exactly-once"):
                latency(folder / guarantee, broker, options.rate, options.seconds, guarantee, add)
            latency(folder / "committed", broker, 200, options.seconds, "exactly-once", add, committed=True)
        finally:
            broker.stop()
