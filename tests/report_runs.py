"""Runs for the tests of the outputs, built by hand: what a report must show in every state a run can be in."""

from functools import cache

import numpy as np

from holdfast.core.finding import Examples, Finding, Grid, Location, Measure, Picture, Pictures, Series, Severity
from holdfast.core.record import (
    Citation,
    ColumnRecord,
    Environment,
    HonestScore,
    HonestStep,
    InputRecord,
    Run,
    Sampled,
    Section,
    Status,
    Suppressed,
)
from report_findings import (
    ATTACKS,
    PLACE,
    STARTED,
    checked,
    constant,
    copied_pictures,
    disguise,
    drifted,
    estimate,
    groups,
    marked_corner,
    overlap,
    png,
    scattered,
    spread,
)


def honest():
    marks = [one.model_copy(update={"check": check}).fingerprint for one, check in FOUND]
    return HonestScore(
        status="estimated",
        metric="roc_auc",
        model="HistGradientBoostingClassifier (default)",
        split="random, 80% train, 20% test",
        claimed=estimate(0.934, 0.007),
        honest=estimate(0.771, 0.014),
        inflation=estimate(0.163, 0.015),
        steps=(
            HonestStep(
                name="duration",
                checks=("label-in-disguise",),
                fingerprints=(marks[1],),
                operation="drop-columns",
                columns=("duration",),
                alone=estimate(-0.136, 0.012),
                in_sequence=estimate(-0.121, 0.012),
                shapley=estimate(-0.117, 0.012),
                control=estimate(-0.001, 0.003),
            ),
            HonestStep(
                name="customers on both sides",
                checks=("group-overlap",),
                fingerprints=(marks[2],),
                operation="regroup-split",
                columns=("customer",),
                alone=estimate(-0.041, 0.011),
                in_sequence=estimate(-0.034, 0.01),
                shapley=estimate(-0.035, 0.01),
                control=estimate(0.002, 0.009),
            ),
            HonestStep(
                name="copied rows",
                checks=("split-overlap",),
                fingerprints=(marks[0],),
                operation="drop-rows",
                n_rows=1032,
                alone=estimate(-0.019, 0.004),
                in_sequence=estimate(-0.008, 0.004),
                shapley=estimate(-0.011, 0.004),
                control=estimate(0.0, 0.003),
            ),
            HonestStep(
                name="labels that contradict",
                checks=("label-errors",),
                operation="relabel",
                n_rows=37,
                reason="too few rows to see an effect",
            ),
        ),
    )


FOUND = (
    (overlap(), "split-overlap"),
    (disguise(), "label-in-disguise"),
    (groups(), "group-overlap"),
    (drifted(), "column-drift"),
    (scattered(), "label-errors"),
    (spread(), "missingness-tells-label"),
)

QUIET = {
    "quality": ("impossible-values", "missing-coded-as-value", "duplicate-column", "unit-change", "class-too-rare"),
    "labels": ("label-spelling", "near-boundary-only"),
    "evaluation": ("misleading-metric", "tiny-test-set", "too-good-to-be-true"),
}


def inputs():
    return (
        InputRecord(name="bank-train.csv", start=0, stop=36_168, digest="b2:5fe1a9", split="train", first_row=2),
        InputRecord(
            name="bank-test.csv",
            start=36_168,
            stop=45_211,
            digest="b2:77a20c",
            split="test",
            first_row=2,
            notes=("separator is ';'", "encoding is latin-1"),
        ),
    )


def blank(**more):
    return Run(id="20261121-221409-4f1c", started=STARTED, environment=PLACE, seed=7, **more)


def realistic():
    """Eight findings of all severities, a full honest score, skips, a suppression, a sample."""
    results = [checked(check, family_of(check), Status.FOUND, [one]) for one, check in FOUND]
    results[4] = results[4].model_copy(
        update={"sampled": (Sampled(what="neighbours", rows=20_000, of=45_211),), "alpha": 0.001}
    )
    results.append(
        checked(
            "constant-column",
            "quality",
            Status.FOUND,
            [constant("default"), constant("campaign")],
            title="Columns that have the same value nearly everywhere",
            suppressed=(
                Suppressed(
                    finding=constant("poutcome").model_copy(update={"check": "constant-column"}),
                    reason="the column is being filled since October",
                ),
            ),
        )
    )
    results += [checked(name, family, Status.PASSED) for family, names in QUIET.items() for name in names]
    results += [
        checked(name, "time", Status.SKIPPED, reason="no time column; name one with --time")
        for name in ("train-after-test", "window-overlap", "feature-from-the-future")
    ]
    results.append(checked("annotator-disagreement", "labels", Status.SKIPPED, reason="no column of annotators"))
    return blank(
        title="bank marketing",
        command=("audit", "bank-train.csv", "bank-test.csv", "--label", "y"),
        n_rows=45_211,
        inputs=inputs(),
        columns=tuple(
            ColumnRecord(name=name, kind=kind, role=role, n_missing=missing)
            for name, kind, role, missing in (
                ("age", "number", "feature", 0),
                ("job", "category", "feature", 288),
                ("balance", "number", "feature", 1_204),
                ("duration", "number", "feature", 0),
                ("customer", "category", "group", 0),
                ("y", "category", "label", 0),
            )
        ),
        config={"label": "y", "group": ["customer"]},
        results=tuple(results),
        honest=honest(),
        seconds=41.3,
    )


def pictured():
    """Findings about images: copies side by side, and a map of where the label shows."""
    results = [
        checked("near-split-overlap", "duplicates", Status.FOUND, [copied_pictures()]),
        checked("border-predicts-label", "shortcuts", Status.FOUND, [marked_corner()]),
    ]
    source = InputRecord(name="pets", start=0, stop=2_000, digest="b2:1", split=None)
    return blank(title="pets", n_rows=2_000, inputs=(source,), results=tuple(results), seconds=3.0)


def family_of(check):
    return {"split-overlap": "duplicates", "column-drift": "drift", "label-errors": "labels"}.get(check, "leakage")


def empty():
    """Nothing found, nothing to score."""
    return blank(title="german", n_rows=1000, results=(checked("split-overlap", "duplicates", Status.PASSED),))


def nothing_ran():
    """Every check was skipped."""
    return blank(title="one-row.csv", n_rows=1, results=(checked("a-b", "x", Status.SKIPPED, reason="one row only"),))


def crashed():
    """A check crashed beside one that passed."""
    trace = 'Traceback (most recent call last):\n  File "x.py", line 3, in run\nZeroDivisionError: division by zero\n'
    return blank(
        title="german",
        n_rows=1000,
        results=(
            checked("split-overlap", "duplicates", Status.PASSED),
            checked(
                "unit-change", "quality", Status.CRASHED, reason="ZeroDivisionError: division by zero", trace=trace
            ),
        ),
    )


def interrupted():
    """Stopped after two checks."""
    return blank(
        title="bank marketing",
        status="interrupted",
        n_rows=45_211,
        inputs=inputs(),
        results=(
            checked("split-overlap", "duplicates", Status.FOUND, [overlap()]),
            checked("unit-change", "quality", Status.PASSED),
        ),
    )


def holds_up():
    """A score that stays what it was."""
    return blank(
        title="german",
        n_rows=1000,
        results=(checked("split-overlap", "duplicates", Status.PASSED),),
        honest=HonestScore(
            status="estimated",
            metric="accuracy",
            claimed=estimate(0.994, 0.004),
            honest=estimate(0.988, 0.005),
            inflation=estimate(0.006, 0.007),
            steps=(
                HonestStep(
                    name="near copies",
                    checks=("near-split-overlap",),
                    operation="drop-rows",
                    n_rows=3,
                    alone=estimate(-0.006, 0.007),
                ),
            ),
        ),
    )


def not_estimable():
    """Errors, and a score that could not be taken apart."""
    return blank(
        title="bank marketing",
        n_rows=45_211,
        inputs=inputs(),
        results=(checked("split-overlap", "duplicates", Status.FOUND, [overlap()]),),
        honest=HonestScore(status="not-estimable", reason="the test set has 12 rows left when the copies are gone"),
    )


@cache
def many(n=500):
    """As many findings as a bad table with many columns has, each with a picture and a table."""
    findings = [
        Finding(
            message=f"`column {i}` differs between training and test data",
            severity=(Severity.ERROR, Severity.WARNING, Severity.NOTE)[i % 3],
            locations=(Location(columns=(f"column {i}",), rows=range(i, 45_000, 45)),),
            evidence=(
                Measure(name="distance", value=0.2 + i / 1000, threshold=0.1),
                Series(name=f"column {i}", x=tuple(range(60)), y=tuple((k * i) % 17 for k in range(60))),
                Examples(
                    caption="The rows that differ most",
                    columns=tuple(f"column {k}" for k in range(30)),
                    cells=tuple(tuple(f"value {r} {k} of a column" for k in range(30)) for r in range(10)),
                    rows=tuple(range(10)),
                ),
            ),
            fix="Find out what changed.",
        )
        for i in range(n)
    ]
    checks = [
        checked(f"check-{k}", "drift", Status.FOUND, findings[k::5], title=f"Columns that differ, kind {k}")
        for k in range(5)
    ]
    return blank(title="wide", n_rows=45_211, inputs=inputs(), results=tuple(checks))


@cache
def hostile():
    """Everything that data, files and labels could smuggle into an output, in every place where text stands."""
    every = " ".join(ATTACKS[:13])
    dot = Picture(png=png(np.full((2, 2), 99, dtype=np.uint8)), title=every, row=1)
    numbers = (float("nan"), float("inf"), float("-inf"), 10**400, -1e308, 1e-320, 0.0)
    findings = [
        Finding(
            message=attack,
            severity=list(Severity)[i % 3],
            locations=(
                Location(columns=(attack, "plain"), rows=(0, 5, 2_000_000_000), split=attack),
                Location(file=attack, line=3, cell=1, steps=(1, 10)),
            ),
            evidence=(
                Measure(name=attack, value=numbers[i % 7], threshold=numbers[(i + 1) % 7], unit="share", p_value=0.5),
                Measure(name=attack, value=numbers[i % 7], low=numbers[(i + 2) % 7], high=numbers[(i + 3) % 7]),
                Examples(
                    caption=attack, columns=(attack, "n"), cells=((attack, numbers[i % 7]), (None, "")), rows=(0,)
                ),
                Series(
                    name=attack,
                    x=(attack, *numbers),
                    y=(1.0, *numbers),
                    group=(attack, *("b" * 7)),
                    x_name=attack,
                    y_name=attack,
                    shape=("line", "bar", "point")[i % 3],
                ),
                Series(
                    name=attack,
                    x=numbers,
                    y=numbers,
                    low=numbers,
                    high=numbers,
                    group=(attack,) * 7,
                    shape=("line", "bar", "point")[i % 3],
                ),
                Pictures(caption=attack, groups=((Picture(png="PHN2Zz48", title=attack), dot),)),
                Grid(name=attack, values=(numbers, (None, 1.0)), row_names=(attack,), low=numbers[i % 7], picture=dot),
            ),
            fix=attack,
        )
        for i, attack in enumerate(ATTACKS)
    ]
    results = [
        checked(
            f"check-{i} {ATTACKS[i][:50]}",
            ATTACKS[i][:60],
            Status.FOUND,
            [finding],
            title=ATTACKS[i],
            why=ATTACKS[i],
            sampled=(Sampled(what=ATTACKS[i], rows=1, of=2),),
            suppressed=(Suppressed(finding=finding.model_copy(update={"check": "passed"}), reason=ATTACKS[i]),),
            options={ATTACKS[i][:100]: ATTACKS[i][:100]},
        ).model_copy(
            update={
                "url": "javascript:alert(1)",
                "references": (Citation(text=every, url="javascript:alert(1)//https://"),),
            }
        )
        for i, finding in enumerate(findings)
    ]
    results.append(checked(f"crashed {every}", every, Status.CRASHED, reason=every, trace=every))
    results.append(checked(f"skipped {every}", every, Status.SKIPPED, reason=every))
    results.append(checked(f"passed {every}", every, Status.PASSED, title=every))
    return Run(
        id="20261121-221409-4f1c",
        started=STARTED,
        environment=Environment(holdfast=every, python=every, platform=every, packages={every: every}),
        title=every,
        command=("audit", *ATTACKS[:13]),
        parents=(every,),
        n_rows=2_000_000_001,
        inputs=(
            InputRecord(name=every, start=0, stop=3, digest=every, split=every, notes=ATTACKS),
            InputRecord(name="../../x/%2e%2e?a#b c.csv", start=3, stop=9, digest="", split=None),
        ),
        columns=tuple(ColumnRecord(name=attack, kind=attack[:20], role=attack[:20]) for attack in ATTACKS),
        config={every: ATTACKS, "fail_on": every},
        results=tuple(results),
        honest=HonestScore(
            status="estimated",
            metric=every,
            model=every,
            split=every,
            claimed=estimate(0.9, 0.1),
            honest=estimate(0.5, 0.2),
            inflation=estimate(0.4, 0.1),
            steps=tuple(
                HonestStep(
                    name=attack,
                    checks=(attack,),
                    operation=attack,
                    columns=(attack,),
                    alone=estimate(-0.1, 0.05) if i % 2 else None,
                    reason=attack,
                )
                for i, attack in enumerate(ATTACKS)
            ),
            notes=ATTACKS,
        ),
        sections=tuple(
            Section(title=one.message, says=(one.message, every), evidence=one.evidence) for one in findings[:6]
        ),
        notes=ATTACKS,
        seconds=float("inf"),
    )


@cache
def told():
    """A run of the laboratory: a sentence and sections, and no check."""
    at = tuple(range(0, 41, 4))
    kept = [round(0.98**t, 4) for t in at]
    series = Series(
        name="Median history",
        x=at * 2,
        y=(*kept, *([0.99] * len(at))),
        low=(*(0.8 * one for one in kept), *([0.9] * len(at))),
        high=(*(1.2 * one for one in kept), *([1.1] * len(at))),
        group=("replace",) * len(at) + ("fresh-real",) * len(at),
        x_name="generation",
        y_name="variance",
    )
    end = Examples(
        caption="The last generation",
        columns=("Measure", "replace", "fresh-real"),
        cells=(("Variance, as a share of the true one, which stands at the beginning", "0.44 (0.3 to 0.6)", "0.99"),),
    )
    return blank(
        kind="collapse",
        title="gaussian: replace, fresh-real",
        command=("collapse", "run", "gaussian"),
        size="40 generations × 1,000 replicates",
        says="Variance: 1 at the start; after 40 generations 0.44 in replace and 0.99 in fresh-real (median history).",
        sections=(
            Section(title="After 40 generations", says=("The median history.",), evidence=(end,)),
            Section(title="Variance, as a share of the true one", says=("It `falls`.",), evidence=(series,)),
            Section(title="Answer", evidence=(Measure(name="real items a generation", value=100, low=90, high=120),)),
        ),
    )


ALL = {
    "realistic": realistic,
    "empty": empty,
    "nothing_ran": nothing_ran,
    "crashed": crashed,
    "interrupted": interrupted,
    "holds_up": holds_up,
    "not_estimable": not_estimable,
    "many": many,
    "hostile": hostile,
    "pictured": pictured,
    "told": told,
}
