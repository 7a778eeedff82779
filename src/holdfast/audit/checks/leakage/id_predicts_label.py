from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.columns import ColumnProfiles
from holdfast.audit.facts.columns.naming import names_entity, names_identifier
from holdfast.audit.facts.labels.conditional import NOTHING, Score, Target, number_bins, target, value_bins
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Column, Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_MOST_ROWS = 20_000
_GAIN = 0.2  # AUC 0.6, or a fifth of the ranks' spread
_NEARLY_UNIQUE = 0.98
_MOST_PREFIX = 6
_LEAST_ROWS = 100


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining, ACM TKDD 6(4): patient numbers that "
            "told the hospital in KDD Cup 2008",
            "https://doi.org/10.1145/2382577.2382579",
        ),
        Reference(
            "Rosset, Perlich & Liu (2008), Making the most of your data: KDD Cup 2008, SIGKDD Explorations 10(2)",
            "https://doi.org/10.1145/1540276.1540293",
        ),
    ),
)
def id_predicts_label(
    dataset: Dataset, labels: Labels, column_profiles: ColumnProfiles, row_keys: RowKeys, *, alpha: float = 0.001
) -> Iterator[Finding]:
    """Ids whose number, beginning or length tells the label.

    ## Why it matters
    An id should say nothing. If it does, it tells where or when the row was collected, and cases and controls were
    collected apart. Other columns may carry the same difference, and a model that sees the id will not survive the
    next batch of numbers.

    ## How it works
    Ids are columns of role id, and columns that are called like one (`id`, `customerID`, `Image Index`) with nearly
    as many values as rows. The number in the id (in 64 bins), its first one to six characters and its length each
    predict the label, learnt on some rows and tested on others. It speaks from AUC 0.6 (a fifth of the spread, for a
    number) on, with `alpha` divided by all that was tried. Ids that rise with a time column are left out: then the
    label moves with time.

    ## Limits
    Ids given in the order of collection tell the label wherever it drifts; without a time column that looks the same.
    At most 20,000 rows are looked at.

    ## Fix
    Find out how ids were given. Keep them out of the model, and look for what else differs between the batches.
    """
    columns = [
        c.name
        for c in dataset.columns
        if c.role == "id"
        or (
            c.role in {"feature", "metadata"}
            and (names_identifier(c.name) or names_entity(c.name))
            and column_profiles[c.name].distinct_share >= _NEARLY_UNIQUE
        )
    ]
    columns = [name for name in columns if column_profiles[name].n_unique > 1]
    if not columns or int(labels.known.sum()) < _LEAST_ROWS:
        return
    against = target(labels, row_keys, np.ones(len(dataset), dtype=bool), _MOST_ROWS)
    limit = alpha / (len(columns) * (_MOST_PREFIX + 2))
    for name in columns:
        how, score = _best(dataset, name, against)
        if score.gain >= _GAIN and score.p_value < limit and not _follows_time(dataset, name, against.rows):
            yield _finding(dataset[name], how, score, against)


def _finding(column: Column, how: str, score: Score, against: Target) -> Finding:
    name, unseen = column.name, column.role == "metadata"
    return Finding(
        message=f"The id {name!r} tells the label: {against.metric} {score.value:.3f} from {how} alone",
        severity=Severity.NOTE if unseen else Severity.WARNING,  # a model is not given metadata
        confidence=Confidence.HIGH,
        locations=(Location(columns=(name,)),),
        evidence=(
            Measure(
                name=f"{against.metric} of {how}",
                value=score.value,
                threshold=0.5 + _GAIN / 2 if against.n_classes else _GAIN,
                p_value=score.p_value,
                unit="score",
            ),
        ),
        fix=f"Find out how {name!r} was given, keep it out of the model, and look for what else differs between "
        "batches.",
        remedy=None if unseen else Remedy(op="drop-columns", columns=(name,)),
    )


def _best(dataset: Dataset, name: str, against: Target) -> tuple[str, Score]:
    """Return what of the id tells most, and how much."""
    values = dataset.table.column(name).take(pa.array(against.rows))
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind):
        return "its number", against.score(against.bins(values))
    if not pa.types.is_large_string(kind):
        return "its value", NOTHING
    values = pc.replace_substring_regex(values, pattern=r"^.*[/\\]", replacement="")  # folders name classes openly
    tried = {
        f"its first {k} characters" if k > 1 else "its first character": against.score(
            value_bins(pc.utf8_slice_codeunits(values, 0, k), 20_000 // max(1, against.n_classes))
        )
        for k in range(1, _MOST_PREFIX + 1)
    }
    tried["its length"] = against.score(number_bins(pc.cast(pc.utf8_length(values), pa.float64()).to_numpy()))
    digits = pc.replace_substring_regex(pc.utf8_slice_codeunits(values, 0, 64), pattern=r"\D+", replacement="")
    digits = pc.if_else(
        pc.and_(pc.greater(pc.utf8_length(digits), 0), pc.less(pc.utf8_length(digits), 16)), digits, None
    )
    tried["its number"] = against.score(number_bins(pc.cast(digits, pa.float64()).to_numpy(zero_copy_only=False)))
    return max(tried.items(), key=lambda pair: pair[1].gain)


def _follows_time(dataset: Dataset, name: str, rows: np.ndarray) -> bool:
    """Return whether the id rises or falls with a time column."""
    values = dataset.table.column(name).take(pa.array(rows))
    times = [c.name for c in dataset.columns if c.kind == "time" or c.role == "time"]
    order = pc.sort_indices(values.combine_chunks()).to_numpy()
    for time in times:
        stamps = dataset.table.column(time).take(pa.array(rows[order]))
        place = pc.rank(stamps.combine_chunks(), tiebreaker="min").to_numpy().astype(np.float64)
        if place.std() > 0 and abs(np.corrcoef(np.arange(len(place)), place)[0, 1]) >= 0.7:
            return True
    return False


def _columns(rng: np.random.Generator, n: int = 600) -> tuple[dict[str, np.ndarray], np.ndarray]:
    a, b = rng.normal(size=(2, n))
    return {"a": a, "b": b}, a + b + rng.normal(size=n) > 0


@planted(at=Location(columns=("case id",)))
def cases_before_controls(rng: np.random.Generator) -> Dataset:
    """The ill were numbered first, then the well; the rows are shuffled."""
    columns, ill = _columns(rng)
    number = 1000 + np.argsort(np.argsort(np.where(ill, 0, 1) + 1e-3 * rng.random(600)))
    return subject({"case id": number, **columns, "y": np.where(ill, "ill", "well")})


@planted(at=Location(columns=("image",)))
def hospital_in_the_prefix(rng: np.random.Generator) -> Dataset:
    """The beginning of the file name says from which hospital the image is, and one has most of the ill."""
    columns, ill = _columns(rng)
    hospital = np.where(rng.random(600) < np.where(ill, 0.8, 0.3), "MGH", "BWH")
    names = [f"{h}{i:05}" for h, i in zip(hospital, rng.permutation(600), strict=True)]
    return subject({"image": names, **columns, "y": np.where(ill, "ill", "well")}, image="id")


@clean
def random_numbers(rng: np.random.Generator) -> Dataset:
    """Ids were given at random."""
    columns, ill = _columns(rng)
    return subject({"id": rng.permutation(600), **columns, "y": np.where(ill, "ill", "well")}, id="id")


@clean
def numbered_in_time(rng: np.random.Generator) -> Dataset:
    """Ids rise with the date, and the label drifts with it."""
    n = 600
    day = np.datetime64("2026-01-01") + np.arange(n) // 2
    y = np.where(rng.random(n) < np.linspace(0.1, 0.8, n), "yes", "no")
    return subject({"id": np.arange(n), "date": day.astype("datetime64[us]"), "a": rng.normal(size=n), "y": y}, id="id")
