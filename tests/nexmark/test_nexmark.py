"""Nexmark over the demo's 10k events: the final table of each query hashes to Apache Flink 2.3's answer (answers.json)."""
import os
import subprocess
from pathlib import Path

import pytest
from nexmark_queries import ANSWERS, SIDE_INPUT, answer, expected

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SLUICE_BINARY", ROOT / "build" / "sluice"))

# A Java function.
NOT_YET = {"q14_udf"}
QUERIES = sorted(set(ANSWERS) - NOT_YET)


@pytest.fixture(scope="session")
def events(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nexmark")
    with open(folder / "events.jsonl", "wb") as out:
        subprocess.run(["zstd", "-dcq", ROOT / "demo" / "data" / "nexmark-10k.jsonl.zst"], stdout=out, check=True)
    (folder / "side_input.csv").write_text(SIDE_INPUT)
    return folder


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize("query", QUERIES)
def test_answer_is_flinks(query, parallelism, events, tmp_path):
    assert BINARY.exists(), f"there is no {BINARY}: run `make build`"
    got, printed = answer(BINARY, query, events, tmp_path, parallelism=parallelism)
    assert got == expected(query, "10k"), printed
