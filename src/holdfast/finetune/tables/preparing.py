"""A table made ready: read, put into splits, its columns turned into numbers, the original task beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset, Role
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress
from holdfast.core.random import Streams
from holdfast.core.text import one_line
from holdfast.data.loading import load
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import in_splits
from holdfast.finetune.tables.columns import Encoder, columns_of, encoder_of
from holdfast.finetune.tables.estimators import (
    TABLE,
    is_for_classes,
    made,
    reference_of,
    settings_of,
    takes_categories,
    takes_frames,
)
from holdfast.finetune.tables.fitting import Plan
from holdfast.finetune.tables.rows import Rows, Table, given, label_of, ordered, table_of

REPLAY = "replay"


class Options(BaseModel):
    """Options of `table`."""

    model_config = FROZEN
    learn: Literal["auto", "classification", "regression"] = Field("auto", description="classes, or a number")


@dataclass(frozen=True)
class Ready:
    """A table that is ready: three forms of it, its plan, and the original task's rows where they were given."""

    table: Table
    plain: Table
    native: Table
    plan: Plan
    dataset: Dataset
    alone: Rows  # training rows without what is replayed
    before: Table | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are learnt from."""
        return self.table.encoder.names


def loaded(recipe: Recipe, progress: Progress) -> tuple[Dataset, Dataset | None, str]:
    """Return the data of a recipe in splits, those of the original task, and what was put aside. Raises BadInput."""
    return in_splits(recipe, lambda data: _loaded(data, recipe, progress), progress)


def prepared(dataset: Dataset, original: Dataset | None, recipe: Recipe, encoder: Encoder | None = None) -> Ready:
    """Return a table that is ready to be learnt. `encoder` is that of a model that was kept. Raises BadInput."""
    said = checked(Options, recipe.of(TABLE), table=f"options.{TABLE}")
    label = label_of(dataset, said.learn)
    settings = {**settings_of(recipe.model), **recipe.of("estimator")}
    reference = reference_of(recipe.model, classes=label.is_classes)
    settings = _known(reference, settings, recipe)
    estimator = made(reference, settings, recipe.seed)
    is_number = dataset[label.column].kind == "number"
    if is_for_classes(estimator) is False and label.is_classes and is_number and said.learn == "auto":
        label = label_of(dataset, "regression")
    label = _same_kind(label, estimator, recipe)
    before = None if original is None else label_of(original, "classification" if label.is_classes else "regression")
    label, before = _union(label, before)
    columns, streams = columns_of(dataset, recipe.inputs), Streams(recipe.seed)
    rows = ordered(dataset, label, streams)
    frames = takes_frames(estimator)
    forms: dict[bool, Table] = {}
    for native in (True, False):
        own = encoder if encoder is not None and encoder.native == native else None
        own = own or encoder_of(dataset, columns, rows["train"], native=native)
        forms[native] = table_of(dataset, label, own, rows, frames=False)
    main = forms[takes_categories(estimator)]
    if frames:
        main = table_of(dataset, label, main.encoder, rows, frames=True)
    plan = Plan(reference, settings, recipe.seed, stops=recipe.stop != "never")
    found = Ready(main, forms[False], forms[True], plan, dataset, main.splits["train"])
    return found if original is None or before is None else _with_original(found, original, before, recipe)


def _with_original(ready: Ready, original: Dataset, label: Labels, recipe: Recipe) -> Ready:
    """Return the table with the original task's rows beside it, and among those to learn from where it is replayed."""
    for name in ready.columns:
        if name not in original.table.column_names:
            raise BadInput(f"{original.name} has no column {one_line(name, 60)}, which the model learns from")
    rows = ordered(original, label, Streams(recipe.seed))
    target = label.codes if label.is_classes else label.values

    def beside(one: Table) -> Table:
        splits = {name: Rows(given(original, one.encoder, at, frames=one.frames), target[at], at)
                  for name, at in rows.items()}  # fmt: skip
        return replace(one, splits=splits)

    def replayed(one: Table) -> Table:
        if REPLAY not in recipe.kept_by:
            return one
        train = one.splits["train"].joined(beside(one).splits["train"])
        return replace(one, splits={**one.splits, "train": train})

    return replace(
        ready, table=replayed(ready.table), plain=replayed(ready.plain), native=replayed(ready.native),
        before=beside(ready.table),
    )  # fmt: skip


def _known(reference: str, settings: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """Return the settings without those of a short name that only its other estimator has."""
    known = made(reference, {}, recipe.seed).get_params(deep=True)
    own = recipe.of("estimator")
    return {name: value for name, value in settings.items() if name in own or name in known}


def _same_kind(label: Labels, estimator: Any, recipe: Recipe) -> Labels:
    wanted = is_for_classes(estimator)
    if wanted is None or wanted == label.is_classes:
        return label
    gives, holds = ("classes", "numbers") if wanted else ("numbers", "classes")
    what = "classification" if wanted else "regression"
    raise BadInput(
        f"{one_line(recipe.model, 80)} gives {gives}, and the label {label.column!r} holds {holds}; name another "
        f'estimator, or say what is to be learnt: options.{TABLE}.learn = "{what}"'
    )


def _union(label: Labels, before: Labels | None) -> tuple[Labels, Labels | None]:
    """Return both labels with the classes of both, in one order."""
    if before is None or not label.is_classes or before.classes == label.classes:
        return label, before
    classes = tuple(sorted({*label.classes, *before.classes}))

    def among(one: Labels) -> Labels:
        place = np.array([*(classes.index(name) for name in one.classes), -1])
        codes = place[one.codes]
        return replace(one, classes=classes, codes=codes, values=np.where(codes < 0, np.nan, codes.astype(np.float64)))

    return among(label), among(before)


def _loaded(data: str | Mapping[str, str], recipe: Recipe, progress: Progress) -> Dataset:
    inputs = {"all": data} if isinstance(data, str) else dict(data)
    # Undivided: test rows are put aside by content, not by place, so that the order of rows means nothing.
    found = load(inputs, roles=recipe.roles, undivided=set(inputs) == {"all"}, seed=recipe.seed, progress=progress)
    if not recipe.inputs:
        return found
    # What is not learnt from is nobody's business at the gate either, such as a column that gives the label away.
    others: dict[str, Role] = {
        one.name: "metadata" for one in found.of(role="feature") if one.name not in recipe.inputs
    }
    wanted: dict[str, Role] = {
        name: "feature" for name in recipe.inputs if found[name].role != "label" and name != recipe.group
    }
    return found.with_roles({**others, **wanted})
