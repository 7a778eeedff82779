"""Pictures that networks paint."""

from published_experiments.definitions import Published, Seen, of_file

FEATURES = tuple(f"{one}-of-picture-features" for one in ("precision", "recall", "frechet-distance"))


def pictures(seen: Seen) -> str:
    told = {
        "synthetic": "only synthetic", "biased": "only synthetic, from noise of 0.8 the spread",
        "fixed": "half of it always the same real ones", "fresh": "half of it new real ones",
    }  # fmt: skip
    parts = []
    for arm, words in told.items():
        ends = [seen.mean(arm, measure) for measure in FEATURES]
        parts.append(f"{words}: {ends[0]:.2f}, {ends[1]:.2f}, {ends[2]:.2f}")
    first = [seen.mean("synthetic", measure, 1) for measure in FEATURES]
    return (
        f"Precision, recall and Fréchet distance of the first generation: {first[0]:.2f}, {first[1]:.2f}, "
        f"{first[2]:.2f}; of the sixth, one history each, {'; '.join(parts)}."
    )


PICTURES = """\
learner = "flow"
generations = 6
replicates = 1
regimes = []
measures = ["precision-of-picture-features", "recall-of-picture-features", "frechet-distance-of-picture-features"]
regime.synthetic.feeds = [{ name = "synthetic", of = "model" }]
regime.biased.feeds = [{ name = "synthetic", of = "model", rule = { temperature = 0.64 } }]
regime.fixed.feeds = [{ name = "real", of = "real", share = 0.5, every = "once" },
                      { name = "synthetic", of = "model", share = 0.5 }]
regime.fresh.feeds = [{ name = "real", of = "real", share = 0.5 }, { name = "synthetic", of = "model", share = 0.5 }]"""


EXPERIMENTS = (
    Published(
        "pictures", "Alemohammad et al. (2024), arXiv:2307.01850", "https://arxiv.org/abs/2307.01850",
        "without enough new real pictures in each generation precision or recall falls, and drawing closer to what "
        "is likely trades recall for precision",
        *of_file("pictures.toml", PICTURES),
        pictures,
    ),
)  # fmt: skip
