"""What learning from a table came to, in words, tables and pictures."""

from collections.abc import Iterator, Mapping

import numpy as np

from holdfast.audit.training import Training
from holdfast.core.finding import Examples, Series
from holdfast.core.record import Section
from holdfast.finetune.scorecard import scorecard, section
from holdfast.finetune.tables.fitting import Fitted
from holdfast.finetune.tables.rows import Table
from holdfast.finetune.telling import beside, interval
from holdfast.finetune.telling_guards import guards_told

_MOST_ROUNDS = 200  # points of a curve; more are thinned out


def sentence(training: Training, one: Fitted) -> str:
    """Return what it came to in one sentence."""
    found = training.transfer
    assert found is not None
    best = max(found.controls, key=lambda control: control.score, default=None)
    than = f"; the best simpler way, {best.name}, has {best.score:.3f}" if best else ""
    name = f"{training.metric[0].upper()}{training.metric[1:]}"
    return (
        f"{name} {interval(found.tuned)} on {found.n:,} test rows by {type(one.estimator).__name__}, fitted to "
        f"{one.n:,} rows{than}."
    )


def sections(
    training: Training, one: Fitted, table: Table, settings: str, seeds: Mapping[int, float], why: str
) -> Iterator[Section]:
    """Yield the parts of the report."""
    yield section(scorecard(training))
    yield from beside(training, "test rows", "model")
    yield _model(one, table, settings)
    if training.curves is not None:
        yield _rounds(training)
    yield from guards_told(training)
    yield _seeds(training.metric, seeds, why)


def _model(one: Fitted, table: Table, settings: str) -> Section:
    read = {"number": "a number as it is", "time": "days since 1970"}
    cells = tuple(
        (each.name, read.get(each.kind, f"{len(each.values)} values{' and a rest' if each.rest else ''}"),
         "yes" if each.gaps else "")
        for each in table.encoder.columns
    )  # fmt: skip
    rounds = f" It stopped after {one.rounds} of {one.most} rounds." if one.stopped else ""
    how = "codes and missing values as they are" if table.encoder.native else (
        "numbers centred and scaled, categories as columns of 0 and 1, what is missing as the median with a mark"
    )  # fmt: skip
    given = "the columns as they are, in a frame" if table.frames else how
    return Section(
        title="The model",
        says=(f"{type(one.estimator).__name__} with {settings}, given {given}.{rounds}",),
        evidence=(Examples(caption="What it learns from", columns=("column", "read as", "gaps"), cells=cells),),
    )


def _rounds(training: Training) -> Section:
    curves = training.curves
    assert curves is not None
    places = np.unique(np.linspace(0, len(curves.steps) - 1, min(_MOST_ROUNDS, len(curves.steps))).astype(int))
    steps = tuple(curves.steps[at] for at in places)
    return Section(
        title="Round by round",
        says=("Losses as the estimator measured them; validation rows said when to stop.",),
        evidence=(
            Series(
                name="Loss on training and on validation rows",
                x=steps * 2,
                y=tuple(round(float(side[at]), 6) for side in (curves.train, curves.valid) for at in places),
                group=("training",) * len(steps) + ("validation",) * len(steps),
                x_name="round", y_name="loss",
            ),
        ),
    )  # fmt: skip


def _seeds(metric: str, seeds: Mapping[int, float], why: str) -> Section:
    if why:
        return Section(title="Other seeds", says=(f"Not tried: {why}.",))
    scores = np.array(list(seeds.values()))
    spread = float(scores.std(ddof=1)) if np.ptp(scores) > 1e-12 else 0.0
    return Section(
        title="Other seeds",
        says=(
            f"On validation rows, {len(scores)} seeds give {metric} {scores.min():.3f} to {scores.max():.3f}, "
            + (f"a standard deviation of {spread:.2g}: less than twice that may be the seed's chance." if spread else
               "the same for each."),
        ),
        evidence=(
            Examples(caption=f"{metric} on validation rows", columns=("seed", "score"),
                     cells=tuple((seed, round(score, 4)) for seed, score in seeds.items())),
        ),
    )  # fmt: skip
