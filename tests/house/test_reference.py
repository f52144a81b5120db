"""The committed reference pages are what the binary writes."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))


def test_pages_are_current(tmp_path):
    assert BINARY.exists(), f"there is no {BINARY}: run `make build`"
    subprocess.run([BINARY, "reference", tmp_path], check=True, timeout=60)
    written = {page.name: page.read_text() for page in tmp_path.iterdir()}
    assert {"errors.md", "functions.md", "connectors.md"} <= set(written)
    stale = [name for name, text in written.items() if (ROOT / "docs" / "reference" / name).read_text() != text]
    assert not stale, f"{stale}: run `make reference` and commit docs/reference"
