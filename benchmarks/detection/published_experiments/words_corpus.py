# ruff: noqa: E501 sentences stand whole, as they are printed
"""A corpus that begins with real items and into which models write."""

from published_experiments.definitions import Published, Seen, of_file

ARMS = {
    "everything": "all of it is learnt from, and each model adds as much as was real",
    "budget": "20 items out of it are",
    "flood": "20 items out of it, and each model adds half as much again as the one before",
    "flood-all": "the same flood, all of it learnt from",
    "careful": "all of it is learnt from, equal batches, and models draw at temperature 0.9",
}

SETTINGS = """\
learner = "categorical"
options = { types = 30 }
samples = 20
generations = 50
replicates = 2000
regimes = []
measures = ["heterozygosity"]
[regime.everything]
feeds = [{ name = "corpus", of = "real", every = "once" }, { name = "synthetic", of = "model", keep = "all" }]
[regime.budget]
subsample = true
feeds = [{ name = "corpus", of = "real", every = "once" }, { name = "synthetic", of = "model", keep = "all" }]
[regime.flood]
subsample = true
feeds = [{ name = "corpus", of = "real", every = "once" },
         { name = "synthetic", of = "model", keep = "all", growth = 1.5 }]
[regime.flood-all]
feeds = [{ name = "corpus", of = "real", every = "once" },
         { name = "synthetic", of = "model", keep = "all", growth = 1.5 }]
[regime.careful]
feeds = [{ name = "corpus", of = "real", every = "once" },
         { name = "synthetic", of = "model", keep = "all", rule = { temperature = 0.9 } }]"""


def inevitable(seen: Seen) -> str:
    parts = []
    for arm, words in ARMS.items():
        curve = seen.curves[arm, "heterozygosity"]
        real, middle, last, error = (
            float(value) for value in (curve.mean[0], curve.mean[25], curve.mean[50], curve.error[50])
        )
        parts.append(f"{words}: {middle / real:.3f}, {last / real:.3f} ± {error / real:.3f}")
    return (
        "Chance that two items of a model differ, as a share of the real one, after 25 and 50 generations of a corpus of "
        f"20 real items: {'; '.join(parts)}. Two limits, then. The noise of a generation counts by the square of its "
        "share in the corpus. With equal batches these squares have a finite sum and the loss levels off, also if a "
        "sample is learnt from (exactly: at 0.896). Where models write ever more, the latest text is always a third of "
        "the corpus, and a fixed budget loses everything in the end; a budget that grows along does not. A bias counts "
        "by the share itself, whose sum is infinite: keeping everything makes that collapse slow and does not stop it."
    )


EXPERIMENTS = (
    Published(
        "finite-corpus",
        "Wang et al. (2024), arXiv:2412.14872",
        "https://arxiv.org/abs/2412.14872",
        "once models write into a corpus that gets no new real data, collapse comes in the end, however little each adds; "
        "beside it Gerstgrasser et al. (2024), arXiv:2404.01413: it does not where everything is kept and learnt from",
        *of_file("corpus.toml", SETTINGS),
        inevitable,
    ),
)
