"""What a model is, and what it says about rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

Form = Literal["frame", "matrix", "series", "pixels", "flat", "blocks"]


@dataclass(frozen=True)
class Model:
    """What to fit: `make(seed)` returns an unfitted estimator with scikit-learn's `fit` and `predict`.

    `form` is how rows are handed to it: a pandas frame of the feature columns as they are; the only column of texts as
    a pandas series; the only column of images as an array of pixels, or that with one flat line for each image; the
    encoded matrix, with vectors beside it; or, to the default model alone, everything encoded, as `Blocks`.
    """

    name: str
    make: Callable[[int], Any]
    form: Form = "matrix"
    own: bool = False  # the person's own, not the default


@dataclass(frozen=True)
class Predictions:
    """What a model says about rows. For classes, `values` are codes and the matrices have a column for each class.

    `scores` rank the classes; they are the probabilities where the model gives those.
    """

    values: Float[np.ndarray, " rows"]
    classes: tuple[str, ...] = ()
    probabilities: Float[np.ndarray, "rows classes"] | None = None
    scores: Float[np.ndarray, "rows classes"] | None = None

    def take(self, places: np.ndarray) -> "Predictions":
        """Return the predictions at `places`."""
        return Predictions(
            self.values[places],
            self.classes,
            None if self.probabilities is None else self.probabilities[places],
            None if self.scores is None else self.scores[places],
        )
