"""The protocol itself: what is not a sound request gets a 4xx that an SDK understands, and the service lives on."""
import json
import socket

import pytest

from conftest import MODEL

def smallest(shape_name):
    """The smallest value that the model allows."""
    shape = MODEL["shapes"][shape_name]
    kind = shape["type"]
    if kind == "structure":
        return {m: smallest(shape["members"][m]["shape"]) for m in shape.get("required", [])}
    if kind == "list":
        return [smallest(shape["member"]["shape"])] * shape.get("min", 0)
    if kind == "map":
        return {"k": smallest(shape["value"]["shape"])}
    if kind == "boolean":
        return False
    if kind in ("integer", "long", "timestamp"):
        return shape.get("min", 1)
    if "enum" in shape:
        return shape["enum"][0]
    pattern = shape.get("pattern", "")
    if pattern == "arn:.*":
        return "arn:aws:kinesisanalytics:us-east-1:123456789012:application/none"
    return {"([01][0-9]|2[0-3]):[0-5][0-9]": "12:30", "^(?=^\\$)(?=^\\S+$).*$": "$"}.get(pattern, "a" * max(1, shape.get("min", 1)))


def error_of(answer, status, code):
    got, headers, body = answer
    assert (got, body["__type"]) == (status, code), body
    assert headers["x-amzn-ErrorType"] == code
    assert headers["x-amzn-RequestId"]
    assert headers["Content-Type"].startswith("application/x-amz-json-1.1")
    assert body["message"]
    return body["message"]


def test_an_answer_has_type_and_request_id(service):
    status, headers, body = service.post("ListApplications", {})
    assert status == 200 and isinstance(body["ApplicationSummaries"], list)
    assert headers["Content-Type"] == "application/x-amz-json-1.1"
    assert headers["x-amzn-RequestId"] != service.post("ListApplications", {})[1]["x-amzn-RequestId"]


def test_unknown_members_and_nulls_are_ignored_and_booleans_may_be_text(service):
    assert service.post("ListApplications", {"ExclusiveStartApplicationName": "x", "Limit": None})[0] == 200
    message = error_of(service.post("StopApplication", {"ApplicationName": "none", "Force": "true"}), 400,
                       "ResourceNotFoundException")
    assert "none" in message


def test_an_empty_body_is_an_empty_request(service):
    assert service.post("ListApplications", b"")[0] == 200


@pytest.mark.parametrize("target", ["NoSuchOperation", "", "listapplications", "x" * 5000])
def test_unknown_operation(service, target):
    error_of(service.post(target, {}), 400, "UnknownOperationException")


@pytest.mark.parametrize("target", [None, "ListApplications", "DynamoDB_20120810.ListTables", "KinesisAnalytics_20150814.ListApplications"])
def test_missing_or_foreign_target(service, target):
    error_of(service.post("x", {}, headers={"X-Amz-Target": target}), 400, "UnknownOperationException")


@pytest.mark.parametrize("body", [
    b"{", b"nonsense", b"{\"Limit\": }", b"\xff\xfe", b"{\"a\":\"\xff\"}", b"{} {}", b"[" * 100_000, b"{\"a\":" * 50 + b"1" + b"}" * 50,
    b"[]", b"1", b"null", b"\"text\"", b"{\"Limit\":\"5\"}", b"{\"Limit\":1e400}", b"{\"Limit\":[]}",
    b"{\"Limit\":123456789012345678901234567890}", b"\x00",
])
def test_malformed_body(service, body):
    error_of(service.post("ListApplications", body), 400, "SerializationException")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_wrong_method(service, method):
    answer = service.post("ListApplications", {}, method=method)
    error_of(answer, 405, "UnknownOperationException")
    assert answer[1]["Allow"] == "POST"


def test_wrong_path_and_content_type(service):
    error_of(service.post("ListApplications", {}, path="/elsewhere"), 404, "UnknownOperationException")
    error_of(service.post("ListApplications", {}, headers={"Content-Type": "text/xml"}), 415, "UnsupportedMediaTypeException")


def test_a_body_over_the_limit(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\r\n\r\n\r\n", b"GET"])
def test_bytes_that_are_not_http(service, junk):
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(100)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert service.post("ListApplications", {})[0] == 200


@pytest.mark.parametrize("operation", sorted(MODEL["operations"]))
def test_every_operation_answers_for_itself(service, operation):
    """None is a stub: a request for what is not there gets an error that the model declares for the operation."""
    request = smallest(MODEL["operations"][operation]["input"]["shape"])
    status, _, body = service.post(operation, request)
    declared = {e["shape"] for e in MODEL["operations"][operation]["errors"]}
    # ListApplicationSnapshots does not declare what AWS answers for an application that is not there.
    assert status == 200 or body["__type"] in declared | {"ResourceNotFoundException"}, body
    assert f"{operation} is not supported yet" not in (body or {}).get("message", "")
    if operation == "CreateApplication":
        service.post("DeleteApplication", {k: body["ApplicationDetail"][k] for k in ("ApplicationName", "CreateTimestamp")})


@pytest.mark.parametrize("operation", sorted(MODEL["operations"]))
def test_missing_members_are_named(service, operation):
    required = MODEL["shapes"][MODEL["operations"][operation]["input"]["shape"]].get("required", [])
    if not required:
        return
    status, _, body = service.post(operation, {})
    assert status == 400 and body["__type"] in ("InvalidArgumentException", "InvalidRequestException"), body
    for member in required:
        assert f"Value null at '{member[0].lower()}{member[1:]}'" in body["message"]
    assert body["message"].startswith(f"{len(required)} validation error")


def test_random_documents_never_break_the_service(service):
    """Valid requests with one member replaced by something else, for every operation."""
    others = [None, True, 0, -1, 1.5, 2**63, "", "x" * 3000, "ü\u0000", [], [[]], {}, {"a": {"b": []}}]
    for name, operation in sorted(MODEL["operations"].items()):
        if name == "CreateApplication":
            continue  # its own tests; valid ones would be left behind
        request = smallest(operation["input"]["shape"])
        for member in MODEL["shapes"][operation["input"]["shape"]]["members"]:
            for other in others:
                status, _, body = service.post(name, json.dumps({**request, member: other}).encode())
                assert status == 200 or 400 <= status < 500, (name, member, other, body)
