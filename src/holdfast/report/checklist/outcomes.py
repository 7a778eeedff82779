"""What checks came to, as lines of evidence for an item: found, passed, not applicable, crashed, accepted."""

from collections.abc import Collection, Iterator

from holdfast.core.finding import Finding, Severity
from holdfast.core.record import CheckResult, Run, Status
from holdfast.report.checklist.document import Line
from holdfast.report.checklist.subject import Subject
from holdfast.report.words import listed, name, plural, sentence

MOST_NAMES = 24
AGAINST = frozenset({Severity.ERROR, Severity.WARNING})  # a note informs; it does not speak against a claim


def outcomes(subject: Subject, checks: Collection[str]) -> Iterator[Line]:
    """Yield what the named checks, or the checks of the named families, came to: what was found comes first."""
    about = [(run, result) for run, result in subject.results() if {result.check, result.family} & set(checks)]
    for run, result in sorted(about, key=lambda pair: _rank(pair[1])):
        if result.findings:
            yield _found(subject, run, result)
        for hidden in result.suppressed[:3]:
            text = f"Accepted: {sentence(hidden.finding.message)} Reason given: {sentence(hidden.reason)}"
            yield Line(text=text, tone="doubt", run=subject.name(run), checks=(result.check,))
        if result.status is Status.CRASHED:
            text = f"{name(result.check)} crashed, so it says nothing."
            yield Line(text=text, tone="silent", run=subject.name(run), checks=(result.check,))
    passed = _names(result for _, result in about if result.status is Status.PASSED and not result.suppressed)
    if passed:
        yield Line(text=f"Looked for and not found: {listed(passed, MOST_NAMES)}.", tone="good", checks=tuple(passed))
    ran = {result.check for _, result in about if result.status in {Status.PASSED, Status.FOUND}}
    yield from _skipped([result for _, result in about if result.check not in ran])


def against(subject: Subject, checks: Collection[str]) -> Iterator[Line]:
    """Yield the errors and warnings of the named checks or families: what contradicts a claim."""
    for run, result in subject.results():
        if {result.check, result.family} & set(checks) and _worst(result.findings) in AGAINST:
            yield _found(subject, run, result)


def stopped(message: str) -> str:
    """Return a message with a full stop at its end."""
    said = sentence(message)
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def _found(subject: Subject, run: Run, result: CheckResult) -> Line:
    first = min(result.findings, key=lambda finding: finding.severity.rank)
    more = f" And {plural(len(result.findings) - 1, 'more finding')} of this kind." if len(result.findings) > 1 else ""
    return Line(
        text=f"{first.severity.value.capitalize()}{_in_code(first)}: {stopped(first.message)}{more}",
        tone="bad" if first.severity in AGAINST else "doubt",
        run=subject.name(run),
        checks=(result.check,),
    )


def _in_code(finding: Finding) -> str:
    """Return the file, cell and line of a finding about code; the message of one about data names the place."""
    place = next((one for one in finding.locations if one.file is not None and one.line is not None), None)
    if place is None or place.file is None:
        return ""
    cell = f", cell {place.cell}" if place.cell is not None else ""
    return f" in {name(place.file)}{cell}, line {place.line}"


def _skipped(results: list[CheckResult]) -> Iterator[Line]:
    by_reason: dict[str, list[str]] = {}
    for result in results:
        if result.status is Status.SKIPPED and result.check not in by_reason.setdefault(result.reason, []):
            by_reason[result.reason].append(result.check)
    for reason, checks in by_reason.items():
        text = f"Not applicable ({sentence(reason)}): {listed([name(one) for one in checks], MOST_NAMES)}."
        yield Line(text=text, tone="silent", checks=tuple(checks))


def _names(results: Iterator[CheckResult]) -> list[str]:
    return list(dict.fromkeys(name(result.check) for result in results))


def _rank(result: CheckResult) -> int:
    return min((finding.severity.rank for finding in result.findings), default=len(Severity))


def _worst(findings: Collection[Finding]) -> Severity | None:
    return min((finding.severity for finding in findings), key=lambda one: one.rank, default=None)
