"""GET /metrics as Prometheus asks for it. What stands in it for each engine: tests/flink/test_metrics.py."""
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import local_stack
import pytest
from conftest import Application, Service


def scrape(service, headers=None, method="GET"):
    request = urllib.request.Request(service.url + "/metrics", headers=headers or {}, method=method)
    try:
        answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


def test_an_application_is_shown_from_its_start_to_its_stop(own_service):
    app = Application(own_service, "measured")
    app.create("SELECT 1;")
    assert scrape(own_service)[2] == ""
    app.run()
    local_stack.wait_until(lambda: 'sluice_app_KPUs{application="measured"} 1\n' in scrape(own_service)[2],
                           local_stack.PATIENCE, "metrics")
    status, kind, text = scrape(own_service)
    assert status == 200 and kind == "text/plain; version=0.0.4; charset=utf-8"
    assert 'sluice_app_running{application="measured"} 1\n' in text
    app.stop(Force=True)
    app.wait_for("READY")
    assert scrape(own_service)[2] == ""
    assert scrape(own_service, method="POST")[0] == 405


@pytest.fixture
def guarded(tmp_path, s3):
    (tmp_path / "keys.ini").write_text("[alice]\naws_access_key_id = AKIAALICE\naws_secret_access_key = secret\n")
    (tmp_path / "token").write_text("a-long-token\n")
    service = Service(tmp_path, s3.url, ("--credentials-file", tmp_path / "keys.ini", "--metrics-token-file", tmp_path / "token"))
    yield service
    service.close()


def test_with_signatures_a_scraper_needs_the_token(guarded, tmp_path):
    status, _, text = scrape(guarded)
    assert status in (400, 403) and "--metrics-token-file" in text
    for wrong in ("Bearer ", "Bearer a-long-toke", "Bearer a-long-token2", "Basic a-long-token"):
        assert scrape(guarded, {"Authorization": wrong})[0] in (400, 403), wrong
    assert scrape(guarded, {"Authorization": "Bearer a-long-token"})[0] == 200
    # Another token counts from the next request on; a file that is gone lets nobody in.
    (tmp_path / "token").write_text("another")
    assert scrape(guarded, {"Authorization": "Bearer a-long-token"})[0] != 200
    assert scrape(guarded, {"Authorization": "Bearer another"})[0] == 200
    (tmp_path / "token").unlink()
    assert scrape(guarded, {"Authorization": "Bearer another"})[0] != 200
    request = botocore.awsrequest.AWSRequest("GET", guarded.url + "/metrics")
    keys = botocore.credentials.Credentials("AKIAALICE", "secret")
    botocore.auth.SigV4Auth(keys, "kinesisanalytics", local_stack.REGION).add_auth(request)
    assert scrape(guarded, dict(request.headers))[0] == 200
