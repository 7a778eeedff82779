from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence.images import pictures
from holdfast.audit.facts.images.regions import Regions
from holdfast.audit.facts.images.traits import of_pixels
from holdfast.audit.facts.labels.predictiveness import Answer, answers, by_value, paired
from holdfast.audit.facts.labels.trait_evidence import shares_by_value
from holdfast.audit.facts.labels.traits import Trait
from holdfast.audit.facts.learning.quick_model import by_ridge, waves
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Evidence, Finding, Location, Series, Severity
from holdfast.core.random import Streams

_BEYOND = 0.05  # by which the property must beat the shapes: else it may follow from what the pictures show
# Traces of JPEG blocks do not come from any subject; sharpness, light and colour may, and must tell more.
_OF_MAKING = {"traces of JPEG blocks": 0.0}
_EXTRA = 0.15
_EVERYWHERE = 0.6  # of what the property tells, told by nearly every place of the picture


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Geirhos et al. (2020), Shortcut learning in deep neural networks, Nature Machine Intelligence 2",
            "https://doi.org/10.1038/s42256-020-00257-z",
        ),
        Reference(
            "Torralba & Efros (2011), Unbiased look at dataset bias, CVPR", "https://doi.org/10.1109/CVPR.2011.5995347"
        ),
    ),
)
def low_level_predicts_label(
    dataset: Dataset, image_regions: Regions, streams: Streams, *, min_auc: float = 0.65, alpha: float = 0.001
) -> Iterator[Finding]:
    """Brightness, colour, sharpness or traces of compression tell the class better than shapes do.

    ## Why it matters
    If pictures of one class are darker, blurred or compressed more, a model can tell classes apart without looking at
    the subject. Another camera, another lamp, and it is lost.

    ## How it works
    Properties of whole pictures (light, contrast, saturation, share of each colour, sharpness for its contrast,
    traces of JPEG's blocks) each predict the class of pictures that were not learned from, pictures of one group
    staying together. They are set against shapes: a small model of the grey picture, brought to 16 × 16 points of
    mean 0 and spread 1. A property is reported when it beats the shapes by 0.05 of AUC, tells the class with `min_auc`
    or more (0.15 more for what a subject may bring with it, which is all but traces of JPEG), and chance explains
    neither (`alpha` divided by all that was tried). It is a warning for traces of JPEG, and where nearly every place
    of the picture tells the class too; else a note.

    ## Limits
    Many subjects have their own colour and light: grass is green. A property that tells less than the shapes is not
    reported, since it may follow from them: a 1 has less ink than an 8. At most 4,000 pictures are looked at.

    ## Fix
    Take and store pictures of all classes in the same way, or change light, colour, sharpness and compression at
    random in training; score on pictures from another source.
    """
    asked = image_regions.question
    traits = of_pixels(image_regions.images, asked.rows)
    limit = alpha / (2 * len(traits) * len(image_regions.judged))
    found: list[tuple[Trait, Answer, np.ndarray]] = []
    for trait in traits:
        said = by_value(asked, trait.bins)
        least = 2 * (min_auc + _OF_MAKING.get(trait.title, _EXTRA)) - 1
        found += [(trait, item, said) for item in answers(asked, said, least=least) if item.p_value < limit]
    if not found:
        return
    shapes = _shapes(image_regions, streams)
    told = []
    for trait, item, said in sorted(found, key=lambda one: -one[1].gain):
        c = asked.classes.index(item.of_class)
        beyond, p_value = paired(asked, said[:, c], shapes[:, c], asked.truth == c)
        if beyond >= _BEYOND and p_value < limit:
            of_shapes = next(one for one in answers(asked, shapes, least=-1.0) if one.of_class == item.of_class)
            told.append(Told(trait, item, of_shapes, said[:, c]))
    if told:
        yield _finding(dataset, image_regions, told, min_auc)


@dataclass(frozen=True, slots=True)
class Told:
    """A property that tells a class, how well, and how well shapes do."""

    trait: Trait
    answer: Answer
    shapes: Answer
    said: np.ndarray


def _shapes(regions: Regions, streams: Streams) -> np.ndarray:
    """Return what a small model says that sees grey pictures of mean 0 and spread 1."""
    small = regions.images.small[regions.place].astype(np.float64).mean(axis=3)
    grey = small.reshape(len(small), 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(small), -1)
    grey -= grey.mean(axis=1, keepdims=True)
    grey /= np.maximum(grey.std(axis=1, keepdims=True), 1.0)
    with one_thread():
        return by_ridge(regions.question, waves(grey, streams("low_level_predicts_label")))


def _finding(dataset: Dataset, regions: Regions, told: list[Told], min_auc: float) -> Finding:
    asked, best, more = regions.question, told[0], len(told) - 1
    answer, trait = best.answer, best.trait
    truth = asked.truth == asked.classes.index(answer.of_class)
    others = f", and {more} more such {'properties do' if more > 1 else 'property does'}" if more else ""
    order = np.argsort(-best.said, kind="stable")
    shown = {**{f"{one.trait.title} ({one.answer.of_class})": one.answer for one in told[:6]}, "shapes": best.shapes}
    evidence: list[Evidence] = [
        answer.measure(f"AUC of {trait.title}", min_auc + _OF_MAKING.get(trait.title, _EXTRA)),
        Series(
            name="What tells the class",
            x=tuple(shown),
            y=tuple(round(item.value, 4) for item in shown.values()),
            low=tuple(round(item.low, 4) for item in shown.values()),
            high=tuple(round(item.high, 4) for item in shown.values()),
            x_name="given",
            y_name="AUC",
            shape="bar",
        ),
        *shares_by_value(
            trait,
            np.ones(len(truth), dtype=bool),
            truth.astype(np.float64),
            f"share of {answer.of_class!r}",
            f"Share of {answer.of_class!r} by {trait.title}",
        ),
    ]
    for rows, which in ((order[:6], "most"), (order[::-1][:6], "least")):
        seen = pictures(dataset, asked.rows[rows], f"Pictures that {trait.title} puts into {answer.of_class!r} {which}")
        evidence += [seen] if seen is not None else []
    return Finding(
        message=f"{trait.title[:1].upper()}{trait.title[1:]} alone tells pictures of class {answer.of_class!r} from "
        f"others with AUC {answer.value:.3f} (95% interval {answer.low:.3f} to {answer.high:.3f}), shapes with "
        f"{best.shapes.value:.3f}{others}",
        severity=Severity.WARNING if any(_of_making(regions, one) for one in told) else Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=(regions.images.column,)),),
        evidence=tuple(evidence),
        fix="Take and store pictures of all classes in the same way, or change these properties at random in training.",
    )


def _of_making(regions: Regions, one: Told) -> bool:
    """Return whether the property comes from how pictures were made: JPEG's blocks, or a change at every place."""
    if one.trait.title in _OF_MAKING:
        return True
    k = regions.judged.index(regions.question.classes.index(one.answer.of_class))
    return bool(np.quantile(regions.gains(k), 0.1) >= _EVERYWHERE * one.answer.gain)


def _lit(rng: np.random.Generator, share: float) -> Dataset:
    marked = tied(rng, 240, share)

    def dimmed(pixels: np.ndarray, row: int) -> np.ndarray:
        return (pixels * (0.55 if marked.planted[row] else 1.0)).astype(np.uint8)

    return pictures_of_glyphs(rng, rng.permutation(marked.label), dimmed, names=marked.label)


@planted(at=Location(columns=("image",)))
def one_class_by_night(rng: np.random.Generator) -> Dataset:
    """Nearly all pictures of one class were taken with less light; the subject is no help."""
    return _lit(rng, 0.97)


@clean
def light_at_random(rng: np.random.Generator) -> Dataset:
    """As many dark pictures are of either class."""
    return _lit(rng, 0.5)


@clean
def bright_strokes(rng: np.random.Generator) -> Dataset:
    """The subject is bright and larger in one class: light follows from what the pictures show."""
    label = rng.integers(0, 2, size=200)

    def drawn(pixels: np.ndarray, row: int) -> np.ndarray:
        wide = 12 if label[row] else 4
        pixels[:] = rng.integers(0, 12, size=pixels.shape)
        pixels[8:40, 24 - wide // 2 : 24 + wide // 2 + int(rng.integers(0, 3))] = 230
        return pixels

    return pictures_of_glyphs(rng, label, drawn)
