"""The API over TLS, and requests whose bodies are packed."""
import datetime
import gzip
import json
import ssl
import subprocess
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import local_stack
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from test_auth import guarded  # noqa: F401  (fixture)

LIST = ("ListApplications", b'{"Limit": 7}')


def test_a_packed_body_is_unpacked(service):
    status, _, body = service.post(LIST[0], gzip.compress(LIST[1]), headers={"Content-Encoding": "gzip"})
    assert status == 200 and "ApplicationSummaries" in body
    status, _, body = service.post(LIST[0], gzip.compress(b'{"Limit": "seven"}'), headers={"Content-Encoding": "gzip"})
    assert status == 400 and body["__type"] != "UnsupportedMediaTypeException"


@pytest.mark.parametrize("encoding, body, status", [
    ("gzip", LIST[1], 400), ("gzip", gzip.compress(LIST[1])[:-3], 400), ("br", LIST[1], 415),
    ("gzip", gzip.compress(bytes(81 * 1024 * 1024)), 413)], ids=["plain", "cut", "brotli", "bomb"])
def test_what_is_not_gzip_is_refused(service, encoding, body, status):
    assert service.post(LIST[0], body, headers={"Content-Encoding": encoding})[0] == status


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                       serialization.NoEncryption()))
    return folder


@pytest.fixture
def https(tmp_path, s3, certificate):
    port = local_stack.free_port()
    port_file = tmp_path / "port"
    process = local_stack.Process(
        "sluice server", [local_stack.BINARY, "server", "--listen", f"127.0.0.1:{port}", "--data", tmp_path / "data",
                          "--tls-cert", certificate / "cert.pem", "--tls-key", certificate / "key.pem", "--port-file", port_file],
        tmp_path / "server.log", local_stack.aws_environment(s3.url))
    local_stack.wait_until(port_file.exists, local_stack.PATIENCE, "server", process.popen)
    yield port
    process.stop()


def test_the_api_over_tls(https, certificate):
    client = boto3.client("kinesisanalyticsv2", endpoint_url=f"https://localhost:{https}", region_name=local_stack.REGION,
                          aws_access_key_id="a", aws_secret_access_key="b", verify=str(certificate / "cert.pem"),
                          config=botocore.config.Config(retries={"max_attempts": 1}, proxies={}))
    for _ in range(3):
        assert client.list_applications()["ApplicationSummaries"] == []
    old = ssl.create_default_context(cafile=certificate / "cert.pem")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"https://localhost:{https}/health", context=old, timeout=60)
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://localhost:{https}/health", timeout=60)
    assert client.list_applications()["ApplicationSummaries"] == []


@pytest.mark.parametrize("files", [("cert.pem", "cert.pem"), ("missing.pem", "key.pem"), ("cert.pem", "other.pem")])
def test_a_certificate_that_cannot_be_used_stops_the_start(tmp_path, certificate, files):
    other = ec.generate_private_key(ec.SECP256R1())
    (certificate / "other.pem").write_bytes(other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    done = subprocess.run([local_stack.BINARY, "server", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--tls-cert",
                           certificate / files[0], "--tls-key", certificate / files[1]], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "cannot be used" in done.stderr


def test_a_signature_covers_the_packed_body(guarded):  # noqa: F811
    body = gzip.compress(LIST[1])
    request = botocore.awsrequest.AWSRequest("POST", guarded.url + "/", data=body, headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"KinesisAnalytics_20180523.{LIST[0]}",
        "Content-Encoding": "gzip"})
    keys = botocore.credentials.Credentials("AKIAALICE", "alices/secret+key")
    botocore.auth.SigV4Auth(keys, "kinesisanalytics", local_stack.REGION).add_auth(request)
    status, _, answer = guarded.post(LIST[0], body, headers=dict(request.headers))
    assert status == 200, json.dumps(answer)
