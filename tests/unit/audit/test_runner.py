import numpy as np
import pytest

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Check, check, fact
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.runner import FactCrashed, Facts, effective_options, required, run_check, run_checks
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Finding, Severity
from holdfast.core.record import Status


@check(severity=Severity.ERROR)
def speaks(dataset: Dataset, *, most: int = 3, alpha: float = 0.01):
    """Speaks."""
    if len(dataset) > most:
        yield Finding(message=f"{len(dataset)} rows")
        yield Finding(message="a note", severity=Severity.NOTE)


@check(severity=Severity.WARNING)
def breaks(dataset: Dataset):
    """Breaks."""
    yield Finding(message="said before it broke")
    raise RuntimeError("broken")


@check(severity=Severity.WARNING)
def reads_split(split_of: SplitOf):
    """Reads the split."""
    yield from ()


@pytest.fixture
def facts():
    return Facts({"dataset": table(np.random.default_rng(0))})


def test_findings_carry_check_and_severity(facts):
    result = run_check(speaks, facts)
    assert result.status is Status.FOUND
    assert [(f.check, f.severity) for f in result.findings] == [("speaks", "error"), ("speaks", "note")]
    assert result.alpha == 0.01


def test_options_reach_the_check(facts):
    result = run_check(speaks, facts, {"most": 1000})
    assert result.status is Status.PASSED
    assert result.options == {"most": 1000, "alpha": 0.01}


def test_a_crash_is_reported_and_stops_nobody(facts):
    first, second = run_checks([breaks, speaks], facts)
    assert first.status is Status.CRASHED
    assert first.reason == "RuntimeError: broken"
    assert "raise RuntimeError" in first.trace
    assert second.status is Status.FOUND


def test_a_missing_fact_skips_with_its_reason():
    result = run_check(reads_split, Facts({"dataset": subject({"a": [1, 2]})}))
    assert result.status is Status.SKIPPED
    assert result.reason.startswith("no split")


def test_a_given_fact_is_not_derived():
    given = SplitOf(("train", "test"), np.array([0, 1]))
    facts = Facts({"dataset": subject({"a": [1, 2]}), "split_of": given})
    assert facts["split_of"] is given


def test_a_fact_that_crashes_crashes_its_checks(facts, monkeypatch):
    @fact()
    def split_of(dataset: Dataset) -> SplitOf:
        raise ZeroDivisionError("oops")

    monkeypatch.setitem(facts._catalogue, "split_of", split_of)
    for _ in range(2):
        with pytest.raises(FactCrashed, match="fact 'split_of': ZeroDivisionError: oops"):
            facts["split_of"]
    assert run_check(reads_split, facts).status is Status.CRASHED


def test_an_unknown_fact(facts):
    with pytest.raises(NotApplicable, match="nothing derives the fact 'nonsense'"):
        facts["nonsense"]


def test_what_is_required_and_not_there_is_bad_input():
    facts = Facts({"dataset": subject({"a": [1, 2]})})
    assert required(facts, "dataset") is facts["dataset"]
    with pytest.raises(BadInput, match="no split"):
        required(facts, "split_of")


@pytest.mark.parametrize(
    ("cause", "seen", "message"),
    [(BadInput("the file is odd"), BadInput, "^the file is odd$"), (KeyError("x"), FactCrashed, "KeyError")],
)
def test_what_is_required_and_breaks_is_bad_input_only_where_the_input_is_the_cause(
    facts, monkeypatch, cause, seen, message
):
    @fact()
    def split_of(dataset: Dataset) -> SplitOf:
        raise cause

    monkeypatch.setitem(facts._catalogue, "split_of", split_of)
    with pytest.raises(seen, match=message):
        required(facts, "split_of")


def test_derived_arrays_are_read_only(facts):
    with pytest.raises(ValueError, match="read-only"):
        facts["split_of"].codes[0] = 5


def test_facts_that_nobody_needs_any_more_are_dropped(facts):
    assert facts["row_groups"] is not None
    facts.forget_except(["split_of"])
    assert "row_groups" not in facts._known
    assert "dataset" in facts._known


def test_done_results_are_taken_over(facts):
    done = run_check(speaks, facts)
    seen = []
    results = run_checks([speaks, reads_split], facts, done={"speaks": done}, on_result=seen.append)
    assert results[0] is done
    assert [result.check for result in seen] == ["reads-split"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"mots": 1}, "no option 'mots' in speaks; known are alpha, most. Did you mean 'most'"),
        ({"most": "x"}, "option most of speaks: got 'x', wanted int"),
    ],
)
def test_bad_options(wanted, message):
    assert isinstance(speaks, Check)
    with pytest.raises(BadInput, match=message):
        effective_options(speaks.name, speaks.options, wanted)


def test_options_of_something_that_does_not_exist(facts):
    with pytest.raises(BadInput, match="no check or fact 'split-overlpa'"):
        run_checks([speaks], facts, options={"split-overlpa": {}})
