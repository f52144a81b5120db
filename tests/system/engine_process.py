"""`sluice engine` alone, driven over Flink's REST API, and a job whose rows tell whether its state survived."""
import json
import urllib.error
import urllib.request
import uuid

import local_stack

# One row out for each row in, with the count and the sum of its key so far: a lost or doubled row shows, and so does lost state.
COUNT_SQL = """\
SET 'execution.checkpointing.interval' = '200 ms';
{settings}
CREATE TABLE src (k STRING, v INT, p AS PROCTIME()) WITH (
  'connector' = 'filesystem', 'path' = '{input}', 'format' = 'json', 'source.monitor-interval' = '50 ms');
CREATE TABLE dst (k STRING, n BIGINT, s INT) WITH ('connector' = 'filesystem', 'path' = '{output}', 'format' = 'json');
INSERT INTO dst SELECT k, COUNT(*) OVER w, SUM(v) OVER w FROM src
  WINDOW w AS (PARTITION BY k ORDER BY p ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
"""


class Engine:
    def __init__(self, folder, environment, settings=()):
        self.data, self.log = folder / "engine", folder / "engine.log"
        self.environment, self.settings = environment, settings
        self.process = self.url = None

    def start(self):
        self.data.mkdir(exist_ok=True)
        port_file = self.data / "port"
        port_file.unlink(missing_ok=True)
        command = [local_stack.BINARY, "engine", "--listen", "127.0.0.1:0", "--port-file", port_file, "--data", self.data]
        for setting in self.settings:
            command += ["-D", setting]
        self.process = local_stack.Process("sluice engine", command, self.log, self.environment)
        port = local_stack.wait_until(lambda: port_file.exists() and port_file.read_text().strip(), local_stack.PATIENCE, "the engine's port",
                                      self.process.popen)
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"

    def kill(self):
        self.process.kill()

    def stop(self):
        if self.process:
            self.process.stop()

    def call(self, method, path, body=None, content_type="application/json"):
        """(status, parsed answer)"""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content_type}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=local_stack.PATIENCE) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def get(self, path):
        status, answer = self.call("GET", path)
        assert status == 200, f"{path}: {status} {answer}\n{self.process.log_tail()}"
        return answer

    def wait_for(self, path, condition, what, seconds=local_stack.PATIENCE):
        """The first answer for which the condition holds."""
        seen = []

        def reached():
            seen[:] = [self.get(path)]
            return condition(seen[0])

        try:
            local_stack.wait_until(reached, seconds, what, self.process.popen)
        except local_stack.StackError as error:
            raise AssertionError(f"{error}\nlast answer: {seen}\n{self.process.log_tail()}") from None
        return seen[0]

    def trigger(self, path, body):
        """Starts an asynchronous operation; its request id."""
        status, answer = self.call("POST", path, body)
        assert status in (200, 202), answer
        return answer["request-id"]

    def completed(self, path):
        """The operation once it is COMPLETED."""
        return self.wait_for(path, lambda a: a["status"]["id"] == "COMPLETED", f"{path}: COMPLETED")["operation"]

    def upload(self, sql):
        boundary = uuid.uuid4().hex
        body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"job.sql\"\r\n"
                f"Content-Type: text/plain\r\n\r\n{sql}\r\n--{boundary}--\r\n").encode()
        status, answer = self.call("POST", "/jars/upload", body, f"multipart/form-data; boundary={boundary}")
        assert status == 200, answer
        return answer["filename"].rsplit("/", 1)[1]

    def run(self, package, **request):
        """The path of the job: "/jobs/…"."""
        status, answer = self.call("POST", f"/jars/{package}/run", request)
        assert status == 200, answer
        return "/jobs/" + answer["jobid"]

    def running(self, job):
        """Waits until the job runs: before that a savepoint is refused, as by Flink."""
        return self.wait_for(job, lambda a: a["state"] == "RUNNING", f"{job}: RUNNING")

    def saved(self, job, request):
        """Where the savepoint of a request is, once it is complete."""
        operation = self.completed(f"{job}/savepoints/{request}")
        assert "location" in operation, operation
        return operation["location"]


class CountJob:
    def __init__(self, folder, settings=""):
        self.input, self.output = folder / "in", folder / "out"
        self.input.mkdir()
        self.sql = COUNT_SQL.format(input=self.input, output=self.output, settings=settings)
        self.written = 0
        self.expected = []  # rows out, as they must come
        self.totals = {}

    def add(self, *rows):
        """(key, value) pairs, in one file that appears whole."""
        hidden = self.input / f".rows-{self.written}"
        hidden.write_text("".join(json.dumps({"k": k, "v": v}) + "\n" for k, v in rows))
        hidden.rename(self.input / f"rows-{self.written}")
        self.written += 1
        for k, v in rows:
            n, s = self.totals.get(k, (0, 0))
            self.totals[k] = (n + 1, s + v)
            self.expected.append((k, n + 1, s + v))

    def rows(self):
        """The committed rows."""
        found = []
        for file in self.output.rglob("*"):
            relative = file.relative_to(self.output)
            if file.is_file() and not any(part.startswith((".", "_")) for part in relative.parts):
                found += [tuple(json.loads(line).values()) for line in file.read_text().splitlines()]
        return sorted(found)

    def wait_for_rows(self, engine, seconds=60):
        """Each of the expected rows, once."""
        try:
            local_stack.wait_until(lambda: len(self.rows()) >= len(self.expected), seconds, "all rows", engine.process.popen)
        except local_stack.StackError as error:
            raise AssertionError(f"{error}: {self.rows()}\n{engine.process.log_tail()}") from None
        assert self.rows() == sorted(self.expected), f"{self.rows()} are not {sorted(self.expected)}"
