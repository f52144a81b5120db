"""One `sluice engine` process with its data folder, killed and started again; the counting job that must not notice."""
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import local_stack  # noqa: E402

JOB_ID = "0123456789abcdef0123456789abcdef"
KEYS = 40
ROWS_PER_FILE = 150

# Every record comes through once as it is, and is counted once in its window. Windows close by later records, so nothing
# depends on the time of day.
SQL = """\
SET 'execution.checkpointing.interval' = '{interval}';
SET 'execution.checkpointing.num-retained' = '{retained}';
SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1000000';
SET 'execution.checkpointing.data-inline-threshold' = '{inline}';
SET 'execution.checkpointing.unaligned.enabled' = '{unaligned}';
CREATE TABLE src (id BIGINT, k INT, t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = '{input}', 'format' = 'json', 'source.monitor-interval' = '20 ms');
CREATE TABLE copies (id BIGINT, k INT) WITH (
  'connector' = 'filesystem', 'path' = '{copies}', 'format' = 'json', 'sink.rolling-policy.file-size' = '64 kb');
CREATE TABLE counts (k BIGINT, t TIMESTAMP_LTZ(3), n BIGINT, s BIGINT) WITH (
  'connector' = 'filesystem', 'path' = '{counts}', 'format' = 'json', 'sink.rolling-policy.file-size' = '64 kb');
EXECUTE STATEMENT SET BEGIN
INSERT INTO copies SELECT id, k FROM src WHERE k < 1000;
INSERT INTO counts SELECT CAST({by} AS BIGINT), window_start, COUNT(*), SUM(id)
  FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' {window})) WHERE k < 1000
  GROUP BY {by}, window_start, window_end;
END;
"""


class Engine:
    """The process, its REST API and its log."""

    def __init__(self, folder, threads=2):
        self.folder, self.threads = folder, threads
        self.data = folder / "engine"
        self.port_file = folder / "port"
        self.log = folder / "engine.log"
        self.process = None

    def start(self, limit_file_bytes=None, parallelism=2):
        self.port_file.unlink(missing_ok=True)
        prepare = None
        if limit_file_bytes is not None:
            def prepare():
                import resource
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writes fail instead
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file_bytes, resource.RLIM_INFINITY))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(local_stack.BINARY), "engine", "--listen", "127.0.0.1:0", "--port-file", str(self.port_file), "--data",
                 str(self.data), "--parallelism", str(parallelism), "--threads", str(self.threads)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=prepare)
        local_stack.wait_until(self.port_file.exists, 60, "the engine's port", self.process, interval=0.002)
        self.url = f"http://127.0.0.1:{self.port_file.read_text().strip()}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def call(self, method, path, body=None, content_type="application/json"):
        request = urllib.request.Request(self.url + path, data=body, method=method, headers={"Content-Type": content_type})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None

    def run(self, sql):
        """Submits the script as the job with the fixed id: the first time it begins, later it goes on."""
        boundary = "sluice-chaos"
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="jarfile"; filename="job.sql"\r\n'
                f"Content-Type: application/x-java-archive\r\n\r\n{sql}\r\n--{boundary}--\r\n").encode()
        uploaded = self.call("POST", "/jars/upload", body, f"multipart/form-data; boundary={boundary}")
        package = uploaded["filename"].rsplit("/", 1)[1]
        return self.call("POST", f"/jars/{package}/run", json.dumps({"jobId": JOB_ID}).encode())["jobid"]

    def status(self):
        return self.call("GET", f"/jobs/{JOB_ID}")["state"]

    def checkpoints(self):
        return self.call("GET", f"/jobs/{JOB_ID}/checkpoints")

    @property
    def checkpoint_folder(self):
        return self.data / "checkpoints" / JOB_ID

    def manifests(self):
        """Complete checkpoints by number."""
        if not self.checkpoint_folder.is_dir():
            return {}
        folders = [self.checkpoint_folder / name for name in os.listdir(self.checkpoint_folder) if name.startswith("chk-")]
        return {int(folder.name[4:]): folder / "_metadata" for folder in folders if (folder / "_metadata").exists()}

    def log_tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class CountingJob:
    """What goes in, and what must come out."""

    def __init__(self, folder, seed, interval="20 ms", retained=1, inline="20 kb", unaligned=False, large_state=False):
        """`large_state`: one long window with a count for every record."""
        self.large_state = large_state
        self.folder, self.random = folder, random.Random(seed)
        self.input, self.copies, self.counts = folder / "in", folder / "copies", folder / "counts"
        for sub in (self.input, self.copies, self.counts):
            sub.mkdir()
        self.sql = SQL.format(input=self.input, copies=self.copies, counts=self.counts, interval=interval, retained=retained,
                              inline=inline, unaligned=str(unaligned).lower(), by="id" if large_state else "k",
                              window="DAY" if large_state else "SECOND")
        self.files = self.next_id = 0
        self.expected_ids = set()
        self.expected_counts = {}  # (key, second of the window) -> [count, sum]

    def add_file(self, rows=ROWS_PER_FILE, keys=KEYS):
        """A second's records. Files appear whole and in the order of their times."""
        second = self.files
        lines = []
        for i in range(rows):
            key = self.random.randrange(keys)
            lines.append(json.dumps({"id": self.next_id, "k": key, "t": second * 1000 + i * 1000 // rows}))
            self.expected_ids.add(self.next_id)
            cell_key = (self.next_id, 0) if self.large_state else (key, second)
            cell = self.expected_counts.setdefault(cell_key, [0, 0])
            cell[0] += 1
            cell[1] += self.next_id
            self.next_id += 1
        self._write(lines)

    def close_windows(self):
        """Records that no sink takes move the time on, for every subtask of the source."""
        for _ in range(24):
            self._write([json.dumps({"id": -1, "k": 1000, "t": (self.files + 1_000_000) * 1000})])

    def _write(self, lines):
        hidden = self.input / f".{self.files:06d}"
        hidden.write_text("".join(line + "\n" for line in lines))
        hidden.rename(self.input / f"{self.files:06d}")
        self.files += 1

    @staticmethod
    def _visible(folder):
        for file in sorted(folder.iterdir()):
            if not file.name.startswith((".", "_")):
                for line in file.read_text().splitlines():
                    yield json.loads(line)

    def copied(self):
        return Counter(row["id"] for row in self._visible(self.copies))

    def counted(self):
        found = {}
        for row in self._visible(self.counts):
            found.setdefault((row["k"], row["t"]), []).append([row["n"], row["s"]])
        return found

    def complete(self):
        return len(self.copied()) >= len(self.expected_ids) and len(self.counted()) >= len(self.expected_counts)

    def check_nothing_doubled(self):
        doubled = [i for i, n in self.copied().items() if n > 1]
        assert not doubled, f"{len(doubled)} records are doubled, as {doubled[:5]}"
        twice = [cell for cell, values in self.counted().items() if len(values) > 1]
        assert not twice, f"{len(twice)} windows were counted twice, as {twice[:5]}"

    def check_all(self):
        self.check_nothing_doubled()
        copied = self.copied()
        lost = self.expected_ids - set(copied)
        assert not lost, f"{len(lost)} records are lost, as {sorted(lost)[:5]}"
        assert set(copied) == self.expected_ids
        found = {(key, seconds_of(text)): values[0] for (key, text), values in self.counted().items()}
        wrong = {cell: (found.get(cell), value) for cell, value in self.expected_counts.items() if found.get(cell) != value}
        assert not wrong, f"{len(wrong)} windows are wrong (found, expected), as {list(wrong.items())[:5]}"
        assert len(found) == len(self.expected_counts)

    def left_over(self):
        return [file for folder in (self.copies, self.counts) for file in folder.iterdir() if file.name.startswith(".")]


def seconds_of(text):
    """"1970-01-01 00:01:02Z" -> 62."""
    hours, minutes, seconds = text[11:19].split(":")
    days = (int(text[8:10]) - 1)
    return days * 86400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)


@pytest.fixture
def engine(tmp_path):
    engine = Engine(tmp_path)
    yield engine
    engine.stop()


def wait_for(engine, condition, seconds, what):
    try:
        return local_stack.wait_until(condition, seconds, what, engine.process, interval=0.02)
    except local_stack.StackError as error:
        pytest.fail(f"{error}\n{engine.log_tail()}")


@pytest.fixture
def waiting():
    return wait_for
