"""The rows an honest score is computed on, and every model it needs, each fitted once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.models import Inputs, Model, Predictions, fit, predict
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

MOST_TRAIN = 50_000  # rows that the default model learns from: about 2 CPU-s a fit at 30 columns
MOST_TEST = 50_000
MOST_CELLS = 3_000_000  # of training rows × columns, so that wide tables stay affordable too
MOST_READ = 20_000  # rows of each side with texts, images or vectors, which take many numbers each
LEAST_TRAIN = 20
HALVINGS = 4  # of the training rows: what another training sample would have changed shows between the halves


@dataclass(frozen=True)
class Fit:
    """Which model: the columns it lacks, and which of the bench's rows it saw."""

    without: frozenset[str]
    rows: bytes  # of a boolean mask over the rows, packed: equal masks are the same fit


class OutOfTime(Exception):
    """The budget does not allow one more fit."""


@dataclass
class Bench:
    """Training and test rows, cut once, and the predictions of every model fitted so far on the rows to be scored.

    Masks over rows count training rows first, then test rows.
    """

    inputs: Inputs  # training rows first, then test rows
    labels: Labels
    n_train: int
    model: Model | None
    seed: int
    scored: np.ndarray  # places of the rows to be scored: the test rows, and training rows where a cure needs them
    units: np.ndarray  # of each row of the data set: what a training sample holds or lacks as a whole
    seconds: float = np.inf  # the budget
    on_fit: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.perf_counter
    given: Predictions | None = None  # stored predictions of the test rows: no model is fitted then
    fitted: dict[Fit, Predictions] = field(default_factory=dict)
    started: float = 0.0
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def is_train(self) -> np.ndarray:
        """Which rows are training rows."""
        return np.arange(len(self.inputs.rows)) < self.n_train

    @property
    def is_test(self) -> np.ndarray:
        """Which of the scored rows are test rows."""
        return self.scored >= self.n_train

    @property
    def test(self) -> np.ndarray:
        """Row numbers of the test rows."""
        return self.inputs.rows[self.n_train :]

    @property
    def truth(self) -> np.ndarray:
        """What predictions of the scored rows are compared with."""
        return (self.labels.codes if self.labels.is_classes else self.labels.values)[self.inputs.rows[self.scored]]

    def predictions(self, seen: np.ndarray, without: frozenset[str] = frozenset()) -> Predictions:
        """Return what a model that saw the rows `seen` (a mask), lacking some columns, says of the scored rows.

        Raises NotApplicable where there is nothing to learn from, and OutOfTime where the budget is spent.
        """
        if self.given is not None:
            if without or not np.array_equal(seen, self.is_train):
                raise NotApplicable("needs the model, and only stored predictions were given (--model module:factory)")
            return self.given
        key = Fit(without, np.packbits(seen).tobytes())
        if key not in self.fitted:
            if self.fitted and self.clock() - self.started + self.slowest > self.seconds:
                raise OutOfTime
            if int(seen.sum()) < LEAST_TRAIN:
                raise NotApplicable(f"only {int(seen.sum())} training rows would be left")
            if without >= self.known_columns:
                raise NotApplicable("no column would be left to learn from")
            before = self.clock()
            learnt = fit(
                self.inputs,
                self.labels,
                np.flatnonzero(seen),
                model=self.model,
                seed=self.seed,
                without=sorted(without),
            )
            said = predict(learnt, self.inputs, self.scored)
            self.slowest = max(self.slowest, self.clock() - before)
            self.fitted[key] = said
            self.on_fit()
        return self.fitted[key]

    @property
    def known_columns(self) -> frozenset[str]:
        """The columns that the model is given."""
        if self.model is not None and self.model.form == "frame":
            return frozenset(column.name for column in self.inputs.dataset.of(role="feature"))
        return self.inputs.encoding.sources

    def halves(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield `HALVINGS` pairs of masks that cut the training rows into halves at random, copies kept together.

        Groups are not kept whole: where they leak, the halves would differ in which test rows lose their leak, and
        that is the business of the bootstrap.
        """
        _, unit = np.unique(self.units[self.inputs.rows], return_inverse=True)
        rng = np.random.default_rng(self.seed)
        for _ in range(HALVINGS):
            first = (rng.permutation(int(unit.max(initial=-1)) + 1) % 2 == 0)[unit.reshape(-1)]
            yield self.is_train & first, self.is_train & ~first


@dataclass(frozen=True)
class Drawn:
    """Row numbers chosen for the bench, and what to say about the choice."""

    train: np.ndarray
    test: np.ndarray
    notes: tuple[str, ...] = ()


def draw_rows(
    split_of: SplitOf, labels: Labels, units: np.ndarray, streams: Streams, *, most_train: int, most_test: int
) -> Drawn:
    """Return the training and test rows to use: all of them with a label, or a sample of whole units.

    `units` numbers what must stay together: groups, or copies of a row. One random key per unit decides for both
    sides, so that a row keeps its copies, and a group its rows on the other side: thinning the two sides apart would
    thin out the leak.
    """
    train = np.flatnonzero(split_of.train & labels.known)
    test = np.flatnonzero(split_of.test & labels.known)
    if len(train) <= most_train and len(test) <= most_test:
        return Drawn(train, test)
    key = streams("honest", "rows").random(int(units.max()) + 1)[units]
    share = min(most_train / max(len(train), 1), most_test / max(len(test), 1))
    picked_train, picked_test = train[key[train] <= share], test[key[test] <= share]
    return Drawn(
        picked_train,
        picked_test,
        (
            (
                f"Fitted and scored on a sample, {len(picked_train):,} of {len(train):,} training and "
                f"{len(picked_test):,} of {len(test):,} test rows; equal rows and groups were sampled as a whole. "
                f"Near copies were not, so their effect on all rows is larger."
            ),
        ),
    )


def sample_limits(encoding: Encoding, model: Model | None) -> tuple[int, int]:
    """Return the most training and test rows to use; the person's own model is fitted to all of them."""
    if model is not None and model.own:
        return 10**9, 10**9
    if encoding.blocks:
        return MOST_READ, MOST_READ
    return min(MOST_TRAIN, max(1000, MOST_CELLS // max(len(encoding.names), 1))), MOST_TEST


def units_of(row_groups: RowGroups, groups: np.ndarray | None) -> np.ndarray:
    """Return what must stay together when rows are sampled."""
    return row_groups.group if groups is None else groups


def relabelled(dataset: Dataset, labels: Labels, rows: np.ndarray, values: tuple[str, ...]) -> Labels:
    """Return the labels with those of `rows` replaced by `values`, given as text."""
    if not len(rows) or len(rows) != len(values) or len(labels.values) != len(dataset):
        return labels
    if not labels.is_classes:
        numbers = labels.values.copy()
        numbers[rows] = [float(value) for value in values]
        return Labels(labels.column, (), labels.codes, numbers)
    names = np.array([*labels.classes, ""], dtype=object)[labels.codes]
    names[rows] = values
    known = labels.codes >= 0
    known[rows] = True
    present = set(names[known].tolist())
    # Classes keep their order; one that is new comes last.
    classes = tuple([name for name in labels.classes if name in present] + sorted(present - set(labels.classes)))
    place = {name: code for code, name in enumerate(classes)}
    codes = np.array([place[name] if k else -1 for name, k in zip(names, known, strict=True)], dtype=np.int64)
    return Labels(labels.column, classes, codes, np.where(codes < 0, np.nan, codes.astype(np.float64)))
