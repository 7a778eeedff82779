from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.naming import AFTERWARDS, words_of
from holdfast.audit.facts.columns.silences import Silence, Silences
from holdfast.audit.facts.labels.associations import Associations
from holdfast.audit.facts.labels.rivals import Rival, Rivals
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_LOSS = 0.1  # gain that goes with the column, all others being there
_FOLD = 2.0  # what all columns miss without it, for what they miss with it


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining, ACM TKDD 6(4): the no-time-machine "
            "requirement",
            "https://doi.org/10.1145/2382577.2382579",
        ),
        Reference(
            "Moro, Cortez & Rita (2014), A data-driven approach to predict the success of bank telemarketing, "
            "Decision Support Systems 62: the call's duration is not known before the call",
            "https://doi.org/10.1016/j.dss.2014.03.001",
        ),
    ),
)
def known_afterwards(
    associations: Associations, rivals: Rivals, silences: Silences | None, *, alpha: float = 0.001
) -> Iterator[Finding]:
    """Columns that fit the label so well, and so alone, that they may be known only after the fact.

    ## Why it matters
    The length of a call, a discharge code or a total is written down when the outcome is settled. A model that uses
    it cannot be used before.

    ## How it works
    This is a question, with its evidence. A column is asked about when its name speaks of the end of something
    (duration, discharge, outcome, final, total, tip, …) and much is lost without it: the model without it loses a
    tenth of the scale between chance and perfect, or misses twice as much. A column is also asked
    about when one of its values fixes a numeric label at one number that hardly occurs elsewhere (paid in cash: tip
    0), which says that the label was not recorded there. `alpha` is divided by the number of columns.

    ## Limits
    Only you know when each column is written. A column whose name says nothing is not found here, unless it nearly
    gives the label (`label-in-disguise`). Names are read in English.

    ## Fix
    Ask for each column whether it is known when the prediction is needed. If not, drop it; if the label is not
    recorded for some rows, leave those rows out.
    """
    limit = alpha / max(1, len(associations.scores))
    for rival in rivals.found:
        hints = [word for word in words_of(rival.column) if word in AFTERWARDS]
        if rival.disguised is None and hints and _missed(rival) and rival.alone.p_value < limit:
            yield _question(rival, hints[0], associations)
    for silence in silences.found if silences else ():
        yield _not_recorded(silence)


def _missed(rival: Rival) -> bool:
    """Return whether much is lost without the column."""
    loss = rival.full - rival.rest
    if rival.n_others < 2:
        return False
    return loss >= _LOSS or 1 - rival.rest >= _FOLD * (1 - rival.full)


def _question(rival: Rival, hint: str, associations: Associations) -> Finding:
    metric = associations.target.metric
    alone, full, rest = (_scaled(gain, metric) for gain in (rival.alone.gain, rival.full, rival.rest))
    return Finding(
        message=f"Is {rival.column!r} known when the prediction is needed? Alone it reaches {metric} {alone:.3f}; the "
        f"model falls from {full:.3f} to {rest:.3f} without it, and its name says {hint!r}",
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(rival.column,)),),
        evidence=(
            Measure(
                name=f"{metric} lost without the column",
                value=full - rest,
                threshold=_LOSS / 2 if metric == "AUC" else _LOSS,
                unit="score",
            ),
            Measure(name=f"{metric} of the column alone", value=alone, p_value=rival.alone.p_value, unit="score"),
            Measure(name=f"{metric} of all other columns together", value=rest, unit="score"),
        ),
        fix=f"Find out when {rival.column!r} is written; drop it if that is after the prediction is needed.",
        remedy=Remedy(op="drop-columns", columns=(rival.column,)),
    )


def _not_recorded(silence: Silence) -> Finding:
    return Finding(
        message=f"All {silence.n_rows:,} rows with {silence.column} = {silence.value} have the label "
        f"{silence.label:g}, which {silence.elsewhere:.1%} of the others have: is the label recorded for them?",
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(silence.column,)),),
        evidence=(
            Measure(
                name=f"share of the other rows with label {silence.label:g}",
                value=silence.elsewhere,
                threshold=silence.most_elsewhere,
                unit="share",
            ),
            Measure(name=f"rows with {silence.column} = {silence.value}", value=silence.n_rows, unit="rows"),
        ),
        fix="If the label is not recorded for these rows, leave them out; the column then says nothing about it.",
        remedy=None,
    )


def _scaled(gain: float, metric: str) -> float:
    """Return a gain (0 chance, 1 perfect) on the metric's own scale."""
    return (gain + 1) / 2 if metric == "AUC" else gain


def _calls(rng: np.random.Generator, n: int = 1200) -> dict[str, np.ndarray]:
    """Return calls that sell or not; a call that sells takes longer, and age and balance tell a little before it."""
    age, balance, noise = rng.normal(size=(3, n))
    sold = age + balance + 2.0 * rng.normal(size=n) > 1
    length = np.exp(1.3 * sold + 0.8 * rng.normal(size=n))
    return {"age": age, "balance": balance, "noise": noise, "length": length, "y": np.where(sold, "yes", "no")}


@planted(at=Location(columns=("call_duration",)))
def length_of_the_call(rng: np.random.Generator) -> Dataset:
    """The length of a call tells its outcome, and is known when it is over."""
    columns = _calls(rng)
    columns["call_duration"] = columns.pop("length")
    return subject(columns)


@planted(at=Location(columns=("payment",)))
def tips_in_cash(rng: np.random.Generator) -> Dataset:
    """Tips in cash are not written down: every ride paid in cash has tip 0."""
    n = 1200
    fare = np.round(rng.gamma(3, 5, n), 2)
    payment = rng.choice(["card", "cash"], n, p=[0.7, 0.3])
    tip = np.where((payment == "cash") | (rng.random(n) < 0.05), 0.0, np.round(fare * rng.uniform(0.1, 0.3, n), 2))
    return subject({"fare": fare, "payment": payment, "zone": rng.choice(list("abcd"), n), "y": tip})


@clean
def honest_column_of_that_name(rng: np.random.Generator) -> Dataset:
    """A column called total_visits tells no more than the others."""
    columns = _calls(rng)
    del columns["length"]
    columns["total_visits"] = columns.pop("balance")
    columns["income"] = columns["total_visits"] + 0.2 * rng.normal(size=len(columns["age"]))
    return subject(columns)


@clean
def strong_column_known_before(rng: np.random.Generator) -> Dataset:
    """The strongest column has a name that says nothing about afterwards."""
    columns = _calls(rng)
    columns["glucose"] = columns.pop("length")
    return subject(columns)


@clean
def zero_where_it_is_usual(rng: np.random.Generator) -> Dataset:
    """Many rows of every kind have the label 0."""
    n = 1200
    kind = rng.choice(["shop", "home"], n)
    sales = np.where(rng.random(n) < np.where(kind == "shop", 0.9, 0.5), 0.0, rng.gamma(2, 10, n))
    return subject({"kind": kind, "size": rng.normal(size=n), "rooms": rng.normal(size=n), "y": sales})
