# ruff: noqa: E501 sentences and commands stand whole, as they are printed
"""Texts that networks write."""

from published_experiments.definitions import Published, Seen, of_file


def decoding(seen: Seen) -> str:
    parts = []
    for arm in dict.fromkeys(arm for arm, _ in seen.curves):
        own, real = (seen.median(arm, f"perplexity-of-{what}") for what in ("generated", "real"))
        first = seen.median(arm, "perplexity-of-real", 1)
        parts.append(f"{arm}: own text {own:.1f}, real text {first:.1f} → {real:.1f}")
    said = "On the made-up tales that the laboratory learns from without a file: perplexity of the last generation's own text under the reference, and of real text under first → last: "
    return said + "; ".join(parts) + "."


def kept_text(seen: Seen) -> str:
    told = {"replace": "replaced", "tenth": "a tenth of it real", "accumulate": "accumulated"}
    parts = []
    for arm, words in told.items():
        curve = seen.curves[arm, "perplexity-of-real"]
        parts.append(f"{words}: {curve.mean[1]:.2f} → {curve.mean[-1]:.2f} (± {curve.error[-1]:.2f})")
    return (
        "Perplexity of real text under a transformer, first generation → sixth, mean of three histories with the "
        f"standard error of the last: {'; '.join(parts)}."
    )


KEPT = """\
learner = "transformer"
generations = 6
replicates = 3
regimes = ["replace", "accumulate"]
measures = ["perplexity-of-real"]
regime.tenth.feeds = [{ name = "real", of = "real", share = 0.1, every = "once" },
                      { name = "synthetic", of = "model", share = 0.9 }]"""

DECODING = """\
learner = "transformer"
generations = 5
replicates = 1
regimes = []
measures = ["perplexity-of-real", "perplexity-of-generated"]
regime.plain.feeds = [{ name = "synthetic", of = "model" }]
regime.careful.feeds = [{ name = "synthetic", of = "model", rule = { temperature = 0.8 } }]
regime.nucleus.feeds = [{ name = "synthetic", of = "model", rule = { top_p = 0.9 } }]"""


EXPERIMENTS = (
    Published(
        "decoding", "Drayson et al. (2025), arXiv:2502.15654; Shumailov et al. (2024)", "https://arxiv.org/abs/2502.15654",
        "how text is drawn from the model drives collapse as much as what it was trained on",
        *of_file("decoding.toml", DECODING),
        decoding,
    ),
    Published(
        "text-that-is-kept", "Shumailov et al. (2024), doi:10.1038/s41586-024-07566-y; Gerstgrasser et al. (2024), "
        "arXiv:2404.01413", "https://doi.org/10.1038/s41586-024-07566-y",
        "the loss of language models on real text grows from generation to generation if all text is replaced, less "
        "if a tenth of it stays real, and not without bound if what was there is kept",
        *of_file("kept.toml", KEPT),
        kept_text,
    ),
)  # fmt: skip
