"""The same rows with something changed, in the form that a fitted model takes, to ask what it would say then."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.audit.facts.images.images import Images
from holdfast.audit.models.fitting import Fitted
from holdfast.audit.models.inputs import Blocks, Inputs
from holdfast.core.errors import NotApplicable


def given_to(fitted: Fitted, inputs: Inputs, places: np.ndarray) -> Any:
    """Return the rows at `places` as the model is given them."""
    return inputs.take(fitted.form, places, fitted.without, blank=fitted.blank)


def with_columns_from(
    fitted: Fitted, inputs: Inputs, places: np.ndarray, others: np.ndarray, names: Collection[str]
) -> Any:
    """Return the rows at `places`, their columns `names` taken from the rows at `others`."""
    own, taken = given_to(fitted, inputs, places), given_to(fitted, inputs, others)
    if fitted.form == "frame":
        changed = own.copy()
        for name in [name for name in names if name in changed.columns]:
            changed[name] = taken[name].to_numpy()
        return changed
    if fitted.form == "blocks":
        for number, behind in enumerate(parts_of(fitted, inputs)):
            if set(behind) & set(names):
                own = own.with_part(number, np.arange(len(own)), taken)
        return own
    if fitted.form == "matrix":
        kept = [name for name in inputs.encoding.names if name not in fitted.without]
        columns = [place for place, name in enumerate(kept) if name in names]
        changed = own.copy()
        changed[:, columns] = taken[:, columns]
        if any(block.kind == "vector" and set(block.columns) & set(names) for block in inputs.encoding.blocks):
            changed[:, len(kept) :] = taken[:, len(kept) :]
        return changed
    return taken  # the only column there is


def parts_of(fitted: Fitted, inputs: Inputs) -> tuple[tuple[str, ...], ...]:
    """Return the columns behind each part of what the model is given as `Blocks`: columns first, then blocks."""
    without = set(fitted.without)
    return (
        *((name,) for name in inputs.encoding.names if name not in without),
        *(block.columns for block in inputs.encoding.blocks if not without & set(block.columns)),
    )


def with_texts(fitted: Fitted, inputs: Inputs, places: np.ndarray, column: str, texts: list[str]) -> Any:
    """Return the rows at `places` with these texts in a column. Raises NotApplicable where the model reads none."""
    if fitted.form == "series":
        changed = given_to(fitted, inputs, places).copy()
        changed[:] = texts
        return changed
    if fitted.form == "frame":
        return given_to(fitted, inputs, places).assign(**{column: texts})
    if fitted.form == "blocks":
        return _with_block(fitted, inputs, places, column, texts)
    raise NotApplicable("the model is given no texts")


def pictures_of(fitted: Fitted, inputs: Inputs, places: np.ndarray, images: Images) -> np.ndarray:
    """Return the pictures of the rows at `places` as the model reads them: rows × height × width (× 3).

    Raises NotApplicable where the model opens the files itself.
    """
    if fitted.form in {"pixels", "flat"}:
        return np.array(inputs.pixels[places])
    if fitted.form == "blocks":
        return np.array(images.small[images.place[inputs.rows[places]]])
    raise NotApplicable("the model opens the files itself, so that a changed picture cannot be handed to it")


def with_pictures(fitted: Fitted, inputs: Inputs, places: np.ndarray, column: str, pictures: np.ndarray) -> Any:
    """Return the rows at `places` with other pictures, such as `pictures_of` returns, in the image column."""
    if fitted.form == "pixels":
        return pictures
    if fitted.form == "flat":
        return pictures.reshape(len(places), -1)
    return _with_block(fitted, inputs, places, column, pictures)


def _with_block(fitted: Fitted, inputs: Inputs, places: np.ndarray, column: str, content: Any) -> Blocks:
    own: Blocks = given_to(fitted, inputs, places)
    width = own.matrix.shape[1]
    for number, names in enumerate(parts_of(fitted, inputs)[width:]):
        block = next(block for block in inputs.encoding.blocks if block.columns == names)
        if column in names and block.encode is not None:
            parts = list(own.parts)
            parts[number] = parts[number][0], block.encode(content)
            return replace(own, parts=tuple(parts))
    raise NotApplicable(f"the model is not given {column!r} as it is")
