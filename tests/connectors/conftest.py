"""Connectors against their real peers. A peer is started once, by the first test that wants it."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("scripts", "tests/system"):
    sys.path.insert(0, str(ROOT / folder))
import local_stack  # noqa: E402


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    import kafka_broker
    kafka_broker.fetch()
    broker = kafka_broker.Broker(tmp_path_factory.mktemp("kafka"), secure=True)
    try:
        yield broker.start()
    finally:
        broker.stop()


@pytest.fixture
def run_sql(tmp_path):
    """Runs a bounded script to its end; what it prints."""
    def run(sql, check=True, seconds=local_stack.PATIENCE):
        script = tmp_path / "script.sql"
        script.write_text(sql)
        done = subprocess.run([local_stack.BINARY, "sql", "--file", script], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=seconds)
        if check:
            assert done.returncode == 0, f"{sql}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr
    return run


@pytest.fixture
def engine(tmp_path):
    """An engine process that is not started yet."""
    from engine_process import Engine
    engine = Engine(tmp_path, local_stack.aws_environment("http://127.0.0.1:1"))
    yield engine
    engine.stop()
