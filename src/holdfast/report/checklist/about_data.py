"""What runs state about the data: which, how many, the outcome, what is missing, what was left out."""

from collections.abc import Iterator

from holdfast.core.record import ColumnRecord, SplitRecord, Summary
from holdfast.report.checklist.document import Line
from holdfast.report.checklist.subject import Subject
from holdfast.report.words import listed, name, number, plural, sentence

MOST_INPUTS = 12
MOST_CLASSES = 6


def identity(subject: Subject) -> Iterator[Line]:
    """Each input by name, size and content hash; a name with two contents is told."""
    found = list(subject.data())
    for run, one in found[:MOST_INPUTS]:
        rows = f"{one.stop - one.start:,} rows"
        part = f", the {name(one.split)} part" if one.split else ""
        text = f"{name(one.name)}: {rows}{part}, content hash {name(one.digest)}."
        yield Line(text=text, run=subject.name(run))
    if len(found) > MOST_INPUTS:
        yield Line(text=f"And {plural(len(found) - MOST_INPUTS, 'more input')}, each with its hash in the record.")
    for digest in dict.fromkeys(run.test_digest for run in subject.runs if run.test_digest):
        yield Line(text=f"The test rows have the content hash {name(digest)}.")
    digests: dict[tuple[str, str | None], set[str]] = {}
    for _, one in found:
        digests.setdefault((one.name, one.split), set()).add(one.digest)
    for (title, _), several in digests.items():
        if len(several) > 1:
            text = f"{name(title)} has {len(several)} different contents in these runs: they are not of the same data."
            yield Line(text=text, tone="bad")


def reading(subject: Subject) -> Iterator[Line]:
    """Where each input came from and what was noted when it was read; columns that say when, who and where."""
    found = list(subject.data())
    for run, one in found[:MOST_INPUTS]:
        noted = f" Noted when read: {sentence('; '.join(one.notes))}." if one.notes else ""
        text = f"Read from {name(one.name)} on {run.started:%Y-%m-%d}.{noted}"
        yield Line(text=text, run=subject.name(run))
    for run, columns in subject.columns():
        for role, what in (("time", "When"), ("group", "Whose row it is"), ("metadata", "How it was recorded")):
            names = _names(columns, role)
            if names:
                yield Line(text=f"{what} stands in {listed(names, 8)}.", run=subject.name(run))


def outcome(subject: Subject) -> Iterator[Line]:
    """The label, and its classes or its spread in each split."""
    for run, columns in subject.columns():
        labels = [one for one in columns if one.role == "label"]
        if not labels:
            yield Line(text="No column was named as the outcome (--label).", tone="silent", run=subject.name(run))
        for label in labels:
            missing = f", missing in {plural(label.n_missing, 'row')}" if label.n_missing else ", known in every row"
            text = f"The outcome is '{name(label.name)}' (kind {name(label.kind)}){missing}."
            yield Line(text=text, run=subject.name(run))
        for split in run.splits if labels else ():
            said = _label_in(split)
            if said:
                yield Line(text=f"{_part(split)}: {said}.", run=subject.name(run))


def sizes(subject: Subject) -> Iterator[Line]:
    """How many rows each split has."""
    for run in subject.runs:
        if run.splits and run.splits[0].name != "all":
            parts = [f"{split.rows:,} {name(split.name)}" for split in run.splits]
            text = f"{run.n_rows:,} rows: {listed(parts, 12)}."
        elif run.n_rows:
            text = f"{run.n_rows:,} rows, not divided into training and test rows."
        else:
            continue
        features = sum(one.role == "feature" for one in run.columns)
        wide = f" {plural(features, 'feature column')}." if features else ""
        yield Line(text=f"{text}{wide}", run=subject.name(run))
        for split in run.splits:
            if split.unlabelled:
                text = f"{_part(split)}: {plural(split.unlabelled, 'row')} without a label."
                yield Line(text=text, run=subject.name(run))


def missing(subject: Subject) -> Iterator[Line]:
    """Which columns have missing values, and what share of each."""
    for run, columns in subject.columns():
        holes = sorted((one for one in columns if one.n_missing), key=lambda one: -one.n_missing)
        if not holes:
            text = f"None of the {len(columns):,} columns has an empty cell."
        else:
            rows = max(1, run.n_rows)
            shown = [f"{name(one.name)} {one.n_missing:,} ({one.n_missing / rows:.1%})" for one in holes]
            text = f"{len(holes):,} of {plural(len(columns), 'column')} have empty cells: {listed(shown, 10)}."
        yield Line(text=text, run=subject.name(run))


def classes(subject: Subject) -> Iterator[Line]:
    """How the outcome's shares differ between training and test rows, where the outcome has classes."""
    for run in subject.runs:
        parts = {split.name: split for split in run.splits}
        if not {"train", "test"} <= set(parts) or not parts["train"].classes:
            continue
        train, test = _shares(parts["train"]), _shares(parts["test"])
        shared = [one for one in train if one in test]
        if shared:
            worst = max(shared, key=lambda one: abs(train[one] - test[one]))
            gap = abs(train[worst] - test[worst])
            size = f"at most {gap:.1%}" if gap >= 0.0005 else "less than 0.1%"
            text = (
                f"The share of a class differs by {size} between training and test rows "
                f"('{name(worst)}': {train[worst]:.1%} and {test[worst]:.1%})."
            )
            yield Line(text=text, run=subject.name(run))


def left_out(subject: Subject) -> Iterator[Line]:
    """Columns that were set aside, and whether all rows were looked at."""
    for run in subject.runs:
        if not run.n_rows:
            continue
        aside = _names(run.columns, "ignore")
        kept = f"{run.n_rows:,} rows and {len(run.columns) - len(aside):,} columns were audited"
        text = f"{kept}; left out: {listed(aside, 10)}." if aside else f"{kept}; none was left out."
        yield Line(text=text, run=subject.name(run))


def features(subject: Subject) -> Iterator[Line]:
    """The features by name."""
    for run, columns in subject.columns():
        names = _names(columns, "feature")
        if names:
            yield Line(text=f"{plural(len(names), 'feature')}: {listed(names, 20)}.", run=subject.name(run))


def scope(subject: Subject) -> Iterator[Line]:
    """Whether anything beyond training and test rows was scored."""
    for run in subject.runs:
        beyond = [split for split in run.splits if split.name not in {"train", "valid", "test", "all"}]
        if beyond:
            parts = [f"{name(split.name)} ({split.rows:,} rows)" for split in beyond]
            yield Line(text=f"Data from elsewhere: {listed(parts)}.", run=subject.name(run))
        elif run.splits:
            text = "No data from elsewhere: the test rows come from where the training rows come from."
            yield Line(text=text, run=subject.name(run))


def _part(split: SplitRecord) -> str:
    return "All rows" if split.name == "all" else f"{name(split.name).capitalize()} rows"


def _label_in(split: SplitRecord) -> str:
    known = split.rows - split.unlabelled
    if split.summary is not None:
        return _spread(split.summary)
    if not split.classes or not known:
        return ""
    shown = [f"{name(one.name)} {one.rows:,} ({one.rows / known:.1%})" for one in split.classes[:MOST_CLASSES]]
    more = split.n_classes - len(shown)
    return f"{plural(split.n_classes, 'class' if split.n_classes == 1 else 'classe')}: {', '.join(shown)}" + (
        f" and {more:,} more" if more > 0 else ""
    )


def _spread(values: Summary) -> str:
    return (
        f"mean {number(values.mean)}, standard deviation {number(values.sd)}, median {number(values.median)}, "
        f"quartiles {number(values.quarter)} and {number(values.three_quarters)}, "
        f"from {number(values.low)} to {number(values.high)}"
    )


def _shares(split: SplitRecord) -> dict[str, float]:
    known = max(1, split.rows - split.unlabelled)
    return {one.name: one.rows / known for one in split.classes}


def _names(columns: tuple[ColumnRecord, ...], role: str) -> list[str]:
    return [name(one.name) for one in columns if one.role == role]
