"""Nexmark over the demo's 10k events: the final table of each query hashes to Apache Flink 2.3's answer (answers.json)."""
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))
ANSWERS = json.loads((HERE / "answers.json").read_text())

# A Java function.
NOT_YET = {"q14_udf"}
QUERIES = sorted(set(ANSWERS) - NOT_YET)


@pytest.fixture(scope="session")
def events(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nexmark")
    with open(folder / "events.jsonl", "wb") as out:
        subprocess.run(["zstd", "-dcq", ROOT / "demo" / "data" / "nexmark-10k.jsonl.zst"], stdout=out, check=True)
    (folder / "side_input.csv").write_text("".join(f"{i},{i}\n" for i in range(10000)))
    return folder


def statements(query, folder):
    text = (HERE / "queries" / f"{query}.sql").read_text().replace("${dir}", str(folder))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--")]
    # "-- set: key=value": what the answer was recorded with.
    settings = re.findall(r"^-- set: ([^=\s]+)=(.*)$", text, re.MULTILINE)
    return [f"SET '{key}' = '{value.strip()}'" for key, value in settings] + [part.strip() for part in "\n".join(lines).split(";\n") if part.strip()]


@pytest.mark.parametrize("query", QUERIES)
def test_answer_is_flinks(query, events, tmp_path):
    assert BINARY.exists(), f"there is no {BINARY}: run `make build`"
    *setup, select = statements(query, events)
    file = tmp_path / f"{query}.stest"
    blocks = [f"ok\n{statement}\n" for statement in setup] + [f"table\n{select.rstrip(';')}\n----\n"]
    file.write_text("\n".join(blocks))
    done = subprocess.run([BINARY, "test", "--update", file], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    got = file.read_text().rpartition("\n----\n")[2].rstrip("\n")
    lines = sorted(line.encode() for line in got.split("\n")) if got else []
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    expected = ANSWERS[query]["10k"]
    assert (len(lines), digest) == (expected["rows"], expected["sha256"]), f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
