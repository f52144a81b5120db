#!/usr/bin/env python3
"""The demo of `make run`: local Kinesis and S3 and the service, an application made with the AWS CLI, its results as they
arrive.

Runs until Ctrl-C (or SIGTERM, or --seconds), then stops everything it started and removes its folder.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).resolve().parent))
import local_stack  # noqa: E402
from local_stack import ROOT, Process, StackError  # noqa: E402

APPLICATION = "stock-windows"
BUCKET, RESULTS = "demo-code", "demo-results"
PACKAGE = "stock_windows.zip"
INPUT, OUTPUT = "ExampleInputStream", "ExampleOutputStream"  # the tutorial's names
PAUSE = 0.02  # seconds between two trades; the tutorial's generator makes none and so keeps a core busy


class Stopped(BaseException):
    """Ctrl-C or SIGTERM. Not an Exception: AWS's client would take it for a failed request and try again."""


class Demo:
    def __init__(self, port):
        self.port = port
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-demo-"))
        self.data, self.logs = self.folder / "data", self.folder / "logs"
        for folder in (self.data, self.logs):
            folder.mkdir()
        self.processes = []
        self.environment = {}
        self.url = ""

    # --- steps ---

    def start(self):
        say("starting local Kinesis and S3 (moto) and the service")
        moto, s3_url = local_stack.start_moto(self.logs / "moto.log")
        self.processes.append(moto)
        self.environment = local_stack.aws_environment(s3_url)
        server, self.url = local_stack.start_server(self.data, self.logs / "server.log", s3_url, self.port)
        self.processes.append(server)

    def create_streams(self):
        say(f"creating the streams {INPUT} and {OUTPUT}")
        for stream in (INPUT, OUTPUT):
            self.aws("kinesis", "create-stream", "--stream-name", stream, "--shard-count", "1")
        for stream in (INPUT, OUTPUT):
            self.aws("kinesis", "wait", "stream-exists", "--stream-name", stream)

    def upload(self):
        say(f"uploading the SQL package: s3://{BUCKET}/{PACKAGE}")
        text = (ROOT / "demo" / "stock_windows.sql").read_text()
        text = text.replace("${region}", local_stack.REGION).replace("${output}", f"s3://{RESULTS}/windows")
        package = self.folder / PACKAGE
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("stock_windows.sql", text)
        for bucket in (BUCKET, RESULTS):
            self.aws("s3", "mb", f"s3://{bucket}")
        self.aws("s3", "cp", "--quiet", package, f"s3://{BUCKET}/{PACKAGE}")

    def feed(self):
        command = [sys.executable, ROOT / "demo" / "stock.py", "--stream", INPUT, "--pause", PAUSE]
        self.processes.append(Process("stock ticker", command, self.logs / "stock.log", self.environment))

    def create_and_start(self):
        say(f"creating and starting the application {APPLICATION} with the AWS CLI")
        code = {"S3ContentLocation": {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": PACKAGE}}
        configuration = {"ApplicationCodeConfiguration": {"CodeContent": code, "CodeContentType": "ZIPFILE"}}
        self.kda("create-application", "--application-name", APPLICATION, "--runtime-environment", "FLINK-2_3",
                 "--service-execution-role", "arn:aws:iam::123456789012:role/demo",
                 "--application-configuration", json.dumps(configuration))
        self.kda("start-application", "--application-name", APPLICATION, "--run-configuration", "{}")
        local_stack.wait_until(self.is_running, 60, f"application {APPLICATION}: RUNNING", interval=0.3)
        say("the application is RUNNING")

    def is_running(self):
        status = self.describe()["ApplicationStatus"]
        if status == "READY":
            raise StackError("the application did not start\n" + self.application_logs())
        return status == "RUNNING"

    def show(self, seconds):
        """Prints the windows as they arrive in the second stream; checks that everything is still alive."""
        print(f"\n  {'window':<25}{'ticker':>8}{'trades':>8}{'low':>8}{'high':>8}{'average':>9}", flush=True)
        deadline = time.monotonic() + seconds if seconds else None
        stream, objects, told = StreamReader(self.environment, OUTPUT), ObjectReader(self.environment, RESULTS), 0
        looked_at = time.monotonic()
        while deadline is None or time.monotonic() < deadline:
            for row in stream.new_rows():
                start, end = row["window_start"][:19].replace("T", " "), row["window_end"][11:19]
                print(f"  {start} – {end[3:]} {row['ticker']:>7} {row['trades']:>7} {row['low']:>7.2f} {row['high']:>7.2f} "
                      f"{row['average']:>8.2f}", flush=True)
            arrived = objects.new_rows()
            if arrived:
                print(f"  s3://{RESULTS}/windows: {arrived} more rows", flush=True)
                if not told:
                    self.tell()
                told += arrived
            if time.monotonic() - looked_at > 5:
                looked_at = time.monotonic()
                self.check_alive()
            time.sleep(0.2)

    def tell(self):
        cli = ROOT / ".venv" / "bin" / "aws"
        credentials = "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1"
        base = f"{os.path.relpath(cli)} --endpoint-url {self.url} kinesisanalyticsv2"
        print(f"""
  The API is at {self.url}; files are below {self.folder}.
  Try in a second terminal (after: export {credentials}):
    {base} list-applications
    {base} describe-application --application-name {APPLICATION}
    {base} stop-application --application-name {APPLICATION}
  Ctrl-C here ends everything.
""", flush=True)

    def check_alive(self):
        for process in self.processes:
            if process.popen.poll() is not None:
                raise StackError(f"{process.name} ended with status {process.popen.returncode}\n{process.log_tail()}")

    def stop(self):
        """Ends what was started, newest first, and removes the folder; each step whatever the others do."""
        say("stopping")
        if self.url and self.processes and all(process.popen.poll() is None for process in self.processes[:2]):
            self.quietly("stop-application", "--application-name", APPLICATION, "--force")
            try:
                local_stack.wait_until(lambda: not local_stack.engine_pids(self.data), 10, "the engine's end")
            except StackError as error:
                say(str(error))
        for process in reversed(self.processes):
            process.stop()
        left = local_stack.kill_left_over(self.folder)
        if left:
            say(f"{left} left-over process(es) ended")
        shutil.rmtree(self.folder, ignore_errors=True)
        say("nothing is left running")

    # --- clients ---

    def aws(self, *arguments):
        command = [str(ROOT / ".venv" / "bin" / "aws"), *map(str, arguments)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment, timeout=120, start_new_session=True)
        if done.returncode != 0:
            shown = " ".join(map(str, arguments[:4]))
            raise StackError(f"aws {shown}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def kda(self, *arguments):
        return self.aws("--endpoint-url", self.url, "--output", "json", "kinesisanalyticsv2", *arguments)

    def describe(self):
        return json.loads(self.kda("describe-application", "--application-name", APPLICATION))["ApplicationDetail"]

    def application_logs(self):
        logs = sorted((self.data / "apps").rglob("*.log"))
        return "\n".join(f"--- {log.relative_to(self.data)}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-10:])
                         for log in logs)

    def quietly(self, *arguments):
        try:
            self.kda(*arguments)
        except (StackError, subprocess.TimeoutExpired):
            pass  # it never ran, or it has been stopped by hand


def aws_client(service, environment):
    return boto3.client(service, endpoint_url=environment[f"AWS_ENDPOINT_URL_{service.upper()}"],
                        region_name=environment["AWS_REGION"], aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"])


class StreamReader:
    """Rows of a Kinesis stream with one shard, from its beginning, each once."""

    def __init__(self, environment, stream):
        self.kinesis = aws_client("kinesis", environment)
        [shard] = self.kinesis.list_shards(StreamName=stream)["Shards"]
        self.iterator = self.kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"],
                                                        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]

    def new_rows(self):
        answer = self.kinesis.get_records(ShardIterator=self.iterator)
        self.iterator = answer["NextShardIterator"]
        return [json.loads(record["Data"]) for record in answer["Records"]]


class ObjectReader:
    """Counts the lines of a bucket's objects, each object once: an object appears when it is complete."""

    def __init__(self, environment, bucket):
        self.s3, self.bucket, self.seen = aws_client("s3", environment), bucket, set()

    def new_rows(self):
        rows = 0
        for entry in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            name = entry["Key"].rsplit("/", 1)[1]
            if entry["Key"] in self.seen or name.startswith((".", "_")):
                continue
            self.seen.add(entry["Key"])
            rows += self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read().count(b"\n")
        return rows


def say(text):
    print(f"demo: {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4599, help="port of the API (default 4599)")
    parser.add_argument("--seconds", type=float, default=0, help="end after so many seconds (default: at Ctrl-C)")
    options = parser.parse_args()

    def on_signal(*_):
        raise Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, on_signal)
    demo, status = Demo(options.port), 0
    try:
        demo.start()
        demo.create_streams()
        demo.upload()
        demo.feed()
        demo.create_and_start()
        demo.show(options.seconds)
    except Stopped:
        print(flush=True)
    except (StackError, subprocess.TimeoutExpired) as error:
        say(f"error: {error}")
        status = 1
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C does not cut the clean-up short
        demo.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
