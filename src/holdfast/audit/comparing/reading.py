"""Files of predictions laid beside one truth: every model's word about the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.models import Predictions
from holdfast.audit.predictions_file import UNNAMED, StoredPredictions, stored, understood
from holdfast.audit.runner import Facts, required
from holdfast.core.dataset import Dataset, Role
from holdfast.core.errors import BadInput, unknown


@dataclass(frozen=True)
class Wanted:
    """What a comparison is told: the label's name, what tells rows apart, and how rows belong together."""

    label: str
    id: tuple[str, ...] = ()
    time: str | None = None
    group: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    task: str = "auto"

    def roles(self, names: Sequence[str]) -> dict[str, Role]:
        """Return the roles of the columns that are among `names`."""
        wanted: dict[str, Role] = dict.fromkeys(self.votes, "metadata")
        wanted.update(dict.fromkeys(self.group, "group"))
        wanted.update(dict.fromkeys(self.id, "id"))
        if self.time is not None:
            wanted[self.time] = "time"
        return {name: role for name, role in {**wanted, self.label: "label"}.items() if name in names}


def truth_from(path: Path | None, files: Sequence[Path], wanted: Wanted) -> Dataset:
    """Return the rows with their labels: from a file of their own, or from the first file of predictions that has them.

    Raises BadInput when no file holds the label.
    """
    if path is not None:
        return _loaded(path, wanted, only=False)
    seen: dict[str, None] = {}
    for file in files:
        names = _names(file)
        seen.update(dict.fromkeys(names))
        if wanted.label in names:
            return _loaded(file, wanted, only=True)
    error = unknown("column", wanted.label, seen, where="the files of predictions")
    raise BadInput(f"{error} The label may also stand in a file of its own: --truth FILE")


def predicted(files: Sequence[Path], truth: Dataset, labels: Labels, wanted: Wanted) -> Predicted:
    """Return what each model says about the rows that all of them speak about.

    A file of one model gives it the file's name. Raises BadInput when files cannot be matched, or hold one model only.
    """
    models: dict[str, tuple[np.ndarray, Predictions]] = {}
    stems = _stems(files)
    for file, stem in zip(files, stems, strict=True):
        given = _predictions(file, truth, wanted)
        found = understood(given, labels)
        for name, item in found.items():
            title = stem if len(found) == 1 else name if len(files) == 1 else f"{stem}: {name}"
            models[title if name != UNNAMED or len(found) == 1 else stem] = (given.rows, item)
    if len(models) < 2:
        raise BadInput(
            f"{files[0].name} holds one model; wanted two at least: another file, or a column for each model"
        )
    return _together(models, truth, labels)


def labels_of(truth: Dataset, task: str) -> Labels:
    """Return the labels of the rows. Raises BadInput when there are none."""
    found: Labels = required(Facts({"dataset": truth}, {"labels": {"task": task}}), "labels")
    return found


def _together(models: Mapping[str, tuple[np.ndarray, Predictions]], truth: Dataset, labels: Labels) -> Predicted:
    """Return the models on the rows that have a label and a whole prediction of each."""
    n = len(truth)
    everywhere = labels.known.copy()
    for rows, item in models.values():
        whole = np.zeros(n, dtype=bool)
        whole[rows] = np.isfinite(item.values)
        if item.scores is not None:
            whole[rows] &= ~np.isnan(item.scores).any(axis=1)
        everywhere &= whole
    if not everywhere.any():
        raise BadInput("no row has a label and a prediction of every model")
    kept = np.flatnonzero(everywhere)
    placed = {name: item.take(_places(rows, kept)) for name, (rows, item) in models.items()}
    nothing = np.empty(0, dtype=np.int64)
    return Predicted(kept, placed, "stored", nothing, missing=int(labels.known.sum()) - len(kept))


def _places(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    order = np.argsort(rows, kind="stable")
    return order[np.searchsorted(rows, wanted, sorter=order)]


def _predictions(file: Path, truth: Dataset, wanted: Wanted) -> StoredPredictions:
    from holdfast.data.loading import load

    loaded = load({"test": file}, roles=wanted.roles(_names(file)))
    ids = {column.name for column in truth.of(role="id")}
    beside = {wanted.time, *wanted.group, *wanted.votes} - ids
    names = [c.name for c in loaded.columns if c.role != "split" and c.name not in beside]
    # The file that holds the truth may hold features as well: only what the truth does not have can be predicted.
    others = {c.name for c in truth.columns if c.role not in {"id", "label"}}
    names = [name for name in names if name not in others]
    return stored(loaded.table.select(names), truth, name=loaded.name)


def _loaded(path: Path, wanted: Wanted, *, only: bool) -> Dataset:
    """Return the file as test rows; with `only`, less the columns that nobody named, which are predictions."""
    from holdfast.data.loading import load

    names = _names(path)
    told = wanted.roles(names)
    for name in (wanted.label, *wanted.id, *wanted.group, *wanted.votes, *((wanted.time,) if wanted.time else ())):
        if name not in names:
            raise unknown("column", name, names, where=path.name)
    dataset = load({"test": path}, roles=told)
    if not only:
        return dataset
    kept = [c.name for c in dataset.columns if c.name in told or c.role in {"split", "id"}]
    return replace(
        dataset,
        table=dataset.table.select(kept),
        columns=tuple(column for column in dataset.columns if column.name in kept),
    )


def _names(path: Path) -> list[str]:
    from holdfast.data.loading import load

    return [column.name for column in load({"test": path}).columns if column.role != "split"]


def _stems(files: Sequence[Path]) -> list[str]:
    """Return a name for each file: its stem, or the path where two share one."""
    stems = [file.stem for file in files]
    return [stem if stems.count(stem) == 1 else str(file) for stem, file in zip(stems, files, strict=True)]


def clusters_of(truth: Dataset, wanted: Wanted, rows: np.ndarray) -> Any:
    """Return a number for each row that tells which rows belong together; None where nobody said so."""
    if not wanted.group:
        return None
    codes = [truth.codes(name)[0][rows] for name in wanted.group]
    return np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
