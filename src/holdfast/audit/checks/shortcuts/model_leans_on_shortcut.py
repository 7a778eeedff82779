from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.comparison import Comparison, mcnemar
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.evidence.images import thumbnail
from holdfast.audit.facts.labels.suspects import Suspect, Suspects
from holdfast.audit.facts.learning.attributions import Attributions
from holdfast.audit.facts.learning.counterfactuals import Trial, moved, tried
from holdfast.audit.metrics import truth_of
from holdfast.audit.scoring import difference, shown, span
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Evidence, Finding, Grid, Location, Measure, Series, Severity
from holdfast.core.random import Streams
from holdfast.core.text import one_line

_FEWEST_ROWS = 30
_SHOWN = 10


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Geirhos et al. (2020), Shortcut learning in deep neural networks, Nature Machine Intelligence 2",
            "https://doi.org/10.1038/s42256-020-00257-z",
        ),
        Reference(
            "Zech et al. (2018), Variable generalization performance of a deep learning model to detect pneumonia in "
            "chest radiographs, PLOS Medicine 15(11)",
            "https://doi.org/10.1371/journal.pmed.1002683",
        ),
    ),
)
def model_leans_on_shortcut(
    dataset: Dataset,
    shortcut_suspects: Suspects,
    attributions: Attributions,
    streams: Streams,
    *,
    min_moved: float = 0.1,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Predictions that follow a suspected shortcut when it is swapped between rows of different classes.

    ## Why it matters
    That a border, a scanner's name or a header tells the class is a temptation; whether the model has given in to it
    shows only when it is asked. A model that has will be wrong wherever the shortcut is missing or says otherwise.

    ## How it works
    Suspects are features whose name says how the record was made, outer places of pictures that tell the class where
    the middle does not, and words that stand in one class only. On at most 1,000 rows that the model did not learn
    from, each is replaced by that of a random row of another class (words are deleted where they stand, and put in
    front where they do not). The control is the same swap with a row of the same class (for words: any other word),
    so that a patch that looks odd does not count. It is reported when the share of predictions that change exceeds
    that of the control by `min_moved` (McNemar's test), or the score falls by as much more (its paired test). Your
    model is asked, where it is given; else one that is fitted here, which says that the shortcut is easy to learn, as
    a note.

    ## Limits
    Only what is suspected is swapped. A model that opens image files itself cannot be handed changed pictures. Swapped
    columns may make rows that cannot exist. Stored predictions cannot be asked: then a model fitted here is.

    ## Fix
    Take the shortcut away (drop the column, crop or blank the place, delete the words), train again, and report the
    score on rows where the shortcut says otherwise.
    """
    suspects = shortcut_suspects.found
    if not suspects:
        return
    if len(attributions.places) < _FEWEST_ROWS:
        raise NotApplicable(f"{len(attributions.places)} rows to ask the model about are too few")
    taken = {name for suspect in suspects for name in suspect.columns}
    try:
        unsuspected = [name for name in attributions.columns if name not in taken]  # fits the model
        for number, suspect in enumerate(suspects):
            rng = streams("model_leans_on_shortcut", number)
            try:
                trial = tried(attributions, suspect, unsuspected, rng)
            except NotApplicable:
                continue
            changes = mcnemar(moved(attributions, trial.across), moved(attributions, trial.within))
            loss = _loss(attributions, trial, rng)
            # Where one class is rare, its score may follow the shortcut and hardly a prediction change.
            if any(
                one.difference >= min_moved and one.p_value < alpha / (2 * len(suspects)) for one in (changes, loss)
            ):
                yield _finding(dataset, attributions, suspect, trial, changes, loss, min_moved)
    except BadInput as error:
        raise NotApplicable(str(error)) from error


def _loss(asked: Attributions, trial: Trial, rng: np.random.Generator) -> Comparison:
    """Return by how much the score is lower with the thing of another class than with that of the same class.

    In units of the score where that lies between 0 and 1, else of the score itself.
    """
    truth = truth_of(asked.model.labels, asked.rows)
    found = difference(asked.metric, truth, trial.within, trial.across, rng)
    unit = span(asked.metric, asked.metric.score(truth, asked.said))
    return replace(found, difference=found.difference / unit, low=found.low / unit, high=found.high / unit)


def _finding(
    dataset: Dataset,
    asked: Attributions,
    suspect: Suspect,
    trial: Trial,
    changes: Comparison,
    loss: Comparison,
    min_moved: float,
) -> Finding:
    own = asked.model.model.own
    who = "Your model" if own else f"A model fitted here ({asked.model.model.name})"
    how = "taken from another class" if not suspect.words else "deleted, or put in front where they did not stand"
    control = "taken from the same class" if not suspect.words else "with any other word"
    truth = truth_of(asked.model.labels, asked.rows)
    before, after = (shown(asked.metric.score(truth, said)) for said in (asked.said, trial.across))
    across, within = (moved(asked, said) for said in (trial.across, trial.within))
    return Finding(
        message=f"{who} leans on {suspect.title}: {how}, {percent(float(across.mean()))} of the predictions "
        f"change, against {percent(float(within.mean()))} {control}; {asked.metric.title} goes from {before} to "
        f"{after}",
        severity=Severity.WARNING if own else Severity.NOTE,
        confidence=Confidence.HIGH if own else Confidence.MEDIUM,
        locations=(Location(columns=suspect.columns),),
        evidence=(
            Measure(
                name="predictions that change, beyond the control",
                value=changes.difference,
                threshold=min_moved,
                low=changes.low,
                high=changes.high,
                level=changes.level,
                p_value=changes.p_value,
                unit="share",
            ),
            Measure(
                name=f"loss of {asked.metric.title}, beyond the control",
                value=loss.difference,
                threshold=min_moved,
                low=loss.low,
                high=loss.high,
                level=loss.level,
                p_value=loss.p_value,
                unit="score",
            ),
            _bars(suspect, trial, {how: float(across.mean()), control: float(within.mean())}),
            *_shown(dataset, asked, suspect),
        ),
        fix="Take the shortcut away, train again, and report the score on rows where the shortcut says otherwise.",
    )


def _bars(suspect: Suspect, trial: Trial, shares: dict[str, float]) -> Series:
    if trial.elsewhere is not None:
        shares[trial.other] = trial.elsewhere
    return Series(
        name=f"Predictions that change with {one_line(suspect.title, 60)}",
        x=tuple(shares),
        y=tuple(round(value, 4) for value in shares.values()),
        x_name="what is changed",
        y_name="share of predictions",
        shape="bar",
    )


def _shown(dataset: Dataset, asked: Attributions, suspect: Suspect) -> Iterator[Evidence]:
    """Yield what the model hangs on altogether: columns, words, or places of pictures."""
    if suspect.cells is not None:
        hidden = asked.occlusion
        if hidden is not None:
            strongest = int(np.where(suspect.cells, hidden.each, 0.0).sum(axis=(1, 2)).argmax())
            for name, grid, row in (
                ("What the predicted class loses when a place is blanked, mean of pictures", hidden.mean, 0),
                ("The same for the picture shown", hidden.each[strongest], strongest),
            ):
                yield Grid(
                    name=name,
                    values=tuple(tuple(round(float(value), 4) for value in line) for line in grid),
                    low=0.0,
                    picture=thumbnail(dataset, int(hidden.rows[row])),
                )
        return
    if suspect.words:
        words = asked.words[:_SHOWN]
        if words:
            yield Series(
                name="Words that the predictions hang on most",
                x=tuple(one_line(one.word, 30) for one in words),
                y=tuple(round(one.effect, 4) for one in words),
                low=tuple(round(one.low, 4) for one in words),
                high=tuple(round(one.high, 4) for one in words),
                group=tuple(one_line(one.of_class, 30) for one in words),
                x_name="word",
                y_name="loss of the class's score without it",
                shape="bar",
            )
        return
    columns = sorted((*asked.importances, *asked.groups), key=lambda one: -one.fall)[:_SHOWN]
    if columns:
        yield Series(
            name="Columns that the predictions hang on most",
            x=tuple(one_line(" + ".join(one.columns), 60) for one in columns),
            y=tuple(round(one.fall, 4) for one in columns),
            low=tuple(round(one.low, 4) for one in columns),
            high=tuple(round(one.high, 4) for one in columns),
            x_name="column",
            y_name=f"loss of {asked.metric.title} when shuffled",
            shape="bar",
        )


def _scans(rng: np.random.Generator, share: float) -> Dataset:
    """Return records whose hospital goes with the class in some share of them, beside a weak honest column."""
    n = 600
    marked = tied(rng, n, share)
    return subject(
        {
            "hospital": np.where(marked.planted, "north", "south"),
            "opacity": marked.label + 1.5 * rng.normal(size=n),
            "y": np.where(marked.label == 1, "ill", "well"),
        },
        split=["train"] * 400 + ["test"] * 200,
    )


@planted(at=Location(columns=("hospital",)))
def the_hospital_goes_with_the_disease(rng: np.random.Generator) -> Dataset:
    """Nearly all ill patients are from one hospital; what the picture shows is weaker."""
    return _scans(rng, 0.9)


@planted(at=Location(columns=("image",)))
def a_mark_in_the_corner(rng: np.random.Generator) -> Dataset:
    """Most pictures of one class have a white mark in a corner; the shapes are harder to tell."""
    marked = tied(rng, 240, 0.98)

    def stamped(pixels: np.ndarray, row: int) -> np.ndarray:
        if marked.planted[row]:
            pixels[2:14, 2:14] = 255
        return pixels

    return pictures_of_glyphs(rng, marked.label, stamped)


@planted(at=Location(columns=("text",)))
def a_line_of_boilerplate(rng: np.random.Generator) -> Dataset:
    """Half of one class's texts carry the name of their source, and the words tell little else."""
    words = np.array([f"word{number}" for number in range(80)])
    y = rng.integers(0, 2, size=500)
    texts = [" ".join(rng.choice(words, size=10)) + (" reuters" if one and rng.random() < 0.6 else "") for one in y]
    return subject({"text": texts, "y": np.where(y == 1, "wire", "own")}, split=["train"] * 350 + ["test"] * 150)


@clean
def hospitals_at_random(rng: np.random.Generator) -> Dataset:
    """Both hospitals see as many ill patients."""
    return _scans(rng, 0.5)


@clean
def marks_at_random(rng: np.random.Generator) -> Dataset:
    """As many pictures of each class have the mark."""
    marked = tied(rng, 160, 0.5)

    def stamped(pixels: np.ndarray, row: int) -> np.ndarray:
        if marked.planted[row]:
            pixels[2:14, 2:14] = 255
        return pixels

    return pictures_of_glyphs(rng, marked.label, stamped)
