"""DiscoverInputSchema against moto: a real stream and real objects are sampled."""
import json
import threading
import time

import boto3
import botocore.config
import pytest

import local_stack
from conftest import BUCKET, ROLE

START = {"InputStartingPositionConfiguration": {"InputStartingPosition": "TRIM_HORIZON"}}


@pytest.fixture(scope="module")
def kinesis(s3):
    return boto3.client("kinesis", endpoint_url=s3.url, region_name=local_stack.REGION, aws_access_key_id="a",
                        aws_secret_access_key="b", config=botocore.config.Config(proxies={}))


@pytest.fixture
def stream(kinesis, request):
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:100]
    kinesis.create_stream(StreamName=name, ShardCount=2)
    yield name
    kinesis.delete_stream(StreamName=name)


def arn_of(stream):
    return f"arn:aws:kinesis:us-east-1:123456789012:stream/{stream}"


def put(kinesis, stream, *records):
    for i, record in enumerate(records):
        kinesis.put_record(StreamName=stream, Data=record.encode() if isinstance(record, str) else record, PartitionKey=str(i))


def columns(answer):
    return [(c["Name"], c["SqlType"], c.get("Mapping")) for c in answer["InputSchema"]["RecordColumns"]]


def discover_object(client, s3, body, key="sample"):
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return client.discover_input_schema(ServiceExecutionRole=ROLE,
                                        S3Configuration={"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": key})


def test_json_stream(client, kinesis, stream):
    records = [json.dumps({"TICKER": "AMZN", "PRICE": 12.5, "VOLUME": 7, "ID": 2**40, "UP": True, "AT": "2024-01-02 03:04:05",
                           "TIMESTAMP": None, "BY": {"NAME": "a somewhat longer text"}}),
               json.dumps({"TICKER": "QX", "PRICE": 1, "VOLUME": 8, "ID": 3, "UP": False, "AT": "2024-01-02T03:04:05.678"})]
    put(kinesis, stream, *records)
    answer = client.discover_input_schema(ResourceARN=arn_of(stream), ServiceExecutionRole=ROLE, **START)
    schema = answer["InputSchema"]
    assert schema["RecordEncoding"] == "UTF-8"
    assert schema["RecordFormat"] == {"RecordFormatType": "JSON", "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}}}
    assert sorted(columns(answer)) == sorted([
        ("TICKER", "VARCHAR(4)", "$.TICKER"), ("PRICE", "REAL", "$.PRICE"), ("VOLUME", "INTEGER", "$.VOLUME"), ("ID", "BIGINT", "$.ID"),
        ("UP", "BOOLEAN", "$.UP"), ("AT", "TIMESTAMP", "$.AT"), ("COL_TIMESTAMP", "VARCHAR(4)", "$.TIMESTAMP"),
        ("BY_NAME", "VARCHAR(32)", "$.BY.NAME")])
    assert sorted(answer["RawInputRecords"]) == sorted(records)
    tickers = {row[[c[0] for c in columns(answer)].index("TICKER")] for row in answer["ParsedInputRecords"]}
    assert tickers == {"AMZN", "QX"}
    assert {len(row) for row in answer["ParsedInputRecords"]} == {8}


def test_now_waits_for_records(client, kinesis, stream):
    stop = threading.Event()

    def feed():
        while not stop.is_set():
            put(kinesis, stream, '{"a": 1}')
            time.sleep(0.2)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        answer = client.discover_input_schema(ResourceARN=arn_of(stream), ServiceExecutionRole=ROLE)
    finally:
        stop.set()
        feeder.join()
    assert columns(answer) == [("a", "INTEGER", "$.a")]


def test_csv_object(client, s3):
    answer = discover_object(client, s3, "TICKER,PRICE\r\nAMZN,12.5\r\n\"A,B\",7\r\n")
    assert answer["InputSchema"]["RecordFormat"] == {"RecordFormatType": "CSV", "MappingParameters": {
        "CSVMappingParameters": {"RecordColumnDelimiter": ",", "RecordRowDelimiter": "\r\n"}}}
    assert columns(answer) == [("TICKER", "VARCHAR(4)", None), ("PRICE", "REAL", None)]
    assert answer["ParsedInputRecords"] == [["AMZN", "12.5"], ["A,B", "7"]]


@pytest.mark.parametrize("body, delimiter, types", [
    ("1|x\n2|y\n", "|", ["INTEGER", "VARCHAR(4)"]), ("1\ttrue\n2\tfalse", "\t", ["INTEGER", "BOOLEAN"]),
    ("3000000000 abcde\n", " ", ["BIGINT", "VARCHAR(8)"])])
def test_other_delimiters(client, s3, body, delimiter, types):
    answer = discover_object(client, s3, body)
    mapping = answer["InputSchema"]["RecordFormat"]["MappingParameters"]["CSVMappingParameters"]
    assert mapping == {"RecordColumnDelimiter": delimiter, "RecordRowDelimiter": "\n"}
    assert [c[1] for c in columns(answer)] == types


def test_json_lines_and_arrays(client, s3):
    assert columns(discover_object(client, s3, '{"a": 1}\n{"a": 2, "b": "x"}\n')) == [("a", "INTEGER", "$.a"), ("b", "VARCHAR(4)", "$.b")]
    answer = discover_object(client, s3, '[{"a": 1}, {"a": 2}]')
    assert answer["InputSchema"]["RecordFormat"]["MappingParameters"]["JSONMappingParameters"]["RecordRowPath"] == "$[0:]"
    assert answer["ParsedInputRecords"] == [["1"], ["2"]]


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02\xff", b"word", b'{"a": ', b"[1, 2]", b"a,b\nc\n"])
def test_what_has_no_schema(client, s3, fails, body):
    fails("UnableToDetectSchemaException", discover_object, client, s3, body)


def test_the_error_shows_what_was_read(client, s3):
    with pytest.raises(client.exceptions.UnableToDetectSchemaException) as raised:
        discover_object(client, s3, "word")
    assert raised.value.response["RawInputRecords"] == ["word"]


def test_requests_that_are_refused(client, fails, s3, stream):
    def refused(code, **arguments):
        return fails(code, client.discover_input_schema, ServiceExecutionRole=ROLE, **arguments)

    location = {"BucketARN": f"arn:aws:s3:::{BUCKET}", "FileKey": "x"}
    refused("InvalidArgumentException")
    refused("InvalidArgumentException", ResourceARN=arn_of(stream), S3Configuration=location)
    refused("InvalidArgumentException", ResourceARN=arn_of("no-such-stream"), **START)
    refused("InvalidArgumentException", ResourceARN="arn:aws:sqs:us-east-1:123456789012:q", **START)
    refused("InvalidArgumentException", ResourceARN=arn_of(stream),
            InputStartingPositionConfiguration={"InputStartingPosition": "LAST_STOPPED_POINT"})
    assert "unable to get the specified fileKey" in refused("InvalidArgumentException", S3Configuration={**location, "FileKey": "none"})
    refused("UnsupportedOperationException", ResourceARN=arn_of(stream), InputProcessingConfiguration={
        "InputLambdaProcessor": {"ResourceARN": "arn:aws:lambda:us-east-1:123456789012:function:f"}})
    fails("InvalidArgumentException", client.discover_input_schema, S3Configuration=location)
