"""'connector' = 'firehose' and 'dynamodb' against moto."""
import json

import aws_peers
import local_stack
import pytest
from aws_peers import client, moto, proxy  # noqa: F401 (fixtures)
from test_kinesis import options, run_aws_sql  # noqa: F401 (fixture)


@pytest.fixture
def delivery(moto):
    s3, firehose = client("s3", moto), client("firehose", moto)
    name = f"delivery-{next(aws_peers._names)}"
    s3.create_bucket(Bucket=name)
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration={
        "RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": f"arn:aws:s3:::{name}"})

    def lines():
        found = []
        for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
            found += s3.get_object(Bucket=name, Key=entry["Key"])["Body"].read().decode().replace("}{", "}\n{").splitlines()
        return sorted(json.loads(line)["a"] for line in found)
    return name, lines


def firehose_table(name, endpoint, **more):
    listed = {"connector": "firehose", "delivery-stream": name, "aws.region": local_stack.REGION, "aws.endpoint": endpoint,
              "format": "json", **more}
    return f"CREATE TABLE dst (a INT) WITH ({options(**listed)});\n"


def test_firehose_delivers_to_s3(moto, delivery, run_aws_sql):
    name, lines = delivery
    run_aws_sql(firehose_table(name, moto, **{"sink.batch.max-size": "2"}) + "INSERT INTO dst VALUES (1), (2), (3), (4), (5);\n")
    assert lines() == [1, 2, 3, 4, 5]


def test_firehose_sends_refused_records_again(proxy, delivery, run_aws_sql):
    name, lines = delivery
    refused = []

    def fault(operation, body, headers):
        if operation != "PutRecordBatch" or refused:
            return None
        count = len(json.loads(body)["Records"])
        refused.append(count)
        return 200, {"FailedPutCount": count, "RequestResponses": [
            {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}] * count}
    proxy.fault = fault
    run_aws_sql(firehose_table(name, proxy.url) + "INSERT INTO dst VALUES (1), (2), (3);\n")
    assert refused and lines() == [1, 2, 3]


@pytest.fixture
def items(moto):
    dynamodb = client("dynamodb", moto)
    name = f"table-{next(aws_peers._names)}"
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    return name, lambda: {item["k"]["S"]: item for item in dynamodb.scan(TableName=name)["Items"]}


def dynamodb_table(name, endpoint, columns, partitioned="PARTITIONED BY (k)", **more):
    listed = {"connector": "dynamodb", "table-name": name, "aws.region": local_stack.REGION, "aws.endpoint": endpoint, **more}
    return f"CREATE TABLE dst ({columns}) {partitioned} WITH ({options(**listed)});\n"


def test_dynamodb_items_have_the_types_of_the_columns(moto, items, run_aws_sql):
    name, read = items
    run_aws_sql(dynamodb_table(name, moto, "k STRING, i INT, d DOUBLE, m DECIMAL(5, 2), b BOOLEAN, t TIMESTAMP(3), x BYTES, "
                               "l ARRAY<INT>, r ROW<a INT, c STRING>, n STRING") +
                "INSERT INTO dst VALUES ('a', 1, CAST(1.5 AS DOUBLE), 2.50, TRUE, TIMESTAMP '2020-01-02 03:04:05.678', X'ff00', "
                "ARRAY[1, 2], ROW(7, 'q'), CAST(NULL AS STRING));\n")
    assert read() == {"a": {
        "k": {"S": "a"}, "i": {"N": "1"}, "d": {"N": "1.5"}, "m": {"N": "2.50"}, "b": {"BOOL": True},
        "t": {"S": "2020-01-02T03:04:05.678"}, "x": {"B": b"\xff\x00"}, "l": {"L": [{"N": "1"}, {"N": "2"}]},
        "r": {"M": {"a": {"N": "7"}, "c": {"S": "q"}}}, "n": {"NULL": True}}}


def test_dynamodb_takes_changes_and_overwrites_by_key(moto, proxy, items, run_aws_sql):
    name, read = items
    left = []

    def some_unprocessed(operation, answer):
        if operation == "BatchWriteItem" and not left:
            left.append(1)
            answer["UnprocessedItems"] = {name: [{"PutRequest": {"Item": {"k": {"S": "a"}, "n": {"N": "3"}}}}]}
        return answer
    proxy.change = some_unprocessed
    run_aws_sql(dynamodb_table(name, proxy.url, "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED") +
                "INSERT INTO dst SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a'), ('a')) AS v(k) GROUP BY k;\n")
    assert left and {key: item["n"]["N"] for key, item in read().items()} == {"a": "3", "b": "1"}


def test_dynamodb_ignores_nulls_if_told(moto, items, run_aws_sql):
    name, read = items
    run_aws_sql(dynamodb_table(name, moto, "k STRING, n STRING", **{"sink.ignore-nulls": "true"}) +
                "INSERT INTO dst VALUES ('a', CAST(NULL AS STRING));\n")
    assert read() == {"a": {"k": {"S": "a"}}}
