"""The reference pages are written from the declarations."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))


def test_pages(tmp_path):
    assert BINARY.exists(), f"there is no {BINARY}: run `make build`"
    subprocess.run([BINARY, "reference", tmp_path], check=True, timeout=60)
    assert "`SQL_SYNTAX`" in (tmp_path / "errors.md").read_text()
    assert "`UPPER`" in (tmp_path / "functions.md").read_text()
    assert "source.monitor-interval" in (tmp_path / "connectors.md").read_text()
    assert "`execution.checkpointing.min-pause`" in (tmp_path / "checkpoint_settings.md").read_text()
    assert "`sluice_job_restarts`" in (tmp_path / "metrics.md").read_text()
