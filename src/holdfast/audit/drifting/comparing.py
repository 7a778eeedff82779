"""Two slices compared: column by column, jointly, and the label apart."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.comparison import Comparison, newcombe
from holdfast.audit.drifting.embedded import Reader
from holdfast.audit.drifting.energy import MOST_ROWS, Energy, distances, energy, landmarks
from holdfast.audit.drifting.relations import Relations, relations
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import Pair
from holdfast.audit.drifting.texts import MOST_TEXTS, TextShift, text_shift
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding, encoded, own_blocks
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.shift.drift import ColumnShift, ColumnShifts, compared
from holdfast.audit.facts.shift.sides import VERSIONS, Sides
from holdfast.audit.facts.shift.two_sample import SplitClassifier, wins
from holdfast.audit.runner import FactCrashed, Facts
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Estimate
from holdfast.data.canonical import STRING
from holdfast.data.intervals import Z_95
from holdfast.data.splitting import SPLIT, free_name

_BANDS = 5  # of a label that is a quantity, within which features are compared
_FEWEST_OF_A_CLASS = 20  # rows on each side


@dataclass(frozen=True)
class Levels:
    """Values of a category that only one side has: how many, and the share of that side's rows that hold them."""

    new: int
    new_share: float
    vanished: int
    vanished_share: float
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """What two slices came to. `facts` derive more about both sides' rows, as they were sampled."""

    pair: Pair
    sides: Sides
    facts: Facts
    columns: tuple[ColumnShift, ...]
    times: tuple[ColumnShift, ...]
    label: ColumnShift | None
    texts: tuple[TextShift, ...]
    lost: dict[str, Comparison]  # change of the missing share of texts, pictures and vectors, where any is missing
    levels: dict[str, Levels]
    blocks: dict[str, Energy]
    joint: SplitClassifier | None
    silent: str  # why there is no joint comparison
    whole: Energy | None
    related: Relations | None
    reader: Reader | None
    given_label: Estimate | None

    @property
    def shifts(self) -> ColumnShifts | None:
        """What was found about columns, as checks read it."""
        return ColumnShifts(self.columns, self.label, sampled=None) if self.columns else None


def compare(
    dataset: Dataset,
    pair: Pair,
    settings: DriftSettings,
    *,
    full: bool,
    reader: Reader | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Return how a slice differs from what it is compared with; `full` looks at texts, levels and distances too.

    A `reader` makes the vectors of the columns that it reads.
    """
    streams = Streams(settings.seed)
    sides = Sides(pair.old_name, pair.new_name, versions=True)
    both, n_old = _both(dataset, pair, settings.rows, streams)
    facts = facts_of(both, settings, progress, full=full, reader=reader)
    columns: tuple[ColumnShift, ...] = ()
    label = None
    try:
        found: ColumnShifts = facts["column_shifts"]
        columns, label = found.columns, found.label
    except NotApplicable:
        pass
    joint, silent = _joint(facts)
    given_label = _given_label(facts, joint) if label is not None and joint is not None else None
    rows = pa.array(np.arange(len(both)))
    times = [
        shift
        for column in both.of(kind="time")
        if column.role in {"feature", "time"}
        and (shift := compared(both, column, rows, n_old, sides=sides)) is not None
    ]
    texts: list[TextShift] = []
    lost: dict[str, Comparison] = {}
    levels: dict[str, Levels] = {}
    blocks: dict[str, Energy] = {}
    whole = related = None
    if full:
        for column in both.of(role="feature", kind="text"):
            values = both.values(column.name)
            parts = values.slice(0, min(n_old, MOST_TEXTS)), values.slice(n_old, MOST_TEXTS)
            one = text_shift(column.name, *parts, streams("texts", column.name))
            texts += [one] if one is not None else []
        lost = _lost(both, n_old)
        levels = {column.name: _levels(dataset, column, pair) for column in both.of(role="feature", kind="category")}
        if joint is not None:
            whole, blocks, related = _energies(facts, n_old, streams)
    return Compared(
        pair, sides, facts, columns, tuple(times), label, tuple(texts), lost, levels, blocks, joint, silent, whole,
        related, reader, given_label,
    )  # fmt: skip


def facts_of(
    both: Dataset, settings: DriftSettings, progress: Progress | None, *, full: bool, reader: Reader | None = None
) -> Facts:
    """Return the facts about two sides; what a split by time means to an audit does not concern versions."""
    options: dict[str, dict[str, Any]] = {"column_shifts": {"most_rows": settings.rows}}
    if not full:
        options["split_classifier"] = {"most_rows": 4_000}
    given: dict[str, Any] = {
        "dataset": both,
        "time_cut": None,
        "streams": Streams(settings.seed),
        "progress": listening(progress),
    }
    if reader is None:
        return Facts(given, options)
    images = None
    if any(column.name not in reader.columns for column in both.of(role="feature", kind="image")):
        images = Facts(given)["images"]
        given["images"] = images
    given["encoding"] = encoded(both, [*reader.blocks(both), *own_blocks(both, images, reader.columns)])
    return Facts(given, options)


def _both(dataset: Dataset, pair: Pair, most: int, streams: Streams) -> tuple[Dataset, int]:
    """Return the rows of both sides, at most `most` of each, as the train and test split of one data set."""
    old, new = (_some(rows, most, streams, name) for rows, name in ((pair.old, "old"), (pair.new, "new")))
    table = dataset.table.take(pa.array(np.concatenate([old, new])))
    name = free_name(SPLIT, table.column_names)
    split = pa.concat_arrays([pa.repeat(pa.scalar(s, STRING), len(r)) for s, r in (("train", old), ("test", new))])
    table = table.append_column(name, split)
    columns = (*dataset.columns, Column(name, "category", "split"))
    found = replace(dataset, table=table, columns=columns, sources=())
    return found.derive(VERSIONS, table, old=pair.old_name, new=pair.new_name), len(old)


def _some(rows: np.ndarray, most: int, streams: Streams, side: str) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(streams("rows", side).choice(rows, most, replace=False))


def _joint(facts: Facts) -> tuple[SplitClassifier | None, str]:
    try:
        found: SplitClassifier = facts["split_classifier"]
    except NotApplicable as error:
        return None, str(error)
    except FactCrashed as error:
        return None, str(error)
    return found, ""


def _given_label(facts: Facts, joint: SplitClassifier) -> Estimate | None:
    """Return the AUC of telling sides apart among rows of one label: what is left when shares of labels are equal.

    The mean over classes (bands of a quantity), by the number of pairs. None where no class has enough rows.
    """
    try:
        labels: Labels = facts["labels"]
    except NotApplicable:
        return None
    assert joint.rows is not None
    assert joint.chance is not None
    values = labels.values[joint.rows]
    known = np.isfinite(values)
    if not labels.is_classes and known.any():
        edges = np.unique(np.quantile(values[known], np.arange(1, _BANDS) / _BANDS))
        values = np.where(known, np.searchsorted(edges, values), np.nan)
    is_new = np.arange(len(values)) >= joint.n_train
    areas, errors, weights = [], [], []
    for value in np.unique(values[known]).tolist():
        new, old = joint.chance[is_new & (values == value)], joint.chance[~is_new & (values == value)]
        if min(len(new), len(old)) >= _FEWEST_OF_A_CLASS:
            of_new, of_old = wins(new, old), 1 - wins(old, new)
            areas.append(float(of_new.mean()))
            errors.append(float(of_new.var() / len(new) + of_old.var() / len(old)))
            weights.append(len(new) * len(old) / (len(new) + len(old)))
    if not areas:
        return None
    share = np.array(weights) / sum(weights)
    value = float(share @ areas)
    # Two folds that teach each other say little more than one (see `split_classifier`).
    margin = Z_95 * float(np.sqrt(2 * share**2 @ np.array(errors)))
    return Estimate(value=value, low=max(0.0, value - margin), high=min(1.0, value + margin))


def _energies(facts: Facts, n_old: int, streams: Streams) -> tuple[Energy | None, dict[str, Energy], Relations]:
    """Return the energy distance of all columns together, of each that became many numbers, and pairs that changed."""
    encoding: Encoding = facts["encoding"]
    keys: RowKeys = facts["row_keys"]
    is_old = np.arange(len(facts["dataset"])) < n_old
    old, new = keys.sample(is_old, MOST_ROWS), keys.sample(~is_old, MOST_ROWS)
    rows = np.concatenate([old, new])
    marks = landmarks(len(rows), streams("landmarks"))
    blocks = {
        block.name: energy(distances(encoding, rows, marks, block.name), marks, len(old), streams("energy", block.name))
        for block in encoding.blocks
    }
    whole: Energy | None = None
    if len(blocks) == 1 and not encoding.names:  # that block is all there is
        (whole,) = blocks.values()
    elif (apart := distances(encoding, rows, marks)).any():
        whole = energy(apart, marks, len(old), streams("energy"))
    return whole, blocks, relations(encoding, rows, len(old), streams("relations"))


def _lost(both: Dataset, n_old: int) -> dict[str, Comparison]:
    found = {}
    for column in both.of(role="feature"):
        values = both.values(column.name)
        if column.kind in {"text", "image", "vector"} and values.null_count:
            sides = values.slice(n_old), values.slice(0, n_old)
            found[column.name] = newcombe(*(n for one in sides for n in (one.null_count, len(one))))
    return found


def _levels(dataset: Dataset, column: Column, pair: Pair) -> Levels:
    values = dataset.values(column.name)
    counted = [pc.value_counts(values.take(pa.array(rows)).drop_null()) for rows in (pair.old, pair.new)]
    sets = [one.field("values") for one in counted]
    sizes = [np.asarray(one.field("counts")) for one in counted]
    fresh = ~np.asarray(pc.is_in(sets[1], value_set=sets[0]), dtype=bool)
    gone = ~np.asarray(pc.is_in(sets[0], value_set=sets[1]), dtype=bool)
    order = np.flatnonzero(fresh)[np.argsort(-sizes[1][fresh], kind="stable")]
    return Levels(
        int(fresh.sum()),
        float(sizes[1][fresh].sum() / max(sizes[1].sum(), 1)),
        int(gone.sum()),
        float(sizes[0][gone].sum() / max(sizes[0].sum(), 1)),
        tuple(str(sets[1][int(i)].as_py()) for i in order[:5]),
    )
