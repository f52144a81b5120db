"""`make run`'s demo as a user meets it: windows arrive, a second terminal can ask, Ctrl-C leaves nothing."""
import collections
import datetime
import json
import os
import re
import signal
import subprocess
import sys

import local_stack
import pytest

ROOT = local_stack.ROOT
ROW = re.compile(r"^  (\d{4}-\d\d-\d\d \d\d:\d\d:\d[05]) – \d\d:\d[05] +(\w+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$", re.M)


def window_of(trade):
    at = datetime.datetime.fromisoformat(trade["event_time"])
    return str(at.replace(second=at.second - at.second % 5, microsecond=0))


def expected(log):
    """(window, ticker) → how many trades at which lowest and highest price, by what the generator has sent."""
    trades = collections.defaultdict(list)
    for line in log.read_text().splitlines():
        if line.startswith("{") and line.endswith("}"):
            trade = json.loads(line)
            trades[window_of(trade), trade["ticker"]].append(trade["price"])
    return {key: (len(prices), f"{min(prices):.2f}", f"{max(prices):.2f}") for key, prices in trades.items()}


def test_demo_shows_windows_and_cleans_up(tmp_path):
    port = local_stack.free_port()
    log = tmp_path / "demo.log"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with open(log, "wb") as output:
        demo = subprocess.Popen([sys.executable, ROOT / "scripts" / "run_demo.py", "--port", str(port)], stdin=subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, env=environment)

    def windows():
        return sorted({row[0] for row in ROW.findall(log.read_text())})

    try:
        local_stack.wait_until(lambda: len(windows()) >= 3 or demo.poll() is not None, local_stack.PATIENCE, "three windows")
        assert demo.poll() is None, log.read_text()
        [generated] = tmp_path.glob("sluice-demo-*/logs/stock.log")
        sent = expected(generated)
        # The first window may be cut by the start of the application, the last one by our look.
        whole = windows()[1:-1]
        shown = {(row[0], row[1]): (int(row[2]), row[3], row[4]) for row in ROW.findall(log.read_text()) if row[0] in whole}
        assert shown and shown == {key: value for key, value in sent.items() if key[0] in whole}, log.read_text()
        cli = subprocess.run([ROOT / ".venv" / "bin" / "aws", "--endpoint-url", f"http://127.0.0.1:{port}", "kinesisanalyticsv2",
                              "list-applications"], capture_output=True, text=True, timeout=60,
                             env=local_stack.aws_environment("http://127.0.0.1:1"))
        assert "stock-windows" in cli.stdout, cli.stderr
        arrived = re.compile(r"^  s3://demo-results/windows: (\d+) more rows$", re.M)
        local_stack.wait_until(lambda: sum(map(int, arrived.findall(log.read_text()))) >= len(shown), local_stack.PATIENCE, "the same rows in S3")
    except local_stack.StackError as error:
        pytest.fail(f"{error}\n{log.read_text()}")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
    assert "nothing is left running" in log.read_text()
    assert local_stack.pids_with(str(tmp_path)) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["demo.log"], "the demo's folder is gone"
