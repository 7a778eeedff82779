from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.metadata import Metadata
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.labels.predictiveness import (
    Answer,
    Question,
    answers,
    best_of_shuffles,
    by_model,
    by_value,
    question,
    ranks,
    units,
)
from holdfast.audit.facts.labels.trait_evidence import shares_by_value
from holdfast.audit.facts.labels.traits import Trait, stands_for
from holdfast.audit.facts.learning.probabilities import OutOfFold
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity
from holdfast.core.random import Streams

_LEAST_ROWS = 100
_SHUFFLES = 99
_MOST_SHOWN = 10
_MORE_TOGETHER = 0.05  # what all of it must add to the best column, in AUC times two, to be worth a finding
_LITTLE = 1 / 3  # of what the whole data tell: less is a side matter


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Zech et al. (2018), Variable generalization performance of a deep learning model to detect pneumonia in "
            "chest radiographs, PLOS Medicine 15(11)",
            "https://doi.org/10.1371/journal.pmed.1002683",
        ),
        Reference(
            "Badgeley et al. (2019), Deep learning predicts hip fracture using confounding patient and healthcare "
            "variables, npj Digital Medicine 2(31)",
            "https://doi.org/10.1038/s41746-019-0105-1",
        ),
        Reference("Obuchowski (1997), Nonparametric analysis of clustered ROC curve data, Biometrics 53(2)"),
    ),
)
def metadata_predicts_label(
    metadata: Metadata,
    labels: Labels,
    groups: Groups | None,
    row_groups: RowGroups | None,
    probabilities: OutOfFold | None,
    streams: Streams,
    *,
    min_auc: float = 0.6,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Metadata that tell the label: hospital, scanner, view, date, size, format, names of files.

    ## Why it matters
    How a record was made should not say what it shows. Where it does, a model can learn the hospital, the camera or
    the position of the patient instead of the disease; the score then holds for this way of collecting, and falls at
    the next hospital.

    ## How it works
    Metadata are columns of that role, features whose name says so (`View Position`, `scanner`, `image width`), the
    parts of file names (folders, letters before and after the number, length, ending), and what image files say of
    themselves (size, format, bit depth, JPEG quality, camera, software, day). Each alone, then all
    together in a small boosting model, predict the label of rows that were not learned from; rows of one group
    (patient) and equal rows stay together. It speaks from AUC `min_auc` on, or R² of ranks 0.2 less the same, with
    `alpha` divided by all that was tried, an interval that counts groups rather than rows, and only when none of 99
    shuffles of the label between groups reaches it. It is set against what the model of all features makes of the
    same rows.

    ## Limits
    At most 10,000 rows, 100 columns and the 20 largest classes are looked at. Age, sex and other things about the
    subject are no metadata here, nor are names of classes: a folder for each class, a beginning that stands for one.
    Metadata may tell the label in all innocence (an emergency ward has more ill people): it is for you to judge
    whether this would hold where the model will work.

    ## Fix
    Collect classes in the same way, or balance them over what tells them apart; score within one view, site or
    format, and keep metadata out of the features.
    """
    known = labels.known[metadata.rows]
    rows = metadata.rows[known]
    if len(rows) < _LEAST_ROWS:
        return
    asked = question(labels, rows, units(rows, groups, row_groups))
    if asked.classes and not asked.judged:
        return
    codes = labels.codes[rows]
    traits = tuple(t for t in metadata.traits if not (asked.classes and stands_for(t, known, codes, labels.classes)))
    n_tried = (len(traits) + 1) * max(1, len(asked.judged))
    least, limit = 2 * min_auc - 1, alpha / max(n_tried, 1)
    told: dict[str, Told] = {}
    for trait in traits:
        bins = trait.bins[known]
        found = [item for item in answers(asked, by_value(asked, bins), least=least) if item.p_value < limit]
        key = trait.title if trait.kind == "image" else trait.column  # parts of a file's name say much the same
        if not found or (key in told and told[key].answer.gain >= found[0].gain):
            continue
        rng = streams("metadata_predicts_label", trait.title)
        null = best_of_shuffles(asked, found[0].of_class, partial(by_value, bins=bins), rng, _SHUFFLES)
        if found[0].value > null:
            told[key] = Told(trait, found[0], null)
    whole = _whole(asked, probabilities) if traits else {}
    if told:
        ranked = sorted(told.values(), key=lambda one: -one.answer.gain)
        yield _alone(asked, ranked, whole, known, min_auc)
    if len({t.column for t in traits}) > 1:
        matrix, categorical = metadata.matrix(traits)
        said = by_model(asked, matrix[known], categorical)
        best = max((one.answer.gain for one in told.values()), default=0.0)
        for answer in answers(asked, said, least=max(least, best + _MORE_TOGETHER))[:1]:
            if answer.p_value < limit:
                yield _together(asked, answer, traits, whole, min_auc)


@dataclass(frozen=True, slots=True)
class Told:
    """A trait that tells the label, how well, and the best of the shuffles."""

    trait: Trait
    answer: Answer
    null: float


def _whole(asked: Question, probabilities: OutOfFold | None) -> Mapping[str, Answer]:
    """Return how well the model of all features tells each class, on the rows of the question that it predicted."""
    if probabilities is None or tuple(probabilities.classes) != asked.classes:
        return {}
    place = np.searchsorted(probabilities.rows, asked.rows)
    place = np.minimum(place, len(probabilities.rows) - 1)
    both = probabilities.rows[place] == asked.rows
    if not both.any():
        return {}
    part = replace(
        asked,
        rows=asked.rows[both],
        truth=asked.truth[both],
        unit=asked.unit[both],
        folds=np.zeros(int(both.sum()), int),
    )
    said = probabilities.probabilities[place[both]] if asked.classes else probabilities.predictions[place[both], None]
    if not asked.classes:
        said = ranks(said[:, 0])[:, None]
    return {item.of_class: item for item in answers(part, said)}


def _alone(
    asked: Question, ranked: Sequence[Told], whole: Mapping[str, Answer], known: np.ndarray, min_auc: float
) -> Finding:
    """Return the finding about the columns that tell the label each by itself, best first."""
    best, more = ranked[0], len(ranked) - 1
    trait, answer = best.trait, best.answer
    truth = (asked.truth == asked.classes.index(answer.of_class)).astype(float) if asked.classes else asked.truth
    what = f"share of {answer.of_class!r}" if asked.classes else "mean rank of the label"
    columns = tuple(one.trait.column for one in ranked)
    out = tuple(one.trait.column for one in ranked if one.trait.is_feature and one.trait.kind == "making")
    others = f", and {more} more metadata column{'s do' if more > 1 else ' does'}" if more else ""
    return Finding(
        message=f"{_upper(trait.title)} alone tells {_label(asked, answer)} with {asked.metric} {answer.value:.3f} "
        f"(95% interval {answer.low:.3f} to {answer.high:.3f}){_against(answer, whole)}{others}",
        severity=min((_severity(one, whole) for one in ranked), key=lambda severity: severity.rank),
        confidence=Confidence.HIGH if trait.kind in {"making", "image"} else Confidence.MEDIUM,
        locations=tuple(Location(columns=(name,)) for name in columns),
        evidence=(
            _measure(asked, answer, min_auc),
            Measure(name=f"best of {_SHUFFLES} shuffles of the label between groups", value=best.null, unit="score"),
            _bars(asked, ranked, whole),
            *shares_by_value(trait, known, truth, what, f"{_upper(what)} by {trait.title}"),
        ),
        fix=f"Ask whether {trait.title} will tell the label where the model will work. If not, balance the classes "
        "over it or score within its values" + (", and keep it out of the features." if out else "."),
        remedy=Remedy(op="drop-columns", columns=out) if out else None,
    )


def _together(
    asked: Question, answer: Answer, traits: tuple[Trait, ...], whole: Mapping[str, Answer], min_auc: float
) -> Finding:
    columns = tuple(dict.fromkeys(trait.column for trait in traits))
    sure = any(trait.kind == "making" for trait in traits) and _share(answer, whole) >= _LITTLE
    return Finding(
        message=f"Metadata together ({len(columns)} columns) tell {_label(asked, answer)} with {asked.metric} "
        f"{answer.value:.3f} (95% interval {answer.low:.3f} to {answer.high:.3f}){_against(answer, whole)}",
        severity=Severity.WARNING if sure else Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=columns),),
        evidence=(_measure(asked, answer, min_auc),),
        fix="Ask which of these will be the same where the model will work; balance the classes over the others, or "
        "score within their values.",
    )


def _severity(one: Told, whole: Mapping[str, Answer]) -> Severity:
    return Severity.NOTE if one.trait.kind == "beside" or _share(one.answer, whole) < _LITTLE else Severity.WARNING


def _share(answer: Answer, whole: Mapping[str, Answer]) -> float:
    """Return how much of what the whole data tell this tells; all of it, where nobody knows."""
    full = whole.get(answer.of_class)
    return answer.gain / max(full.gain, 1e-9) if full is not None else 1.0


def _against(answer: Answer, whole: Mapping[str, Answer]) -> str:
    full = whole.get(answer.of_class)
    return f"; a model of all features reaches {full.value:.3f}" if full is not None and full.gain > 0 else ""


def _measure(asked: Question, answer: Answer, min_auc: float) -> Measure:
    return answer.measure(f"{asked.metric} of metadata alone", min_auc if asked.classes else 2 * min_auc - 1)


def _bars(asked: Question, ranked: Sequence[Told], whole: Mapping[str, Answer]) -> Series:
    """Return the picture of what single columns tell, beside what all features tell of the class told best."""
    shown = {one.trait.title: one.answer for one in ranked[:_MOST_SHOWN]}
    full = whole.get(ranked[0].answer.of_class)
    if full is not None and full.gain > 0:
        shown["all features"] = full
    return Series(
        name="What metadata tell",
        x=tuple(shown),
        y=tuple(item.value for item in shown.values()),
        low=tuple(item.low for item in shown.values()),
        high=tuple(item.high for item in shown.values()),
        x_name="given",
        y_name=asked.metric,
        shape="bar",
    )


def _label(asked: Question, answer: Answer) -> str:
    return f"the class {answer.of_class!r}" if asked.classes else "the label"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _patients(rng: np.random.Generator, strength: float) -> Dataset:
    """Return 300 patients with two pictures each; the view follows how ill they are with this strength."""
    who = np.repeat(np.arange(300), 2)
    ill = (rng.random(300) < 0.4)[who]
    view = np.where(rng.random(600) < np.where(ill, 0.5 + strength, 0.5 - strength), "AP", "PA")
    a, b = rng.normal(size=(2, 600)) + ill
    return subject(
        {
            "patient": [f"p{i}" for i in who],
            "View Position": view,
            "site": rng.choice(["north", "south", "west"], size=600),
            "a": a,
            "b": b,
            "y": np.where(ill, "ill", "well"),
        }
    )


@planted(at=Location(columns=("View Position",)))
def ill_people_lie_down(rng: np.random.Generator) -> Dataset:
    """Pictures of ill people are mostly taken from the front, those of others from the back."""
    return _patients(rng, 0.3)


@clean
def views_alike(rng: np.random.Generator) -> Dataset:
    """The view is drawn by chance, and so is the site."""
    return _patients(rng, 0.0)


@planted(at=Location(columns=("file",)))
def one_class_from_elsewhere(rng: np.random.Generator) -> Dataset:
    """Most pictures of one class came from another collection, whose files end otherwise."""
    n = 400
    cat = rng.random(n) < 0.5
    ending = np.where(rng.random(n) < np.where(cat, 0.9, 0.1), "jpg", "png")
    label = np.where(cat, "cat", "dog")
    files = [f"{name}/{i:04d}.{end}" for i, (name, end) in enumerate(zip(label, ending, strict=True))]
    return subject({"file": files, "a": rng.normal(size=n) + cat, "y": label}, file="metadata")


@planted(at=Location(columns=("image",)))
def one_class_compressed_more(rng: np.random.Generator) -> Dataset:
    """Pictures of one class went through another program, which stores JPEGs of quality 70 rather than 90."""
    marked = tied(rng, 160, 0.95)
    return pictures_of_glyphs(rng, marked.label, quality=lambda row: 70 if marked.planted[row] else 90)


@clean
def a_folder_for_each_class(rng: np.random.Generator) -> Dataset:
    """Files lie in folders called like their class; that is how data sets are handed on."""
    n = 400
    label = np.where(rng.random(n) < 0.5, "cat", "dog")
    files = [f"set/{name}/{name}.{i:04d}.jpg" for i, name in enumerate(label)]
    return subject({"file": files, "a": rng.normal(size=n), "y": label}, file="metadata")


@clean
def age_and_sex(rng: np.random.Generator) -> Dataset:
    """Age tells the disease because old people are ill more often: no fault of how the data were made."""
    n = 500
    age = rng.integers(20, 90, size=n)
    ill = rng.random(n) < age / 100
    return subject({"age": age, "a": rng.normal(size=n), "y": np.where(ill, "ill", "well")}, age="metadata")
