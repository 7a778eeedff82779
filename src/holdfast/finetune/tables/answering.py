"""New rows of a table, answered by a model that was kept; they are read as its training rows were."""

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.core.progress import Silent
from holdfast.core.text import one_line
from holdfast.finetune.answering import PREDICTION, Answering, Asked, refuse_options
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tables import keeping
from holdfast.finetune.tables.fitting import Fitted, answered, fitted
from holdfast.finetune.tables.keeping import Kept
from holdfast.finetune.tables.preparing import loaded, prepared
from holdfast.finetune.tables.rows import given

_AT_ONCE = 1 << 16
_MOST_SCORES = 100  # classes whose probabilities are written out


def predictor(asked: Asked) -> Answering:
    """Return what says the class of rows, with probabilities, or their number. Raises BadInput."""
    refuse_options(asked, "classes or numbers")
    kept = keeping.read(asked.model)
    one, notes = model_of(kept, asked.recipe)
    kinds = {each.name: each.kind for each in kept.encoder.columns}
    columns = tuple(Column(name, kind, "feature") for name, kind in kinds.items())

    def answer(rows: pa.Table, media: Media) -> pa.Table:
        """Return `prediction` and, for classes, the probability of each as `p_` and its name."""
        del media
        dataset = Dataset("the data", rows.select(list(kinds)), columns)
        found = answered(one, given(dataset, kept.encoder, np.arange(len(rows)), frames=kept.frames))
        if not kept.classes:
            return pa.table({PREDICTION: found[:, 0]})
        names = pa.array(kept.classes).take(pa.array(found.argmax(axis=1)))
        few = len(kept.classes) <= _MOST_SCORES
        scores = {f"p_{name}": found[:, at] for at, name in enumerate(kept.classes)} if few else {}
        return pa.table({PREDICTION: names, **scores})

    as_text = {name: kind for name, kind in kinds.items() if kind == "category"}
    return Answering(
        answer, needs=tuple(kinds), reads="table", at_once=_AT_ONCE, notes=notes, kinds=as_text
    )  # fmt: skip


def model_of(kept: Kept, recipe: Recipe) -> tuple[Fitted, tuple[str, ...]]:
    """Return the model, from its numbers or fitted again, and what is to be said of that. Raises BadInput.

    Fitted again it is the same model to the last bit, as the order of rows, the seed and the settings are the same.
    """
    others = keeping.changes(kept.packages)
    notes = (f"the model was kept under other releases ({others}): its answers may differ in the last digits",)
    if kept.line is not None:
        return keeping.from_line(kept, kept.line), notes if others else ()
    data: str | dict[str, str] = kept.data["all"] if set(kept.data) == {"all"} else kept.data
    own = recipe.model_copy(update={"data": data, "original": kept.original, "inputs": kept.inputs})
    try:
        dataset, original, _ = loaded(own, Silent())
        table = prepared(dataset, original, own, kept.encoder).table
    except BadInput as error:
        raise BadInput(
            f"the model is fitted again from the rows it learnt from, and they cannot be read as then: {error}"
        ) from error
    if table.digest != kept.digest:
        where = ", ".join(one_line(one, 80) for one in kept.data.values())
        raise BadInput(
            f"the model is fitted again from the rows it learnt from ({where}), and these have changed since; put them "
            "back, or fine-tune again"
        )
    return fitted(keeping.plan_of(kept), table), notes if others else ()
