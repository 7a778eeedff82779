"""Holdfast's checks as checks of skore: `report.checks.add(skore_checks())`.

skore looks at a model and its scores; these look at the data between training and test rows. The audit is run once a
report, whatever the number of checks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa

from holdfast.audit import catalogue
from holdfast.audit.honest.scorer import table_of
from holdfast.audit.verb import audit
from holdfast.core.errors import MissingExtra
from holdfast.core.finding import Severity
from holdfast.core.record import Run, Status
from holdfast.core.text import one_line
from holdfast.data.splitting import free_name

FAMILIES = ("duplicates", "leakage", "drift", "labels", "quality", "shortcuts")  # what features and labels can answer


@dataclass(frozen=True, eq=False)
class _Audits:
    """The audits of reports, one each."""

    settings: dict[str, Any]
    known: "WeakKeyDictionary[Any, Run]" = field(default_factory=WeakKeyDictionary)

    def of(self, report: Any) -> Run:
        if report not in self.known:
            self.known[report] = _audited(report, self.settings)
        return self.known[report]


@dataclass(frozen=True, eq=False)
class SkoreCheck:
    """One check, as skore's protocol `Check` wants it."""

    code: str
    title: str
    severity: Literal["issue", "tip"]
    docs_url: str | None
    audits: _Audits
    name: str
    report_types: list[str] = field(default_factory=lambda: ["estimator"])
    slow: bool = False

    def check_function(self, report: Any) -> str | None:
        """Return what the check found in words; None if nothing. Raises skore's CheckNotApplicable."""
        result = self.audits.of(report).result(self.name)
        if result.status in {Status.SKIPPED, Status.CRASHED}:
            raise _not_applicable(result.reason)
        if not result.findings:
            return None
        return " ".join(f"{one_line(one.message)}. {one_line(one.fix)}".strip() for one in result.findings[:5])


def skore_checks(select: Sequence[str] = FAMILIES, **settings: Any) -> list[SkoreCheck]:
    """Return checks for skore's `EstimatorReport.checks.add`.

    `select` names checks or families, `settings` are those of an audit, such as `time="date"`. Raises BadInput.
    """
    audits = _Audits({"honest": {"enabled": False}, **settings, "select": tuple(select)})
    return [
        SkoreCheck(
            code=f"HF-{one.name.upper()}",
            title=one.title,
            severity="tip" if one.severity is Severity.NOTE else "issue",
            docs_url=None,
            audits=audits,
            name=one.name,
        )
        for one in catalogue.selected(tuple(select), ())
    ]


def _audited(report: Any, settings: dict[str, Any]) -> Run:
    sides = [(report.X_train, report.y_train), (report.X_test, report.y_test)]
    if any(one is None for side in sides for one in side):
        raise _not_applicable("the report has no training data: it was made of a fitted estimator and test data")
    tables = [table_of(rows) for rows, _ in sides]
    label = free_name("label", tables[0].column_names)
    train, test = (
        table.append_column(label, pa.array(np.asarray(labels).reshape(-1)))
        for table, (_, labels) in zip(tables, sides, strict=True)
    )
    return audit(train, test, label=label, **settings)


def _not_applicable(reason: str) -> Exception:
    try:
        from skore import CheckNotApplicable
    except ImportError as error:
        raise MissingExtra.for_package("skore", "skore", "a check of a skore report") from error
    found: Exception = CheckNotApplicable(one_line(reason))
    return found
