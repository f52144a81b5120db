"""Figures of state, checkpoints, recovery and rescaling on a running engine, over its REST API. Prints them; asserts nothing.

The job counts, sums and takes the maximum per key: it first meets each of --keys keys once, then changes 1 % of them a second.
10 M keys are about 1 GiB of state.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
JOB_ID = "5" * 32

COUNT_SQL = """\
CREATE TABLE firsts (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '{keys}',
  'rows-per-second' = '1000000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '{last}');
CREATE TABLE changes (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}',
  'fields.id.min' = '0', 'fields.id.max' = '{last}');
CREATE TABLE dst (id BIGINT, c BIGINT, s BIGINT, m BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT id, COUNT(*), SUM(id), MAX(id) FROM
  (SELECT id FROM firsts UNION ALL SELECT id FROM changes) GROUP BY id;
"""
IDLE_SQL = """\
CREATE TABLE src (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}', 'format' = 'json',
  'source.monitor-interval' = '1 s');
CREATE TABLE dst (id BIGINT, c BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT id, COUNT(*) FROM src GROUP BY id;
"""
FLOW_SQL = """\
CREATE TABLE src (id BIGINT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '{rows}',
  'rows-per-second' = '1000000000', 'fields.id.min' = '0', 'fields.id.max' = '99999', 'fields.v.min' = '0', 'fields.v.max' = '1000');
CREATE TABLE dst (id BIGINT, c BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT id, COUNT(*), SUM(v) FROM src GROUP BY id;
"""


class Engine:
    def __init__(self, folder, threads, settings=None):
        self.folder, self.port_file = folder, folder / "port"
        self.port_file.unlink(missing_ok=True)
        command = [ROOT / "build" / "sluice", "engine", "--listen", "127.0.0.1:0", "--port-file", self.port_file, "--data",
                   folder / "data", "--threads", threads]
        for key, value in (settings or {}).items():
            command += ["-D", f"{key}={value}"]
        self.log = open(folder / "engine.log", "ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen([str(c) for c in command], stdout=self.log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL)
        while not self.port_file.exists():
            if self.process.poll() is not None:
                raise SystemExit(f"the engine ended: see {folder / 'engine.log'}")
            time.sleep(0.001)
        self.url = f"http://127.0.0.1:{self.port_file.read_text().strip()}"

    def call(self, method, path, body=None, content_type="application/json"):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type}, method=method)
        try:
            with OPENER.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None

    def run(self, sql, **arguments):
        boundary = "sluice-bench"
        part = (f'--{boundary}\r\nContent-Disposition: form-data; name="jarfile"; filename="job.sql"\r\n'
                f"Content-Type: application/x-java-archive\r\n\r\n{sql}\r\n--{boundary}--\r\n")
        package = self.call("POST", "/jars/upload", part.encode(), f"multipart/form-data; boundary={boundary}")["filename"]
        return self.call("POST", f"/jars/{Path(package).name}/run", arguments)["jobid"]

    def job(self, job):
        return self.call("GET", f"/jobs/{job}")

    def records_in(self, job):
        """Records that the sources have given on since the engine started."""
        return max(v["metrics"]["write-records"] for v in self.job(job)["vertices"])

    def metric(self, job, name):
        return float(self.call("GET", f"/jobs/{job}/metrics?get={name}")[0]["value"])

    def rss_mb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def wait(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.005)


def completed(engine, job):
    checkpoints = engine.call("GET", f"/jobs/{job}/checkpoints")
    return [c for c in checkpoints["history"] if c["status"] == "COMPLETED"]


def checkpoints_and_recovery(folder, keys, seconds):
    settings = {"execution.checkpointing.interval": "1 s", "execution.checkpointing.dir": str(folder / "checkpoints")}
    sql = COUNT_SQL.format(keys=keys, last=keys - 1, rate=max(keys // 100, 1))
    engine = Engine(folder, 2, settings)
    job = engine.run(sql, parallelism=1, jobId=JOB_ID)
    wait(lambda: engine.records_in(job) >= keys, 300, "all keys met")
    before = max([c["id"] for c in completed(engine, job)], default=0)
    wait(lambda: any(c["id"] > before + 1 for c in completed(engine, job)), 300, "a checkpoint with all keys")
    first = max(c["id"] for c in completed(engine, job))
    seen, pauses = {}, []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for c in completed(engine, job):
            if c["id"] <= first or c["id"] in seen:
                continue
            seen[c["id"]] = c
            for task in engine.call("GET", f"/jobs/{job}/checkpoints/details/{c['id']}")["tasks"]:
                detail = engine.call("GET", f"/jobs/{job}/checkpoints/details/{c['id']}/subtasks/{task}")
                pauses += [s["checkpoint"]["sync"] for s in detail["subtasks"] if "checkpoint" in s]
        time.sleep(0.3)
    durations = [c["end_to_end_duration"] for c in seen.values()]
    written = [c["checkpointed_size"] for c in seen.values()]
    state = max([c["state_size"] for c in seen.values()], default=0)
    print(f"state of {keys} keys: {state / 2**20:.0f} MiB in pieces, engine RSS {engine.rss_mb():.0f} MB")
    if durations:
        print(f"checkpoint, 1 % of keys changed a second: duration median {statistics.median(durations)} ms, p99 "
              f"{quantile(durations, 0.99)} ms; written median {statistics.median(written) / 2**20:.1f} MiB; "
              f"{len(durations)} checkpoints (aim 150 ms)")
        print(f"checkpoint pause p99: {quantile(pauses, 0.99)} ms over {len(pauses)} subtasks (aim 1 ms)")
    else:
        print("checkpoint: none completed in the time measured")
    engine.kill()
    killed = time.monotonic()
    engine = Engine(folder, 2, settings)
    job = engine.run(sql, parallelism=1, jobId=JOB_ID)
    wait(lambda: engine.records_in(job) > 0, 120, "output after the restart")
    print(f"kill -9 to first output: {(time.monotonic() - killed) * 1000:.0f} ms (aim 500 ms)")
    restored = engine.call("GET", f"/jobs/{job}/checkpoints")["latest"]["restored"]
    print(f"  restored from checkpoint {restored and restored['id']}")
    engine.call("PATCH", f"/jobs/{job}?mode=cancel")
    engine.stop()


def rescale(folder, keys):
    settings = {"execution.checkpointing.interval": "10 s"}
    engine = Engine(folder, 2, settings)
    job = engine.run(COUNT_SQL.format(keys=keys, last=keys - 1, rate=max(keys // 100, 1)), parallelism=1)
    wait(lambda: engine.records_in(job) >= keys, 120, "all keys met")
    requirements = {v["id"]: {"parallelism": {"lowerBound": 1, "upperBound": 2}} for v in engine.job(job)["vertices"]}
    engine.call("PUT", f"/jobs/{job}/resource-requirements", requirements)
    wait(lambda: max(v["parallelism"] for v in engine.job(job)["vertices"]) == 2, 30, "parallelism 2")
    wait(lambda: engine.metric(job, "lastRescaleGap") > 0, 30, "the gap's figure")
    print(f"rescale 1 to 2 with {keys} keys: gap {engine.metric(job, 'lastRescaleGap') / 1000:.1f} ms (aim 50 ms)")
    engine.call("PATCH", f"/jobs/{job}?mode=cancel")
    engine.stop()


def idle(folder):
    (folder / "empty").mkdir()
    engine = Engine(folder, 2, {"execution.checkpointing.interval": "1 s",
                                "execution.checkpointing.dir": str(folder / "idle-checkpoints")})
    job = engine.run(IDLE_SQL.format(folder=folder / "empty"), parallelism=1)
    wait(lambda: len(completed(engine, job)) > 2, 30, "checkpoints")
    print(f"RSS of an idle job: {engine.rss_mb():.1f} MB (aim 40 MB)")
    engine.stop()


def throughput_loss(folder, rows, pairs):
    def seconds(settings):
        engine = Engine(folder, 1, settings)
        job = engine.run(FLOW_SQL.format(rows=rows), parallelism=1)
        wait(lambda: engine.job(job)["state"] == "FINISHED", 300, "the end of the input")
        taken = engine.job(job)["duration"]
        engine.stop()
        return taken

    shutil.rmtree(folder / "flow", ignore_errors=True)
    checkpointing = {"execution.checkpointing.interval": "1 s", "execution.checkpointing.dir": str(folder / "flow")}
    losses = []
    for _ in range(pairs):
        plain, with_checkpoints = seconds({}), seconds(checkpointing)
        losses.append(1 - plain / with_checkpoints)
    print(f"throughput lost to 1 s checkpoints: median {statistics.median(losses) * 100:.1f} % of {pairs} pairs, "
          f"{rows} rows in {plain} ms (aim 3 %)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--rescale-keys", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--flow-rows", type=int, default=40_000_000)
    parser.add_argument("--only", default="idle,rescale,flow,checkpoints")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sluice-bench-", dir=os.environ.get("TMPDIR")))
    try:
        wanted = options.only.split(",")
        if "idle" in wanted:
            idle(folder)
        if "rescale" in wanted:
            rescale(folder, options.rescale_keys)
        if "flow" in wanted:
            throughput_loss(folder, options.flow_rows, 5)
        if "checkpoints" in wanted:
            checkpoints_and_recovery(folder, options.keys, options.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
