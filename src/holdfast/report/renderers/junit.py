"""JUnit XML, for build servers: a case for each check."""

import math
from xml.etree import ElementTree as ET

from holdfast.core.finding import Finding, Severity
from holdfast.core.record import CheckResult, Run, Status
from holdfast.core.text import visible
from holdfast.report.places import places
from holdfast.report.words import MOST_MESSAGE, name, plural, sentence

SUFFIX = ".xml"
MOST_TOLD = 100  # findings of one check that are written out


def render(run: Run) -> str:
    """Return the run as JUnit XML. A check fails as `--fail-on` says; milder findings are its output."""
    limit = _limit(run)
    suite = ET.Element("testsuite", name=f"holdfast {name(run.title)}" if run.title else "holdfast")
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for result in run.results:
        outcome = _case(suite, result, run, limit)
        if outcome:
            counts[outcome] += 1
    if run.status in {"interrupted", "failed"}:
        case = ET.SubElement(suite, "testcase", classname="holdfast", name="run")
        ET.SubElement(case, "error", message=f"the run was {run.status} after {plural(len(run.results), 'check')}")
        counts["errors"] += 1
    suite.set("tests", str(len(suite)))
    for key, count in counts.items():
        suite.set(key, str(count))
    suite.set("time", _seconds(run.seconds))
    suite.set("timestamp", f"{run.started:%Y-%m-%dT%H:%M:%S}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _seconds(taken: float) -> str:
    """Return a time as readers of JUnit parse it; what is no time is 0."""
    return f"{taken if math.isfinite(taken) and taken > 0 else 0.0:.3f}"


def _limit(run: Run) -> int:
    """Return the rank of the mildest severity that fails; below all of them, if nothing does."""
    wanted = run.config.get("fail_on", Severity.ERROR.value)
    return Severity(wanted).rank if wanted in set(Severity) else -1


def _case(suite: ET.Element, result: CheckResult, run: Run, limit: int) -> str:
    """Add a check to the suite; return what it counts as."""
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"holdfast.{name(result.family)}",
        name=name(result.check),
        time=_seconds(result.seconds),
    )
    if result.status is Status.SKIPPED:
        ET.SubElement(case, "skipped", message=sentence(result.reason))
        return "skipped"
    if result.status is Status.CRASHED:
        ET.SubElement(case, "error", message=sentence(result.reason)).text = visible(result.trace[-4000:])
        return "errors"
    failed = [one for one in result.findings if one.severity.rank <= limit]
    mild = [one for one in result.findings if one.severity.rank > limit]
    if failed:
        worst = min(failed, key=lambda one: one.severity.rank)
        more = f" (and {len(failed) - 1:,} more)" if len(failed) > 1 else ""
        failure = ET.SubElement(
            case, "failure", type=worst.severity.value, message=sentence(worst.message)[:MOST_MESSAGE] + more
        )
        failure.text = _told(failed, run)
    if mild:
        ET.SubElement(case, "system-out").text = _told(mild, run)
    return "failures" if failed else ""


def _told(findings: list[Finding], run: Run) -> str:
    lines = []
    for finding in findings[:MOST_TOLD]:
        lines.append(f"{finding.severity.value}: {sentence(finding.message)}")
        lines += [f"  {place.what}: {place.text}" for place in places(finding.locations, run.inputs)[:4]]
        if finding.fix:
            lines.append(f"  What to do: {sentence(finding.fix)}")
    if len(findings) > MOST_TOLD:
        lines.append(f"and {len(findings) - MOST_TOLD:,} more")
    return "\n".join(lines)
