# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Words, sentence patterns and topics of text that models learnt from what models wrote."""

from published_experiments.definitions import Published, Seen, of_file

KINDS = {
    "words": ("rarefied-types", "distinct-ngrams"),
    "sentence patterns": ("pattern-diversity",),
    "topics": ("dispersion-of-hashed-words", "vendi-of-hashed-words"),
}
SAID = {
    "rarefied-types": "types per word",
    "distinct-ngrams": "different runs of three words",
    "pattern-diversity": "different runs of five patterns",
    "dispersion-of-hashed-words": "dispersion of hashed words",
    "vendi-of-hashed-words": "Vendi score of them",
}

TEXT = "shakespeare.txt"

NGRAM = f"""\
learner = "ngram"
options = {{ file = "{TEXT}", order = 3 }}
samples = 50000
generations = 10
replicates = 40
regimes = ["replace", "fresh-real"]
measure_size = 10000
measures = ["rarefied-types", "distinct-ngrams", "pattern-diversity", "dispersion-of-hashed-words", "vendi-of-hashed-words"]"""

NETWORK = f"""\
learner = "transformer"
options = {{ file = "{TEXT}", vocabulary = 1000, steps = 400, start = "warm" }}
samples = 600
generations = 5
replicates = 3
regimes = ["replace"]
measures = ["rarefied-types", "distinct-ngrams", "pattern-diversity", "dispersion-of-hashed-words", "vendi-of-hashed-words"]"""


def told(seen: Seen, arm: str) -> str:
    """Return the first and the last generation of each measure, as shares of the real one's."""
    kinds = []
    for kind, measures in KINDS.items():
        parts = []
        for name in measures:
            curve = seen.curves[arm, name]
            first, last, error = (
                100 * value / curve.mean[0] for value in (curve.mean[1], curve.mean[-1], curve.error[-1])
            )
            usual = f"{100 * curve.null.low / curve.mean[0]:.0f} to {100 * curve.null.high / curve.mean[0]:.0f}"
            parts.append(f"{SAID[name]} {first:.0f} → {last:.1f} ± {error:.1g} (real samples {usual})")
        kinds.append(f"*{kind}*: {', '.join(parts)}")
    return "; ".join(kinds)


PARSER = (
    "Sentence patterns stand for syntax: the measure on dependency trees, `syntax-diversity`, needs a parser of spaCy's "
    "that is not installed with the package, and is not estimable here. Hashed words know words and not meanings, so "
    "that topics are seen coarsely."
)


def by_ngrams(seen: Seen) -> str:
    return (
        "A trigram model of tiny Shakespeare; percent of the real text's diversity, first generation → tenth, forty "
        f"histories, equally many words compared. Replaced: {told(seen, 'replace')}. Half of it new real text: "
        f"{told(seen, 'fresh-real')}. {PARSER}"
    )


def by_network(seen: Seen) -> str:
    return (
        "A transformer that goes on from its weights; percent of the held-out text's diversity, first generation → "
        f"fifth, three histories: {told(seen, 'replace')}."
    )


WHO = ("Guo et al. (2023), arXiv:2311.09807", "https://arxiv.org/abs/2311.09807")
HEADLINE = (
    "text of models that learn from text of models becomes poorer in words and above all in syntax, while what it is "
    "about stays comparatively diverse"
)

EXPERIMENTS = (
    Published("diversity-by-ngrams", *WHO, HEADLINE, *of_file("diversity.toml", NGRAM), by_ngrams),
    Published("diversity-by-a-network", *WHO, HEADLINE, *of_file("diversity.toml", NETWORK), by_network),
)
