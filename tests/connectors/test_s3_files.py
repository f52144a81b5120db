"""The filesystem connector on S3 (moto): reading by ranges, exactly-once writing by multipart uploads over kill -9, what is left
over by dead attempts, throttling; the same with compaction, also in a folder. Checkpoints are on S3 at the same time.
"""
import gzip
import http.client
import http.server
import json
import os
import pathlib
import random
import subprocess
import threading
import time
import urllib.parse

import boto3
import botocore.config
import local_stack
import pytest
from aws_peers import moto  # noqa: F401
from engine_process import Engine

BUCKET = "table-files"
KILLS = int(os.environ.get("SLUICE_S3_KILLS", "8"))
SEED = int(os.environ.get("SLUICE_CHAOS_SEED", "1"))


@pytest.fixture(scope="module")
def s3(moto):  # noqa: F811
    client = boto3.client("s3", endpoint_url=moto, region_name=local_stack.REGION, aws_access_key_id="local",
                          aws_secret_access_key="local-secret", config=botocore.config.Config(proxies={}))
    client.create_bucket(Bucket=BUCKET)
    return client


def keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [o["Key"] for page in pages for o in page.get("Contents", [])]


def visible(s3, prefix):
    """The rows of JSON files that a reader sees."""
    found = []
    for key in keys(s3, prefix):
        if not key.rsplit("/", 1)[1].startswith(("_", ".")):
            body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
            found += [tuple(json.loads(line).values()) for line in body.splitlines()]
    return sorted(found)


def uploads(s3, prefix):
    return [u["Key"] for u in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) if u["Key"].startswith(prefix)]


def run(sql, folder, url, check=True):
    script = folder / "script.sql"
    script.write_text(sql)
    done = subprocess.run([local_stack.BINARY, "sql", "--file", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=local_stack.PATIENCE, env=local_stack.aws_environment(url))
    if check:
        assert done.returncode == 0, f"{sql}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def table(name, columns, path, fmt="json", more="", partitioned=""):
    return (f"CREATE TABLE {name} ({columns}) {partitioned} WITH ('connector' = 'filesystem', 'path' = '{path}', "
            f"'format' = '{fmt}'{more});\n")


@pytest.mark.parametrize("fmt", ["json", "csv", "parquet", "orc", "avro"])
def test_round_trip_with_partitions(s3, moto, tmp_path, fmt):  # noqa: F811
    path = f"s3://{BUCKET}/round-{fmt}"
    dst = table("dst", "i INT, s STRING, p STRING, q INT", path, fmt, partitioned="PARTITIONED BY (p, q)",
                more=", 'sink.partition-commit.policy.kind' = 'success-file'" + (
                    ", 'csv.null-literal' = 'n/a'" if fmt == "csv" else ""))
    said = run(dst + """SET 'execution.runtime-mode' = 'batch';
INSERT INTO dst VALUES (1, 'one', 'a b', 1), (2, 'two', 'a b', 2), (3, 'three', 'c', 1), (4, CAST(NULL AS STRING), 'c', 1);
SELECT * FROM dst WHERE q = 1;
SELECT COUNT(*), SUM(i), COUNT(s) FROM dst;""", tmp_path, moto)
    assert len([k for k in keys(s3, f"round-{fmt}/") if k.endswith("_SUCCESS")]) == 3
    assert not uploads(s3, f"round-{fmt}/")
    for piece in ("three", "a b"):
        assert piece in said
    assert "two" not in said
    numbers = [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines() if line.startswith("|")]
    assert ["4", "10", "3"] in [row[-3:] for row in numbers], said


def test_many_and_large_objects_are_read_by_ranges(s3, moto, tmp_path):  # noqa: F811
    dice = random.Random(SEED)
    total = 0
    for number in range(4):
        lines = "".join(f'{{"v": {dice.randrange(1000)}, "pad": "{"x" * 300}"}}\n' for _ in range(30_000 if number == 0 else 50))
        total += sum(json.loads(line)["v"] for line in lines.splitlines())
        body = gzip.compress(lines.encode()) if number == 1 else lines.encode()
        s3.put_object(Bucket=BUCKET, Key=f"large/a/part-{number}" + (".gz" if number == 1 else ""), Body=body)
    s3.put_object(Bucket=BUCKET, Key="large/_hidden/x", Body=b"no row")
    s3.put_object(Bucket=BUCKET, Key="large/a/.x", Body=b"no row")
    said = run("SET 'parallelism.default' = '3';\nSET 'execution.runtime-mode' = 'batch';\n" +
               table("src", "v INT", f"s3a://{BUCKET}/large/") + "SELECT SUM(v), COUNT(*) FROM src;", tmp_path, moto)
    assert str(total) in said and str(30_000 + 150) in said, said


def test_large_objects_are_written_in_parts(s3, moto, tmp_path):  # noqa: F811
    columns = "i INT, s STRING"
    run("CREATE TABLE src (i INT, s STRING) WITH ('connector' = 'datagen', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', "
        "'fields.i.end' = '12000', 'fields.s.length' = '1000');\nSET 'execution.runtime-mode' = 'batch';\n" +
        table("dst", columns, f"s3://{BUCKET}/parts", "csv") + "INSERT INTO dst SELECT * FROM src;", tmp_path, moto)
    (key,) = keys(s3, "parts/")
    assert s3.head_object(Bucket=BUCKET, Key=key)["ETag"].endswith('-3"')
    lines = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().splitlines()
    assert sorted(int(line.split(",")[0]) for line in lines) == list(range(1, 12_001))


def test_what_is_not_there_is_named(s3, moto, tmp_path):  # noqa: F811
    said = run(table("src", "v INT", f"s3://{BUCKET}/nothing/here") + "SELECT * FROM src;", tmp_path, moto, check=False)
    assert f"File s3://{BUCKET}/nothing/here does not exist." in said
    said = run(table("src", "v INT", "s3://") + "SELECT * FROM src;", tmp_path, moto, check=False)
    assert "names no bucket" in said
    said = run(table("src", "v INT", "s3://no-such-bucket-at-all/x") + "SELECT * FROM src;", tmp_path, moto, check=False)
    assert "NoSuchBucket" in said


class SlowDown:
    """A proxy before S3 that answers some requests with 503 SlowDown."""

    def __init__(self, target, seed, share):
        self.target = urllib.parse.urlsplit(target)
        self.dice, self.share, self.refused, self.lock = random.Random(seed), share, 0, threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with proxy.lock:
                    refuse = proxy.dice.random() < proxy.share
                    proxy.refused += refuse
                if refuse:
                    status, headers = 503, []
                    answer = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
                else:
                    connection = http.client.HTTPConnection(proxy.target.hostname, proxy.target.port, timeout=local_stack.PATIENCE)
                    connection.request(self.command, self.path, body, dict(self.headers))
                    response = connection.getresponse()
                    status, headers, answer = response.status, response.getheaders(), response.read()
                    connection.close()
                self.send_response(status)
                for name, value in headers:
                    if name.lower() in ("etag", "last-modified", "content-range"):
                        self.send_header(name, value)
                length = dict((k.lower(), v) for k, v in headers).get("content-length") if self.command == "HEAD" else len(answer)
                self.send_header("Content-Length", str(length or 0))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_throttled_requests_are_sent_again(s3, moto, tmp_path):  # noqa: F811
    proxy = SlowDown(moto, SEED, 0.3)
    run(table("dst", "i INT, p INT", f"s3://{BUCKET}/throttled", partitioned="PARTITIONED BY (p)") +
        "INSERT INTO dst VALUES " + ", ".join(f"({i}, {i % 4})" for i in range(40)) + ";", tmp_path, proxy.url)
    proxy.server.shutdown()
    assert proxy.refused > 2
    assert [row[0] for row in visible(s3, "throttled/")] == list(range(40))


class Job:
    """Rows of local files to S3 or a folder, each with its number in its key; checkpoints on S3."""

    def __init__(self, folder, prefix, path, more=""):
        self.input, self.prefix, self.expected, self.files = folder / "in", prefix, [], 0
        self.input.mkdir()
        self.sql = f"""SET 'execution.checkpointing.interval' = '150 ms';
SET 'execution.checkpointing.dir' = 's3://{BUCKET}/{prefix}-checkpoints';
CREATE TABLE src (k INT, v INT, p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = '{self.input}',
  'format' = 'json', 'source.monitor-interval' = '50 ms');
CREATE TABLE dst (k INT, n BIGINT, v INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json'{more});
INSERT INTO dst SELECT k, COUNT(*) OVER (PARTITION BY k ORDER BY p), v FROM src;"""
        self.counts = {}

    def add(self, rows):
        hidden = self.input / f".rows-{self.files:04}"
        hidden.write_text("".join(json.dumps({"k": k, "v": v}) + "\n" for k, v in rows))
        hidden.rename(self.input / f"rows-{self.files:04}")
        self.files += 1
        for k, v in rows:
            self.counts[k] = self.counts.get(k, 0) + 1
            self.expected.append((k, self.counts[k], v))


def latest_checkpoint(s3, prefix):
    """The folder of the newest complete checkpoint."""
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}-checkpoints/").get("Contents", [])
    complete = [o for o in found if o["Key"].endswith("/_metadata")]
    newest = max(complete, key=lambda o: (o["LastModified"], int(o["Key"].rsplit("/", 2)[1].removeprefix("chk-"))), default=None)
    return newest and f"s3://{BUCKET}/" + newest["Key"].rsplit("/", 1)[0]


def files_of(s3, path):
    """Names and rows, of a folder or below a prefix of the bucket."""
    if path.startswith("s3://"):
        prefix = path.split("/", 3)[3] + "/"
        return [key.rsplit("/", 1)[1] for key in keys(s3, prefix)], visible(s3, prefix)
    folder = pathlib.Path(path)
    names = [f.name for f in folder.iterdir()] if folder.exists() else []
    rows = [tuple(json.loads(line).values()) for name in names if name[0] not in "._" for line in (folder / name).read_text().splitlines()]
    return names, sorted(rows)


@pytest.mark.parametrize("target, compaction, kills", [("s3", False, KILLS), ("s3", True, KILLS // 2), ("folder", True, KILLS // 2)])
def test_nothing_is_lost_or_doubled_over_kills(s3, moto, tmp_path, target, compaction, kills):  # noqa: F811
    dice = random.Random(SEED)
    prefix = f"chaos-{target}-{compaction}"
    path = f"s3://{BUCKET}/{prefix}" if target == "s3" else str(tmp_path / "out")
    job = Job(tmp_path, prefix, path, ", 'auto-compaction' = 'true'" if compaction else "")
    engine = Engine(tmp_path, local_stack.aws_environment(moto))
    try:
        for kill in range(kills + 1):
            engine.start()
            package = engine.upload(job.sql)
            checkpoint = latest_checkpoint(s3, prefix)
            request = {"savepointPath": checkpoint} if checkpoint else {}
            run_path = engine.run(package, **request)
            engine.wait_for(run_path, lambda a: a["state"] == "RUNNING", "RUNNING")
            for _ in range(dice.randrange(1, 4)):
                job.add([(dice.randrange(5), dice.randrange(1000)) for _ in range(dice.randrange(1, 30))])
                time.sleep(dice.uniform(0, 0.25))
            if kill < kills:
                engine.kill()
        local_stack.wait_until(lambda: len(files_of(s3, path)[1]) >= len(job.expected), 30, "all rows", engine.process.popen)
        names, rows = files_of(s3, path)
        assert rows == sorted(job.expected)
        assert all(name.startswith("compacted-part-") == compaction for name in names if name[0] not in "._"), names
        # What the killed attempts were uploading has been aborted, and what was compacted is gone.
        local_stack.wait_until(lambda: not uploads(s3, prefix), 20, f"no upload left: {uploads(s3, prefix)}")
        local_stack.wait_until(lambda: not [n for n in files_of(s3, path)[0] if n.startswith(".uncompacted")], 20, "no hidden file left")
    finally:
        engine.stop()
