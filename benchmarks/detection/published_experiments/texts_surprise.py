# ruff: noqa: E501 sentences stand whole, as they are printed
"""Learning from the documents that surprise the model before."""

from holdfast.collapse.lab.curves import Curve
from published_experiments.definitions import Published, Seen, of_file

PAIRS = {
    "plain": "of its own text, drawn as it is",
    "careful": "of its own text, drawn at temperature 0.8",
    "mixed": "of its own text, drawn as it is, with a fifth of real text among it",
}

PLAIN = """\
[regime.plain-surprising]
subsample = true
choose = "most-surprising"
feeds = [{ name = "synthetic", of = "model", share = 2.0 }]
[regime.plain-random]
subsample = true
feeds = [{ name = "synthetic", of = "model", share = 2.0 }]"""

CAREFUL = """
[regime.careful-surprising]
subsample = true
choose = "most-surprising"
feeds = [{ name = "synthetic", of = "model", share = 2.0, rule = { temperature = 0.8 } }]
[regime.careful-random]
subsample = true
feeds = [{ name = "synthetic", of = "model", share = 2.0, rule = { temperature = 0.8 } }]"""

NGRAM = f"""\
learner = "ngram"
samples = 20000
generations = 10
replicates = 20
measures = ["ngram-perplexity-of-real", "ngram-perplexity-of-generated", "types-spoken"]
regimes = []
{PLAIN}{CAREFUL}
[regime.mixed-surprising]
subsample = true
choose = "most-surprising"
feeds = [{{ name = "real", of = "real", share = 0.4 }}, {{ name = "synthetic", of = "model", share = 1.6 }}]
[regime.mixed-random]
subsample = true
feeds = [{{ name = "real", of = "real", share = 0.4 }}, {{ name = "synthetic", of = "model", share = 1.6 }}]"""

NETWORK = f"""\
learner = "transformer"
samples = 600
generations = 5
replicates = 3
measures = ["perplexity-of-real", "perplexity-of-generated"]
regimes = []
{PLAIN}"""


def shown(curve: Curve, at: int = -1) -> tuple[str, str]:
    """Return a mean and its standard error, with as many digits as they are worth."""
    mean, error = float(curve.mean[at]), float(curve.error[at])
    return f"{mean:,.{0 if mean >= 100 else 1}f}", f"{error:,.0f}" if error >= 1 else f"{error:.1g}"


def told(seen: Seen, measures: dict[str, str]) -> str:
    """Return where each pair of arms begins and ends."""
    parts = []
    for pair, words in PAIRS.items():
        if (f"{pair}-random", next(iter(measures))) not in seen.curves:
            continue
        ends = []
        for measure, name in measures.items():
            one, other = (seen.curves[f"{pair}-{by}", measure] for by in ("surprising", "random"))
            ends.append(f"{name} {shown(one, 1)[0]} → {' ± '.join(shown(one))} against {' ± '.join(shown(other))}")
        parts.append(f"- {words}: {'; '.join(ends)}")
    return "\n".join(parts)


def by_ngrams(seen: Seen) -> str:
    measures = {
        "ngram-perplexity-of-real": "perplexity of real text",
        "ngram-perplexity-of-generated": "of its own text under the truth",
        "types-spoken": "types that it can still say",
    }
    return (
        "A bigram model that learns from half of what it is given: the half that surprises the model before most, against any "
        f"half. First generation → tenth, mean of twenty histories with its standard error.\n\n{told(seen, measures)}\n\n"
        "The filter holds against a loss by careful drawing, as is usual for text, and it finds the real text "
        "in a mixture. Where models are drawn from as they are, what surprises them is where chance led them astray, and "
        "learning from that makes it worse."
    )


def by_network(seen: Seen) -> str:
    measures = {
        "perplexity-of-real": "perplexity of real text",
        "perplexity-of-generated": "of its own text under a model that knows all real text",
    }
    return (
        "A transformer that learns from half of what it is given: the half that surprises the model before most, against any "
        f"half. First generation → fifth, mean of three histories with its standard error.\n\n{told(seen, measures)}"
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
