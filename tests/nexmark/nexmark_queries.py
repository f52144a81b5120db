"""The Nexmark queries as statements, and how an answer is compared with Apache Flink's."""
import hashlib
import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ANSWERS = json.loads((HERE / "answers.json").read_text())
SIDE_INPUT = "".join(f"{i},{i}\n" for i in range(10000))


def statements(query, folder):
    """SETs that the answer was recorded with, then tables and views, then one SELECT; none ends with a semicolon."""
    text = (HERE / "queries" / f"{query}.sql").read_text().replace("${dir}", str(folder))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--")]
    # "-- set: key=value": what the answer was recorded with.
    settings = re.findall(r"^-- set: ([^=\s]+)=(.*)$", text, re.MULTILINE)
    parts = [part.strip().rstrip(";") for part in "\n".join(lines).split(";\n")]
    return [f"SET '{key}' = '{value.strip()}'" for key, value in settings] + [part for part in parts if part]


def answer(binary, query, folder, scratch, settings=None, parallelism=1):
    """Runs the query on `binary` over the events in `folder`: (rows, hash of the final table), and what it printed."""
    *setup, select = statements(query, folder)
    setup = [f"SET '{key}' = '{value}'" for key, value in (settings or {}).items()] + setup
    file = Path(scratch) / f"{query}.stest"
    blocks = [f"ok\n{statement}\n" for statement in setup] + [f"table\n{select}\n----\n"]
    file.write_text("\n".join(blocks))
    done = subprocess.run([binary, "test", "--update", "--parallelism", str(parallelism), file], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
    got = file.read_text().rpartition("\n----\n")[2].rstrip("\n")
    lines = sorted(line.encode() for line in got.split("\n")) if got else []
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    return (len(lines), digest), f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def expected(query, size):
    entry = ANSWERS[query][size]
    return entry["rows"], entry["sha256"]
