"""Signatures: what botocore signs is accepted, everything else gets AWS's errors."""
import datetime
import hashlib
import hmac
import subprocess

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

import local_stack
from conftest import Service

TARGET = "KinesisAnalytics_20180523.ListApplications"
KEYS = """
[alice]
aws_access_key_id = AKIAALICE
aws_secret_access_key = alices/secret+key

[visitor]
aws_access_key_id = ASIAVISITOR
aws_secret_access_key = visitors
aws_session_token = a-token
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, s3):
    folder = tmp_path_factory.mktemp("guarded")
    keys = folder / "keys.ini"
    keys.write_text(KEYS)
    service = Service(folder, s3.url, ("--credentials-file", keys))
    service.keys = keys
    yield service
    service.close()


def client(service, key="AKIAALICE", secret="alices/secret+key", token=None, region=local_stack.REGION):
    return boto3.client("kinesisanalyticsv2", endpoint_url=service.url, region_name=region, aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token,
                        config=botocore.config.Config(retries={"max_attempts": 1}, proxies={}))


def code_of(call):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"]


def test_boto_is_accepted(guarded):
    assert client(guarded).list_applications()["ApplicationSummaries"] == []
    assert client(guarded, "ASIAVISITOR", "visitors", "a-token").list_applications(Limit=1)["ApplicationSummaries"] == []


def test_wrong_secrets_and_keys(guarded):
    assert code_of(client(guarded, secret="other").list_applications) == "InvalidSignatureException"
    assert code_of(client(guarded, key="AKIANOBODY").list_applications) == "UnrecognizedClientException"
    assert code_of(client(guarded, "ASIAVISITOR", "visitors").list_applications) == "UnrecognizedClientException"
    assert code_of(client(guarded, "ASIAVISITOR", "visitors", "other").list_applications) == "UnrecognizedClientException"
    assert code_of(client(guarded, region="eu-north-1").list_applications) == "InvalidSignatureException"


def signed(service, when=None, body=b"{}", headers=None, secret="alices/secret+key", scope_service="kinesisanalytics",
           names="content-type;host;x-amz-date;x-amz-target"):
    """The Authorization header computed from AWS's description, without botocore."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    stamp, day = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
    all_headers = {"content-type": "application/x-amz-json-1.1", "host": f"127.0.0.1:{service.port}", "x-amz-date": stamp,
                   "x-amz-target": TARGET}
    lines = "".join(f"{name}:{all_headers[name]}\n" for name in names.split(";"))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{local_stack.REGION}/{scope_service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return {"X-Amz-Date": stamp, "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIAALICE/{scope}, "
                                                  f"SignedHeaders={names}, Signature={key.hex()}", **(headers or {})}


def outcome(service, headers, body=b"{}"):
    status, answer_headers, document = service.post("ListApplications", body, headers=headers)
    if status == 200:
        return "ok"
    assert status == 400 and answer_headers["x-amzn-ErrorType"] == document["__type"]
    return document["__type"], document["message"]


def test_signatures_by_hand(guarded):
    assert outcome(guarded, signed(guarded)) == "ok"
    assert outcome(guarded, {})[0] == "MissingAuthenticationTokenException"
    assert outcome(guarded, {"Authorization": "Bearer x"})[0] == "IncompleteSignatureException"
    assert outcome(guarded, {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAALICE"})[0] == "IncompleteSignatureException"
    assert outcome(guarded, signed(guarded), b'{"Limit":1}')[0] == "InvalidSignatureException"  # another body
    assert outcome(guarded, signed(guarded, headers={"X-Amz-Extra": "1"}))[0] == "InvalidSignatureException"
    assert outcome(guarded, signed(guarded, scope_service="kinesis"))[0] == "InvalidSignatureException"
    assert outcome(guarded, signed(guarded, names="content-type;x-amz-date;x-amz-target"))[0] == "InvalidSignatureException"
    claimed = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}
    assert outcome(guarded, signed(guarded, headers=claimed))[0] == "InvalidSignatureException"


@pytest.mark.parametrize("minutes,text", [(-16, "Signature expired: "), (16, "Signature not yet current: ")])
def test_clocks_apart(guarded, minutes, text):
    now = datetime.datetime.now(datetime.timezone.utc)
    assert outcome(guarded, signed(guarded, now + datetime.timedelta(minutes=minutes * 14 / 16))) == "ok"
    error, message = outcome(guarded, signed(guarded, now + datetime.timedelta(minutes=minutes)))
    assert error == "InvalidSignatureException" and message.startswith(text)


def presigned(service, expires, ago=0, monkeypatch=None):
    request = botocore.awsrequest.AWSRequest("POST", service.url + "/", headers={  # a body would become query parameters
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET})
    auth = botocore.auth.SigV4QueryAuth(botocore.credentials.Credentials("AKIAALICE", "alices/secret+key"),
                                        "kinesisanalytics", local_stack.REGION, expires=expires)
    if ago:
        then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    auth.add_auth(request)
    return request


@pytest.mark.parametrize("ago,expected", [(0, "ok"), (30, "ok"), (120, "InvalidSignatureException")])
def test_presigned_by_botocore(guarded, monkeypatch, ago, expected):
    request = presigned(guarded, 60, ago, monkeypatch)
    path = request.url[len(guarded.url):]
    status, _, body = guarded.post("ListApplications", b"", path=path, headers=dict(request.headers.items()))
    assert (status, body.get("__type", "ok")) == (200 if expected == "ok" else 400, expected), body
    if expected != "ok":
        assert body["message"].startswith("Signature expired: ")


def test_keys_change_while_it_runs(guarded):
    added = KEYS + "[bob]\naws_access_key_id = AKIABOB\naws_secret_access_key = bobs\n"
    bob = client(guarded, "AKIABOB", "bobs")
    assert code_of(bob.list_applications) == "UnrecognizedClientException"
    guarded.keys.write_text(added)
    assert bob.list_applications()["ApplicationSummaries"] == []
    guarded.keys.write_text("broken")  # reported, and the keys of before stay
    assert bob.list_applications()["ApplicationSummaries"] == []
    guarded.keys.write_text(KEYS)
    assert code_of(bob.list_applications) == "UnrecognizedClientException"


def test_health_needs_no_signature(guarded):
    assert guarded.post("", b"", method="GET", path="/health")[0] == 200


def refused(tmp_path, *options):
    done = subprocess.run([local_stack.BINARY, "server", "--data", tmp_path / "data", *options], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode != 0
    return done.stderr


def test_what_the_command_line_refuses(tmp_path):
    assert "without authentication" in refused(tmp_path, "--listen", "0.0.0.0:0")
    assert "without authentication" in refused(tmp_path, "--listen", "0.0.0.0:0", "--auth", "off")
    assert "--credentials-file" in refused(tmp_path, "--auth", "sigv4")
    assert "no-such-file" in refused(tmp_path, "--credentials-file", tmp_path / "no-such-file")
    (tmp_path / "empty").write_text("")
    assert "there are no credentials" in refused(tmp_path, "--credentials-file", tmp_path / "empty")
    assert not (tmp_path / "data").exists()
