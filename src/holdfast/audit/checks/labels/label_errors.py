from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, rows_table
from holdfast.audit.evidence.images import pictures
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.noise import LEAST_PRECISION, LabelNoise
from holdfast.audit.facts.learning.probabilities import given
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Pictures, Remedy, Series, Severity
from holdfast.core.text import one_line

_SURE = 0.9  # precision from which a suspect may be given the model's label; below, it is better left out


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Northcutt, Jiang & Chuang (2021), Confident learning: estimating uncertainty in dataset labels, JAIR 70",
            "https://doi.org/10.1613/jair.1.12125",
        ),
        Reference(
            "Northcutt, Athalye & Mueller (2021), Pervasive label errors in test sets destabilize machine learning "
            "benchmarks, NeurIPS Datasets and Benchmarks",
            "https://arxiv.org/abs/2103.14749",
        ),
    ),
)
def label_errors(
    dataset: Dataset, labels: Labels, label_noise: LabelNoise, *, min_precision: float = LEAST_PRECISION
) -> Iterator[Finding]:
    """Labels that a model contradicts although it is sure, where that marks a wrong label.

    ## Why it matters
    Wrong labels in the training data cost accuracy; wrong labels in the test set change the score, and which of two
    models looks better.

    ## How it works
    The default model (boosting for a table, a linear one for texts and images) predicts every row without having seen
    it or a copy of it. Contradictions are ranked by how sure the model is. Where classes overlap, contradictions become
    rarer the surer it is; wrong labels leave a level floor. Suspects are listed only if there is such a floor over a
    broad region, and their precision is the floor over the rate around them. Otherwise the check says why it cannot
    tell, and names nobody.

    ## Limits
    Needs about 70 wrong labels in the surer part of the table. An outcome that chance decides in a few percent of
    all cases, whatever the columns say, looks the same as wrong labels. Rates below 0.3% or above 6% are not
    believed. Numbers as labels are not judged.

    ## Fix
    Have the suspects looked at by a person, those of the test set first. Never let a model alone correct test labels.
    """
    if label_noise.rate is None:
        if label_noise.reason:
            raise NotApplicable(label_noise.reason)
        return
    rows, suggested = label_noise.rows, label_noise.suggested
    if label_noise.precision < min_precision or not len(rows):
        raise NotApplicable(f"suspects would be wrong labels in only {label_noise.precision:.0%} of cases")
    low, high = (max(0.0, label_noise.rate + sign * 2.0 * label_noise.error) for sign in (-1, 1))
    shown = rows_table(dataset, rows, caption="Suspects, the surest first")
    says = tuple(
        (*cells, one_line(labels.classes[code], 60)) for cells, code in zip(shown.cells, suggested, strict=False)
    )
    shown = shown.model_copy(update={"columns": (*shown.columns, "model says"), "cells": says})
    yield Finding(
        message=(
            f"About {percent(label_noise.rate)} of the labels in {labels.column!r} look wrong; {len(rows):,} suspects "
            f"are named, of which about {label_noise.precision:.0%} are expected to be errors"
        ),
        confidence=Confidence.MEDIUM,
        locations=(Location(rows=rows, columns=(labels.column,)),),
        evidence=(
            Measure(
                name="share of wrong labels",
                value=label_noise.rate,
                threshold=0.0,
                low=low,
                high=high,
                level=0.95,
                unit="share",
            ),
            Measure(
                name="share of the suspects expected to be wrong",
                value=label_noise.precision,
                threshold=min_precision,
                unit="share",
            ),
            Series(
                name="How often the model is contradicted, from the rows it is surest of to the least sure",
                x=tuple(round(0.05 * (i + 1), 2) for i in range(len(label_noise.contradicted))),
                y=tuple(float(value) if np.isfinite(value) else None for value in label_noise.contradicted),
                x_name="share of the rows, the surest first",
                y_name="share contradicted",
                shape="bar",
            ),
            shown,
            *_pictured(dataset, rows),
        ),
        fix="Have the suspects looked at by a person, those of the test set first.",
        remedy=_remedy(dataset, labels, label_noise),
    )


def _pictured(dataset: Dataset, rows: np.ndarray) -> tuple[Pictures, ...]:
    found = pictures(dataset, rows, "Suspects, the surest first, with the label they have")
    return (found,) if found is not None else ()


def _remedy(dataset: Dataset, labels: Labels, noise: LabelNoise) -> Remedy | None:
    """Return what may be done without a person: only in the training data, as test labels are evidence."""
    column = dataset.one("split")
    if column is None:
        return None
    codes, names = dataset.codes(column.name)
    train = np.isin(codes, [place for place, name in enumerate(names) if name == "train"])
    order = np.argsort(noise.rows)
    rows, suggested = noise.rows[order], noise.suggested[order]
    suggested, rows = suggested[train[rows]], rows[train[rows]]
    if not len(rows):
        return None
    if noise.precision < _SURE:
        return Remedy(op="drop-rows", rows=rows)
    return Remedy(op="relabel", rows=rows, labels=tuple(labels.classes[code] for code in suggested))


@planted(at=Location(rows=tuple(range(40)), columns=("y",)))
def flipped_labels(rng: np.random.Generator) -> dict[str, Any]:
    """In 150 of 3,000 rows the labels of two clear classes are exchanged, forty of them far from the border."""
    a, b, c, sign = _two_classes(rng, 3000)
    a[:40], b[:40] = 3.0 * sign[:40], 2.5 * sign[:40]
    sign[:150] *= -1.0
    y = np.where(sign > 0, "up", "down")
    up = 1.0 / (1.0 + np.exp(-2.0 * (a + b)))  # a person's own probabilities: what a good model would say
    dataset = subject({"a": a, "b": b, "c": c, "y": y}, split=np.where(np.arange(3000) % 5 > 0, "train", "test"))
    return {
        "dataset": dataset,
        "probabilities": given(np.arange(3000), ("down", "up"), np.stack([1.0 - up, up], axis=1)),
    }


@clean
def overlapping_classes(rng: np.random.Generator) -> Dataset:
    """Contradictions abound where classes overlap, and no label is wrong."""
    a, b, c = rng.normal(size=(3, 1500))
    y = np.where(a + b + rng.normal(size=1500) > 0, "yes", "no")
    return subject({"a": a, "b": b, "c": c, "y": y})


@clean
def clear_classes(rng: np.random.Generator) -> Dataset:
    """Two clear classes without a wrong label."""
    a, b, c, sign = _two_classes(rng, 1000)
    return subject({"a": a, "b": b, "c": c, "y": np.where(sign > 0, "up", "down")})


@clean
def a_class_nobody_can_know(rng: np.random.Generator) -> Dataset:
    """A rare class that the columns say nothing about is contradicted everywhere, and rightly labelled."""
    a, b = rng.normal(size=(2, 2000))
    return subject({"a": a, "b": b, "y": np.where(rng.random(2000) < 0.04, "rare", "usual")})


def _two_classes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    sign = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    a, b, c = rng.normal(size=(3, n)) + 2.0 * sign * np.array([[1.0], [1.0], [0.0]])
    return a, b, c, sign
