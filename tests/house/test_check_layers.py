"""The layer check finds what it is there to find."""
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[2] / "scripts" / "check_layers.py"

TREE = {
    "src/CMakeLists.txt": "add_subdirectory(base)\nadd_subdirectory(engine)\nadd_subdirectory(service)\n",
    "src/base/CMakeLists.txt": "sluice_module(base LINKS fmt::fmt)\n",
    "src/base/a.h": "#pragma once\n#include <vector>\n",
    "src/engine/CMakeLists.txt": "add_subdirectory(types)\nadd_subdirectory(sql)\n",
    "src/engine/types/CMakeLists.txt": "sluice_module(engine_types USES base)\n",
    "src/engine/types/t.h": '#include "base/a.h"\n',
    "src/engine/sql/CMakeLists.txt": "sluice_module(engine_sql USES base engine_types LINKS x)\n",
    "src/engine/sql/parser/p.cc": '#include "engine/types/t.h"\n#include "base/a.h"\n',
    "src/service/CMakeLists.txt": "sluice_module(service USES base)\n",
    "src/service/s.h": '#include "base/a.h"\n',
}


def run(folder, changes):
    for path, text in {**TREE, **changes}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True)


def test_a_good_tree_passes(tmp_path):
    result = run(tmp_path, {})
    assert result.returncode == 0, result.stdout
    assert "4 modules, 4 edges, 0 offences" in result.stdout


@pytest.mark.parametrize(
    "path, text, expected",
    [
        ("src/engine/types/t.h", '#include "engine/sql/s.h"\n', "src/engine/types/t.h:1: .*points up"),
        ("src/base/a.h", '#include "engine/types/t.h"\n', "points up"),
        ("src/service/s.h", '#include "engine/types/t.h"\n', "may not include each other"),
        ("src/engine/sql/s.h", '#include "service/s.h"\n', "may not include each other"),
        ("src/engine/sql/CMakeLists.txt", "sluice_module(engine_sql USES base)\n", "does not list engine_types"),
        ("src/engine/types/CMakeLists.txt", "sluice_module(engine_types USES base engine_sql)\n", "stands above"),
        ("src/engine/sql/parser/p.cc", '#include "q.h"\n', "by its path from src/"),
    ],
)
def test_offences_are_found(tmp_path, path, text, expected):
    import re

    extra = {"src/engine/sql/s.h": "", "src/engine/sql/parser/q.h": ""}
    result = run(tmp_path, {**extra, path: text})
    assert result.returncode == 1, result.stdout
    assert re.search(expected, result.stdout), result.stdout
