"""Lones' list: 36 pieces of advice against the pitfalls of machine learning, in our own words.

Lones, "How to avoid machine learning pitfalls: a guide for academic researchers", arXiv 2108.02497 v5. The numbers
are those of its sections; the author's wording and examples stand there. A second view over the same evidence.
"""

from holdfast.report.checklist import about_data as data
from holdfast.report.checklist import about_models as models
from holdfast.report.checklist.items import Item, Module
from holdfast.report.checklist.reforms import BOTH_SIDES, CHOSEN_ON_TEST, FEATURES, FITTED_TOO_EARLY, LABELS, TIME

TITLE = "Lones' guide"
SOURCE = "Lones (2024), arXiv 2108.02497 v5"
URL = "https://arxiv.org/abs/2108.02497v5"

MODULES = (
    Module(
        "Before models are built",
        (
            Item(
                "2.1",
                "Plan where the data come from and which part serves for what",
                "run and person",
                "Which rows were set apart for which purpose, and when?",
                states=(data.sizes, models.evaluation),
                see=("2a", "5c"),
            ),
            Item(
                "2.2",
                "Get to know the data: look for what is odd, missing or wrong",
                "run",
                states=(data.outcome, data.missing),
                checks=("quality", *LABELS),
                see=("3a", "3d", "3f"),
            ),
            Item(
                "2.3",
                "Keep the test rows out of sight while ideas form",
                "run and person",
                "Who looked at the test rows before the model was final?",
                checks=CHOSEN_ON_TEST,
                see=("5d",),
            ),
            Item("2.4", "Clean the data, with care", "run", checks=("quality", "duplicates"), see=("4a", "4b")),
            Item(
                "2.5",
                "See to it that there are enough data",
                "run",
                states=(data.sizes,),
                checks=("tiny-test-set", "class-too-rare", "label-noise-ceiling"),
                see=("3e",),
            ),
            Item("2.6", "Ask those who know the field", "person", "Which experts of the field were asked, and what?"),
            Item("2.7", "Read what others did", "person", "Which earlier work is this compared with?"),
            Item(
                "2.8",
                "Think of where and how the model will be used",
                "person",
                "Where will it run, on what data, within which limits?",
                see=("1a", "8b"),
            ),
        ),
    ),
    Module(
        "Building models that can be relied on",
        (
            Item(
                "3.1",
                "Let nothing of the test rows into training",
                "run",
                checks=(*FITTED_TOO_EARLY, *CHOSEN_ON_TEST, *BOTH_SIDES, "overlapping-split"),
                see=("6a", "6b"),
            ),
            Item(
                "3.2",
                "Try models of several kinds",
                "run and person",
                "Which kinds of model were tried?",
                states=(models.models, models.compared),
                checks=("no-better-than-baseline",),
                see=("5a", "5b"),
            ),
            Item(
                "3.3",
                "Use models that suit the data",
                "run and person",
                "Why do the model's assumptions fit these data?",
                checks=("no-naive-baseline", "overfit-gap"),
                see=("5b",),
            ),
            Item("3.4", "Keep up with deep learning and its traps", "person", "What is the newest method considered?"),
            Item(
                "3.5",
                "A simpler model may do better than a deep one",
                "run and person",
                "Which simpler model was compared with a deep one?",
                checks=("no-better-than-baseline",),
                see=("5f",),
            ),
            Item(
                "3.6",
                "Select features on training rows only",
                "run",
                checks=("select-before-split", "test-rows-reach-training"),
                see=("4c", "6a"),
            ),
            Item(
                "3.7",
                "Tune hyperparameters, with a method and not on test rows",
                "run",
                states=(models.tuning,),
                checks=("test-used-for-tuning", "uncorrected-comparisons"),
                see=("5e",),
            ),
            Item("3.8", "Beware of what predicts by accident", "run", checks=FEATURES, see=("6c",)),
        ),
    ),
    Module(
        "Evaluating models so that it holds",
        (
            Item(
                "4.1",
                "Use a test set that fits the purpose",
                "run",
                states=(models.evaluation,),
                checks=("drift", *BOTH_SIDES, "tiny-test-set"),
                see=("3g", "5c"),
            ),
            Item(
                "4.2",
                "Split first, add varied or synthetic copies later",
                "run",
                checks=(
                    "augmented-before-split",
                    "oversampled-before-split",
                    "augment-before-split",
                    "resample-before-split",
                ),
                see=("4c",),
            ),
            Item("4.3", "Do not fit the test set by trial after trial", "run", checks=CHOSEN_ON_TEST, see=("5d",)),
            Item(
                "4.4",
                "Evaluate more than once: other seeds, other splits",
                "run",
                states=(models.uncertainty,),
                checks=("unstable-over-seeds",),
                see=("7b",),
            ),
            Item(
                "4.5",
                "Keep rows back for the very model that is reported",
                "run",
                states=(data.sizes,),
                checks=("metric-on-train", "overlapping-split"),
                see=("5c",),
            ),
            Item(
                "4.6",
                "Choose metrics that suit the data",
                "run",
                states=(models.metric,),
                checks=("misleading-metric",),
                see=("7a",),
            ),
            Item(
                "4.7",
                "Look at how fair the model is",
                "run and person",
                "For which groups was the score computed apart?",
                checks=("worst-group-gap", "environment-gap"),
                see=("8a",),
            ),
            Item("4.8", "Respect the order of time", "run", checks=TIME, see=("5c", "6a")),
        ),
    ),
    Module(
        "Comparing models fairly",
        (
            Item(
                "5.1",
                "A higher number need not be a better model",
                "run",
                states=(models.uncertainty,),
                checks=("difference-within-noise", "label-noise-ceiling", "compare"),
                see=("7b", "7c"),
            ),
            Item(
                "5.2",
                "Set the model against simple ones that could win",
                "run",
                checks=("no-better-than-baseline", "no-naive-baseline"),
                see=("5f",),
            ),
            Item(
                "5.3",
                "Ask whether chance alone could make the difference",
                "run",
                states=(models.tests,),
                checks=("difference-within-noise", "compare"),
                see=("7c",),
            ),
            Item(
                "5.4",
                "Raise the bar with every model that is compared",
                "run",
                states=(models.tests,),
                checks=("uncorrected-comparisons",),
                see=("7c",),
            ),
            Item(
                "5.5",
                "Doubt the rankings of public benchmarks",
                "run",
                checks=("test-set-reuse", "benchmark-contamination", "too-good-to-be-true"),
                see=("5d",),
            ),
            Item(
                "5.6",
                "Combine models, but watch what they share",
                "person",
                "Are models combined, and was the combination fitted on rows of its own?",
            ),
        ),
    ),
    Module(
        "Reporting",
        (
            Item(
                "6.1",
                "Be open: data, code, settings",
                "run",
                states=(data.identity, models.code_identity, models.one_command),
                see=("2a", "2b", "2e"),
            ),
            Item(
                "6.2",
                "Show the performance from several sides",
                "run and person",
                "Which other metrics and data sets are reported?",
                states=(models.metric, models.uncertainty),
                see=("7a",),
            ),
            Item(
                "6.3",
                "Claim no more than the data show",
                "run and person",
                "Which claims go beyond these data?",
                states=(data.scope,),
                checks=("environment-gap",),
                see=("8a",),
            ),
            Item(
                "6.4",
                "Report significance with care: the size of an effect comes first",
                "run",
                states=(models.tests,),
                checks=("difference-within-noise",),
                see=("7c",),
            ),
            Item(
                "6.5",
                "Look at what the model learnt",
                "run",
                states=(models.limits,),
                checks=("model-leans-on-shortcut", "label-in-disguise", "known-afterwards"),
                see=("6c", "8b"),
            ),
            Item("6.6", "Go through a list such as this one", "run", states=(models.instructions,)),
        ),
    ),
)
