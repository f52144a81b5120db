"""What fails once and passes then is named; what must not be tried again stays a failure."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import run_tests  # noqa: E402

CASES = [("f", "S.Good", None), ("f", "S.Bad", "late")]


def test_what_passes_then_is_named(capsys):
    asked = []
    status, cases = run_tests.tried_again("net_test", 1, CASES, lambda names: asked.extend(names) or 0)
    assert (status, asked) == (0, ["S.Bad"])
    assert [text for _, _, text in cases] == [None, None]
    assert "UNSTABLE S.Bad" in capsys.readouterr().out


@pytest.mark.parametrize("what, cases, again", [
    ("net_test", CASES, 1),
    ("net_test", CASES, None),
    ("engine_runtime_test", CASES, 0),
    ("tests/chaos", CASES, 0),
    ("net_test", CASES + [("f", f"S.Bad{i}", "late") for i in range(3)], 0),
])
def test_what_stays_a_failure(what, cases, again):
    assert run_tests.tried_again(what, 1, cases, lambda _: again) == (1, cases)
