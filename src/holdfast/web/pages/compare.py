"""Two runs side by side: what differs between them in settings, inputs, findings and figures."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from holdfast.core.finding import Finding, Measure, Number
from holdfast.core.record import Estimate, Run
from holdfast.core.text import one_line
from holdfast.report import words
from holdfast.report.verdict import subtitle, verdict
from holdfast.web.opening import opened
from holdfast.web.site import Site, View, missing

_MOST_LINES = 200
_ABSENT = "–"


@dataclass(frozen=True)
class Figure:
    """A number of both runs, and by how much the second one differs; empty where that makes no sense."""

    name: str
    first: str
    second: str
    change: str = ""


@dataclass(frozen=True)
class Different:
    """Findings of one run that the other has not."""

    findings: Sequence[Finding]
    more: int


def compare(site: Site, names: Sequence[str]) -> View:
    """Return the page that sets two runs side by side."""
    if len(names) != 2:
        return View("choose.html", "Compare", "runs", {"ticked": len(names)}, 400 if names else 200)
    first, second = (opened(site.store, name) for name in names)
    if first is None or second is None:
        return missing(f"There is no run {names[0 if first is None else 1][:60]} that can be read.", "runs")
    mine, theirs = ({one.fingerprint: one for one in run.findings} for run in (first, second))
    titles = [words.name(run.title) if run.title else run.kind for run in (first, second)]
    values = {
        "names": list(names),
        "runs": (first, second),
        "titles": titles,
        "subtitles": tuple(subtitle(run) for run in (first, second)),
        "verdicts": tuple(verdict(run, run.findings) for run in (first, second)),
        "figures": list(figures(first, second)),
        "config": list(islice(_unlike(_flat(first), _flat(second)), _MOST_LINES)),
        "inputs": list(islice(_unlike(_inputs(first), _inputs(second)), _MOST_LINES)),
        "environment": list(islice(_unlike(_around(first), _around(second)), _MOST_LINES)),
        "gone": _only(mine, theirs),
        "new": _only(theirs, mine),
        "both": len(mine.keys() & theirs.keys()),
    }
    return View("compare.html", f"{titles[0]} and {titles[1]}", "runs", values)


def figures(first: Run, second: Run) -> Iterator[Figure]:
    """Yield the numbers that both runs have, with the change from the first to the second."""
    for name, of in (("Claimed score", "claimed"), ("Honest score", "honest")):
        pair: list[Estimate] = [one for run in (first, second) if run.honest and (one := getattr(run.honest, of))]
        shown = [
            f"{words.score(one.value)} ({words.span(one)})"
            if run.honest and (one := getattr(run.honest, of))
            else _ABSENT
            for run in (first, second)
        ]
        if pair:
            change = words.change(pair[1].value - pair[0].value) if len(pair) == 2 else ""
            yield Figure(name, shown[0], shown[1], change)
    yield _counted("Findings", len(first.findings), len(second.findings))
    yield _counted("Rows", first.n_rows, second.n_rows)
    yield Figure("Took", words.duration(first.seconds), words.duration(second.seconds))
    known = _measures(first), _measures(second)
    for key in islice((key for key in known[0] if key in known[1]), _MOST_LINES):
        one, other = known[0][key], known[1][key]
        change = words.change(float(other.value) - float(one.value)) if one.value != other.value else ""
        yield Figure(
            words.sentence(key), words.quantity(one.value, one.unit), words.quantity(other.value, other.unit), change
        )


def _counted(name: str, first: Number, second: Number) -> Figure:
    change = f"{second - first:+,}".replace("-", words.MINUS) if first != second else ""
    return Figure(name, f"{first:,}", f"{second:,}", change)


def _measures(run: Run) -> dict[str, Measure]:
    """Return what was measured, by section or check, and name."""
    found: dict[str, Measure] = {}
    for section in run.sections:
        for one in section.evidence:
            if isinstance(one, Measure):
                found.setdefault(f"{section.title}: {one.name}", one)
    for finding in run.findings:
        for one in finding.evidence:
            if isinstance(one, Measure):
                found.setdefault(f"{finding.check}: {one.name}", one)
    return found


def _only(mine: Mapping[str, Finding], theirs: Mapping[str, Finding]) -> Different:
    own = [one for mark, one in mine.items() if mark not in theirs]
    return Different(own[:_MOST_LINES], max(0, len(own) - _MOST_LINES))


def _unlike(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for key in dict.fromkeys([*first, *second]):
        if first.get(key) != second.get(key):
            yield one_line(key, 120), first.get(key, _ABSENT), second.get(key, _ABSENT)


def _flat(run: Run) -> dict[str, str]:
    """Return the settings that differ from the defaults, each by its dotted name; the seed and the command too."""
    found: dict[str, str] = {"command": one_line(" ".join(run.command), 400)} if run.command else {}

    def walk(values: Mapping[str, object], path: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict) and value:
                walk(value, f"{path}{key}.")
            else:
                found[f"{path}{key}"] = one_line(json.dumps(value, ensure_ascii=False, default=str), 300)

    walk(run.config, "")
    return {**found, "seed": str(run.seed)}


def _inputs(run: Run) -> dict[str, str]:
    return {
        words.name(f"{one.name} ({one.split})" if one.split else one.name): (
            f"{one.stop - one.start:,} rows, {one.digest[:19]}" if one.kind == "data" else one.digest[:19]
        )
        for one in run.inputs
    }


def _around(run: Run) -> dict[str, str]:
    around = run.environment
    return {"holdfast": around.holdfast, "python": around.python, "platform": around.platform, **around.packages}
