"""How well each feature alone tells the label."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.conditional import Score, Target, target
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

LEAST_ROWS = 20


@dataclass(frozen=True)
class Associations:
    """The score of each feature alone, out of sample, and what it was scored against."""

    scores: Mapping[str, Score]
    target: Target
    sampled: Sampled | None

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    @property
    def ranked(self) -> tuple[tuple[str, Score], ...]:
        """Features and scores, the most telling first; equal ones in table order."""
        return tuple(sorted(self.scores.items(), key=lambda pair: -pair[1].gain))


@fact()
def associations(dataset: Dataset, labels: Labels, row_keys: RowKeys, *, most_rows: int = 20_000) -> Associations:
    """How well each feature alone tells the label: its AUC, or R² of ranks, learnt and tested on different folds."""
    columns = [c for c in dataset.of(role="feature") if c.kind in {"number", "category", "time"}]
    if not columns:
        raise NotApplicable("no feature column that holds numbers, categories or times")
    n_known = int(labels.known.sum())
    if n_known < LEAST_ROWS:
        raise NotApplicable(f"{n_known} rows with a label, at least {LEAST_ROWS} are needed")
    against = target(labels, row_keys, np.ones(len(dataset), dtype=bool), most_rows)
    rows = pa.array(against.rows)
    scores = {c.name: against.score(against.bins(dataset.table.column(c.name).take(rows))) for c in columns}
    sampled = None
    if n_known > most_rows:
        sampled = Sampled(what="association of single columns with the label", rows=most_rows, of=n_known)
    return Associations(scores, against, sampled)
