"""Findings that are not shown: accepted with a reason, or known from an earlier run. They are counted all the same."""

from collections.abc import Sequence

from holdfast.audit.code.comments import Allowed
from holdfast.audit.settings import Suppression
from holdfast.core.finding import Finding
from holdfast.core.record import CheckResult, Run, Status, Suppressed


def with_suppressions(
    result: CheckResult, wanted: Sequence[Suppression], baseline: Run | None, comments: Sequence[Allowed] = ()
) -> CheckResult:
    """Return the result with the findings that settings or comments accept, or `baseline` had, among the suppressed."""
    known = {finding.fingerprint for finding in baseline.findings} if baseline else set()
    shown, hidden = [], []
    for finding in result.findings:
        reason = _reason_to_hide(finding, wanted) or _said_on_the_line(finding, comments)
        if reason is None and finding.fingerprint in known and baseline:
            reason = f"already in run {baseline.id}"
        if reason is None:
            shown.append(finding)
        else:
            hidden.append(Suppressed(finding=finding, reason=reason))
    if not hidden:
        return result
    status = result.status if shown or result.status is not Status.FOUND else Status.PASSED
    return result.model_copy(update={"findings": tuple(shown), "suppressed": tuple(hidden), "status": status})


def _reason_to_hide(finding: Finding, wanted: Sequence[Suppression]) -> str | None:
    for suppression in wanted:
        if suppression.check == finding.check and (
            not suppression.columns or finding.located(columns=suppression.columns)
        ):
            return suppression.reason
    return None


def _said_on_the_line(finding: Finding, comments: Sequence[Allowed]) -> str | None:
    for one in comments if finding.locations else ():
        place = finding.locations[0]
        if one.accepts(finding.check, place.file, place.cell, place.line):
            return one.reason
    return None
