import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import local_stack  # noqa: E402


@pytest.fixture
def run_sql(tmp_path):
    """Runs a bounded script to its end; what it prints."""
    def run(sql, check=True):
        script = tmp_path / "script.sql"
        script.write_text(sql)
        done = subprocess.run([local_stack.BINARY, "sql", "--file", script], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)
        if check:
            assert done.returncode == 0, f"{sql}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr
    return run
