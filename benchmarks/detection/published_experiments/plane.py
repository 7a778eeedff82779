# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Points in the plane that a flow makes."""

from published_experiments.definitions import Published, Seen, of_file

MEASURES = ("sliced-wasserstein", "coverage")
ARMS = {
    "synthetic": "only synthetic",
    "tenth": "a tenth always the same real ones",
    "half": "half of them",
    "real": "only the real ones, learnt from again and again",
}


def plane(seen: Seen) -> str:
    parts = []
    for arm, words in ARMS.items():
        if (arm, MEASURES[0]) not in seen.curves:
            continue
        ends = []
        for measure in MEASURES:
            curve = seen.curves[arm, measure]
            ends.append(f"{curve.mean[1]:.2f} → {curve.mean[-1]:.2f} ± {curve.error[-1]:.2f}")
        parts.append(f"{words}: {ends[0]} and {ends[1]}")
    far, near = (seen.curves["synthetic", measure].null for measure in MEASURES)
    return (
        "Sliced W₂ from real points, and the share of them that points of the model cover, first generation → last, "
        f"mean of three histories with the standard error of the last: {'; '.join(parts)}. Two real samples lie "
        f"{far.low:.2f} to {far.high:.2f} apart, and cover {near.low:.2f} to {near.high:.2f}."
    )


SETTINGS = """\
learner = "flow"
options = { world = "WORLD", hidden = 64, batch = 256, start = "warm" }
generations = GENERATIONS
replicates = 3
regimes = []
measures = ["sliced-wasserstein", "coverage"]
regime.synthetic.feeds = [{ name = "synthetic", of = "model" }]
regime.half.feeds = [{ name = "real", of = "real", share = 0.5, every = "once" },
                     { name = "synthetic", of = "model", share = 0.5 }]"""

MORE = """
regime.real.feeds = [{ name = "real", of = "real", every = "once" }]
regime.tenth.feeds = [{ name = "real", of = "real", share = 0.1, every = "once" },
                      { name = "synthetic", of = "model", share = 0.9 }]"""

EXPERIMENTS = tuple(
    Published(
        world,
        "Bertrand et al. (2023), arXiv:2310.00429",
        "https://arxiv.org/abs/2310.00429",
        "a generative model that goes on learning from what it made drifts away from the data; it stays near them if it "
        "was good at first and a large enough share of what it learns from stays real",
        *of_file(f"{world}.toml", SETTINGS.replace("WORLD", world).replace("GENERATIONS", f"{generations}") + more),
        plane,
    )
    for world, generations, more in (("two-moons", 15, MORE), ("eight-gaussians", 4, ""))
)
