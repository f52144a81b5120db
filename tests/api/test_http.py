"""HTTP as clients that nobody here wrote may speak it: old, slow, pipelined, too large, interrupted."""
import json
import signal
import socket
import threading
import time

import pytest

BODY = b'{"Limit":1}'


def head(length=len(BODY), version="1.1", extra=""):
    return (f"POST / HTTP/{version}\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
            f"X-Amz-Target: KinesisAnalytics_20180523.ListApplications\r\nContent-Length: {length}\r\n{extra}\r\n").encode()


@pytest.fixture
def wire(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        yield connection


def answer(file):
    """(status, headers, body) of the next answer on the connection."""
    status = file.readline().split()
    headers = {}
    while (line := file.readline().strip()):
        name, _, value = line.partition(b":")
        headers[name.lower().decode()] = value.strip().decode()
    return int(status[1]), headers, file.read(int(headers.get("content-length", 0)))


def test_kept_and_pipelined_connections(wire):
    file = wire.makefile("rb")
    wire.sendall((head() + BODY) * 3)  # all before the first answer
    for _ in range(3):
        status, _, body = answer(file)
        assert status == 200 and "ApplicationSummaries" in json.loads(body)
    wire.sendall(head() + BODY)
    assert answer(file)[0] == 200


def test_http_1_0_closes(wire):
    wire.sendall(head(version="1.0") + BODY)
    file = wire.makefile("rb")
    assert answer(file)[0] == 200
    assert file.read() == b""


def test_connection_close_is_obeyed(wire):
    wire.sendall(head(extra="Connection: close\r\n") + BODY)
    file = wire.makefile("rb")
    assert answer(file)[0] == 200 and file.read() == b""


def test_expect_100_continue(wire):
    wire.sendall(head(extra="Expect: 100-continue\r\n"))
    file = wire.makefile("rb")
    assert answer(file)[0] == 100
    wire.sendall(BODY)
    assert answer(file)[0] == 200


def test_chunked_bodies(wire):
    request = head(extra="Transfer-Encoding: chunked\r\n").replace(b"Content-Length: 11\r\n", b"")
    wire.sendall(request + b"5\r\n" + BODY[:5] + b"\r\n6\r\n" + BODY[5:] + b"\r\n0\r\n\r\n")
    assert answer(wire.makefile("rb"))[0] == 200


@pytest.mark.parametrize("extra", ["Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n", "Content-Length: -1\r\n"])
def test_two_lengths_are_refused(wire, extra):
    """Where one part of a chain believes the one and another the other, requests are smuggled in."""
    wire.sendall(head(extra=extra) + BODY)
    file = wire.makefile("rb")
    assert answer(file)[0] == 400 and file.read() == b""


def test_huge_headers(wire):
    wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n")
    assert answer(wire.makefile("rb"))[0] == 431


def test_a_huge_body_is_refused_before_it_is_sent(wire):
    wire.sendall(head(length=200 * 1024 * 1024))
    assert answer(wire.makefile("rb"))[0] == 413


def test_a_client_that_sends_byte_by_byte_gets_its_answer_and_holds_up_nobody(service, wire):
    request = head() + BODY
    for i in range(0, len(request), 10):
        wire.sendall(request[i:i + 10])
        assert i % 100 or service.post("ListApplications", {})[0] == 200
    assert answer(wire.makefile("rb"))[0] == 200


def test_many_clients_that_say_nothing_hold_up_nobody(service):
    idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
    for connection in idle[::2]:
        connection.sendall(b"POST / HTTP/1.1\r\nHos")
    begin = time.monotonic()
    assert service.post("ListApplications", {})[0] == 200
    assert time.monotonic() - begin < 20
    for connection in idle:
        connection.close()


def test_clients_that_hang_up_in_the_middle(service):
    for part in (head()[:30], head(), head() + BODY[:3], head() + BODY):
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(part)
    assert service.post("ListApplications", {})[0] == 200


def test_a_compressed_body_is_refused_with_its_reason(service):
    status, _, body = service.post("ListApplications", b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"})
    assert 400 <= status < 500 and body["__type"] == "SerializationException"


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_and_readiness(service, path):
    status, _, body = service.post("", b"", method="GET", path=path)
    assert status == 200 and body == {"status": "ok"}


def test_a_graceful_end_answers_what_is_under_way(own_service):
    results = []

    def ask(number):
        try:
            results.append(own_service.post("CreateApplication", {
                "ApplicationName": f"a{number}", "RuntimeEnvironment": "FLINK-2_3",
                "ServiceExecutionRole": "arn:aws:iam::123456789012:role/test"})[0])
        except OSError:
            results.append("refused")

    before = own_service.post("ListApplications", {})[2]
    assert before["ApplicationSummaries"] == []
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    own_service.process.popen.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert own_service.process.popen.wait(60) == 0
    assert set(results) <= {200, "refused"}
    own_service.start()  # what was acknowledged is there
    assert len(own_service.post("ListApplications", {})[2]["ApplicationSummaries"]) >= results.count(200)
