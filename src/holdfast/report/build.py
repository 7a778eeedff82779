"""A run turned into a document."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from holdfast.core.finding import Cell, Confidence, Examples, Finding, Grid, Measure, Pictures, Series, Severity
from holdfast.core.record import CheckResult, HonestScore, InputRecord, Run, Section, Status
from holdfast.core.text import visible
from holdfast.report import words
from holdfast.report.document import Card, Document, Item, Line, Link, Part, Table
from holdfast.report.galleries import gallery
from holdfast.report.heat import heat_map
from holdfast.report.pictures import picture
from holdfast.report.places import line_of, places
from holdfast.report.record_tables import record_tables
from holdfast.report.verdict import metric_of, subtitle, verdict
from holdfast.report.waterfall import waterfall

MOST_ITEMS = 600
MOST_COLUMNS = 12  # of a table of examples; those that the finding is about come first
MOST_LINES = 10
MOST_RESULTS = 200  # lines of a table in a section
MOST_TRACE = 4000
SURE: Mapping[Confidence, str] = {
    Confidence.CERTAIN: "certain: it is so by construction",
    Confidence.HIGH: "high confidence",
    Confidence.MEDIUM: "medium confidence",
    Confidence.LOW: "low confidence: a hint to follow",
}


def build(run: Run, most: int = MOST_ITEMS) -> Document:
    """Return the document that text, HTML and Markdown are drawn from, with up to `most` findings written out.

    Each check has its share of them, three at least: a table of 10,000 columns can have as many findings.
    """
    grouped = ordered(run)
    share = max(3, most // max(1, len(grouped)))
    by_status = {status: [one for one in run.results if one.status is status] for status in Status}
    return Document(
        title=words.name(run.title) if run.title else words.name(run.kind),
        subtitle=subtitle(run),
        verdict=verdict(run, [one for found in grouped.values() for one in found]),
        waterfall=waterfall(run.honest),
        no_waterfall=_no_waterfall(run),
        counts=tuple((severity, run.count(severity)) for severity in Severity),
        parts=tuple(part(one, f"s{number}", run.inputs) for number, one in enumerate(run.sections, start=1)),
        cards=tuple(_cards(run, grouped, share)),
        crashed=tuple(_line(one) for one in by_status[Status.CRASHED]),
        passed=tuple(_line(one) for one in by_status[Status.PASSED]),
        skipped=_by_reason(by_status[Status.SKIPPED]),
        suppressed=tuple(
            Line(Link(words.name(one.finding.check)), words.sentence(one.finding.message), words.sentence(one.reason))
            for one in run.suppressed
        ),
        record=record_tables(run),
        config=visible(json.dumps(run.config, indent=2, ensure_ascii=False, default=str), 20_000) if run.config else "",
        run=run.id,
        names=frozenset(_names(run)),
    )


def _names(run: Run) -> Iterator[str]:
    yield from (words.name(one.name) for one in run.inputs)
    for column in run.columns:
        yield words.name(column.name)
    for split in run.splits:
        yield from (words.name(split.name), *(words.name(one.name) for one in split.classes))
    models = run.config.get("models")
    if isinstance(models, dict):  # that a comparison compared, with their scores
        yield from map(words.name, models)


def _no_waterfall(run: Run) -> str:
    if run.honest is None:
        return "No honest score was computed in this run." if run.kind == "audit" else ""
    reason = words.sentence(run.honest.reason).rstrip(".") or "the run does not say why"
    return f"The honest score could not be estimated: {reason}."


def ordered(run: Run) -> dict[tuple[Severity, str], list[Finding]]:
    """Return the findings by severity and check: worst first, then what costs the score most."""
    grouped: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in run.findings:
        grouped.setdefault((finding.severity, finding.check), []).append(finding)
    cost = _costs(run.honest)
    if not cost:
        return dict(sorted(grouped.items(), key=lambda pair: pair[0][0].rank))
    dear = {key: max(cost.get(one.fingerprint, 0.0) for one in found) for key, found in grouped.items()}
    return {key: grouped[key] for key in sorted(grouped, key=lambda key: (key[0].rank, -dear[key]))}


def _cards(run: Run, grouped: Mapping[tuple[Severity, str], Sequence[Finding]], share: int) -> Iterator[Card]:
    results = {result.check: result for result in run.results}
    for number, ((severity, check), findings) in enumerate(grouped.items(), start=1):
        result = results.get(check)
        yield Card(
            anchor=f"f{number}",
            check=Link(words.name(check), web_address(result.url) if result else ""),
            title=words.sentence(result.title) if result else "",
            family=words.name(result.family) if result else "",
            severity=severity,
            count=len(findings),
            items=tuple(
                _item(one, run.inputs, run.honest, f"f{number}-{i}") for i, one in enumerate(findings[:share], start=1)
            ),
            why=words.paragraphs(result.why) if result else (),
            references=tuple(
                Link(words.sentence(one.text), web_address(one.url)) for one in (result.references if result else ())
            ),
        )


def part(section: Section, anchor: str, inputs: Sequence[InputRecord] = ()) -> Part:
    """Return a section; its tables are the run's results and shown whole. Measures follow tables that stand first."""
    kinds = [type(one) for one in section.evidence]
    after = Measure in kinds and Examples in kinds[: kinds.index(Measure)]
    measures = _measures([one for one in section.evidence if isinstance(one, Measure)])
    tables = [
        _examples(one, inputs, set(), MOST_RESULTS, words.sentence)
        for one in section.evidence
        if isinstance(one, Examples)
    ]
    return Part(
        anchor=anchor,
        title=words.sentence(section.title),
        says=tuple(words.sentence(one) for one in section.says),
        measures=None if after else measures,
        pictures=tuple(picture(one) for one in section.evidence if isinstance(one, Series)),
        maps=tuple(heat_map(one) for one in section.evidence if isinstance(one, Grid)),
        galleries=tuple(gallery(one, inputs) for one in section.evidence if isinstance(one, Pictures)),
        tables=(*tables, *([measures] if measures and after else ())),
    )


def card(finding: Finding, anchor: str, inputs: Sequence[InputRecord] = ()) -> Card:
    """Return a finding that stands alone, without the run that it was found in."""
    return Card(
        anchor=anchor,
        check=Link(words.name(finding.check) if finding.check else "finding"),
        title="",
        family="",
        severity=finding.severity,
        count=1,
        items=(_item(finding, inputs, None, f"{anchor}-1"),),
        why=(),
        references=(),
    )


def _costs(honest: HonestScore | None) -> dict[str, float]:
    steps = honest.steps if honest else ()
    return {mark: abs(step.alone.value) for step in steps if step.alone for mark in step.fingerprints}


def _item(finding: Finding, inputs: Sequence[InputRecord], honest: HonestScore | None, anchor: str) -> Item:
    measures = [one for one in finding.evidence if isinstance(one, Measure)]
    named = {column for place in finding.locations for column in place.columns}
    return Item(
        anchor=anchor,
        message=words.sentence(finding.message),
        severity=finding.severity,
        sure=SURE[finding.confidence],
        effect=_effect(finding, honest),
        places=places(finding.locations, inputs),
        measures=_measures(measures),
        pictures=tuple(picture(one) for one in finding.evidence if isinstance(one, Series)),
        maps=tuple(heat_map(one) for one in finding.evidence if isinstance(one, Grid)),
        galleries=tuple(gallery(one, inputs) for one in finding.evidence if isinstance(one, Pictures)),
        tables=tuple(_examples(one, inputs, named) for one in finding.evidence if isinstance(one, Examples)),
        fix=words.sentence(finding.fix),
    )


def _effect(finding: Finding, honest: HonestScore | None) -> str:
    """Return what curing a finding does to the score, empty where that was not estimated."""
    mark = finding.fingerprint if honest and honest.steps else ""
    for step in honest.steps if honest else ():
        if mark in step.fingerprints and step.alone and honest:
            metric = metric_of(honest)
            said = f"Cured alone, it changes the {metric} by {words.change(step.alone.value)}"
            return f"{said} ({words.span(step.alone, signed=True)})."
    return ""


def _measures(measures: Sequence[Measure]) -> Table | None:
    if not measures:
        return None
    rows = tuple(
        (
            words.sentence(one.name),
            words.quantity(one.value, one.unit),
            words.interval(one) or "—",
            words.quantity(one.threshold, one.unit) if one.threshold is not None else "—",
            words.p_value(one.p_value) if one.p_value is not None else "—",
        )
        for one in measures[:20]
    )
    head = ("Measured", "Value", "Interval", "Threshold", "p-value")
    used = [i for i in range(len(head)) if i < 2 or any(row[i] != "—" for row in rows)]
    return Table(
        "What was measured",
        tuple(head[i] for i in used),
        tuple(tuple(row[i] for i in used) for row in rows),
        f"{len(measures) - 20:,} more in the record." if len(measures) > 20 else "",
        tuple(i > 0 for i in used),
    )


def _examples(
    shown: Examples,
    inputs: Sequence[InputRecord],
    named: set[str],
    most: int = MOST_LINES,
    text: Callable[[str], str] = words.cell,
) -> Table:
    """Return a table of examples, cut to what a page can hold."""
    wanted = [i for i, column in enumerate(shown.columns) if column in named]
    others = [i for i in range(len(shown.columns)) if i not in set(wanted)]
    kept = [*wanted, *others][:MOST_COLUMNS]
    lines = shown.cells[:most]
    first = [line_of(row, inputs) for row in shown.rows[:most]]
    rows = tuple(
        ((first[i],) if i < len(first) else ("",) if first else ())
        + tuple(_said(line[k], text) if k < len(line) else "" for k in kept)
        for i, line in enumerate(lines)
    )
    numeric = tuple(
        all(isinstance(line[k], int | float | None) for line in lines if k < len(line)) and bool(lines) for k in kept
    )
    left = [
        words.plural(count, noun)
        for count, noun in (
            (len(shown.columns) - len(kept), "more column"),
            (len(shown.cells) - len(lines), "more line"),
        )
        if count
    ]
    return Table(
        caption=words.sentence(shown.caption),
        head=(("Row",) if first else ()) + tuple(words.name(shown.columns[k]) for k in kept),
        rows=rows,
        more=f"{' and '.join(left)} in the record." if left else "",
        numeric=((False,) if first else ()) + numeric,
    )


def _said(value: Cell, text: Callable[[str], str]) -> str:
    return text(value) if isinstance(value, str) else words.cell(value)


def _line(result: CheckResult) -> Line:
    return Line(
        Link(words.name(result.check), web_address(result.url)),
        words.sentence(result.title),
        words.sentence(result.reason),
        visible(result.trace[-MOST_TRACE:]),
    )


def _by_reason(skipped: Sequence[CheckResult]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Return the skipped checks by the reason that they share."""
    reasons: dict[str, list[Line]] = {}
    for result in skipped:
        reasons.setdefault(words.sentence(result.reason) or "no reason given", []).append(_line(result))
    return tuple((reason, tuple(lines)) for reason, lines in reasons.items())


def web_address(url: str) -> str:
    """Return an address of the web; empty for anything else, so that no record can smuggle in a `javascript:` link."""
    plain = url.isascii() and url.isprintable() and not any(c in url for c in " <>\"'`\\^{|}")
    return url if plain and url.startswith(("https://", "http://")) else ""
