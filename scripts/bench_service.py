#!/usr/bin/env python3
"""Measures the service's API: creating applications from many clients at a time, describing them, listing all of them.

Clients write requests to plain sockets, so that the figures are the server's and not an SDK's. Exits 1 when an aim is missed
and --check is given, or when any request fails.
"""
import argparse
import json
import multiprocessing
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import local_stack

ROLE = "arn:aws:iam::123456789012:role/bench"


class Connection:
    """One kept connection that speaks awsJson1.1."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    def request(operation, document):
        body = json.dumps(document).encode()
        return (f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n"
                f"X-Amz-Target: KinesisAnalytics_20180523.{operation}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body

    def send(self, request):
        """(status, body) of the answer."""
        self.socket.sendall(request)
        data = self.socket.recv(65536)
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self.socket.recv(65536)
        return int(head[9:12]), body

    def call(self, operation, document):
        status, body = self.send(self.request(operation, document))
        if status != 200:
            raise RuntimeError(f"{operation}: {status} {body.decode()}")
        return json.loads(body)


def create(port, names, clients):
    """Creates all of `names`; (seconds, sorted latencies in ms, errors)."""
    left, latencies, errors, lock = list(names), [], [], threading.Lock()

    def work():
        connection = Connection(port)
        while True:
            with lock:
                if not left:
                    return
                name = left.pop()
            begin = time.perf_counter()
            try:
                connection.call("CreateApplication", {
                    "ApplicationName": name, "RuntimeEnvironment": "FLINK-2_3", "ServiceExecutionRole": ROLE,
                    "ApplicationConfiguration": {
                        "ApplicationCodeConfiguration": {"CodeContentType": "PLAINTEXT", "CodeContent": {"TextContent": "SELECT 1;"}},
                        "EnvironmentProperties": {"PropertyGroups": [
                            {"PropertyGroupId": "ConsumerConfigProperties", "PropertyMap": {"aws.region": "us-east-1", "n": name}}]}}})
            except (RuntimeError, OSError) as error:
                with lock:
                    errors.append(str(error))
            with lock:
                latencies.append((time.perf_counter() - begin) * 1000)

    begin = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin, sorted(latencies), errors


def describe(port, names, seconds, seed, results):
    """One process with one connection, as fast as the answers come."""
    connection = Connection(port)
    requests = [Connection.request("DescribeApplication", {"ApplicationName": name}) for name in names]
    random.Random(seed).shuffle(requests)
    latencies, clock = [], time.perf_counter
    end = clock() + seconds
    begin = clock()
    while begin < end:
        status, body = connection.send(requests[len(latencies) % len(requests)])
        now = clock()
        latencies.append(now - begin)
        if status != 200:
            raise RuntimeError(body.decode())
        begin = now
    results.put(latencies)


def describe_all(port, names, connections, seconds):
    results = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=describe, args=(port, names, seconds, seed, results)) for seed in range(connections)]
    for process in processes:
        process.start()
    latencies = sorted(ms for _ in processes for ms in results.get(timeout=seconds + 60))
    for process in processes:
        process.join()
    return len(latencies) / seconds, [value * 1000 for value in latencies]


def list_all(port, page):
    connection, token, pages, names = Connection(port), None, 0, []
    begin = time.perf_counter()
    while True:
        answer = connection.call("ListApplications", {"Limit": page, **({"NextToken": token} if token else {})})
        names += [row["ApplicationName"] for row in answer["ApplicationSummaries"]]
        pages += 1
        token = answer.get("NextToken")
        if not token:
            return time.perf_counter() - begin, pages, names


def at(latencies, part):
    return latencies[min(len(latencies) - 1, int(len(latencies) * part))]


def measure(port, options):
    missed = []

    def report(what, figure, aim="", met=True):
        print(f"| {what} | {figure} | {aim} |", flush=True)
        if not met:
            missed.append(what)

    print("| figure | measured | aim |\n|---|---|---|")
    names = [f"app-{i:05}" for i in range(options.applications)]
    half = len(names) // 2
    seconds, latencies, errors = create(port, names[:half], options.clients)
    report(f"create {half} applications, {options.clients} clients: errors", len(errors), "0", not errors)
    report("… applications/s", f"{half / seconds:.0f}")
    report("… p50 / p99", f"{at(latencies, .5):.1f} / {at(latencies, .99):.1f} ms")
    errors += create(port, names[half:], options.clients)[2]
    if errors:
        sys.exit(f"CreateApplication failed {len(errors)} times, first: {errors[0]}")
    rate, latencies = describe_all(port, names, options.connections, options.seconds)
    report(f"DescribeApplication of {len(names)}, {options.connections} connections: requests/s", f"{rate:.0f}", "5000", rate >= 5000)
    report("… p50 / p99", f"{at(latencies, .5):.2f} / {at(latencies, .99):.2f} ms", "p99 2 ms", at(latencies, .99) <= 2)
    stop = threading.Event()

    def write():
        connection = Connection(port)
        arn = connection.call("DescribeApplication", {"ApplicationName": names[0]})["ApplicationDetail"]["ApplicationARN"]
        while not stop.is_set():
            connection.call("TagResource", {"ResourceARN": arn, "Tags": [{"Key": "k", "Value": str(time.time())}]})

    writer = threading.Thread(target=write)
    writer.start()
    rate, latencies = describe_all(port, names, options.connections, options.seconds)
    stop.set()
    writer.join()
    report("… while another client writes: requests/s", f"{rate:.0f}")
    report("… p50 / p99", f"{at(latencies, .5):.2f} / {at(latencies, .99):.2f} ms")
    seconds, pages, listed = list_all(port, 50)
    report(f"ListApplications of {len(names)}, {pages} pages", f"{seconds * 1000:.0f} ms", "complete, sorted", listed == names)
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=32, help="that create")
    parser.add_argument("--connections", type=int, default=4, help="that describe")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--check", action="store_true", help="exit 1 when an aim is missed")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sluice-bench-"))
    port = local_stack.free_port()
    server = local_stack.Process(
        "sluice server",
        [local_stack.BINARY, "server", "--listen", f"127.0.0.1:{port}", "--data", folder / "data", "--log-level", "WARN",
         "--max-applications", str(options.applications)],
        folder / "server.log", local_stack.aws_environment("http://127.0.0.1:1"))
    try:
        server.wait_for(f"http://127.0.0.1:{port}/health", 30)
        missed = measure(port, options)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if missed and options.check:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
