"""The generalisation gap: by how much a model does better on examples it learnt from than on others, with an interval.

Both sides are measured in evaluation mode and without augmentation. They share no example, so their chances are
independent: shares of errors are compared by Newcombe–Wilson, losses by a two-sample bootstrap.
"""

import numpy as np
from jaxtyping import Bool, Float

from holdfast.audit.comparison import Comparison, bootstrap_two_means, newcombe
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

RESAMPLES = 2000


def generalisation_gap(
    training: Float[np.ndarray, " n"] | Bool[np.ndarray, " n"],
    validation: Float[np.ndarray, " m"] | Bool[np.ndarray, " m"],
    streams: Streams,
    *,
    level: float = 0.95,
) -> Comparison:
    """Return G = L_validation − L_training with its interval; above 0 the model knows its training examples better.

    Give a loss per example (lower is better), or booleans: whether the answer is right; the gap is then one of error
    rates. Take as many training examples as validation ones, drawn by chance. Raises NotApplicable for an empty side.
    """
    training, validation = np.asarray(training), np.asarray(validation)
    if not len(training) or not len(validation):
        raise NotApplicable(
            f"not estimable: {len(training):,} training and {len(validation):,} validation examples were scored"
        )
    if (training.dtype == bool) != (validation.dtype == bool):
        raise BadInput("the two sides of a gap must both be losses, or both say whether answers are right")
    if training.dtype == bool:
        wrong = [(int((~side).sum()), len(side)) for side in (validation, training)]
        return newcombe(*wrong[0], *wrong[1], level=level)
    if not (np.isfinite(training).all() and np.isfinite(validation).all()):
        raise NotApplicable("not estimable: some losses are not finite")
    rng = streams("generalisation gap")
    return bootstrap_two_means(
        validation.astype(np.float64), training.astype(np.float64), rng, resamples=RESAMPLES, level=level
    )
