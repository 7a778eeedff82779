"""SARIF 2.1.0, for code scanning: a result for each finding and file, with how many rows it counts."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from holdfast.core.finding import Finding, Severity
from holdfast.core.hashing import digest_json
from holdfast.core.record import CheckResult, InputRecord, Run, Status, Suppressed
from holdfast.report.ascii_json import ascii_json
from holdfast.report.build import web_address
from holdfast.report.places import by_file, runs
from holdfast.report.words import name, paragraphs, sentence

SUFFIX = ".sarif"
MOST_RESULTS = 25_000  # GitHub takes no more from one run
MOST_RELATED = 10
MOST_URI = 1000  # characters of a file's name
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(run: Run) -> str:
    """Return the run as SARIF."""
    rules = {result.check: number for number, result in enumerate(run.results)}
    every = (
        one
        for finding, hidden in _findings(run)
        for one in _results(finding, hidden, run.inputs, rules.get(finding.check))
    )
    results = list(islice(every, MOST_RESULTS))
    complete = next(every, None) is None
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Holdfast",
                        "semanticVersion": name(run.environment.holdfast),
                        "rules": [_rule(result) for result in run.results],
                    }
                },
                "automationDetails": {"id": f"holdfast/{run.kind}/"},
                "invocations": [_invocation(run)],
                "results": results,
                "columnKind": "unicodeCodePoints",
                "properties": {"run": run.id, "findings": len(run.findings), "complete": complete},
            }
        ],
    }
    return ascii_json(document)


def _findings(run: Run) -> Iterator[tuple[Finding, Suppressed | None]]:
    yield from ((finding, None) for finding in run.findings)
    yield from ((hidden.finding, hidden) for hidden in run.suppressed)


def _rule(result: CheckResult) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": name(result.check),
        "shortDescription": {"text": sentence(result.title) or name(result.check)},
        "properties": {"tags": [name(result.family)]},
    }
    if result.why:
        rule["fullDescription"] = {"text": " ".join(paragraphs(result.why))}
    if web_address(result.url):
        rule["helpUri"] = result.url
    return rule


def _invocation(run: Run) -> dict[str, Any]:
    crashed = [result for result in run.results if result.status is Status.CRASHED]
    invocation: dict[str, Any] = {
        "executionSuccessful": run.status == "finished" and not crashed,
        "startTimeUtc": f"{run.started:%Y-%m-%dT%H:%M:%SZ}",
    }
    if crashed:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": f"{name(result.check)} crashed: {sentence(result.reason)}"},
                "associatedRule": {"id": name(result.check)},
            }
            for result in crashed
        ]
    return invocation


def _results(
    finding: Finding, hidden: Suppressed | None, inputs: Sequence[InputRecord], rule: int | None
) -> Iterator[dict[str, Any]]:
    for file, lines, count, what in _places(finding, inputs):
        result: dict[str, Any] = {
            "ruleId": name(finding.check),
            "level": LEVELS[finding.severity],
            "message": {"text": _message(finding, what)},
            "locations": [_location(file, lines[0], finding)],
            "partialFingerprints": {"holdfast/v1": digest_json([finding.fingerprint, file])},
            "occurrenceCount": count,
            "properties": {"confidence": finding.confidence.value},
        }
        if rule is not None:
            result["ruleIndex"] = rule
        if len(lines) > 1:
            result["relatedLocations"] = [
                {"id": i, **_location(file, line, None)} for i, line in enumerate(lines[1 : MOST_RELATED + 1], start=1)
            ]
        if hidden is not None:
            result["suppressions"] = [{"kind": "external", "justification": sentence(hidden.reason)}]
        yield result


def _places(finding: Finding, inputs: Sequence[InputRecord]) -> Iterator[tuple[str, Sequence[int], int, str]]:
    """Yield (file, first lines, count, what) for each file that a finding touches.

    A finding about columns is about the first input of its split.
    """
    placed: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    said: dict[str, str] = {}
    for place in finding.locations:
        if place.file is not None:
            placed.setdefault(place.file, []).append(max(1, place.line or 1))
        for part in by_file(place.rows, inputs):
            file = part.source.name if part.source else "data"
            placed.setdefault(file, []).extend(max(1, int(line)) for line in part.lines[: MOST_RELATED + 1])
            counts[file] = counts.get(file, 0) + len(part.lines)
            said[file] = f"{len(part.lines):,} rows here, lines {runs(part.lines)}"
    if not placed:
        splits = {place.split for place in finding.locations if place.split}
        about = [source for source in inputs if not splits or source.split in splits] or list(inputs)
        placed = {about[0].name if about else "data": [1]}
    for file, lines in placed.items():
        yield file, lines, counts.get(file, len(lines)), said.get(file, "")


def _message(finding: Finding, what: str) -> str:
    parts = [sentence(finding.message).rstrip("."), what, sentence(finding.fix).rstrip(".")]
    return ". ".join(part for part in parts if part) + "."


def _location(file: str, line: int, finding: Finding | None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}}
    }
    columns = sorted({column for place in finding.locations for column in place.columns}) if finding else []
    if columns:
        location["logicalLocations"] = [{"name": name(column), "kind": "member"} for column in columns[:20]]
    return location


def _uri(file: str) -> str:
    return quote(file[:MOST_URI].replace("\\", "/").encode("utf-8", "replace"), safe="/.-_~") or "data"
