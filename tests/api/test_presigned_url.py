"""CreateApplicationPresignedUrl and the dashboard that the URL opens."""
import base64
import http.cookiejar
import json
import urllib.error
import urllib.request

import pytest

from conftest import ROLE


class Browser:
    """Keeps cookies and follows redirects, as a browser does."""

    def __init__(self):
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                                  urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, url, method="GET", headers=None, data=None):
        try:
            answer = self.opener.open(urllib.request.Request(url, method=method, headers=headers or {}, data=data), timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read()


def url_of(app, **more):
    return app.client.create_application_presigned_url(ApplicationName=app.name, UrlType="FLINK_DASHBOARD_URL",
                                                       **more)["AuthorizedUrl"]


@pytest.fixture
def running(app):
    app.create()
    app.run()
    return app


def test_a_browser_opens_it_and_follows_relative_links(running):
    url = url_of(running)
    assert url.startswith(running.service.url + "/") and len(url) <= 2048
    browser = Browser()
    status, headers, page = browser.get(url)
    assert status == 200 and headers["Content-Type"].startswith("text/html") and b"jobs/overview" in page
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite" in headers["Set-Cookie"]
    base = url[:url.index("?")]
    status, headers, jobs = browser.get(base + "jobs/overview")
    assert status == 200 and json.loads(jobs)["jobs"][0]["state"] == "RUNNING"
    assert "Set-Cookie" not in headers


def test_a_tool_may_use_the_token_directly(running):
    url = url_of(running)
    status, _, overview = Browser().get(url.replace("/?", "/overview?"))
    assert status == 200 and json.loads(overview)["taskmanagers"] == 1


def test_looking_only(running):
    browser = Browser()
    url = url_of(running)
    browser.get(url)
    base = url[:url.index("?")]
    job = json.loads(browser.get(base + "jobs/overview")[2])["jobs"][0]["jid"]
    for method, path in [("PATCH", f"jobs/{job}"), ("POST", f"jobs/{job}/stop"), ("POST", "jars/upload"), ("DELETE", "cluster"),
                         ("PUT", "x"), ("GET", f"jobs/{job}/yarn-cancel"), ("GET", f"jobs/{job}/yarn-stop")]:
        status, _, body = browser.get(base + path, method=method, data=b"{}" if method != "GET" else None)
        assert status == 403 and "read-only" in body.decode(), (method, path)
    assert running.detail()["ApplicationStatus"] == "RUNNING"
    assert json.loads(browser.get(base + "jobs/overview")[2])["jobs"][0]["state"] == "RUNNING"


def test_without_or_with_a_changed_token(running):
    url = url_of(running)
    base, token = url.split("?authToken=")
    for bad in (base, base + "jobs/overview", f"{base}?authToken=", f"{base}?authToken={token[:-4]}", f"{base}?authToken=x.y",
                f"{base}?authToken={token[5:]}"):
        status, _, body = Browser().get(bad)
        assert status == 403 and "CreateApplicationPresignedUrl" in body.decode(), bad
    payload = base64.urlsafe_b64decode(token.split(".")[0] + "===").decode()
    longer = base64.urlsafe_b64encode(payload.replace(" ", "9 ", 2).encode()).decode().rstrip("=")
    assert Browser().get(f"{base}?authToken={longer}.{token.split('.')[1]}")[0] == 403
    assert Browser().get(url.replace(f"app-{running.name}/", "app-other/"))[0] == 403


def test_a_stop_ends_it(running):
    browser = Browser()
    url = url_of(running)
    assert browser.get(url)[0] == 200
    running.stop(Force=True)
    running.wait_for("READY")
    assert browser.get(url)[0] == 403
    running.run()  # another run: the old URL and session stay void
    status, _, body = browser.get(url[:url.index("?")])
    assert status == 403 and b"was stopped" in body
    assert Browser().get(url)[0] == 403
    assert Browser().get(url_of(running))[0] == 200


def test_a_session_outlives_the_server(own_service):
    from conftest import Application
    app = Application(own_service, "lasting")
    app.create()
    app.run()
    url = url_of(app, SessionExpirationDurationInSeconds=1800)
    browser = Browser()
    assert browser.get(url)[0] == 200
    own_service.process.kill()
    own_service.start()
    assert browser.get(url[:url.index("?")] + "jobs/overview")[0] == 200
    assert (own_service.data / "token.key").stat().st_mode & 0o077 == 0
    app.remove()


def test_the_limits_of_the_session(running, fails):
    for seconds in (1800, 43200):
        headers = Browser().get(url_of(running, SessionExpirationDurationInSeconds=seconds))[1]
        age = int(headers["Set-Cookie"].split("Max-Age=")[1].split(";")[0])
        assert seconds - 30 <= age <= seconds
    for seconds in (1799, 43201, -1, 0):
        fails("InvalidArgumentException", url_of, running, SessionExpirationDurationInSeconds=seconds)


def test_which_applications_have_one(app, client, fails):
    def ask(kind="FLINK_DASHBOARD_URL"):
        return client.create_application_presigned_url(ApplicationName=app.name, UrlType=kind)

    fails("ResourceNotFoundException", ask)
    app.create()
    assert "READY" in fails("ResourceInUseException", ask)
    assert "INTERACTIVE" in fails("InvalidArgumentException", ask, "ZEPPELIN_UI_URL")
    fails("InvalidArgumentException", ask, "OTHER_URL")


def test_behind_a_proxy_the_url_names_the_proxy(running):
    headers = {"Host": "flink.example.org", "X-Forwarded-Proto": "https"}
    _, _, body = running.service.post("CreateApplicationPresignedUrl", {
        "ApplicationName": running.name, "UrlType": "FLINK_DASHBOARD_URL"}, headers=headers)
    assert body["AuthorizedUrl"].startswith(f"https://flink.example.org/dashboards/app-{running.name}/?authToken=")
