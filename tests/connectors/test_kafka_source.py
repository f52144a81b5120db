"""'connector' = 'kafka' as a source, on a real broker: where reading begins and ends, what a message is made of, partitions
that come, records that are broken, brokers that go."""
import json
import re
import time

import local_stack
import pytest

ROWS = [{"id": i, "s": f"row {i}"} for i in range(6)]


def table(broker, topic, columns="id INT, s STRING", connector="kafka", name="t", **options):
    given = {"connector": connector, "topic": topic, "properties.bootstrap.servers": broker.address, "format": "json",
             "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"}
    given.update({key.replace("__", "-").replace("_", "."): value for key, value in options.items()})
    given.update(options.get("more", {}))
    given.pop("more", None)
    listed = ", ".join("'%s' = '%s'" % (key, str(value).replace("'", "''")) for key, value in given.items() if value is not None)
    return f"CREATE TABLE {name} ({columns}) WITH ({listed});\n"


@pytest.fixture
def read(broker, run_sql, tmp_path):
    """All rows of a query over the table, as they land in files: lists of values."""
    def run(ddl, query="SELECT * FROM t", columns=None, settings=""):
        out = tmp_path / f"out-{time.monotonic_ns()}"
        select = query.replace("SELECT *", "SELECT JSON_ARRAY(" + columns + ")") if columns else query
        run_sql(f"{settings}{ddl}CREATE TABLE o (line STRING) WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'raw');\n"
                f"INSERT INTO o {select};")
        lines = [line for file in out.rglob("part-*") for line in file.read_text().splitlines()]
        return sorted((json.loads(line) for line in lines), key=str)
    return run


@pytest.fixture
def six(broker):
    """Rows 0 to 5 in one partition, a tenth of a second between the third and the fourth; the time between."""
    topic = broker.new_topic()
    now = int(time.time() * 1000)
    broker.send(topic, *({"_": {"value": json.dumps(row).encode(), "timestamp_ms": now - 60_000 + 10_000 * row["id"]}} for row in ROWS))
    return topic, now - 60_000


def ids(rows):
    return [row[0] for row in rows]


@pytest.mark.parametrize("options,expected", [
    ({"scan.startup.mode": "earliest-offset"}, [0, 1, 2, 3, 4, 5]),
    ({"scan.startup.mode": "latest-offset"}, []),
    ({"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:4"}, [4, 5]),
    ({"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "+25000"}, [3, 4, 5]),
    ({"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "+99000"}, []),
    ({"scan.startup.mode": "group-offsets"}, [2, 3, 4, 5]),
    ({"scan.startup.mode": "group-offsets", "properties.group.id": "nobody", "properties.auto.offset.reset": "earliest"},
     [0, 1, 2, 3, 4, 5]),
    ({"scan.startup.mode": "group-offsets", "properties.group.id": "nobody", "properties.auto.offset.reset": "latest"}, []),
    ({"scan.bounded.mode": "specific-offsets", "scan.bounded.specific-offsets": "partition:0,offset:3"}, [0, 1, 2]),
    ({"scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": "+25000"}, [0, 1, 2]),
    ({"scan.bounded.mode": "group-offsets"}, [0, 1]),
    ({"topic": None, "topic-pattern": "{topic}.*"}, [0, 1, 2, 3, 4, 5]),
])
def test_every_start_and_end(broker, read, six, options, expected):
    topic, base = six
    broker.commit_offset("readers-" + topic, topic, {0: 2})
    options = {key: value and (str(base + int(value)) if value[0] == "+" else value.replace("{topic}", topic))
               for key, value in options.items()}
    options.setdefault("properties.group.id", "readers-" + topic)
    assert ids(read(table(broker, topic, more=options), columns="id")) == expected


def test_group_offsets_without_any_and_without_a_policy(broker, run_sql, six):
    out = run_sql(table(broker, six[0], more={"scan.startup.mode": "group-offsets", "properties.group.id": "nobody"})
                  + "SELECT * FROM t;", check=False)
    assert f"Undefined offset with no reset policy for partitions: [{six[0]}-0]" in out


def test_a_topic_that_is_not_there(broker, run_sql):
    out = run_sql(table(broker, "no-such-topic") + "SELECT * FROM t;", check=False)
    assert "Failed to get metadata for topics [no-such-topic]" in out


def test_several_topics_and_partitions(broker, read):
    one, two = broker.new_topic(3), broker.new_topic(2)
    for p in range(3):
        broker.send(one, {"id": p, "s": "one"}, partition=p)
    for p in range(2):
        broker.send(two, {"id": 10 + p, "s": "two"}, partition=p)
    for parallelism in (1, 2):
        found = read(table(broker, f"{one};{two}"), columns="id",
                     settings=f"SET 'parallelism.default' = '{parallelism}';\n")
        assert sorted(ids(found)) == [0, 1, 2, 10, 11]


# Our own fetch client, and librdkafka, which reads where a rack is named.
READERS = ({}, {"properties.client.rack": "here"})


@pytest.mark.parametrize("reader", READERS)
def test_metadata_keys_and_tombstones(broker, read, reader):
    topic = broker.new_topic(2)
    broker.send(topic, {"_": {"key": b'{"id":7}', "value": b'{"s":"a"}', "timestamp_ms": 1700000000123, "partition": 1,
                              "headers": [("h", b"x"), ("g", b"y"), ("h", b"z")]}},
                {"_": {"key": b'{"id":8}', "value": None}})
    columns = ("k_id INT, s STRING, topic STRING METADATA VIRTUAL, p INT METADATA FROM 'partition' VIRTUAL, "
               "`offset` BIGINT METADATA VIRTUAL, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, "
               "tt STRING METADATA FROM 'timestamp-type' VIRTUAL, headers MAP<STRING, BYTES> METADATA VIRTUAL, "
               "`leader-epoch` INT METADATA VIRTUAL")
    rows = read(table(broker, topic, columns, more={"key.format": "json", "key.fields": "k_id", "key.fields-prefix": "k_",
                                                     "value.fields-include": "EXCEPT_KEY", **reader}),
                columns="k_id, s, topic, p, `offset`, CAST(ts AS STRING), tt, CAST(headers['h'] AS STRING), "
                        "CAST(headers['g'] AS STRING), CARDINALITY(headers)")
    assert rows == [[7, "a", topic, 1, 0, "2023-11-14 22:13:20.123", "CreateTime", "z", "y", 2]]


def test_upsert_kafka_keeps_the_last_row_of_a_key(broker, run_sql):
    topic = broker.new_topic()
    for key, value in (("1", {"id": 1, "s": "a"}), ("2", {"id": 2, "s": "b"}), ("1", {"id": 1, "s": "c"}), ("2", None)):
        broker.send(topic, {"_": {"key": b'{"id":%s}' % key.encode(), "value": value and json.dumps(value).encode()}})
    out = run_sql(table(broker, topic, "id INT, s STRING, PRIMARY KEY (id) NOT ENFORCED", "upsert-kafka",
                        more={"key.format": "json", "value.format": "json", "format": None, "scan.startup.mode": None})
                  + "SET 'sql-client.execution.result-mode' = 'changelog';\nSELECT * FROM t;")
    changes = re.findall(r"(\+I|-U|\+U|-D)\W+(\d)\W+(\w)", out)
    assert changes == [("+I", "1", "a"), ("+I", "2", "b"), ("-U", "1", "a"), ("+U", "1", "c"), ("-D", "2", "b")]


def test_malformed_records(broker, run_sql, read):
    topic = broker.new_topic()
    broker.send(topic, ROWS[0], b"{broken", ROWS[1])
    out = run_sql(table(broker, topic) + "SELECT * FROM t;", check=False)
    assert "Failed to deserialize JSON '{broken'" in out
    assert f"topic '{topic}', partition 0, offset 1" in out
    assert ids(read(table(broker, topic, more={"json.ignore-parse-errors": "true"}), columns="id")) == [0, 1]


@pytest.mark.parametrize("reader", READERS)
def test_read_committed(broker, read, reader):
    topic = broker.new_topic()
    producer = broker.producer(transactional_id="tx-" + topic)
    producer.init_transactions()
    for commit in (True, False):
        producer.begin_transaction()
        producer.send(topic, value=json.dumps({"id": int(commit), "s": "t"}).encode())
        producer.flush()
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    assert ids(read(table(broker, topic, more=reader), columns="id")) == [0, 1]
    assert ids(read(table(broker, topic, more={"properties.isolation.level": "read_committed", **reader}), columns="id")) == [1]


def test_every_compression_and_batches_larger_than_a_fetch(broker, read, run_sql):
    topic = broker.new_topic()
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    for number, codec in enumerate(codecs):
        run_sql("CREATE TABLE g (id INT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '500', 'fields.id.kind' = 'sequence', "
                f"'fields.id.start' = '{500 * number}', 'fields.id.end' = '{500 * number + 499}');\n"
                + table(broker, topic, name="o", more={"scan.bounded.mode": None, "scan.startup.mode": None,
                                                       "properties.compression.type": codec})
                + "INSERT INTO o SELECT id, REPEAT('text', 10) FROM g;")
    rows = read(table(broker, topic, more={"properties.max.partition.fetch.bytes": "100"}), columns="id, s")
    assert sorted(rows) == [[i, "text" * 10] for i in range(500 * len(codecs))]


@pytest.mark.parametrize("reader", READERS)
def test_a_committed_offset_that_is_deleted(broker, read, run_sql, reader):
    topic = broker.new_topic()
    broker.send(topic, *ROWS)
    group = "late-" + topic
    broker.commit_offset(group, topic, {0: 1})
    broker.delete_records(topic, {0: 4})
    options = {"scan.startup.mode": "group-offsets", "properties.group.id": group, **reader}
    ddl = table(broker, topic, more={**options, "properties.auto.offset.reset": "earliest"})
    assert ids(read(ddl, columns="id")) == [4, 5]
    out = run_sql(table(broker, topic, more=options) + "SELECT * FROM t;", check=False)
    assert "ffset out of range" in out, out


@pytest.mark.parametrize("mechanism,keys", [("PLAIN", "broker.p12"), ("SCRAM-SHA-256", "client.jks")])
def test_tls_with_javas_stores_and_sasl(broker, read, mechanism, keys):
    topic = broker.new_topic()
    broker.send(topic, ROWS[0])
    assert ids(read(table(broker, topic, more=broker.secure_options(mechanism, keys)), columns="id")) == [0]


def test_a_wrong_password_is_said_at_once(broker, run_sql):
    topic = broker.new_topic()
    options = broker.secure_options("SCRAM-SHA-256", "client.jks")
    options["properties.sasl.jaas.config"] = options["properties.sasl.jaas.config"].replace("password=\"", "password=\"not-")
    out = run_sql(table(broker, topic, more=options) + "SELECT * FROM t;", check=False)
    assert "uthentication" in out and "not-broker" not in out, out


def test_the_formats_own_metadata(broker, run_sql):
    topic = broker.new_topic()
    row = {"before": None, "after": {"id": 1, "s": "a"}, "op": "c", "ts_ms": 1700000000123,
           "source": {"db": "shop", "table": "orders", "ts_ms": 1700000000000}}
    broker.send(topic, row)
    columns = ("id INT, s STRING, origin STRING METADATA FROM 'value.source.table' VIRTUAL, "
               "`offset` BIGINT METADATA VIRTUAL")
    out = run_sql(table(broker, topic, columns, more={"format": "debezium-json"}) + "SELECT id, s, origin, `offset` FROM t;")
    assert re.search(r"1\W+a\W+orders\W+0\b", out), out


def start_copy(broker, engine, source, *sinks, **options):
    """A job that copies a topic for ever, into the second topic exactly once."""
    engine.start()
    sql = ("SET 'execution.checkpointing.interval' = '100 ms';\nSET 'restart-strategy.type' = 'fixed-delay';\n"
           "SET 'restart-strategy.fixed-delay.attempts' = '100';\nSET 'restart-strategy.fixed-delay.delay' = '200 ms';\n"
           + table(broker, source, more={"scan.bounded.mode": None, **options}))
    inserts = ""
    for number, sink in enumerate(sinks):
        exactly = {"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": sink} if number == 1 else {}
        sql += table(broker, sink, name=f"o{number}", more={"scan.bounded.mode": None, "scan.startup.mode": None, **exactly})
        inserts += f"INSERT INTO o{number} SELECT id, s FROM t;\n"
    return engine.run(engine.upload(sql + "EXECUTE STATEMENT SET BEGIN\n" + inserts + "END;"))


def test_partitions_and_topics_that_come_while_it_runs(broker, engine):
    source, sink = broker.new_topic(1), broker.new_topic(1)
    start_copy(broker, engine, source, sink, **{"topic": None, "topic-pattern": source + ".*",
                                                "scan.topic-partition-discovery.interval": "100 ms"})
    broker.send(source, ROWS[0])
    broker.wait_for_rows(sink, ROWS[:1])
    broker.grow(source, 3)
    broker.send(source, ROWS[1], partition=2)
    broker.wait_for_rows(sink, ROWS[:2])
    broker.new_topic(name=source + "-more")
    broker.send(source + "-more", ROWS[2])
    broker.wait_for_rows(sink, ROWS[:3])


def test_offsets_are_committed_on_checkpoints(broker, engine):
    source, sink = broker.new_topic(), broker.new_topic()
    start_copy(broker, engine, source, sink, **{"properties.group.id": "copier-" + source})
    broker.send(source, *ROWS)
    local_stack.wait_until(lambda: broker.committed("copier-" + source, source) == len(ROWS), local_stack.PATIENCE, "the committed offset",
                           engine.process.popen)


def test_the_broker_goes_and_comes_back(broker, engine):
    def arrived(count):
        broker.wait_for_rows(exact, ROWS[:count], "read_committed", local_stack.PATIENCE, engine.process.popen)
        local_stack.wait_until(lambda: {row["id"] for row in broker.rows(sink)} == set(range(count)), local_stack.PATIENCE, "the rows",
                               engine.process.popen)
    source, sink, exact = broker.new_topic(), broker.new_topic(), broker.new_topic()
    job = start_copy(broker, engine, source, sink, exact)
    broker.send(source, ROWS[0])
    arrived(1)
    broker.kill()
    broker.start()
    broker.send(source, ROWS[1])
    arrived(2)
    broker.pause()
    time.sleep(0.5)
    broker.go_on()
    broker.send(source, ROWS[2])
    arrived(3)
    assert engine.get(job)["state"] == "RUNNING"


def test_watermarks_are_kept_by_partition(broker, read):
    """One partition is a day ahead of the other: nothing is late all the same."""
    topic = broker.new_topic(2)
    for p, day in ((0, 86_400_000), (1, 0)):
        broker.send(topic, *({"id": i, "t": day + 1000 * i} for i in range(200)), partition=p)
    rows = read(table(broker, topic, "id INT, t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts"),
                "SELECT JSON_ARRAY(COUNT(*)) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
                "GROUP BY window_start, window_end", settings="SET 'pipeline.auto-watermark-interval' = '0';\n")
    assert rows == [[10]] * 40
