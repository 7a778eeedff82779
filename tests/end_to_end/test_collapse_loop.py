"""The loop in one script: measures, alarm and audit tell generations with a policy from those without."""

import importlib.util
from pathlib import Path

import pytest

from holdfast.core.finding import Severity

SCRIPT = Path(__file__).parents[2] / "examples" / "collapse_loop.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("collapse_loop", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measures_alarm_and_audit_tell_the_two_apart(example, capsys, tmp_path):
    without, policy = example.main(["--records", "500", "--keep", str(tmp_path / "runs")])
    assert without.people == [1.0, 0.0, 0.0]
    assert policy.people[0] == 1.0
    assert min(policy.people) >= 0.7
    assert without.words[-1] < 0.8 * policy.words[-1]
    assert without.perplexity[-1] > 2 * policy.perplexity[-1]
    assert any(finding.check == "tail-lost" for finding in without.alarm.findings)
    assert not policy.alarm.findings
    errors = [[one.check for one in run.audit.findings if one.severity is Severity.ERROR] for run in (without, policy)]
    assert set(errors[0]) == {"policy-broken"}
    assert errors[1] == []
    assert "at least" in without.refused
    assert policy.refused is None
    printed = capsys.readouterr().out
    assert "refuses it" in printed
    assert all(len(line) <= 100 for line in printed.partition("\n\n")[0].splitlines())
    assert (tmp_path / "runs" / "with" / "generation3" / "_mix.json").is_file()


def test_too_little_text_is_said(example, tmp_path, capsys):
    (tmp_path / "short.txt").write_text("one line\nanother\n")
    with pytest.raises(SystemExit) as left:
        example.main(["--text", str(tmp_path / "short.txt")])
    assert left.value.code == 2
    assert "2 documents; at least" in capsys.readouterr().err
