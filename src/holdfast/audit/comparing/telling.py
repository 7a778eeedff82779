"""The comparison as results of a record: what a report shows."""

from holdfast.audit.comparing.noise import Noise
from holdfast.audit.comparing.pairs import MOST_ALL_PAIRS, Ranking
from holdfast.audit.evidence import percent
from holdfast.audit.scoring import shown
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.record import CheckResult, Citation, Section, Status
from holdfast.core.text import one_line

COMPARISON, NOISE, FAMILY = "model-comparison", "label-noise", "compare"
SCORES, PAIRS = "Scores, the best first", "Differences, positive where the first is better"
MOST_LINES = 60
SIGNIFICANCE = 0.05
_WHY = (
    "A table of scores invites to pick the highest. Another test set of the same size would often turn a small lead "
    "round, and the best of many models leads by luck alone: a difference needs its interval, and its p-value a "
    "correction for how many were compared."
)
_WHY_NOISE = (
    "Labels that are wrong bound the accuracy that any model can show, and shrink every difference. A lead smaller "
    "than the share of wrong labels may come from luck with them."
)
_REFERENCES = (
    Citation(
        text="Dietterich (1998), Approximate statistical tests for comparing supervised classification learning "
        "algorithms, Neural Computation 10(7)",
        url="https://doi.org/10.1162/089976698300017197",
    ),
    Citation(
        text="Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6(2)",
        url="https://www.jstor.org/stable/4615733",
    ),
)


def compared(ranking: Ranking, label: str, missing: int) -> CheckResult:
    """Return the comparison: a warning where the best cannot be told from the runner-up, else a note."""
    lead, metric = ranking.lead(), ranking.metric
    best, second = lead.better, lead.worse
    clear = lead.holm <= SIGNIFICANCE and lead.found.low > 0.0
    values = f"({metric.title} {shown(ranking.scores[best].value)}"
    against = f"({shown(ranking.scores[second].value)})"
    how = f"{lead.found.test}, p = {lead.holm:.2g}" + (
        f" after Holm's correction for {len(ranking.pairs)} pairs" if len(ranking.pairs) > 1 else ""
    )
    gap = (
        f"the difference is {lead.found.difference:.3g}, between {lead.found.low:.3g} and {lead.found.high:.3g}"
        if abs(lead.found.low) < 1e9
        else f"the difference is {lead.found.difference:.3g}"
    )
    rows = f"on {ranking.n_rows:,} rows" + (f" ({missing:,} without a prediction left out)" if missing else "")
    verb = "is better than" if clear else "cannot be told from"
    message = f"{_name(best)} {values}) {verb} {_name(second)} {against} {rows}: {gap} ({how})"
    tied = [p.worse for p in ranking.pairs if p.better == best and p.holm > SIGNIFICANCE and p.worse != second]
    if tied:
        message += f"; {len(tied)} more cannot be told from it either"
    finding = Finding(
        check=COMPARISON,
        message=message,
        severity=Severity.NOTE if clear else Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(label,), split="test"),),
        evidence=(_lead(ranking),),
        fix="" if clear else "Report the interval; choose by cost or simplicity, or score on more rows.",
    )
    return CheckResult(
        check=COMPARISON,
        title="Which model is better on the same rows",
        family=FAMILY,
        why=_WHY,
        references=_REFERENCES,
        status=Status.FOUND,
        findings=(finding,),
        options={"metric": metric.name, "significance": SIGNIFICANCE},
        alpha=SIGNIFICANCE,
    )


def noise_result(ranking: Ranking, noise: Noise | NotApplicable, label: str) -> CheckResult:
    """Return what wrong labels do to the comparison; skipped with the reason where their share cannot be told."""
    made = {"check": NOISE, "title": "Wrong labels that bound every score", "family": FAMILY, "why": _WHY_NOISE}
    if isinstance(noise, NotApplicable):
        return CheckResult(**made, status=Status.SKIPPED, reason=str(noise))
    lead, best = ranking.lead(), ranking.names[0]
    ceiling = 1.0 - noise.rate
    is_share = ranking.metric.name in {"accuracy", "balanced_accuracy"}
    within = is_share and lead.found.difference < noise.rate
    above = ranking.metric.name == "accuracy" and ranking.scores[best].low > 1.0 - noise.low
    if noise.rate <= 0.0 and noise.high <= 0.01:
        return CheckResult(**made, status=Status.PASSED)
    message = (
        f"About {percent(noise.rate)} of the labels look wrong ({noise.source}): a model that is always right would "
        f"show an accuracy of about {shown(ceiling)}"
    )
    if above:
        message += f", and {_name(best)} shows {shown(ranking.scores[best].value)}: it knows the errors of the labels"
    elif within:
        message += f"; the lead of {lead.found.difference:.3g} is smaller, so wrong labels alone may decide it"
    measures = [
        Measure(name="labels that look wrong", value=noise.rate, threshold=0.0, low=noise.low, high=noise.high,
                level=0.95, unit="share"),
        Measure(name="lead of the best model", value=lead.found.difference, threshold=noise.rate, unit="score"),
    ]  # fmt: skip
    if noise.agreement is not None:
        measures.append(Measure(name="two votes on one row agree", value=noise.agreement, unit="share"))
    finding = Finding(
        check=NOISE,
        message=message,
        severity=Severity.WARNING if within or above else Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(label,), split="test"),),
        evidence=tuple(measures),
        fix="Report the bound beside the scores, and have the rows checked on which the models and the labels differ.",
    )
    return CheckResult(**made, status=Status.FOUND, findings=(finding,))


def sections(ranking: Ranking) -> tuple[Section, ...]:
    """Return the scores and the differences, each with its interval."""
    names = ranking.names[:MOST_LINES]
    scores = [ranking.scores[name] for name in names]
    metric = ranking.metric.title
    return (
        Section(
            title="Scores",
            evidence=(
                Examples(
                    caption=SCORES,
                    columns=("model", metric, "low", "high"),
                    cells=tuple(
                        (_name(n), *map(_to_read, (s.value, s.low, s.high))) for n, s in zip(names, scores, strict=True)
                    ),
                ),
                Series(
                    name=f"{metric[:1].upper()}{metric[1:]} with its interval",
                    x=tuple(_name(name) for name in names),
                    y=tuple(s.value for s in scores),
                    low=tuple(s.low for s in scores),
                    high=tuple(s.high for s in scores),
                    x_name="model",
                    y_name=metric,
                    shape="point",
                ),
            ),
        ),
        Section(title="Differences", evidence=(_differences(ranking),)),
    )


def _lead(ranking: Ranking) -> Measure:
    lead = ranking.lead()
    return Measure(
        name=f"lead over the runner-up ({lead.found.test})",
        value=lead.found.difference,
        threshold=0.0,
        low=lead.found.low,
        high=lead.found.high,
        level=lead.found.level,
        p_value=lead.holm,
        unit="score",
    )


def _differences(ranking: Ranking) -> Examples:
    pairs = ranking.pairs[:MOST_LINES]
    tests = ", ".join(sorted({one.found.test for one in pairs}))
    against = "" if len(ranking.names) <= MOST_ALL_PAIRS else "; the best against each other one"
    return Examples(
        caption=f"{PAIRS} ({tests}){against}",
        columns=("first", "second", "difference", "low", "high", "p", "p (Holm)", "p (FDR)"),
        cells=tuple(
            (
                _name(one.better),
                _name(one.worse),
                *map(_to_read, (one.found.difference, one.found.low, one.found.high)),
                *map(_chance, (one.found.p_value, one.holm, one.fdr)),
            )
            for one in pairs
        ),
    )


def _to_read(value: float) -> float:
    """Return a score with three digits after the point; with three in all where it is small or large."""
    return round(value, 3) if 1e-2 <= abs(value) < 1e3 else float(f"{value:.3g}")


def _chance(p: float) -> float | str:
    return float(f"{p:.2g}") if p >= 1e-4 else "<1e-4"


def _name(name: str) -> str:
    return one_line(name, 60)
