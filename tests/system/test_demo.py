"""`make run`'s demo as a user meets it: counts arrive, a second terminal can ask, Ctrl-C leaves nothing."""
import os
import re
import signal
import subprocess
import sys

import local_stack
import pytest

ROOT = local_stack.ROOT


def test_demo_shows_counts_and_cleans_up(tmp_path):
    port = local_stack.free_port()
    log = tmp_path / "demo.log"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with open(log, "wb") as output:
        demo = subprocess.Popen([sys.executable, ROOT / "scripts" / "run_demo.py", "--port", str(port)], stdin=subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, env=environment)
    rows = re.compile(r"^  \d{4}-\d\d-\d\d \d\d:\d\d:\d0 – \d\d:\d0 +(\d+) ", re.M)
    try:
        local_stack.wait_until(lambda: len(rows.findall(log.read_text())) >= 3 or demo.poll() is not None, 120, "three windows")
        assert demo.poll() is None, log.read_text()
        # The data has an event every 2 ms: a whole window holds 5000. The first one may be cut by the start.
        assert "5000" in rows.findall(log.read_text()), log.read_text()
        cli = subprocess.run([ROOT / ".venv" / "bin" / "aws", "--endpoint-url", f"http://127.0.0.1:{port}", "kinesisanalyticsv2",
                              "list-applications"], capture_output=True, text=True, timeout=60,
                             env=local_stack.aws_environment("http://127.0.0.1:1"))
        assert "windowed-counts" in cli.stdout, cli.stderr
    except local_stack.StackError as error:
        pytest.fail(f"{error}\n{log.read_text()}")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)
    assert "nothing is left running" in log.read_text()
    assert local_stack.pids_with(str(tmp_path)) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["demo.log"], "the demo's folder is gone"
