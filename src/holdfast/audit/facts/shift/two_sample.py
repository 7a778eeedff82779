"""Whether a model can tell training rows from test rows: the classifier two-sample test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.shift.sides import SPLIT, Sides, sides_of
from holdfast.audit.models.default import OnBlocks
from holdfast.audit.models.inputs import Blocks
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.hashing import digest_json
from holdfast.core.random import Streams
from holdfast.core.record import Sampled
from holdfast.data.bulk.bits import folds_by_number

FEWEST_ROWS = 40  # on each side
_MOST_COLUMNS = 200
_FOLDS = 2
_ROUNDS, _RATE, _LEAVES = 15, 0.2, 15  # 30 rounds at 0.1 tell sides apart no better
_ASKED = 1_000  # rows of each fold on which columns are shuffled, one after the other
_Z = 1.96


@dataclass(frozen=True)
class SplitClassifier:
    """How well a model tells test rows from training rows it has not seen: the default model of a label.

    `auc` is the chance that it ranks a test row above a training row (0.5: no difference), with a 95% interval and
    the p-value against 0.5. `telling` holds columns with how much the AUC falls when they are shuffled, best first;
    only computed where the AUC exceeds 0.55.
    """

    auc: float
    low: float
    high: float
    p_value: float
    telling: tuple[tuple[str, float], ...]
    n_train: int
    n_test: int
    n_columns: int
    sampled: Sampled | None
    sides: Sides = SPLIT
    rows: Int[np.ndarray, " rows"] | None = None  # that were told apart; those of the training side first
    chance: Float[np.ndarray, " rows"] | None = None  # for each, how likely a model that did not see it calls it test


@fact(costly=True)
def split_classifier(
    dataset: Dataset,
    split_of: SplitOf,
    encoding: Encoding,
    row_keys: RowKeys,
    row_groups: RowGroups,
    groups: Groups | None,
    streams: Streams,
    *,
    most_rows: int = 10_000,
) -> SplitClassifier:
    """How well a model tells train from test, out of fold, with copies of a row and rows of a group in one fold."""
    train, test = row_keys.sample(split_of.train, most_rows // 2), row_keys.sample(split_of.test, most_rows // 2)
    if min(len(train), len(test)) < FEWEST_ROWS:
        raise NotApplicable(f"a split has fewer than {FEWEST_ROWS} rows: too few to learn what tells it apart")
    rows = np.concatenate([train, test])
    target = np.arange(len(rows)) >= len(train)
    own = row_groups.group
    independent = 1.0
    if groups is not None and groups.certain:
        # Rows without a group stand for themselves, numbered after the groups.
        own = np.where(groups.codes >= 0, groups.codes, groups.n_groups + row_groups.group)
        independent = len(np.unique(own[rows])) / len(rows)
    fold = folds_by_number(own[rows], _FOLDS)
    names = _columns(dataset, encoding)
    given = _given(encoding, names, rows)
    chance, models = _out_of_fold(given, target, fold)
    auc, variance = _auc(chance, target, fold)
    # What one half taught about the other shows again when they change roles: two folds say little more than one.
    variance *= _FOLDS / independent
    null = _FOLDS * (len(train) + len(test) + 1) / (12 * len(train) * len(test)) / independent
    from scipy.special import ndtr

    telling: tuple[tuple[str, float], ...] = ()
    if auc > 0.55:
        parts = (*names, *(block.name for block in encoding.blocks))
        telling = _telling(given, target, fold, models, parts, streams("split_classifier"))
    total = int(split_of.train.sum() + split_of.test.sum())
    sampled = None
    if len(rows) < total:
        sampled = Sampled(what="telling train from test", rows=len(rows), of=total)
    margin = _Z * float(np.sqrt(variance))
    return SplitClassifier(
        auc,
        max(0.0, auc - margin),
        min(1.0, auc + margin),
        float(ndtr(-(auc - 0.5) / np.sqrt(null))),
        telling,
        len(train),
        len(test),
        len(names) + len(encoding.blocks),
        sampled,
        sides_of(dataset),
        rows,
        chance,
    )


def _columns(dataset: Dataset, encoding: Encoding) -> list[str]:
    """Return the columns to learn from: no times, which a split by time parts by definition; some, if very many.

    Which ones is decided by their names alone: a choice by how much they differ would see the answer.
    """
    names = [name for name in encoding.names if dataset[name].kind != "time"]
    if not names and not encoding.blocks:
        raise NotApplicable("no feature column but times")
    if len(names) > _MOST_COLUMNS:
        chosen = set(sorted(names, key=lambda name: digest_json([name]))[:_MOST_COLUMNS])
        names = [name for name in names if name in chosen]
    return names


def _given(encoding: Encoding, names: list[str], rows: np.ndarray) -> Blocks:
    """Return the rows with these columns and with all texts, images and vectors, in the order of the encoding."""
    columns = [encoding.column(name, rows) for name in names]
    return Blocks(
        np.column_stack(columns) if columns else np.empty((len(rows), 0)),
        np.array([encoding.categorical[encoding.names.index(name)] for name in names], dtype=bool),
        tuple((block.is_sparse, block.matrix(rows)) for block in encoding.blocks),
    )


def _out_of_fold(given: Blocks, target: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """Return for each row how likely a model that did not see it takes it for a test row, and the models."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance, models = np.full(len(target), 0.5), list[Any]()
    for number in range(_FOLDS):
        fit, score = fold != number, fold == number
        if len(np.unique(target[fit])) < 2 or len(np.unique(target[score])) < 2:
            raise NotApplicable("too few independent rows on one side of the split")
        boosting = HistGradientBoostingClassifier(
            max_iter=_ROUNDS,
            learning_rate=_RATE,
            max_leaf_nodes=_LEAVES,
            early_stopping=False,
            categorical_features=given.categorical if given.categorical.any() else None,
            random_state=0,
        )
        with one_thread():  # on so few rows a second thread mostly waits, and waiting is paid for
            model = OnBlocks(boosting, is_classes=True).fit(given.take(np.flatnonzero(fit)), target[fit])
            chance[score] = model.predict_proba(given.take(np.flatnonzero(score)))[:, 1]
        models.append(model)
    return chance, models


def _auc(chance: np.ndarray, target: np.ndarray, fold: np.ndarray) -> tuple[float, float]:
    """Return the mean AUC over folds and its variance (DeLong, DeLong & Clarke-Pearson, 1988)."""
    areas, variances, weights = [], [], []
    for number in range(_FOLDS):
        positive, negative = chance[(fold == number) & target], chance[(fold == number) & ~target]
        of_positive, of_negative = wins(positive, negative), 1 - wins(negative, positive)
        areas.append(float(of_positive.mean()))
        variances.append(float(of_positive.var() / len(positive) + of_negative.var() / len(negative)))
        weights.append(len(positive) + len(negative))
    share = np.array(weights) / sum(weights)
    return float(share @ areas), float(share**2 @ variances)


def wins(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Return for each of `these` the share of `those` that it exceeds; ties count half."""
    ordered = np.sort(those)
    below, up_to = np.searchsorted(ordered, these, "left"), np.searchsorted(ordered, these, "right")
    return np.asarray((below + up_to) / (2 * len(those)))


def _telling(
    given: Blocks,
    target: np.ndarray,
    fold: np.ndarray,
    models: list[Any],
    names: tuple[str, ...],
    rng: np.random.Generator,
) -> tuple[tuple[str, float], ...]:
    """Return columns with how much the AUC falls when their values are shuffled, best first."""
    falls = np.zeros(len(names))
    with one_thread():
        for number, model in enumerate(models):
            at = np.flatnonzero(fold == number)
            # Every k-th row: both sides are in the order of their keys, training rows first.
            at = at[:: max(1, len(at) // _ASKED)]
            picked, is_test = given.take(at), target[at]
            if is_test.all() or not is_test.any():
                continue
            before = _area(model, picked, is_test)
            for place in range(len(names)):
                shuffled = picked.with_part(place, rng.permutation(len(at)))
                falls[place] += (before - _area(model, shuffled, is_test)) / len(models)
    order = sorted(range(len(names)), key=lambda i: (-falls[i], names[i]))
    return tuple((names[i], float(falls[i])) for i in order if falls[i] > 0.005)[:10]


def _area(model: Any, given: Blocks, is_test: np.ndarray) -> float:
    chance = model.predict_proba(given)[:, 1]
    return float(wins(chance[is_test], chance[~is_test]).mean())
