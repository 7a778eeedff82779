"""The code audit against what a reviewer says about 812 scripts and notebooks (see README.md)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from run import all_cases, judged, said_about, spelled, tally

# What the audit does not yet get right; whoever makes a case pass takes its name out.
KNOWN: frozenset[str] = frozenset(
    {
        "fifth_look: ARIMA orders by the test error",
    }
)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_says_what_a_reviewer_says(case, tmp_path):
    outcome = judged(case, said_about(case, tmp_path))
    if case.name in KNOWN:
        assert not outcome.exact, "this case passes now: take its name out of KNOWN"
        return
    missed = [" or ".join(sorted(map(spelled, group))) for group in outcome.missed]
    assert (missed, [spelled(one) for one in outcome.false]) == ([], [])


def test_recall_and_false_alarms(tmp_path):
    found = tally(tmp_path)
    assert found.recall >= 0.9
    assert found.false_alarms <= 0.05
    assert found.wrong_places <= 0.05


def test_the_cases_are_many_and_half_of_them_are_clean():
    cases = all_cases()
    clean = sum(not case.expected for case in cases)
    assert len(cases) >= 500
    assert 0.4 <= clean / len(cases) <= 0.6
    assert sum(case.is_notebook for case in cases) >= 14
    assert {case.name for case in cases} >= KNOWN
    assert len({case.name for case in cases}) == len(cases)
