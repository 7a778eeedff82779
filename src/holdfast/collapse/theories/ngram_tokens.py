"""Frequencies of tokens in n-gram models: what is exact about them."""

import numpy as np

from holdfast.collapse.definitions import Setting, theory
from holdfast.collapse.engines.lineage import kept_variance
from holdfast.collapse.learners.ngram import Ngram
from holdfast.core.errors import NotApplicable

_OPTIONS = {"types": 12, "length": 2000, "held_out": 50}
_UNIGRAMS = {
    "learner": "ngram", "samples": 12, "generations": 8,
    "regimes": ["replace", "fixed-real", "golden", "accumulate-subsample"],
    "options": {**_OPTIONS, "order": 1, "real": "model"}, "replicates": 10_000,
}  # fmt: skip
_TEXT = {
    "learner": "ngram", "samples": 20, "generations": 6, "regimes": ["replace", "accumulate", "golden"],
    "options": {**_OPTIONS, "order": 3}, "replicates": 10_000,
}  # fmt: skip


def _law(setting: Setting) -> np.ndarray:
    """Return the frequencies of the real tokens. Raises NotApplicable for other learners."""
    if not isinstance(setting.learner, Ngram):
        raise NotApplicable("it is about n-gram models")
    tokens = setting.learner.source().tokens
    return np.bincount(tokens) / len(tokens)


@theory(
    measure="token-heterozygosity",
    formula="E[1 − Σ p_t²] = (1 − Σ p²) F_t",
    assumes="unigrams; real batches from the model of the text; drawn as they are; any graph of batches and weights",
    source="Wright (1931), Genetics 16, 97–159; for language models Seddik et al. (2024), arXiv:2404.05090",
    url="https://arxiv.org/abs/2404.05090",
    near_miss=lambda setting: _diversity(setting) * np.append(1.0, kept_variance(setting.graph)[:-1]),
    cases=(_UNIGRAMS,),
)
def unigram_diversity_by_descent(setting: Setting) -> np.ndarray:
    """Expected heterozygosity of the tokens of a unigram model, in any regime."""
    start = _diversity(setting)
    if setting.learner.order > 1:
        raise NotApplicable("tokens of longer n-grams are not drawn independently")
    if setting.learner.real == "text":
        raise NotApplicable("stretches of real text are not independent tokens; options.real=model draws those")
    return start * kept_variance(setting.graph)


def _diversity(setting: Setting) -> float:
    return float(1 - (_law(setting) ** 2).sum())


@theory(
    measure="commonest-token-share",
    formula="E[p_t] = p",
    assumes="any order; batches drawn as they are, from random places of a text that is a circle; any graph",
    source="the text's own frequencies are the stationary law of its n-gram model; martingales as in Wright–Fisher",
    near_miss=lambda setting: float(_law(setting).max()) * kept_variance(setting.graph),
    cases=(_TEXT, _UNIGRAMS),
)
def token_share_is_a_martingale(setting: Setting) -> np.ndarray:
    """The mean frequency of a token never moves, whatever the order of the model."""
    law = _law(setting)
    if not setting.graph.draws_plainly():
        raise NotApplicable("items are drawn by a rule or chosen by a taste, which pulls frequencies somewhere")
    return np.full(setting.generations + 1, float(law.max()))
