"""'connector' = 'rest-lookup' and 'http' against a server of the test: requests, retries, status codes, metadata, a cache, tokens."""
import http.server
import json
import ssl
import subprocess
import threading
import urllib.parse

import pytest

import local_stack

NAMES = {"1": "one", "2": "two", "3": "three"}


class Peer:
    """Answers by `self.answer(request)`: (status, body) or (status, body, headers); keeps what it was asked."""

    def __init__(self, tls=None):
        self.requests, self.lock = [], threading.Lock()
        self.answer = lambda request: (200, json.dumps({"id": int(request["query"]["id"]), "name": NAMES.get(request["query"]["id"])}))
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                url = urllib.parse.urlsplit(self.path)
                request = {"method": self.command, "target": self.path, "path": url.path, "body": body,
                           "query": dict(urllib.parse.parse_qsl(url.query)), "headers": dict(self.headers.items())}
                with peer.lock:
                    request["number"] = len(peer.requests)
                    peer.requests.append(request)
                status, text, *headers = peer.answer(request)
                self.send_response(status)
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer():
    peer = Peer()
    yield peer
    peer.stop()


def table(url, columns="id INT, name STRING", connector="rest-lookup", **options):
    options = {"connector": connector, "format": "json", "url": url, **options}
    return f"CREATE TABLE d ({columns}) WITH (" + ", ".join(f"'{k}' = '{v}'" for k, v in options.items()) + ");\n"


def look_up(tmp_path, dim, rows, select="o.id, d.name", join="LEFT JOIN", on="o.id = d.id", columns="id INT", check=True, settings=""):
    """The rows of a lookup join, as JSON objects; or what was printed, if it may fail."""
    given, found = tmp_path / "given.json", tmp_path / "found"
    given.write_text("".join(json.dumps(r) + "\n" for r in rows))
    script = tmp_path / "script.sql"
    script.write_text(
        settings
        + f"CREATE TABLE o ({columns}, p AS PROCTIME()) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{given}');\n"
        + dim + f"CREATE TABLE found WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{found}') AS "
        f"SELECT {select} FROM o {join} d FOR SYSTEM_TIME AS OF o.p ON {on};\n")
    done = subprocess.run([local_stack.BINARY, "sql", "--file", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=local_stack.PATIENCE)
    if not check:
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for f in sorted(found.rglob("*")) if f.is_file() for line in f.read_text().splitlines()]


FAST = {"gid.connector.http.source.lookup.retry-strategy.fixed-delay.delay": "5 ms"}


def test_get_with_the_keys_as_query(peer, tmp_path):
    rows = look_up(tmp_path, table(peer.url + "/client?v=1", **{
        "asyncPolling": "true", "gid.connector.http.source.lookup.header.Origin": "*",
        "gid.connector.http.source.lookup.header.Authorization": "user:secret"}), [{"id": 1}, {"id": 3}, {"id": None}])
    assert rows == [{"id": 1, "name": "one"}, {"id": 3, "name": "three"}, {"id": None, "name": None}]
    assert sorted(r["target"] for r in peer.requests) == ["/client?v=1&id=1", "/client?v=1&id=3"]
    headers = peer.requests[0]["headers"]
    assert headers["Origin"] == "*" and headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert peer.requests[0]["method"] == "GET" and peer.requests[0]["body"] == ""


def test_texts_of_the_keys(peer, tmp_path):
    """Those of Flink's internal values; in the order of the table's columns."""
    peer.answer = lambda request: (200, json.dumps({"name": "x"}))
    look_up(tmp_path, table(peer.url, "s STRING, b BOOLEAN, d DECIMAL(5, 2), t TIMESTAMP(3), dd DATE, name STRING"),
            [{"s": "a b&ü", "b": True, "d": 1.5, "t": "2026-01-02 03:04:00", "dd": "1970-01-11"}], select="d.name",
            columns="s STRING, b BOOLEAN, d DECIMAL(5, 2), t TIMESTAMP(3), dd DATE",
            on="o.dd = d.dd AND o.b = d.b AND o.s = d.s AND o.d = d.d AND o.t = d.t")
    assert [r["target"] for r in peer.requests] == ["/?s=a+b%26%C3%BC&b=true&d=1.50&t=2026-01-02T03%3A04&dd=10"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_keys_as_body(method, peer, tmp_path):
    peer.answer = lambda request: (200, json.dumps({**json.loads(request["body"]), "name": "n" + str(json.loads(request["body"])["id"])}))
    rows = look_up(tmp_path, table(peer.url + "/x", "id INT, k STRING, name STRING", **{"lookup-method": method}),
                   [{"id": 1, "k": "a"}, {"id": 2, "k": "b"}], columns="id INT, k STRING", on="o.k = d.k AND o.id = d.id")
    assert rows == [{"id": 1, "name": "n1"}, {"id": 2, "name": "n2"}]
    assert sorted(r["body"] for r in peer.requests) == ['{"id":1,"k":"a"}', '{"id":2,"k":"b"}']
    assert {r["method"] for r in peer.requests} == {method}


def test_keys_in_path_query_and_body(peer, tmp_path):
    """generic-json-url puts each column where the options say."""
    peer.answer = lambda request: (200, json.dumps({"name": "x"}))
    options = {"gid.connector.http.source.lookup.query-creator": "generic-json-url", "lookup-method": "POST",
               "gid.connector.http.request.url-map": "id:cid,k:oid", "gid.connector.http.request.query-param-fields": "n",
               "gid.connector.http.request.body-fields": "k;n"}
    look_up(tmp_path, table(peer.url + "/customers/{cid}/orders/{oid}", "id INT, k STRING, n INT, name STRING", **options),
            [{"id": 1, "k": "a b", "n": 7}], select="d.name", columns="id INT, k STRING, n INT",
            on="o.id = d.id AND o.k = d.k AND o.n = d.n")
    assert [(r["target"], r["body"]) for r in peer.requests] == [("/customers/1/orders/a%20b?n=7", '{"k":"a b","n":7}')]


def test_apaches_spelling_and_body_template(peer, tmp_path):
    peer.answer = lambda request: (200, json.dumps({"name": "x"}))
    options = {"http.source.lookup.query-creator": "http-generic-json-url", "lookup-method": "POST",
               "http.source.lookup.request.timeout": "10 s", "http.request.url-map": "id:cid",
               "http.request.body-template": '{"Id":{{id}},"order":{"key":{{k}},"version":"1.0"}}'}
    rows = look_up(tmp_path, table(peer.url + "/c/{{cid}}", "id INT, k STRING, name STRING", "http", **options),
                   [{"id": 1, "k": "a"}], select="o.id, d.name", columns="id INT, k STRING", on="o.id = d.id AND o.k = d.k")
    assert rows == [{"id": 1, "name": "x"}]
    assert [(r["target"], r["body"]) for r in peer.requests] == [("/c/1", '{"Id":1,"order":{"key":"a","version":"1.0"}}')]


def test_search_lite(peer, tmp_path):
    peer.answer = lambda request: (200, json.dumps({"name": "x"}))
    look_up(tmp_path, table(peer.url, "id INT, k STRING, name STRING", **{
        "gid.connector.http.source.lookup.query-creator": "elasticsearch-lite"}), [{"id": 1, "k": "a"}],
        columns="id INT, k STRING", on="o.id = d.id AND o.k = d.k")
    assert peer.requests[0]["query"] == {"q": 'id:"1" AND k:"a"'}


def test_arrays_give_several_rows(peer, tmp_path):
    peer.answer = lambda request: (200, '[{"name": "a,]"}, null,\n {"name": "b", "more": [1, {"x": "}"}]}]')
    rows = look_up(tmp_path, table(peer.url, **{"gid.connector.http.source.lookup.result-type": "array"}), [{"id": 1}],
                   select="o.id, d.name", join="JOIN")
    assert rows == [{"id": 1, "name": "a,]"}, {"id": 1, "name": "b"}]
    peer.answer = lambda request: (200, " [ ] ")
    (tmp_path / "again").mkdir()
    assert look_up(tmp_path / "again", table(peer.url, **{"gid.connector.http.source.lookup.result-type": "array"}), [{"id": 1}],
                   join="JOIN") == []


def test_what_passes_is_tried_again(peer, tmp_path):
    """Answers to try again, and connections that break."""
    def answer(request):
        if request["number"] == 1:
            raise ConnectionResetError  # the connection ends without an answer
        return (503, "busy") if request["number"] < 3 else (200, '{"name": "late"}')
    peer.answer = answer
    peer.server.handle_error = lambda *_: None
    assert look_up(tmp_path, table(peer.url, **FAST), [{"id": 1}]) == [{"id": 1, "name": "late"}]
    assert len(peer.requests) == 4


def test_a_failure_names_the_request(peer, tmp_path):
    peer.answer = lambda request: (503, "out of order")
    printed = look_up(tmp_path, table(peer.url + "/here", **FAST, **{"lookup.max-retries": "2"}), [{"id": 7}], check=False)
    assert "Incorrect response code: 503" in printed and "/here?id=7" in printed and "out of order" in printed
    assert len(peer.requests) == 3
    peer.requests.clear()
    peer.answer = lambda request: (400, "bad")  # no code to try again
    (tmp_path / "again").mkdir()
    assert "Incorrect response code: 400" in look_up(tmp_path / "again", table(peer.url, **FAST), [{"id": 7}], check=False)
    assert len(peer.requests) == 1


def test_ignored_and_own_success_codes(peer, tmp_path):
    peer.answer = lambda request: {"1": (404, "nothing"), "2": (203, '{"name": "x"}'), "3": (200, "")}[request["query"]["id"]]
    options = {"gid.connector.http.source.lookup.success-codes": "2XX,!204", "gid.connector.http.source.lookup.ignored-response-codes": "404"}
    rows = look_up(tmp_path, table(peer.url, **options), [{"id": 1}, {"id": 2}, {"id": 3}], join="JOIN")
    assert rows == [{"id": 2, "name": "x"}]


META = ("id INT, name STRING, st INT METADATA FROM 'http-status-code' VIRTUAL, er STRING METADATA FROM 'error-string' VIRTUAL, "
        "done STRING METADATA FROM 'http-completion-state' VIRTUAL, hs MAP<STRING, ARRAY<STRING>> METADATA FROM 'http-headers-map' VIRTUAL")


def test_metadata_and_errors_that_do_not_end_the_job(peer, tmp_path):
    peer.answer = lambda request: {"1": (200, '{"name": "one"}', {"X-A": "b"}), "2": (400, "bad"), "3": (404, "none"),
                                   "4": (200, "{broken")}[request["query"]["id"]]
    options = {"gid.connector.http.source.lookup.continue-on-error": "true", "gid.connector.http.source.lookup.ignored-response-codes": "404"}
    rows = look_up(tmp_path, table(peer.url, META, **options), [{"id": i} for i in range(1, 5)], join="JOIN",
                   select="o.id, d.name, d.st, d.er, d.done, d.hs['x-a'][1] AS xa")
    assert rows == [{"id": 1, "name": "one", "st": 200, "er": None, "done": "SUCCESS", "xa": "b"},
                    {"id": 2, "name": None, "st": 400, "er": "bad", "done": "HTTP_ERROR_STATUS", "xa": None},
                    {"id": 3, "name": None, "st": 404, "er": None, "done": "IGNORE_STATUS_CODE", "xa": None},
                    {"id": 4, "name": None, "st": 200, "er": "{broken", "done": "UNABLE_TO_DESERIALIZE_RESPONSE", "xa": None}]


def test_no_server(tmp_path):
    url = f"http://127.0.0.1:{local_stack.free_port()}"
    options = {**FAST, "gid.connector.http.source.lookup.continue-on-error": "true"}
    rows = look_up(tmp_path, table(url, META, **options), [{"id": 1}], join="JOIN", select="o.id, d.st, d.done, d.er LIKE '%refused%' AS refused")
    assert rows == [{"id": 1, "st": None, "done": "EXCEPTION", "refused": True}]


def test_a_slow_server_is_given_up(peer, tmp_path):
    release = threading.Event()
    peer.answer = lambda request: (release.wait(120) and 200, "{}")
    try:
        printed = look_up(tmp_path, table(peer.url, **{"gid.connector.http.source.lookup.request.timeout": "1", "lookup.max-retries": "0"}),
                          [{"id": 1}], check=False)
    finally:
        release.set()
    assert "no answer in time" in printed


def test_a_cache_asks_once(peer, tmp_path):
    rows = look_up(tmp_path, table(peer.url, **{"lookup.cache": "PARTIAL", "lookup.partial-cache.max-rows": "10"}),
                   [{"id": i % 2 + 1} for i in range(200)], settings="SET 'table.exec.async-lookup.buffer-capacity' = '1';\n")
    assert len(rows) == 200 and all(r["name"] == NAMES[str(r["id"])] for r in rows)
    assert len(peer.requests) == 2


def test_look_ups_wait_side_by_side(peer, tmp_path):
    """The answers come only once four requests are there."""
    together = threading.Barrier(4)

    def answer(request):
        together.wait(120)
        return 200, json.dumps({"name": request["query"]["id"]})
    peer.answer = answer
    rows = look_up(tmp_path, table(peer.url), [{"id": i} for i in range(8)])
    assert rows == [{"id": i, "name": str(i)} for i in range(8)]


def test_bearer_tokens_of_a_provider(peer, tmp_path):
    def answer(request):
        if request["path"] == "/token":
            return 200, json.dumps({"access_token": "T" + str(request["number"]), "expires_in": 3600})
        return 200, json.dumps({"name": request["headers"]["Authorization"]})
    peer.answer = answer
    options = {"gid.connector.http.security.oidc.token.endpoint.url": peer.url + "/token",
               "gid.connector.http.security.oidc.token.request": "grant_type=client_credentials"}
    rows = look_up(tmp_path, table(peer.url, **options), [{"id": 1}, {"id": 2}, {"id": 3}],
                   settings="SET 'table.exec.async-lookup.buffer-capacity' = '1';\n")
    assert [r["name"] for r in rows] == ["Bearer T0"] * 3
    assert peer.requests[0]["body"] == "grant_type=client_credentials" and len(peer.requests) == 4


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
                    "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return folder


def test_tls_with_certificates_on_both_sides(certificate, tmp_path):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    tls.load_verify_locations(certificate / "cert.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    peer = Peer(tls)
    prefix = "gid.connector.http.security."
    mutual = {prefix + "cert.client": certificate / "cert.pem", prefix + "key.client": certificate / "key.pem"}
    try:
        rows = look_up(tmp_path, table(peer.url, **mutual, **{prefix + "cert.server": certificate / "cert.pem"}), [{"id": 1}])
        assert rows == [{"id": 1, "name": "one"}]
        printed = look_up(tmp_path, table(peer.url, **mutual, **{"lookup.max-retries": "0"}), [{"id": 1}], check=False)
        assert "TLS handshake failed" in printed
    finally:
        peer.stop()


@pytest.mark.parametrize("options, says", [
    ({"lookup-methode": "GET"}, "Unsupported options found for 'rest-lookup'"),
    ({"gid.connector.http.source.lookup.success-codes": "2YY"}, "Can not parse code 2YY"),
    ({"gid.connector.http.source.lookup.success-codes": "5XX"}, "Http codes [500, 503, 504] can not be used as both success and retry codes"),
    ({"gid.connector.http.source.lookup.result-type": "rows"}, "Unknown lookup source result type 'rows'."),
    ({"gid.connector.http.source.lookup.proxy.host": "p"}, "not supported yet: 'gid.connector.http.source.lookup.proxy.host' = 'p'"),
    ({"gid.connector.http.source.lookup.query-creator": "mine"}, "Could not find any factory for identifier 'mine'"),
    ({"gid.connector.http.security.oidc.token.endpoint.url": "http://127.0.0.1:1"}, "token.request is required"),
])
def test_options_are_checked(options, says, run_sql):
    printed = run_sql(table("http://127.0.0.1:1", **options) + "CREATE TABLE o (id INT, p AS PROCTIME()) WITH ('connector' = 'datagen');\n"
                      "SELECT * FROM o JOIN d FOR SYSTEM_TIME AS OF o.p ON o.id = d.id;\n", check=False)
    assert says in printed


def test_it_is_no_table_to_scan(run_sql):
    assert "can only be looked up" in run_sql(table("http://127.0.0.1:1") + "SELECT * FROM d;\n", check=False)
