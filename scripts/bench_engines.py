#!/usr/bin/env python3
"""Start-up time and memory of the native engine and of Apache Flink side by side, through the service.

One small SQL job runs on each: seconds from StartApplication to RUNNING, and the memory (RSS) of all processes of the engine
once it has run for a while. The distributions of Flink must be installed: `sluice runtime install … --runtimes FOLDER`.
"""
import argparse
import shutil
import tempfile
import time
from pathlib import Path

import boto3
import botocore.config
import local_stack

SQL = """\
CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
CREATE TABLE dst (id BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT id, COUNT(*) FROM src GROUP BY id;
"""


def memory_mb(folder):
    """RSS of every process whose command line names the application's folder."""
    pages = 0
    for pid in local_stack.pids_with(str(folder)):
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * 4096 / 1e6


def measure(client, data, name, runtime, properties, settle):
    client.create_application(
        ApplicationName=name, RuntimeEnvironment=runtime, ServiceExecutionRole="arn:aws:iam::123456789012:role/bench",
        ApplicationConfiguration={
            "ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": SQL}},
            "EnvironmentProperties": {"PropertyGroups": properties}})

    def status():
        return client.describe_application(ApplicationName=name)["ApplicationDetail"]["ApplicationStatus"]
    begin = time.monotonic()
    client.start_application(ApplicationName=name, RunConfiguration={})
    local_stack.wait_until(lambda: status() != "STARTING", 300, name, interval=0.02)
    seconds = time.monotonic() - begin
    if status() != "RUNNING":
        raise SystemExit(f"{name} did not start; see {data}/apps/{name}/logs")
    time.sleep(settle)
    rss = memory_mb(data / "apps" / name)
    begin = time.monotonic()
    client.stop_application(ApplicationName=name)
    local_stack.wait_until(lambda: status() == "READY", 120, name, interval=0.02)
    return seconds, rss, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtimes", required=True, help="folder of the distributions")
    parser.add_argument("--runtime", action="append", help="Flink's, may be repeated (default: FLINK-2_3)")
    parser.add_argument("--settle", type=float, default=5, help="seconds of running before memory is read")
    parser.add_argument("--kpu-memory-mib", type=int, default=4096)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sluice-bench-engines"))
    port = local_stack.free_port()
    url = f"http://127.0.0.1:{port}"
    server = local_stack.Process(
        "sluice server", [local_stack.BINARY, "server", "--listen", f"127.0.0.1:{port}", "--data", folder / "data",
                          "--runtimes", options.runtimes, "--kpu-memory-mib", options.kpu_memory_mib],
        folder / "server.log", local_stack.aws_environment("http://127.0.0.1:1"))
    try:
        server.wait_for(url + "/health", 30)
        client = boto3.client("kinesisanalyticsv2", endpoint_url=url, region_name=local_stack.REGION,
                              aws_access_key_id="a", aws_secret_access_key="b",
                              config=botocore.config.Config(proxies={}))
        print(f"{'engine':24} {'start to RUNNING':>17} {'memory':>9} {'stop with snapshot':>19}")
        flink = [{"PropertyGroupId": "sluice.run.options", "PropertyMap": {"engine": "flink"}}]
        runs = [("native", "FLINK-2_3", [])] + [(name, name, flink) for name in options.runtime or ["FLINK-2_3"]]
        for name, runtime, properties in runs:
            seconds, rss, stop = measure(client, folder / "data", name, runtime, properties, options.settle)
            title = name if name == "native" else f"Apache Flink ({name})"
            print(f"{title:24} {seconds:15.2f} s {rss:6.0f} MB {stop:17.2f} s", flush=True)
    finally:
        server.stop()
        local_stack.kill_left_over(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
