"""REFORMS, the reporting standards for science that uses machine learning: 8 modules, 32 items, in our own words.

Kapoor et al. (2024), Science Advances 10(18). The authors' wording and guidance stand on their page, which every
output links to. `filled_by` says who fills an item: a run, a run whose evidence a person completes, or a person.
"""

from holdfast.report.checklist import about_data as data
from holdfast.report.checklist import about_models as models
from holdfast.report.checklist.items import Item, Module

TITLE = "REFORMS"
SOURCE = "Kapoor et al. (2024), Science Advances 10(18)"
URL = "https://reforms.cs.princeton.edu/"

COPIES = (
    "split-overlap",
    "near-split-overlap",
    "duplicate-rows",
    "near-duplicate-rows",
    "benchmark-contamination",
    "conflicting-duplicates",
)
UNITS = ("group-overlap", "split-ignores-groups")
BOTH_SIDES = (
    "split-overlap",
    "near-split-overlap",
    *UNITS,
    "benchmark-contamination",
    "series-inside-series",
    "row-crosses-split",
)
FITTED_TOO_EARLY = (
    "scaled-before-split",
    "imputed-before-split",
    "target-encoded-before-split",
    "oversampled-before-split",
    "augmented-before-split",
    "fit-before-split",
    "fit-on-test",
    "resample-before-split",
    "augment-before-split",
    "select-before-split",
    "encode-target-before-split",
    "scaler-refit-on-test",
    "test-rows-reach-training",
    "batch-changes-prediction",
)
TIME = (
    "random-split-of-ordered-data",
    "train-after-test",
    "window-overlap",
    "series-inside-series",
    "feature-from-the-future",
    "random-split-of-series",
    "future-shift",
    "future-reaches-past",
)
AGAIN = (
    "unstable-over-seeds",
    "unseeded-split",
    "cells-out-of-order",
    "not-deterministic",
    "call-changes-next-call",
    "row-order-changes-prediction",
)
CHOSEN_ON_TEST = ("test-set-reuse", "test-used-for-tuning", "test-used-repeatedly")
FEATURES = (
    "label-in-disguise",
    "label-in-features",
    "known-afterwards",
    "missingness-tells-label",
    "id-predicts-label",
    "row-order-predicts-label",
    "feature-from-the-future",
    "unavailable-label-used",
    "metadata-predicts-label",
    "border-predicts-label",
    "background-predicts-label",
    "mark-predicts-label",
    "low-level-predicts-label",
    "token-artefact",
    "format-artefact",
    "model-leans-on-shortcut",
)
LABELS = ("label-errors", "label-spelling", "annotator-disagreement", "conflicting-duplicates", "label-noise-ceiling")

MODULES = (
    Module(
        "Study goals",
        (
            Item(
                "1a",
                "The population that the claim is about",
                "person",
                "Whom or what is the claim about: which people, things, places and times?",
            ),
            Item("1b", "Why that population", "person", "Why is the claim about them and not about others?"),
            Item(
                "1c",
                "Why machine learning",
                "person",
                "What does a learnt model do here that a simple rule or a classical model does not?",
                checks=("no-better-than-baseline", "no-naive-baseline"),
            ),
        ),
    ),
    Module(
        "Can it be computed again",
        (
            Item(
                "2a",
                "Which data, so that they can be told from any other",
                "run and person",
                "Where can a reader get these very data (link or DOI, and the version)?",
                states=(data.identity,),
            ),
            Item(
                "2b",
                "Which code, in which version",
                "run and person",
                "Where is the code (link or DOI, and the commit)?",
                states=(models.code_identity,),
                checks=("cells-out-of-order", "unreadable-code"),
            ),
            Item("2c", "On which system it ran", "run", states=(models.infrastructure,)),
            Item(
                "2d",
                "Instructions for getting the results from data and code",
                "run and person",
                "Where are the instructions (a README), and who has followed them besides the authors?",
                states=(models.instructions,),
            ),
            Item(
                "2e",
                "One script that gives all results again",
                "run and person",
                "Which script gives every number of the paper again?",
                states=(models.one_command,),
                checks=AGAIN,
                claim="Running it again gives the same results.",
                refuted_by=AGAIN,
            ),
        ),
    ),
    Module(
        "Quality of the data",
        (
            Item(
                "3a",
                "Where the data and their labels come from, and when",
                "run and person",
                "Who collected the data, when and how, separately for training and test; who gave the labels, and how?",
                states=(data.reading,),
                checks=LABELS,
                claim="The labels are right, but for a share that is reported.",
                refuted_by=("label-errors", "label-spelling", "annotator-disagreement", "conflicting-duplicates"),
            ),
            Item(
                "3b",
                "What the data were drawn from",
                "person",
                "From which larger set were the rows drawn, and by which rule?",
            ),
            Item("3c", "Why these data suit the question", "person", "Why can these data answer the question?"),
            Item("3d", "The outcome, and how it is distributed", "run", states=(data.outcome,)),
            Item(
                "3e",
                "How many samples there are",
                "run",
                states=(data.sizes,),
                checks=("tiny-test-set", "class-too-rare"),
                claim="There are enough rows for what is claimed.",
                refuted_by=("tiny-test-set", "class-too-rare"),
            ),
            Item(
                "3f",
                "What is missing, and how that was dealt with",
                "run",
                states=(data.missing,),
                checks=("missing-coded-as-value", "missingness-tells-label", "imputed-before-split"),
                claim="Missing values are marked as missing, and were filled without looking at test rows.",
                refuted_by=("missing-coded-as-value", "imputed-before-split"),
            ),
            Item(
                "3g",
                "Whether the data stand for the population",
                "run and person",
                "In what do these data differ from the population of 1a?",
                states=(data.classes,),
                checks=("drift", "split-predictable", "origin"),
                claim="Training and test rows are drawn from the population of 1a.",
                refuted_by=("drift", "split-predictable"),
            ),
        ),
    ),
    Module(
        "Preparation of the data",
        (
            Item(
                "4a",
                "What was left out, and why",
                "run and person",
                "Which rows and columns were left out before the audit saw the data, and why?",
                states=(data.left_out,),
                checks=("duplicate-rows", "constant-column", "duplicate-column"),
            ),
            Item(
                "4b",
                "How impossible or corrupt samples were dealt with",
                "run and person",
                "What was done about impossible and corrupt values?",
                checks=("quality",),
                claim="No impossible or corrupt values are left.",
                refuted_by=(
                    "impossible-values",
                    "missing-coded-as-value",
                    "encoding-damage",
                    "corrupt-files",
                    "unit-change",
                    "mixed-types",
                ),
            ),
            Item(
                "4c",
                "Every step from the raw data to the model",
                "run",
                states=(models.transformations,),
                checks=FITTED_TOO_EARLY,
                claim="Every step was fitted on training rows only.",
                refuted_by=FITTED_TOO_EARLY,
            ),
        ),
    ),
    Module(
        "Models and their evaluation",
        (
            Item("5a", "Every model that was trained", "run", states=(models.models, models.compared)),
            Item("5b", "Why these models", "person", "Why were these kinds of model chosen?"),
            Item(
                "5c",
                "How the data were split and the models judged",
                "run",
                states=(models.evaluation,),
                checks=(*UNITS, *TIME, "overlapping-split", "metric-on-train", "unseeded-split"),
                claim="The split suits the data: a random one where rows are independent, else by time or by group.",
                refuted_by=(*UNITS, *TIME, "overlapping-split", "metric-on-train"),
            ),
            Item(
                "5d",
                "How the model that is reported was chosen",
                "run and person",
                "By which rule was the reported model chosen among those tried, and on which rows?",
                states=(models.selection,),
                checks=(*CHOSEN_ON_TEST, "uncorrected-comparisons"),
                claim="The test rows took no part in any choice.",
                refuted_by=CHOSEN_ON_TEST,
            ),
            Item(
                "5e",
                "How hyperparameters were set",
                "run",
                states=(models.tuning,),
                checks=("test-used-for-tuning",),
            ),
            Item(
                "5f",
                "What simple models reach on the same rows",
                "run",
                checks=("no-better-than-baseline", "no-naive-baseline", "misleading-metric"),
                claim="The model is better than simple ones.",
                refuted_by=("no-better-than-baseline", "no-naive-baseline"),
            ),
        ),
    ),
    Module(
        "Leakage",
        (
            Item(
                "6a",
                "Training uses nothing of the test rows",
                "run",
                states=(models.inflation,),
                checks=(*FITTED_TOO_EARLY, *CHOSEN_ON_TEST, "overlapping-split", *TIME),
                claim="Nothing that training uses comes from the test rows, or from a later time.",
                refuted_by=(*FITTED_TOO_EARLY, *CHOSEN_ON_TEST, "overlapping-split", *TIME),
            ),
            Item(
                "6b",
                "Copies and relatives on both sides of the split",
                "run",
                checks=(*COPIES, *UNITS, "series-inside-series", "row-crosses-split", "child-of-test-row"),
                claim="No row, near copy, person or other unit stands on both sides of the split.",
                refuted_by=BOTH_SIDES,
            ),
            Item(
                "6c",
                "Each feature is known when the prediction is made, and is not the outcome",
                "run and person",
                "For each feature: why is it known at the moment of prediction, and why is it not the outcome itself?",
                states=(data.features,),
                checks=FEATURES,
                claim="Every feature is known beforehand, and none is the outcome in another form.",
                refuted_by=FEATURES,
            ),
        ),
    ),
    Module(
        "Metrics and uncertainty",
        (
            Item(
                "7a",
                "Which metrics, and why they fit",
                "run and person",
                "Why does this metric measure what the claim is about?",
                states=(models.metric, models.compared),
                checks=("misleading-metric", "miscalibrated"),
                claim="The metric suits the outcome.",
                refuted_by=("misleading-metric",),
            ),
            Item(
                "7b",
                "How uncertain each number is",
                "run",
                states=(models.uncertainty,),
                checks=("tiny-test-set", "unstable-over-seeds", "label-noise-ceiling", "compare"),
            ),
            Item(
                "7c",
                "Which statistical tests, and on what",
                "run",
                states=(models.tests,),
                checks=("difference-within-noise", "uncorrected-comparisons", "compare"),
                claim="Differences that are claimed are larger than chance, also after all that were tried.",
                refuted_by=("difference-within-noise", "uncorrected-comparisons", "compare"),
            ),
        ),
    ),
    Module(
        "How far it holds",
        (
            Item(
                "8a",
                "Whether it holds elsewhere",
                "run and person",
                "For which other places, times and people is there evidence that it holds?",
                states=(data.scope,),
                checks=("environment-gap", "worst-group-gap", "drift", "generations"),
                claim="It holds at other places and times than those of the data.",
                refuted_by=("environment-gap", "worst-group-gap"),
            ),
            Item(
                "8b",
                "Where it is not to be trusted",
                "run and person",
                "Where would you advise against using the model?",
                states=(models.limits,),
                checks=("miscalibrated", "overfit-gap", "too-good-to-be-true", "label-noise-ceiling", "training"),
            ),
        ),
    ),
)
