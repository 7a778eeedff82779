from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.conditional import MOST_BINS, target
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity

_LEAST_ROWS = 100
_MOST_ROWS = 20_000
_GAIN = 0.2  # AUC 0.6, or a fifth of the ranks' spread
_SORTED = 0.95  # share of neighbouring rows that do not go down (or up), where half would by chance
_FEW = 0.2  # share of the changes of class that a random order would have


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), How to avoid machine learning pitfalls, arXiv 2108.02497: do look at your data",
            "https://arxiv.org/abs/2108.02497",
        ),
    ),
    exempt={"row-order-does-not-matter": "the order of rows is what this check is about"},
)
def row_order_predicts_label(
    dataset: Dataset, labels: Labels, row_keys: RowKeys, split_of: SplitOf | None, *, alpha: float = 0.001
) -> Iterator[Finding]:
    """Rows stand in an order that tells their label, and no time column explains it.

    ## Why it matters
    Sorted rows and classes one after the other give a split by position two different populations, give a row number
    that is kept as a feature the answer, and make models that learn row by row forget.

    ## How it works
    Inside each source file, the place of a row (in 64 blocks) predicts its label, learnt on some rows and tested on
    others. It speaks where that beats chance clearly and either the rows are sorted by the label, the classes follow
    one another in a few runs, or a block-wise permutation of the file (which keeps neighbours together) hardly ever
    gives as much. It is no more than a note where the test rows are spread over the file. Where a column rises or
    falls with the rows throughout, the order has a natural cause, mostly time, and nothing is said.

    ## Limits
    An order that comes from time, when no column shows it, looks the same: then split by time instead. Up to 20,000
    rows are looked at.

    ## Fix
    Shuffle rows before any split by position, and keep no row number as a feature. If the order is that of time, say
    so with a time column and split by time.
    """
    known = np.flatnonzero(labels.known)
    if len(known) < _LEAST_ROWS or _natural(dataset):
        return
    place = _places(dataset)
    against = target(labels, row_keys, np.ones(len(dataset), dtype=bool), _MOST_ROWS)
    blocks = np.minimum((place[against.rows] * MOST_BINS).astype(np.int64), MOST_BINS - 1)
    score = against.score(blocks)
    if score.gain < _GAIN or score.p_value >= alpha / 2:
        return
    runs = _runs(labels, known)
    if runs is None and not _beyond_blocks(labels, known, alpha / 2):
        return
    how = {"sorted": "rows are sorted by the label", "runs": "classes stand in runs", None: "blocks of rows differ"}[
        runs
    ]
    means = _means(labels, known, place)
    yield Finding(
        message=f"The place of a row tells its label ({against.metric} {score.value:.3f} from the row number alone): "
        f"{how}, and no column that rises with the rows explains it",
        severity=Severity.NOTE if split_of is not None and _spread(place[split_of.test]) else Severity.WARNING,
        confidence=Confidence.HIGH if runs else Confidence.MEDIUM,
        locations=(Location(columns=(labels.column,)),),
        evidence=(
            Measure(
                name=f"{against.metric} of the row number alone",
                value=score.value,
                threshold=0.5 + _GAIN / 2 if labels.is_classes else _GAIN,
                p_value=score.p_value,
                unit="score",
            ),
            Series(
                name="label along the file",
                x=tuple(range(1, len(means) + 1)),
                y=means,
                x_name="block of rows",
                y_name=f"mean of {labels.column}" if not labels.is_classes else "mean class number",
            ),
        ),
        fix="Shuffle rows before any split by position and keep no row number as a feature; if the order is that of "
        "time, name the time column and split by time.",
    )


def _places(dataset: Dataset) -> np.ndarray:
    """Return for each row its place in its source, from 0 to 1."""
    if len(dataset.sources) < 2:
        return np.arange(len(dataset)) / max(1, len(dataset))
    place = np.zeros(len(dataset))
    for source in dataset.sources:
        place[source.start : source.stop] = np.arange(source.stop - source.start) / max(1, source.stop - source.start)
    return place


def _spread(places: np.ndarray) -> bool:
    """Return whether test rows come from all over the file, so that the order cannot separate them from train."""
    return bool(len(places)) and abs(float(places.mean()) - 0.5) < 0.1 and float(places.std()) > 0.2


def _natural(dataset: Dataset) -> bool:
    """Return whether some column but the label rises or falls with the rows, a time column mostly, others always."""
    for column in dataset.columns:
        values = dataset.table.column(column.name)
        if column.role in {"label", "split", "ignore"} or pa.types.is_fixed_size_list(values.type):
            continue
        if pa.types.is_boolean(values.type) or pa.types.is_null(values.type):
            continue
        strings = pa.types.is_large_string(values.type)
        head = values.slice(0, 2_000).drop_null()
        if len(head) < 3 or len(head.unique()) < 3:
            continue
        # Text that rises is a date, or the names of the files that the rows were read from.
        if strings and column.role != "metadata" and not any(c.isdigit() for c in str(head[0])[:10]):
            continue
        numbers = np.asarray(head.to_pylist()) if strings else dataset.numbers(column.name)
        numbers = numbers if strings else numbers[~np.isnan(numbers)]
        up, down = numbers[1:] >= numbers[:-1], numbers[1:] <= numbers[:-1]
        least = 0.9 if column.kind == "time" or column.role == "time" else 1.0
        if len(up) and max(up.mean(), down.mean()) >= least:
            return True
    return False


def _runs(labels: Labels, known: np.ndarray) -> str | None:
    """Return whether rows are sorted by the label, or its classes stand in runs."""
    y = labels.values[known]
    if not labels.is_classes:
        changed = y[1:] != y[:-1]
        if changed.sum() < 20:
            return None
        up = float((y[1:] > y[:-1])[changed].mean())
        return "sorted" if max(up, 1 - up) >= _SORTED else None
    shares = np.bincount(labels.codes[known]) / len(known)
    expected = (len(known) - 1) * (1 - float((shares**2).sum()))
    changes = int((y[1:] != y[:-1]).sum())
    if changes <= 3 * (len(labels.classes) - 1):
        return "sorted"
    return "runs" if changes <= _FEW * expected else None


def _beyond_blocks(labels: Labels, known: np.ndarray, alpha: float) -> bool:
    """Return whether the label's trend along the file exceeds what moving blocks about gives.

    Blocks of √n rows keep likeness of neighbours (one patient, one shop) and destroy what is longer.
    """
    y = labels.values[known]
    y = (y == np.bincount(labels.codes[known]).argmax()).astype(np.float64) if labels.is_classes else y
    n_blocks = int(np.sqrt(len(y)))
    means = np.array([part.mean() for part in np.array_split(y, n_blocks)])
    centred = means - means.mean()
    spread = float((centred**2).sum())
    if spread <= 0:
        return False
    # Von Neumann's ratio: neighbours' squared differences against the spread; normal for exchangeable blocks.
    ratio = float((np.diff(means) ** 2).sum()) / spread
    deviation = 2 * np.sqrt((n_blocks - 2) / (n_blocks**2 - 1.0))
    from holdfast.audit.facts.labels.conditional import normal_tail

    return normal_tail((2 - ratio) / deviation) < alpha


def _means(labels: Labels, known: np.ndarray, place: np.ndarray) -> tuple[float, ...]:
    block = np.minimum((place[known] * 32).astype(np.int64), 31)
    counts = np.bincount(block, minlength=32)
    sums = np.bincount(block, labels.values[known], minlength=32)
    return tuple((sums[counts > 0] / counts[counts > 0]).tolist())


@planted(at=Location(columns=("y",)))
def sorted_by_the_label(rng: np.random.Generator) -> Dataset:
    """Rows are sorted by the number to predict."""
    y = np.sort(rng.gamma(2, 10, 600))
    return subject({"a": y + 20 * rng.normal(size=600), "b": rng.normal(size=600), "y": y})


@planted(at=Location(columns=("y",)))
def classes_one_after_the_other(rng: np.random.Generator) -> Dataset:
    """Three files, one for each class, were put one below the other."""
    y = np.repeat(["a", "b", "c"], 120)
    return subject({"a": rng.normal(size=360), "b": rng.normal(size=360), "y": y})


@planted(at=Location(columns=("y",)))
def drift_along_the_file(rng: np.random.Generator) -> Dataset:
    """The share of a class rises along the file, in no strict order."""
    n = 2000
    y = np.where(rng.random(n) < np.linspace(0.1, 0.7, n), "yes", "no")
    return subject({"a": rng.normal(size=n), "b": rng.normal(size=n), "y": y})


@clean
def shuffled(rng: np.random.Generator) -> Dataset:
    """Rows stand in random order."""
    a = rng.normal(size=600)
    return subject({"a": a, "y": np.where(a + rng.normal(size=600) > 0, "yes", "no")})


@clean
def neighbours_alike(rng: np.random.Generator) -> Dataset:
    """Five rows of a family stand together; beyond that, the order says nothing."""
    family = np.repeat(rng.normal(size=160), 5)
    y = family + 0.3 * rng.normal(size=800)
    return subject({"a": rng.normal(size=800), "y": y})


@clean
def series_in_time(rng: np.random.Generator) -> Dataset:
    """A rising series stands in the order of its days."""
    n = 500
    return subject({"day": np.arange(n), "a": rng.normal(size=n), "y": np.arange(n) * 0.1 + rng.normal(size=n)})
