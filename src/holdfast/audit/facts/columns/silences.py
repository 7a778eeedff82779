"""Values of a column at which a numeric label is one and the same number: where nothing may have been recorded."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.associations import Associations
from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

_LEAST_ROWS = 50
_LEAST_SHARE = 0.02
_MOST_ELSEWHERE = 0.2
_LEAST_LABELS = 20  # different labels, for one of them to stand out
_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Silence:
    """All `n_rows` looked at with this value have this label, which only `elsewhere` (a share) of the others have."""

    column: str
    value: str
    label: float
    n_rows: int
    elsewhere: float
    most_elsewhere: float = _MOST_ELSEWHERE


@dataclass(frozen=True)
class Silences:
    """The silences found, at most one a column."""

    found: tuple[Silence, ...]
    sampled: Sampled | None


@fact()
def silences(dataset: Dataset, labels: Labels, associations: Associations) -> Silences:
    """Values of categories at which a numeric label never varies, though it does elsewhere."""
    if labels.is_classes:
        raise NotApplicable("the label is a class; this is about numbers that were not recorded")
    rows = associations.target.rows
    y = labels.values[rows]
    if len(np.unique(y)) < _LEAST_LABELS:
        raise NotApplicable(f"fewer than {_LEAST_LABELS} different labels")
    found = []
    for column in dataset.of(role="feature", kind="category"):
        values = dataset.table.column(column.name).take(pa.array(rows))
        if pa.types.is_null(values.type):
            continue
        encoded = values.combine_chunks().dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        silence = (
            _silence(column.name, codes, encoded.dictionary, y) if len(encoded.dictionary) <= _MOST_VALUES else None
        )
        if silence:
            found.append(silence)
    return Silences(tuple(found), associations.sampled)


def _silence(name: str, codes: np.ndarray, words: pa.Array, y: np.ndarray) -> Silence | None:
    best = None
    for code in range(len(words)):
        here = codes == code
        n_here = int(here.sum())
        if n_here < max(_LEAST_ROWS, _LEAST_SHARE * len(y)) or np.ptp(y[here]) > 0:
            continue
        label = float(y[here][0])
        elsewhere = float((y[~here] == label).mean()) if n_here < len(y) else 1.0
        if elsewhere <= _MOST_ELSEWHERE and (best is None or n_here > best.n_rows):
            best = Silence(name, str(words[code].as_py()), label, n_here, elsewhere)
    return best
