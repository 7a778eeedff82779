"""What the findings ask for, merged into cures that can be tried out one by one.

A cure is booked into the honest score when an error or a warning of at least medium confidence asks for it. What is
only suspected (low confidence) is a question to the person: shown by itself, "if it were not available", and never
booked in silence. Not tried at all: remedies that choose rows by what a model thinks of their label (the model would
then be scored on the rows that it finds easy), and those that clean data without closing a leak.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from holdfast.audit import catalogue
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Operation, Severity
from holdfast.core.record import CheckResult

COPIED_ROWS = "copied rows"
SHARED_GROUPS = "shared groups"
ORDER_IN_TIME = "order in time"
MOST_COLUMNS = 6  # cures by column that are tried one by one; the least sure of more are taken together
LARGEST_GROUP = 0.5  # of the rows: several keys that chain more than this together are no grouping


@dataclass(frozen=True)
class Cure:
    """One change to data or split that may take something away from the score."""

    name: str
    operation: Operation
    checks: tuple[str, ...]
    fingerprints: tuple[str, ...]
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # to be dropped
    columns: tuple[str, ...] = ()  # to be dropped; or the key of the groups; or the order
    groups: np.ndarray | None = None  # a number from 0 for each row of the data set
    booked: bool = True


@dataclass(frozen=True)
class Wanted:
    """All cures, those booked first, and what was left out, in words."""

    cures: tuple[Cure, ...]
    notes: tuple[str, ...] = ()


def cures_for(dataset: Dataset, findings: Sequence[Finding]) -> Wanted:
    """Return the cures that the findings ask for. Nothing depends on the order of the findings."""
    families = {name: item.family for name, item in catalogue.checks().items()}
    booked, asked, cleaning, circular = [], [], set[str](), set[str]()
    for finding in sorted(findings, key=_rank):
        if finding.remedy is None or finding.severity is Severity.NOTE:
            continue
        family = families.get(finding.check, "")
        if _chosen_by_label(finding, family):
            circular.add(finding.check)
        elif family in {"quality", "drift", "labels"} or finding.remedy.op == "relabel":
            cleaning.add(finding.check)
        elif finding.confidence is Confidence.LOW:
            asked.append(finding)
        else:
            booked.append(finding)
    notes = [
        *_note(cleaning, "not tried, because they clean the data and close no leak"),
        *_note(circular, "not tried, because a score on rows chosen by what a model makes of their label flatters it"),
    ]
    sure = [*_by_rows(booked, families), *_by_columns(booked), *_by_split(dataset, booked, notes)]
    taken = {column for cure in sure if cure.operation == "drop-columns" for column in cure.columns}
    operations = {cure.operation for cure in sure}
    open_questions = [
        *_by_rows(asked, families),
        *(cure for cure in _by_columns(asked) if not set(cure.columns) <= taken),
        *(cure for cure in _by_split(dataset, asked, []) if cure.operation not in operations),
    ]
    return Wanted((*sure, *(_as_question(cure) for cure in open_questions)), tuple(notes))


def standing(results: Iterable[CheckResult]) -> list[Finding]:
    """Return the findings that count: those shown, and those that only a baseline hides.

    What a person accepted with a reason does not count. What was known before is no less a leak.
    """
    found: list[Finding] = []
    for result in results:
        found += result.findings
        found += [one.finding for one in result.suppressed if one.reason.startswith("already in run ")]
    return found


def _rank(finding: Finding) -> tuple[int, int, str, str]:
    return (
        finding.severity.rank,
        list(Confidence).index(finding.confidence),
        finding.check,
        finding.fingerprint + finding.message,
    )


def _chosen_by_label(finding: Finding, family: str) -> bool:
    by_label = family == "labels" or finding.check == "conflicting-duplicates"
    return by_label and finding.remedy is not None and finding.remedy.op in {"drop-rows", "relabel"}


def _note(checks: Iterable[str], why: str) -> list[str]:
    named = sorted(checks)
    return [f"Remedies of {', '.join(named)} were {why}."] if named else []


def _by_rows(findings: Sequence[Finding], families: Mapping[str, str]) -> list[Cure]:
    """Return a cure for all copies together, and one for each other check that wants rows dropped."""
    buckets: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.remedy is not None and finding.remedy.op == "drop-rows" and len(finding.remedy.rows):
            copies = families.get(finding.check) == "duplicates"
            buckets.setdefault(COPIED_ROWS if copies else f"rows of {finding.check}", []).append(finding)
    return [
        Cure(
            name,
            "drop-rows",
            _checks(group),
            _fingerprints(group),
            rows=np.unique(np.concatenate([np.asarray(one.remedy.rows) for one in group if one.remedy])),
        )
        for name, group in buckets.items()
    ]


def _by_columns(findings: Sequence[Finding]) -> list[Cure]:
    """Return a cure for each set of columns that must go together; sets that share a column are one."""
    sets: list[tuple[set[str], list[Finding]]] = []
    for finding in findings:
        if finding.remedy is None or finding.remedy.op != "drop-columns" or not finding.remedy.columns:
            continue
        columns, members = set(finding.remedy.columns), [finding]
        for other in [other for other in sets if other[0] & columns]:
            columns |= other[0]
            members = [*other[1], *members]
            sets.remove(other)
        sets.append((columns, members))
    if len(sets) > MOST_COLUMNS:
        rest = sets[MOST_COLUMNS - 1 :]
        sets = [
            *sets[: MOST_COLUMNS - 1],
            (set().union(*(one[0] for one in rest)), [finding for one in rest for finding in one[1]]),
        ]
    return [
        Cure(_column_names(columns), "drop-columns", _checks(members), _fingerprints(members), columns=tuple(columns))
        for columns, members in ((sorted(columns), members) for columns, members in sets)
    ]


def _by_split(dataset: Dataset, findings: Sequence[Finding], notes: list[str]) -> list[Cure]:
    cures = []
    regroup = [one for one in findings if one.remedy is not None and one.remedy.op == "regroup-split"]
    if regroup:
        keys = [groups_of(dataset, one) for one in regroup]
        groups = joined(keys)
        if len(keys) > 1 and np.bincount(groups).max(initial=0) > LARGEST_GROUP * len(dataset):
            groups, regroup = keys[0], regroup[:1]
            notes.append(
                f"Several groupings were found, which together tie most rows to each other; "
                f"the one of {regroup[0].check} was used."
            )
        columns = tuple(dict.fromkeys(name for one in regroup if one.remedy for name in one.remedy.columns))
        cures.append(
            Cure(
                f"shared {', '.join(columns)}" if columns else SHARED_GROUPS,
                "regroup-split",
                _checks(regroup),
                _fingerprints(regroup),
                columns=columns,
                groups=groups,
            )
        )
    reorder = [one for one in findings if one.remedy is not None and one.remedy.op == "reorder-split"]
    if reorder and reorder[0].remedy is not None:
        first = reorder[0].remedy.columns[:1]  # the surest finding names the clock
        cures.append(Cure(ORDER_IN_TIME, "reorder-split", _checks(reorder), _fingerprints(reorder), columns=first))
    return cures


def groups_of(dataset: Dataset, finding: Finding) -> np.ndarray:
    """Return a group number from 0 for each row; a row whose key is missing is a group of its own."""
    assert finding.remedy is not None
    if len(finding.remedy.groups) == len(dataset):
        groups = np.asarray(finding.remedy.groups, dtype=np.int64)
        return _alone(groups, groups < 0)
    codes = [dataset.codes(name)[0] for name in finding.remedy.columns]
    if not codes:
        return np.arange(len(dataset))
    _, groups = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
    return _alone(groups.reshape(-1), np.any(np.stack(codes) < 0, axis=0))


def joined(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Return groups in which rows that share any of the keys are together."""
    if len(keys) == 1:
        return np.unique(keys[0], return_inverse=True)[1].reshape(-1)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(keys[0])
    offset, left, right = n, [], []
    for key in keys:
        left.append(np.arange(n))
        right.append(key + offset)
        offset += int(key.max(initial=-1)) + 1
    ends = (np.concatenate(left), np.concatenate(right))
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(offset, offset))
    return np.asarray(connected_components(graph, directed=False)[1][:n], dtype=np.int64)


def _alone(groups: np.ndarray, missing: np.ndarray) -> np.ndarray:
    groups = groups.copy()
    groups[missing] = groups.max(initial=-1) + 1 + np.arange(int(missing.sum()))
    return np.unique(groups, return_inverse=True)[1].reshape(-1)


def _column_names(columns: Sequence[str]) -> str:
    return " + ".join(columns) if len(columns) <= 3 else f"{columns[0]} and {len(columns) - 1} more columns"


def _checks(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.check for finding in findings}))


def _fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.fingerprint for finding in findings}))


def _as_question(cure: Cure) -> Cure:
    return Cure(
        cure.name, cure.operation, cure.checks, cure.fingerprints, cure.rows, cure.columns, cure.groups, booked=False
    )
