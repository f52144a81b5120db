"""The OpenSearch and Elasticsearch sink against a stand-in for the bulk API, by OpenSearch's documentation of it."""
import base64
import http.server
import json
import threading

import pytest


class Index:
    """Documents by index and id; `refuse(line)` may answer a status for an action."""

    def __init__(self):
        self.documents, self.requests, self.lock, self.made = {}, [], threading.Lock(), 0
        self.refuse, self.answer_status = lambda action, meta: None, lambda: 200
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with index.lock:
                    index.requests.append((self.path, dict(self.headers), body))
                    status = index.answer_status()
                    answer = json.dumps(index.bulk(body) if status == 200 else {"error": "no"}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bulk(self, body):
        lines, items = body.decode().splitlines(), []
        while lines:
            (action, meta), = json.loads(lines.pop(0)).items()
            document = json.loads(lines.pop(0)) if action != "delete" else None
            status = self.refuse(action, meta)
            if status:
                items.append({action: {**meta, "status": status, "error": {"type": "some_exception", "reason": "for the test"}}})
                continue
            documents = self.documents.setdefault(meta["_index"], {})
            if action == "delete":
                status = 200 if documents.pop(meta["_id"], None) else 404
            elif action == "update":
                assert document["doc_as_upsert"]
                documents.setdefault(meta["_id"], {}).update(document["doc"])
                status = 200
            else:
                self.made += 1
                documents[meta.get("_id", f"new-{self.made}")] = document
                status = 201
            items.append({action: {**meta, "status": status}})
        return {"took": 1, "errors": False, "items": items}


@pytest.fixture
def index():
    index = Index()
    yield index
    index.server.shutdown()


def table(index, columns, pattern="things", connector="opensearch-2", more=""):
    return (f"CREATE TABLE dst ({columns}) WITH ('connector' = '{connector}', 'hosts' = '{index.url}', 'index' = '{pattern}'"
            f"{more});\n")


@pytest.mark.parametrize("connector", ["opensearch", "opensearch-2", "elasticsearch-7"])
def test_rows_without_a_key_become_documents(index, run_sql, connector):
    run_sql(table(index, "i INT, s STRING, t TIMESTAMP(3)", connector=connector) +
            "INSERT INTO dst VALUES (1, 'ö\"ne', TIMESTAMP '2024-02-29 12:34:56.789'), (2, CAST(NULL AS STRING), CAST(NULL AS TIMESTAMP(3)));")
    assert sorted(index.documents["things"].values(), key=lambda d: d["i"]) == [
        {"i": 1, "s": "ö\"ne", "t": "2024-02-29 12:34:56.789"}, {"i": 2, "s": None, "t": None}]


def test_a_changelog_is_kept_up_to_date(index, run_sql, tmp_path):
    """Keys of two columns; counts that change, rows that go."""
    (tmp_path / "in.json").write_text("".join(json.dumps({"k": k % 3, "d": "2024-02-29", "v": k}) + "\n" for k in range(50)))
    run_sql(f"CREATE TABLE src (k INT, d DATE, v INT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/in.json', "
            "'format' = 'json');\n" +
            table(index, "k INT, d DATE, n BIGINT, PRIMARY KEY (k, d) NOT ENFORCED",
                  more=", 'document-id.key-delimiter' = '$', 'username' = 'me', 'password' = 'secret', "
                       "'connection.path-prefix' = '/search', 'sink.bulk-flush.max-actions' = '7'") +
            "INSERT INTO dst SELECT k, d, n FROM (SELECT k, d, COUNT(*) AS n FROM src GROUP BY k, d) WHERE n < 17;")
    assert index.documents["things"] == {f"{k}$2024-02-29": {"k": k, "d": "2024-02-29", "n": 16} for k in (2,)}
    path, headers, body = index.requests[0]
    assert path == "/search/_bulk" and headers["Authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()
    assert max(sum(1 for line in body.splitlines() if b'"_index"' in line) for _, _, body in index.requests) == 7


@pytest.mark.parametrize("pattern,expected", [
    ("by-{s}", {"by-a", "by-b"}), ("log-{t|yyyy.MM.dd}-x", {"log-2024.02.29-x", "log-2024.03.01-x"}),
    ("log-{t}", {"log-2024_02_29_12_34_56", "log-2024_03_01_00_00_00"}), ("d-{d|yyyy-MM}", {"d-2024-02", "d-2024-03"})])
def test_index_patterns(index, run_sql, pattern, expected):
    run_sql(table(index, "s STRING, t TIMESTAMP(3), d DATE", pattern) +
            "INSERT INTO dst VALUES ('a', TIMESTAMP '2024-02-29 12:34:56', DATE '2024-02-29'), "
            "('b', TIMESTAMP '2024-03-01 00:00:00', DATE '2024-03-01');")
    assert set(index.documents) == expected


def test_what_is_refused_for_now_is_sent_again_in_order(index, run_sql, tmp_path):
    """An action refused with 429 must not be overtaken by a later change of its document."""
    refused = []

    def refuse(action, meta):
        if len(refused) < 6 and len(index.requests) % 2 == 1:
            refused.append(meta)
            return 429
    index.refuse = refuse
    statuses = [503, 200, 429]
    index.answer_status = lambda: statuses.pop(0) if statuses else 200
    (tmp_path / "in.json").write_text("".join(json.dumps({"k": k % 4}) + "\n" for k in range(40)))
    run_sql(f"CREATE TABLE src (k INT) WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/in.json', 'format' = 'json');\n" +
            table(index, "k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", more=", 'sink.bulk-flush.max-actions' = '9'") +
            "INSERT INTO dst SELECT k, COUNT(*) FROM src GROUP BY k;")
    assert refused
    assert index.documents["things"] == {str(k): {"k": k, "n": 10} for k in range(4)}


def test_a_document_that_is_refused_fails_the_job_or_is_ignored(index, run_sql):
    index.refuse = lambda action, meta: 400
    insert = "INSERT INTO dst VALUES (1);"
    assert "some_exception" in run_sql(table(index, "i INT") + insert, check=False)
    run_sql(table(index, "i INT", more=", 'failure-handler' = 'ignore'") + insert)


@pytest.mark.parametrize("columns,options,words", [
    ("i INT", "'hosts' = 'localhost', 'index' = 'x'", "Could not parse host 'localhost' in option 'hosts'. It should follow the "
                                                      "format 'http://host_name:port'."),
    ("i INT", "'hosts' = 'http://h:1', 'index' = ''", "'index' must not be empty"),
    ("i INT", "'hosts' = 'http://h:1'", "Missing required options are:"),
    ("i INT", "'hosts' = 'http://h:1', 'index' = 'x', 'username' = 'u'", "must be set at the same time. Got: username 'u'"),
    ("i INT", "'hosts' = 'http://h:1', 'index' = 'x', 'sink.bulk-flush.max-actions' = '0'", "must be at least 1. Got: 0"),
    ("i INT", "'hosts' = 'http://h:1', 'index' = 'x', 'sink.bulk-flush.max-size' = '1kb'", "must be in MB granularity. Got: 1"),
    ("i INT", "'hosts' = 'http://h:1', 'index' = '{j}'", "Unknown field 'j' in index pattern '{j}'"),
    ("a ARRAY<INT> NOT NULL, PRIMARY KEY (a) NOT ENFORCED", "'hosts' = 'http://h:1', 'index' = 'x'",
     "The table has a primary key on columns of illegal types: [ARRAY<INT>].")])
def test_options_that_flink_refuses(run_sql, columns, options, words):
    said = run_sql(f"CREATE TABLE dst ({columns}) WITH ('connector' = 'elasticsearch-7', {options});\n"
                   f"INSERT INTO dst SELECT * FROM dst;".replace("SELECT * FROM dst", "VALUES (ARRAY[1])" if "ARRAY" in columns
                                                                 else "VALUES (1)"), check=False)
    assert words in said
