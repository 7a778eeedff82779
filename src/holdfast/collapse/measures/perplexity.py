"""Perplexity in both directions: real text under the model, and the model's text under one that knows real text."""

import numpy as np
from jaxtyping import Float

from holdfast.collapse.definitions import measure
from holdfast.collapse.learners.language.network import surprise
from holdfast.collapse.learners.language.writing import written
from holdfast.collapse.learners.torch_use import reproducible
from holdfast.collapse.learners.transformer import Language, Settings
from holdfast.core.random import Streams

Values = Float[np.ndarray, " replicates"]
_PURPOSE = "perplexity of a language model"
_RARE = 0.95  # share of real tokens that are less surprising than those of the tail


@measure(good="low", unit="perplexity")
def perplexity_of_real(model: Language) -> Values:
    """Perplexity of real text under the model.

    exp of the mean of −log probability, over held-out real documents. It rises when a model forgets what is real.
    Generation 0 is the reference model, which learnt from all of the real text.
    """
    return np.array([np.exp(_surprise_of_real(model, i).mean()) for i in range(len(model.real))])


@measure(good="low", unit="perplexity")
def perplexity_of_tail(model: Language, truth: Language) -> Values:
    """Perplexity of the rarest real tokens under the model.

    Only those 5% of the real held-out tokens are counted that surprise the reference model most. The tail is lost
    first: this rises while the mean over all tokens still looks well.
    """
    found = []
    for i in range(len(model.real)):
        expected = _surprise_of_real(truth, i)
        tail = expected >= np.quantile(expected, _RARE)
        found.append(np.exp(_surprise_of_real(model, i)[tail].mean()))
    return np.array(found)


@measure(unit="perplexity")
def perplexity_of_generated(model: Language, truth: Language, *, documents: int = 64) -> Values:
    """Perplexity of the model's own text under the reference model.

    It falls when a model writes only what is likely, and rises when it writes what real text never says: neither
    direction is good. Generation 0 is held-out real text.
    """
    found = []
    for i, real in enumerate(model.real):
        pages = model.held_out[i] if real else _written(model, i, documents)
        size = Settings(*truth.settings[i]).size
        with reproducible(_PURPOSE):
            found.append(np.exp(surprise(size, truth.weights[i], pages).mean()))
    return np.array(found)


def _surprise_of_real(model: Language, i: int) -> Float[np.ndarray, "documents length"]:
    with reproducible(_PURPOSE):
        return surprise(Settings(*model.settings[i]).size, model.weights[i], model.held_out[i])


def _written(model: Language, i: int, documents: int) -> np.ndarray:
    """Return what a model writes; every model meets the same luck."""
    settings = Settings(*model.settings[i])
    rng = Streams(0)("perplexity of generated", i)
    held_out = model.held_out[i]
    prompts = held_out[rng.integers(len(held_out), size=documents), : int(settings.prompt)]
    with reproducible(_PURPOSE):
        return written(settings.size, model.weights[i], prompts, held_out.shape[1], settings.manner, rng)
