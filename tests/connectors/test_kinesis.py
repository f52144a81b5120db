"""'connector' = 'kinesis' against moto (polling, writing) and kinesis-mock (enhanced fan-out over HTTP/2)."""
import http.server
import json
import threading
import time

import aws_peers
import local_stack
import pytest
from aws_peers import Stream, client, kinesis_mock, moto, new_stream, proxy  # noqa: F401 (fixtures)

SETTINGS = "SET 'execution.checkpointing.interval' = '200 ms';\nSET 'parallelism.default' = '{parallelism}';\n"


def options(**given):
    return ", ".join(f"'{name}' = '{value}'" for name, value in given.items())


def source(stream, endpoint, name="src", columns="id INT, k STRING", **more):
    listed = {"connector": "kinesis", "stream.arn": stream.arn, "aws.region": local_stack.REGION, "aws.endpoint": endpoint,
              "format": "json", "source.init.position": "TRIM_HORIZON", "source.shard.discovery.interval": "300 ms", **more}
    return f"CREATE TABLE {name} ({columns}) WITH ({options(**listed)});\n"


def older_source(stream, endpoint, columns="id INT, k STRING", **more):
    listed = {"connector": "kinesis", "stream": stream.name, "aws.region": local_stack.REGION, "aws.endpoint": endpoint,
              "format": "json", "scan.stream.initpos": "TRIM_HORIZON", "scan.shard.discovery.intervalmillis": "300", **more}
    return f"CREATE TABLE src ({columns}) WITH ({options(**listed)});\n"


class Rows:
    """A job that ends in JSON files: what it has committed."""

    def __init__(self, engine, folder):
        self.engine, self.folder = engine, folder / f"out-{next(aws_peers._names)}"

    def start(self, tables, select, columns="id INT, k STRING", parallelism=2, settings=""):
        sql = (SETTINGS.format(parallelism=parallelism) + settings + tables +
               f"CREATE TABLE dst ({columns}) WITH ('connector' = 'filesystem', 'path' = '{self.folder}', 'format' = 'json');\n"
               f"INSERT INTO dst {select};\n")
        if self.engine.process is None:
            self.engine.start()
        self.package = self.engine.upload(sql)
        self.job = self.engine.run(self.package)
        return self

    def kill_and_restore(self):
        """kill -9 of the engine; a new one goes on from the last complete checkpoint."""
        self.job = kill_and_restore(self.engine, self.package, self.job)

    def all(self):
        found = []
        for file in self.folder.rglob("part-*"):
            if not file.name.startswith((".", "_")):
                found += [json.loads(line) for line in file.read_text().splitlines()]
        return found

    def wait(self, count, seconds=local_stack.PATIENCE):
        try:
            local_stack.wait_until(lambda: len(self.all()) >= count, seconds, f"{count} rows", self.engine.process.popen)
        except local_stack.StackError as error:
            raise AssertionError(f"{error}: {len(self.all())}: {self.all()[:20]}\n{self.state()}\n"
                                 f"{self.engine.process.log_tail()}") from None
        return self.all()

    def wait_for_checkpoints(self, count):
        """So many more: what the job has read by then is out."""
        before = self.engine.get(f"{self.job}/checkpoints")["counts"]["completed"]
        self.engine.wait_for(f"{self.job}/checkpoints", lambda a: a["counts"]["completed"] >= before + count, "checkpoints")

    def state(self):
        return self.engine.get(f"{self.job}/exceptions")

    def failure(self):
        """What the job failed of."""
        self.engine.wait_for(self.job, lambda a: a["state"] in ("FAILED", "RESTARTING") or
                             self.state()["exceptionHistory"]["entries"], "a failure")
        return json.dumps(self.state())


def kill_and_restore(engine, package, job):
    engine.wait_for(f"{job}/checkpoints", lambda a: a["counts"]["completed"] >= 1, "a checkpoint")
    engine.kill()
    made = [path.parent for path in (engine.data / "checkpoints" / job.rsplit("/", 1)[1]).glob("chk-*/_metadata")]
    engine.start()
    assert made, "no checkpoint was made"
    return engine.run(package, savepointPath=str(max(made, key=lambda path: int(path.name[4:]))))


@pytest.fixture
def job(engine, tmp_path):
    return Rows(engine, tmp_path)


def rows(begin, end, keys=10):
    return [{"id": i, "k": f"key{i % keys}"} for i in range(begin, end)]


def sorted_rows(found):
    return sorted(found, key=lambda row: row["id"])


@pytest.mark.parametrize("table", [source, older_source])
def test_polling_reads_every_record_once(moto, new_stream, job, table):
    stream = new_stream(3)
    stream.put(rows(0, 700))
    job.start(table(stream, moto), "SELECT * FROM src")
    assert sorted_rows(job.wait(700)) == rows(0, 700)
    stream.put(rows(700, 800))
    assert sorted_rows(job.wait(800)) == rows(0, 800)


def test_metadata_columns(moto, new_stream, job):
    stream = new_stream(2)
    before = time.time()
    stream.put(rows(0, 20))
    columns = ("id INT, arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, s STRING METADATA FROM 'shard-id' VIRTUAL, "
               "n VARCHAR(128) METADATA FROM 'sequence-number' VIRTUAL")
    job.start(source(stream, moto, columns=columns),
              "SELECT id, s, n, CAST(EXTRACT(EPOCH FROM arrived) AS BIGINT) FROM src", "id INT, s STRING, n STRING, arrived BIGINT")
    stored = {}
    for shard in stream.shards():
        iterator = stream.kinesis.get_shard_iterator(StreamName=stream.name, ShardId=shard["ShardId"],
                                                     ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for record in stream.kinesis.get_records(ShardIterator=iterator)["Records"]:
            stored[json.loads(record["Data"])["id"]] = (shard["ShardId"], record["SequenceNumber"])
    found = job.wait(20)
    assert {row["id"]: (row["s"], row["n"]) for row in found} == stored
    assert all(int(before) <= row["arrived"] <= time.time() for row in found)


def test_latest_and_at_timestamp(moto, new_stream, engine, tmp_path):
    stream = new_stream()
    stream.put(rows(0, 5))
    time.sleep(1.1)  # arrival times of moto are what AT_TIMESTAMP looks at
    middle = time.time()
    stream.put(rows(5, 10))
    latest = Rows(engine, tmp_path).start(source(stream, moto, **{"source.init.position": "LATEST"}), "SELECT * FROM src")
    dated = Rows(engine, tmp_path).start(source(stream, moto, **{
        "source.init.position": "AT_TIMESTAMP", "source.init.timestamp": f"{middle - 0.5:.3f}"}), "SELECT * FROM src")
    assert sorted_rows(dated.wait(5)) == rows(5, 10)
    # A job with LATEST has begun once it has made a checkpoint.
    engine.wait_for(f"{latest.job}/checkpoints", lambda a: a["counts"]["completed"] >= 2, "checkpoints")
    stream.put(rows(10, 15))
    assert sorted_rows(latest.wait(5)) == rows(10, 15)
    assert sorted_rows(dated.wait(10)) == rows(5, 15)


IN_ORDER = "SELECT k, id, CAST(COUNT(*) OVER w - 1 AS INT) FROM (SELECT *, PROCTIME() AS p FROM src) " \
           "WINDOW w AS (PARTITION BY k ORDER BY p ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"


def numbered(begin, end):
    return [{"k": f"key{k}", "id": i} for i in range(begin, end) for k in range(4)]


def in_order(found):
    """Each key's records in the order they were put: the n-th to come has number n."""
    wrong = [row for row in found if row["id"] != row["n"]]
    return not wrong, wrong[:10]


def reshard_while_reading(stream, table, job, each):
    stream.put(numbered(0, each))
    job.start(table, IN_ORDER, "k STRING, id INT, n INT")
    job.wait(each)
    for number, change in enumerate((lambda: stream.split(stream.shards()[0]), stream.merge,
                                     lambda: stream.split(stream.shards()[-1]))):
        change()
        stream.put(numbered((number + 1) * each, (number + 2) * each))
    found = job.wait(4 * 4 * each)
    assert len(found) == 4 * 4 * each
    assert in_order(found)[0], in_order(found)[1]
    assert len(stream.shards(open_only=False)) == 2 + 2 + 1 + 2


def test_resharding_keeps_the_order_of_keys_polling(moto, new_stream, job):
    stream = new_stream(2)
    reshard_while_reading(stream, source(stream, moto), job, 15)


def fan_out(stream, endpoint, consumer, **more):
    return source(stream, endpoint, **{"source.reader.type": "EFO", "source.efo.consumer.name": consumer, **more})


def test_resharding_keeps_the_order_of_keys_fan_out(kinesis_mock, job):
    stream = Stream(client("kinesis", kinesis_mock.url), "resharded", 2, kinesis_mock.account)
    reshard_while_reading(stream, fan_out(stream, kinesis_mock.url, "order"), job, 4)


def test_fan_out_over_tls_registers_and_deregisters_its_consumer(kinesis_mock, job, engine):
    kinesis = client("kinesis", kinesis_mock.url)
    stream = Stream(kinesis, "secure", 2, kinesis_mock.account)
    stream.put(rows(0, 30))
    job.start(fan_out(stream, kinesis_mock.tls_url, "c1", **{"aws.trust.all.certificates": "true"}), "SELECT * FROM src")
    assert sorted_rows(job.wait(30)) == rows(0, 30)
    assert [c["ConsumerName"] for c in kinesis.list_stream_consumers(StreamARN=stream.arn)["Consumers"]] == ["c1"]
    stream.put(rows(30, 40))
    assert sorted_rows(job.wait(40)) == rows(0, 40)
    engine.call("PATCH", job.job)
    engine.wait_for(job.job, lambda a: a["state"] == "CANCELED", "CANCELED")
    local_stack.wait_until(lambda: not kinesis.list_stream_consumers(StreamARN=stream.arn)["Consumers"], local_stack.PATIENCE, "deregistration")


def test_fan_out_needs_a_certificate_that_it_trusts(kinesis_mock, job):
    stream = Stream(client("kinesis", kinesis_mock.url), "untrusted", 1, kinesis_mock.account)
    job.start(fan_out(stream, kinesis_mock.tls_url, "c2"), "SELECT * FROM src", parallelism=1)
    job.wait_for_checkpoints(5)
    assert job.all() == []


@pytest.mark.parametrize("reader", ["polling", "fan out"])
def test_a_killed_engine_goes_on_exactly_once(moto, kinesis_mock, new_stream, job, reader):
    if reader == "polling":
        stream = new_stream(2)
        table = source(stream, moto)
    else:
        stream = Stream(client("kinesis", kinesis_mock.url), "killed", 2, kinesis_mock.account)
        table = fan_out(stream, kinesis_mock.url, "killed")
    stream.put(rows(0, 100))
    job.start(table, "SELECT * FROM src")
    job.wait(10)
    for begin in (100, 150, 200):
        stream.put(rows(begin, begin + 50))
        job.kill_and_restore()
    assert sorted_rows(job.wait(250)) == rows(0, 250)
    stream.put(rows(250, 260))
    assert sorted_rows(job.wait(260)) == rows(0, 260)


def test_packed_records_are_taken_apart(moto, new_stream, job):
    stream = new_stream()
    packed = [aws_peers.pack([(row["k"], json.dumps(row).encode()) for row in rows(i, i + 5)]) for i in range(0, 50, 5)]
    stream.put(packed, key=lambda _: "a")
    stream.put(rows(50, 55))
    job.start(source(stream, moto), "SELECT * FROM src")
    assert sorted_rows(job.wait(55)) == rows(0, 55)


def test_malformed_records_fail_or_are_left_out(moto, new_stream, engine, tmp_path):
    stream = new_stream()
    stream.put(rows(0, 3))
    stream.put([b"{broken"], key=lambda _: "x")
    stream.put(rows(3, 5))
    strict = Rows(engine, tmp_path).start(source(stream, moto), "SELECT * FROM src",
                                          settings="SET 'restart-strategy.type' = 'none';\n")
    text = strict.failure()
    assert "shardId-000000000000" in text and "sequence number" in text, text
    lenient = Rows(engine, tmp_path).start(source(stream, moto, **{"json.ignore-parse-errors": "true"}), "SELECT * FROM src")
    assert sorted_rows(lenient.wait(5)) == rows(0, 5)


def test_throttling_and_a_peer_that_goes_away(proxy, new_stream, job):
    stream = new_stream(1)
    stream.put(rows(0, 50))
    proxy.fault = aws_peers.throttle(3, "GetRecords")
    job.start(source(stream, proxy.url), "SELECT * FROM src")
    assert sorted_rows(job.wait(50)) == rows(0, 50)
    proxy.fault = aws_peers.throttle(1, "GetRecords", "ExpiredIteratorException")
    stream.put(rows(50, 60))
    assert sorted_rows(job.wait(60)) == rows(0, 60)
    proxy.disconnect()
    stream.put(rows(60, 70))
    time.sleep(1)
    proxy.connect()
    assert sorted_rows(job.wait(70)) == rows(0, 70)
    assert not job.state()["exceptionHistory"]["entries"], "none of it failed the job"


def test_no_access_fails_the_job_with_the_services_words(proxy, new_stream, job):
    stream = new_stream(1)
    proxy.fault = lambda operation, body, headers: (400, {"__type": "AccessDeniedException", "message": "not you"})
    job.start(source(stream, proxy.url), "SELECT * FROM src", settings="SET 'restart-strategy.type' = 'none';\n")
    assert "AccessDeniedException: not you" in job.failure()


class CredentialServer:
    """Container credentials that last three seconds."""

    def __init__(self):
        self.given = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.given += 1
                expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
                body = json.dumps({"AccessKeyId": f"KEY{outer.given}", "SecretAccessKey": "s", "Token": "t",
                                   "Expiration": expires}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


def test_credentials_that_expire_are_renewed(proxy, new_stream, job, engine):
    credentials = CredentialServer()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        engine.environment.pop(name)
    engine.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = credentials.url
    refused = []

    def newest_only(operation, body, headers):
        # Keys are refused once; the first before its time, as if it had been taken back.
        if "Credential=KEY1/" in headers["Authorization"] and len(refused) < 1 and operation == "GetRecords":
            refused.append(operation)
            return 400, {"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"}
        return None
    proxy.fault = newest_only
    stream = new_stream(1)
    stream.put(rows(0, 5))
    job.start(source(stream, proxy.url), "SELECT * FROM src", parallelism=1)
    assert sorted_rows(job.wait(5)) == rows(0, 5)
    assert refused and credentials.given >= 2
    local_stack.wait_until(lambda: credentials.given >= 3, local_stack.PATIENCE, "a renewal before the end")
    stream.put(rows(5, 10))
    assert sorted_rows(job.wait(10)) == rows(0, 10)
    assert not job.state()["exceptionHistory"]["entries"]
    credentials.server.shutdown()


# --- writing

def sink(stream, endpoint, columns="id INT, k STRING", partitioned="", **more):
    listed = {"connector": "kinesis", "stream.arn": stream.arn, "aws.region": local_stack.REGION, "aws.endpoint": endpoint,
              "format": "json", **more}
    return f"CREATE TABLE dst ({columns}) {partitioned} WITH ({options(**listed)});\n"


def write(run_sql, ddl, values, columns="id, k"):
    listed = ", ".join("(" + ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in row.values()) + ")" for row in values)
    return run_sql(f"{ddl}INSERT INTO dst SELECT * FROM (VALUES {listed}) AS v({columns});\n")


def data(stream):
    return sorted_rows([json.loads(d) for _, d in stream.records()])


def test_rows_are_written_with_their_keys(moto, new_stream, run_aws_sql):
    random, fixed, fields = new_stream(2), new_stream(1), new_stream(2)
    write(run_aws_sql, sink(random, moto), rows(0, 30))
    assert data(random) == rows(0, 30)
    assert len({key for key, _ in random.records()}) == 30
    write(run_aws_sql, sink(fixed, moto, **{"sink.partitioner": "fixed"}), rows(0, 3))
    assert {key for key, _ in fixed.records()} == {"0"}
    write(run_aws_sql, sink(fields, moto, partitioned="PARTITIONED BY (k, id)", **{"sink.partitioner-field-delimiter": "#"}),
          rows(0, 3))
    assert sorted(key for key, _ in fields.records()) == ["key0#0", "key1#1", "key2#2"]


@pytest.fixture
def run_aws_sql(run_sql, monkeypatch):
    for name, value in local_stack.aws_environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    return run_sql


def test_refused_records_are_sent_again(proxy, new_stream, run_aws_sql):
    stream = new_stream(1)
    failed = [0]

    def lose_some(operation, body, headers):
        if operation != "PutRecords" or failed[0] >= 3:
            return None
        failed[0] += 1
        if failed[0] == 1:
            return 500, {"__type": "InternalFailure", "message": "m"}
        if failed[0] == 2:
            return 400, {"__type": "LimitExceededException", "message": "m"}
        # Every other record is taken, the rest refused, as a throttled shard does.
        request = json.loads(body)
        kept = {**request, "Records": request["Records"][::2]}
        client("kinesis", proxy.target.geturl()).put_records(StreamARN=request["StreamARN"], Records=[
            {"Data": aws_peers.base64.b64decode(r["Data"]), "PartitionKey": r["PartitionKey"]} for r in kept["Records"]])
        results = [{"SequenceNumber": "1", "ShardId": "s"} if i % 2 == 0 else
                   {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
                   for i in range(len(request["Records"]))]
        return 200, {"FailedRecordCount": len(results) // 2, "Records": results}
    proxy.fault = lose_some
    write(run_aws_sql, sink(stream, proxy.url), rows(0, 40))
    assert failed[0] == 3
    assert data(stream) == rows(0, 40), "each once: what was refused, and only that, was sent again"


def test_a_missing_stream_and_fail_on_error_end_the_job(moto, proxy, new_stream, run_aws_sql):
    stream = new_stream(1)
    stream.arn += "-not"
    with pytest.raises(AssertionError, match="ResourceNotFoundException"):
        write(run_aws_sql, sink(stream, moto), rows(0, 1))
    proxy.fault = aws_peers.throttle(1, "PutRecords")
    with pytest.raises(AssertionError, match="ProvisionedThroughputExceededException"):
        write(run_aws_sql, sink(new_stream(1), proxy.url, **{"sink.fail-on-error": "true"}), rows(0, 1))


def test_a_killed_engine_loses_nothing_it_has_read(moto, new_stream, engine):
    read, written = new_stream(2), new_stream(2)
    read.put(rows(0, 200))
    engine.start()
    package = engine.upload(SETTINGS.format(parallelism=2) + source(read, moto) + sink(written, moto) +
                            "INSERT INTO dst SELECT * FROM src;\n")
    job = engine.run(package)
    for begin in (200, 300):
        local_stack.wait_until(lambda begin=begin: len(written.records()) >= begin - 150, local_stack.PATIENCE, "some rows")
        read.put(rows(begin, begin + 100))
        job = kill_and_restore(engine, package, job)
    local_stack.wait_until(lambda: {json.loads(d)["id"] for _, d in written.records()} == set(range(400)), local_stack.PATIENCE, "every row")


# --- the guide's worked example of watermarks and idle shards (ops.md 12)

PUT = [("1", 54441), ("2", 56122), ("3", 57697), ("4", 69282), ("5", 70871), ("6", 82428), ("7", 94105), ("8", 147171)]
EXAMPLE = ("CREATE TABLE src (n INT, t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 3), "
           "WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND) WITH ({options});\n")


def sessions(stream, endpoint, job, idle):
    # Sixteen readers must all have had an answer of moto (one process, in Python) before the time-out, on any machine.
    listed = {"connector": "kinesis", "stream": stream.name, "aws.region": local_stack.REGION, "aws.endpoint": endpoint,
              "format": "json", "scan.stream.initpos": "TRIM_HORIZON", "scan.shard.getrecords.intervalmillis": "500"}
    settings = "SET 'table.exec.source.idle-timeout' = '8 s';\n" if idle else ""
    return job.start(EXAMPLE.format(options=options(**listed)), "SELECT COUNT(*), MIN(n) FROM TABLE(SESSION(TABLE src, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
                     "GROUP BY window_start, window_end", "c BIGINT, first_n INT", parallelism=8, settings=settings)


def test_the_guides_example_of_idle_shards(moto, engine, tmp_path):
    """In whatever order the shards are answered: a subtask's watermark is the highest of its shards once all were at their
    tip. As in Flink, a record that is read later than the idle timeout after the start can be late; hence 8 s."""
    stream = Stream(client("kinesis", moto), "hp-16", 16)
    # Arrival times cannot be chosen, so the records carry them; keys and so shards and subtasks are those of the guide.
    for key, milliseconds in PUT:
        stream.put([{"n": int(key), "t": 1648030740000 + milliseconds}], key=lambda _, key=key: key)
    idle = sessions(stream, moto, Rows(engine, tmp_path), True)
    closed = [{"c": 3, "first_n": 1}, {"c": 2, "first_n": 4}, {"c": 1, "first_n": 6}, {"c": 1, "first_n": 7}]
    assert sorted(idle.wait(4), key=lambda row: row["first_n"]) == closed
    strict = sessions(stream, moto, Rows(engine, tmp_path), False)
    strict.wait_for_checkpoints(10)
    idle.wait_for_checkpoints(10)
    assert len(idle.all()) == 4, "the last session stays open: nothing moves event time on"
    assert strict.all() == [], "subtasks that never read anything hold the watermark"
    stream.put([{"n": 9, "t": 1648030897172}], key=lambda _: "8")
    assert sorted(idle.wait(5), key=lambda row: row["first_n"]) == [*closed, {"c": 1, "first_n": 8}]
