"""All theories in words: what each says, of which learner, and in which regimes it speaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Setting, Statistic, Theory
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import Experiment, made_learner, regimes_of
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.core.errors import NotApplicable, unknown

SILENT, EXACT, LIMIT = "", "=", "≈"
OWN = "of its cases"  # a regime that is written out in a case of the theory, where it speaks in no other
_FEWEST = 5  # generations, so that a steady regime can be told from one that is not
_STATISTICS: Mapping[Statistic, str] = {
    "mean": "mean", "median": "median", "variance": "variance", "low": "5% quantile", "high": "95% quantile",
}  # fmt: skip

_SYNTHETIC = {"name": "synthetic", "of": "model"}
_REAL = {"name": "real", "of": "real"}
# Regimes as a person might write them, to see which theories speak of more than those that come with the package.
WRITTEN = {
    name: Regime.model_validate({"name": name, "feeds": feeds})
    for name, feeds in {
        "growing": [{**_SYNTHETIC, "growth": 1.2}],
        "older models": [{**_SYNTHETIC, "keep": "all"}, {"name": "old", "of": "model", "lag": 2}],
        "wider draws": [{**_SYNTHETIC, "rule": {"temperature": 1.2}}],
        "wider, fresh real": [_REAL, {**_SYNTHETIC, "rule": {"temperature": 1.2}}],
    }.items()
}

PAGE_HEAD = """# Theories of the collapse laboratory

Each of these statements is drawn over the simulation wherever it holds. Where that is, is found by asking the statement
about the graph of batches and fits, never about a regime's name, so it speaks of a regime of your own as well. The last
columns show a few that a person might write: batches that grow by a fifth, models of two generations ago beside all
that was kept, items drawn at temperature 1.2, the same beside new real items. Each statement has a near miss, a formula
that looks as good and is wrong, which a test rejects.

`=` is exact for any number of items; its distance from the simulation is in the report's table, in standard errors.
`≈` is a limit or a law of first order: it is drawn, and not counted. An empty field is silence.

This page is written by `holdfast collapse theories --format markdown`.
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A theory, the learners it is about, and where it speaks: a mark for each regime."""

    theory: Theory
    learners: tuple[str, ...]
    speaks: Mapping[str, str]

    @property
    def learner(self) -> str:
        """The learner under which it is listed."""
        return self.learners[0]

    @property
    def about(self) -> str:
        """The measure, and which statistic of it over histories."""
        return f"{_STATISTICS[self.theory.statistic]} of {self.theory.measure}"

    @property
    def regimes(self) -> tuple[str, ...]:
        """The regimes in which it speaks, of those that were tried."""
        return tuple(regime for regime, mark in self.speaks.items() if mark)

    def record(self) -> dict[str, object]:
        """Return it as plain values, as for JSON."""
        theory = self.theory
        return {
            "theory": theory.name, "title": theory.title, "learners": [*self.learners], "measure": theory.measure,
            "statistic": theory.statistic, "exact": theory.exact, "formula": theory.formula, "assumes": theory.assumes,
            "speaks_in": [*self.regimes], "source": theory.source, "url": theory.url,
        }  # fmt: skip


@cache
def statements() -> tuple[Statement, ...]:
    """Return all theories, by learner and name."""
    found = [_stated(one) for one in catalogue.theories().values()]
    return tuple(sorted(found, key=lambda one: (one.learner, one.theory.name)))


def _stated(theory: Theory) -> Statement:
    cases = [Experiment.model_validate(case) for case in theory.cases]
    mark = EXACT if theory.exact else LIMIT
    tried = {**PRESETS, **WRITTEN}
    marks = {name: mark if _any_speaks(theory, cases, regime) else SILENT for name, regime in tried.items()}
    if not any(marks.values()):
        own = (regime for case in cases for regime in regimes_of(case) if regime.name in case.regime)
        marks[OWN] = mark if any(_any_speaks(theory, cases, regime) for regime in own) else SILENT
    return Statement(theory, tuple(dict.fromkeys(case.learner for case in cases)), {OWN: SILENT, **marks})


def _any_speaks(theory: Theory, cases: list[Experiment], regime: Regime) -> bool:
    return any(_speaks(theory, case, regime) for case in cases)


def _speaks(theory: Theory, case: Experiment, regime: Regime) -> bool:
    _, learner = made_learner(case.learner, case.options)
    generations = max(_FEWEST, min(case.generations, 2 * _FEWEST))
    try:
        theory.run(Setting(learner, regime, graph(regime, case.samples, generations), case.samples, generations))
    except NotApplicable:
        return False
    return True


def stated(name: str) -> Statement:
    """Return one theory, and where it speaks. Raises BadInput for an unknown name."""
    known = catalogue.theories()
    if name not in known:
        raise unknown("theory", name, known)
    return _stated(known[name])


def as_page() -> str:
    """Return the page of the documentation: a table theory × regime for each learner, then each statement."""
    parts = [PAGE_HEAD]
    for learner, group in groupby(statements(), key=lambda one: one.learner):
        mine = list(group)
        parts += [f"## {learner}\n", "\n".join(_table(mine)) + "\n", *(_entry(one) for one in mine)]
    return "\n".join(parts)


def _table(mine: list[Statement]) -> Iterator[str]:
    names = [*PRESETS, *WRITTEN, *([OWN] if any(one.speaks[OWN] for one in mine) else [])]
    yield "| theory | says of | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 2) + "|"
    for one in mine:
        marks = " | ".join(one.speaks[name] for name in names)
        yield f"| [{one.theory.name}](#{one.theory.name}) | {one.about} | {marks} |"


def _entry(one: Statement) -> str:
    theory = one.theory
    source = f"[{_escaped(theory.source)}]({theory.url})" if theory.url else _escaped(theory.source)
    return (
        f"### {theory.name}\n{_escaped(theory.title)}.\n\n"
        f"- Learner: {', '.join(one.learners)}\n- Formula: {_escaped(theory.formula)}\n"
        f"- Assumes: {_escaped(theory.assumes)}\n- Source: {source}\n"
    )


def _escaped(text: str) -> str:
    """Return a formula as Markdown leaves it alone."""
    return "".join(f"\\{character}" if character in r"\*_[]<>|`" else character for character in text)
