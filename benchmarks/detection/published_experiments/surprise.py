"""Learning from the documents that surprise the model before."""

from published_experiments.definitions import Published, Seen, of_file

ARMS = {
    "surprising": "of its own text, the half that surprises it most",
    "random": "of its own text, any half",
    "mixed-surprising": "the same with a fifth of real text among it, most surprising half",
    "mixed-random": "any half",
}

OWN = """\
regimes = []
[regime.surprising]
subsample = true
choose = "most-surprising"
feeds = [{ name = "synthetic", of = "model", share = 2.0 }]
[regime.random]
subsample = true
feeds = [{ name = "synthetic", of = "model", share = 2.0 }]"""

MIXED = """
[regime.mixed-surprising]
subsample = true
choose = "most-surprising"
feeds = [{ name = "real", of = "real", share = 0.4 }, { name = "synthetic", of = "model", share = 1.6 }]
[regime.mixed-random]
subsample = true
feeds = [{ name = "real", of = "real", share = 0.4 }, { name = "synthetic", of = "model", share = 1.6 }]"""

NETWORK = f"""\
learner = "transformer"
samples = 600
generations = 5
replicates = 3
measures = ["perplexity-of-real", "perplexity-of-generated"]
{OWN}"""

NGRAM = f"""\
learner = "ngram"
samples = 20000
generations = 10
replicates = 20
measures = ["ngram-perplexity-of-real", "ngram-perplexity-of-generated", "types-spoken"]
{OWN}{MIXED}"""


def told(seen: Seen, measures: tuple[str, ...], digits: int) -> str:
    parts = []
    for arm, words in ARMS.items():
        if (arm, measures[0]) not in seen.curves:
            continue
        ends = []
        for measure in measures:
            curve = seen.curves[arm, measure]
            ends.append(f"{curve.mean[1]:.{digits}f} → {curve.mean[-1]:.{digits}f} ± {curve.error[-1]:.{digits}f}")
        parts.append(f"{words}: {' and '.join(ends)}")
    return "; ".join(parts)


def against(seen: Seen, measure: str, one: str, other: str) -> str:
    """Return by how much the last generation of one arm is above or below that of another."""
    change = seen.mean(one, measure) / seen.mean(other, measure) - 1
    return f"{abs(change):.0%} {'higher' if change > 0 else 'lower'}"


def by_network(seen: Seen) -> str:
    pair = ("perplexity-of-real", "perplexity-of-generated")
    return (
        "Perplexity of real text under a transformer, and of its own text under one that knows all real text, first "
        f"generation → fifth, mean of three histories with the standard error of the last: {told(seen, pair, 1)}. "
        f"Against any half, the surprising one leaves perplexity of real text {against(seen, pair[0], 'surprising', 'random')}."
    )


def by_ngrams(seen: Seen) -> str:
    pair = ("ngram-perplexity-of-real", "types-spoken")
    return (
        "Perplexity of real text under a bigram model, and how many types it can still say, first generation → tenth, "
        f"mean of twenty histories with the standard error of the last: {told(seen, pair, 1)}. Against any half, the "
        f"surprising one leaves perplexity {against(seen, pair[0], 'surprising', 'random')} on text of its own and "
        f"{against(seen, pair[0], 'mixed-surprising', 'mixed-random')} with real text among it. What surprises a model "
        "of counts in its own text is where chance led it astray; real text among it surprises it as well."
    )


WHO = ("Gambetta et al. (2024), arXiv:2410.12341", "https://arxiv.org/abs/2410.12341")
HEADLINE = (
    "a model collapses when what it learns from no longer surprises it; learning from the documents that surprise it "
    "most slows that down, without anybody knowing which of them people wrote"
)

EXPERIMENTS = (
    Published("surprising-words", *WHO, HEADLINE, *of_file("surprise.toml", NGRAM), by_ngrams),
    Published("surprising-texts", *WHO, HEADLINE, *of_file("surprise.toml", NETWORK), by_network),
)
