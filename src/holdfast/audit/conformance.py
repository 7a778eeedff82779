"""The contract that every check keeps, as functions a test suite can parametrise; public for authors of plug-ins.

    @pytest.mark.parametrize(("check", "rule"), contract(my_check))
    def test_contract(check, rule):
        verify(check, rule)

An exemption (`@check(exempt={"rule": "reason"})`) turns a rule round: the rule must then fail, so that no exemption
outlives its need.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit import catalogue, roots
from holdfast.audit.definitions import HEADINGS, Case, Check, Subject, without_none
from holdfast.audit.runner import Facts, run_check
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Finding, Location, Measure
from holdfast.core.record import CheckResult, Status

SEEDS = (0, 1, 2)
MOST_SECONDS = 5.0  # for one case; cases are small
MOST_TITLE = 100

Rule = Callable[[Check], None]


def contract(check: Check) -> list[tuple[Check, str]]:
    """Return (check, rule) for every rule, ready for `pytest.mark.parametrize`."""
    return [(check, rule) for rule in RULES]


def verify(check: Check, rule: str) -> None:
    """Raise AssertionError when `check` breaks `rule`, or is exempt from it without need."""
    if rule not in check.exempt:
        RULES[rule](check)
        return
    try:
        RULES[rule](check)
    except Exception:  # noqa: BLE001 any failure shows that the exemption is needed
        return
    raise AssertionError(f"{check.name} is exempt from {rule!r} ({check.exempt[rule]}) but keeps it")


def named_after_its_file(check: Check) -> None:
    """Function, file and name agree; the family is the folder."""
    stem = check.run.__module__.split(".")[-1]
    assert check.run.__name__ == stem, f"function {check.run.__name__} stands in {stem}.py"
    assert check.name == stem.replace("_", "-")


def documented(check: Check) -> None:
    """The docstring has a short first line, and every heading with something under it."""
    assert 0 < len(check.title) <= MOST_TITLE, f"the first line has {len(check.title)} characters"
    for heading in HEADINGS:
        _, found, rest = check.doc.partition(f"## {heading}\n")
        assert found, f"no heading '## {heading}'"
        assert len(rest.partition("\n## ")[0].strip()) >= 20, f"nothing under '## {heading}'"


def referenced(check: Check) -> None:
    """At least one reference says who showed that this matters, or how it is computed."""
    assert check.references, "no reference"


def typed_like_its_facts(check: Check) -> None:
    """Every positional parameter is a fact, with the type that the fact returns, or None where it is optional."""
    derived = catalogue.facts()
    for need, annotation in check.types.items():
        wanted = without_none(annotation)
        if need in derived:
            assert wanted == derived[need].returns, f"{need} is {derived[need].returns}, not {wanted}"
        else:
            assert need in roots.ROOTS, f"{need!r} is neither a fact nor given"
            fixed = roots.type_of(need)
            assert fixed is None or wanted == fixed, f"{need} is {fixed}, not {wanted}"


def has_both_kinds_of_case(check: Check) -> None:
    """A planted case and a clean one, each with a sentence."""
    assert any(case.at is not None for case in check.cases), "no planted case"
    assert any(case.at is None for case in check.cases), "no clean case"
    assert all(case.doc for case in check.cases), "a case without a sentence"


def finds_what_was_planted(check: Check) -> None:
    """In every planted case and seed, one finding covers the planted place."""
    for case in check.cases:
        if case.at is None:
            continue
        for seed in SEEDS:
            result = _trial(check, case, seed).result
            assert any(_covers(finding, case.at) for finding in result.findings), (
                f"{case.name}: nothing at {case.at!r}; {_said(result)}"
            )


def silent_when_clean(check: Check) -> None:
    """In every clean case and seed, nothing is found."""
    for case in check.cases:
        if case.at is not None:
            continue
        for seed in SEEDS:
            result = _trial(check, case, seed).result
            assert result.status in {Status.PASSED, Status.SKIPPED}, f"{case.name}: {_said(result)}"


def leaves_facts_alone(check: Check) -> None:
    """The data set and given arrays are the same after the check as before."""
    for case in check.cases:
        assert not _trial(check, case).changed, f"{case.name}: the check changed what it was given"


def row_order_does_not_matter(check: Check) -> None:
    """Three permutations of the rows inside each split give the same findings at the same rows."""
    for case in check.cases:
        given = given_of(case.make(np.random.default_rng(0)))
        if set(given) != {"dataset"}:
            continue
        dataset: Dataset = given["dataset"]
        expected = _summary(_trial(check, case).result, np.arange(len(dataset)))
        for seed in SEEDS:
            order = np.random.default_rng(seed).permutation(len(dataset))
            shuffled = run_check(check, Facts({"dataset": dataset.take(order)}))
            assert _summary(shuffled, order) == expected, f"{case.name}: permutation {seed} gives other findings"


def survives_odd_data(check: Check) -> None:
    """Empty, one-row, all-missing and one-class data do not crash it."""
    for case in check.cases:
        given = given_of(case.make(np.random.default_rng(0)))
        if set(given) != {"dataset"}:
            continue
        for name, dataset in _odd(given["dataset"]):
            result = run_check(check, Facts({"dataset": dataset}))
            assert result.status is not Status.CRASHED, f"{name}: {result.trace}"


def skips_with_a_reason(check: Check) -> None:
    """Given a table without label, split, time or group, it passes or says why it was skipped."""
    rng = np.random.default_rng(0)
    from holdfast.audit.cases import subject

    result = run_check(check, Facts({"dataset": subject({"a": rng.normal(size=20)})}))
    assert result.status in {Status.PASSED, Status.SKIPPED}, _said(result)
    assert result.status is Status.PASSED or len(result.reason) >= 8, "skipped without a reason"


def says_the_same_twice(check: Check) -> None:
    """Two runs with the same seed give the same findings."""
    for case in check.cases:
        again = run_check(check, Facts(given_of(case.make(np.random.default_rng(SEEDS[0])))))
        assert again.findings == _trial(check, case).result.findings, f"{case.name}: two runs differ"


def survives_json(check: Check) -> None:
    """Findings come back from JSON as they went in."""
    for case in check.cases:
        result = _trial(check, case).result
        assert CheckResult.model_validate(json.loads(result.model_dump_json())) == result


def shows_evidence(check: Check) -> None:
    """Every finding has a measure with its threshold, a place, a sentence and a fix."""
    for case in check.cases:
        for finding in _trial(check, case).result.findings:
            measures = [item for item in finding.evidence if isinstance(item, Measure)]
            assert any(item.threshold is not None for item in measures), f"{case.name}: no measure with a threshold"
            assert finding.locations, f"{case.name}: no location"
            assert finding.message, f"{case.name}: no message"
            assert finding.fix, f"{case.name}: no fix"


def quick(check: Check) -> None:
    """Each case takes at most five seconds."""
    for case in check.cases:
        assert _trial(check, case).seconds <= MOST_SECONDS, f"{case.name} is slow"


RULES: dict[str, Rule] = {
    rule.__name__.replace("_", "-"): rule
    for rule in (
        named_after_its_file,
        documented,
        referenced,
        typed_like_its_facts,
        has_both_kinds_of_case,
        finds_what_was_planted,
        silent_when_clean,
        leaves_facts_alone,
        row_order_does_not_matter,
        survives_odd_data,
        skips_with_a_reason,
        says_the_same_twice,
        survives_json,
        shows_evidence,
        quick,
    )
}


def given_of(subject: Subject) -> dict[str, Any]:
    """Return a case's subject as given facts."""
    return {"dataset": subject} if isinstance(subject, Dataset) else dict(subject)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What one run of a check over one case came to, which several rules look at."""

    result: CheckResult
    seconds: float  # of the processor
    changed: bool  # whether what was given is another afterwards


_TRIALS: dict[tuple[Callable[..., Any], Callable[..., Any], int], _Trial] = {}
_KEPT = 128  # more than one check has


def _trial(check: Check, case: Case, seed: int = SEEDS[0]) -> _Trial:
    """Return a run of a check over a case, remembered while the rules of one check are looked at."""
    key = (check.run, case.make, seed)
    if key not in _TRIALS:
        while len(_TRIALS) >= _KEPT:
            del _TRIALS[next(iter(_TRIALS))]
        given = given_of(case.make(np.random.default_rng(seed)))
        before = _content(given)
        started = time.process_time()
        result = run_check(check, Facts(given))
        _TRIALS[key] = _Trial(result, time.process_time() - started, _content(given) != before)
    found = _TRIALS[key]
    assert found.result.status is not Status.CRASHED, f"{case.name}: {found.result.trace}"
    return found


def _covers(finding: Finding, place: Location) -> bool:
    if place.split is not None and all(found.split != place.split for found in finding.locations):
        return False
    return finding.located(columns=place.columns, rows=tuple(place.rows))


def _said(result: CheckResult) -> str:
    return f"{result.status}: {[f.message for f in result.findings] or result.reason}"


def _summary(result: CheckResult, order: np.ndarray) -> list[Any]:
    """Return the findings with rows as they were numbered before the permutation."""
    return sorted(
        (
            f.message,
            str(f.severity),
            [(sorted(order[np.asarray(p.rows)].tolist()), sorted(p.columns)) for p in f.locations],
        )
        for f in result.findings
    )


def _content(given: dict[str, Any]) -> list[Any]:
    return [
        value.digest
        if isinstance(value, Dataset)
        else value.tobytes()
        if isinstance(value, np.ndarray)
        else repr(value)
        for value in given.values()
    ]


def _odd(dataset: Dataset) -> Iterator[tuple[str, Dataset]]:
    table = dataset.table
    yield "empty", dataset.derive("empty", table.slice(0, 0))
    yield "one row", dataset.derive("one row", table.slice(0, 1))
    kept = [c.name for c in dataset.of(role="split")]
    nulls = [table.column(n) if n in kept else pa.nulls(len(table), table.column(n).type) for n in table.column_names]
    yield "all missing", dataset.derive("all missing", pa.table(nulls, schema=table.schema))
    label = dataset.one("label")
    if label is not None and len(table):
        first = table.column(label.name).drop_null().slice(0, 1)
        if len(first):
            column = pa.repeat(first[0], len(table))
            place = table.column_names.index(label.name)
            yield (
                "one class",
                dataset.derive("one class", table.set_column(place, table.field(place), column)),
            )
