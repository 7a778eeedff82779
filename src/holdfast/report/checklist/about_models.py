"""What runs state about code, model, evaluation and score."""

import shlex
from collections.abc import Iterator
from typing import TypeGuard

from holdfast.core.finding import Measure, Severity
from holdfast.core.record import HonestScore, Run, Status
from holdfast.report.checklist.document import Line
from holdfast.report.checklist.outcomes import stopped
from holdfast.report.checklist.subject import Subject
from holdfast.report.verdict import metric_of
from holdfast.report.words import duration, listed, name, number, plural, score, sentence, span

MOST_FILES = 12
STAND_IN = "default-model"


def code_identity(subject: Subject) -> Iterator[Line]:
    """The versions that computed the score, the scripts that were read by hash, and the model that was loaded."""
    for run in subject.runs:
        if not run.n_rows:
            continue
        learner = run.environment.packages.get("scikit-learn")
        beside = f" with scikit-learn {name(learner)}" if learner else ""
        text = f"Computed by Holdfast {name(run.environment.holdfast)}{beside}, seed {run.seed}."
        yield Line(text=text, run=subject.name(run))
    files = list(subject.code())
    for run, one in files[:MOST_FILES]:
        yield Line(text=f"Code read: {name(one.name)}, content hash {name(one.digest)}.", run=subject.name(run))
    if len(files) > MOST_FILES:
        yield Line(text=f"And {plural(len(files) - MOST_FILES, 'more file')}, each with its hash in the record.")
    for run in subject.runs:
        for key, said in (("model", "The model was made by"), ("pipeline", "The pipeline that was tried out is")):
            target = run.config.get(key)
            if isinstance(target, str):
                yield Line(text=f"{said} {name(target)}.", run=subject.name(run))


def infrastructure(subject: Subject) -> Iterator[Line]:
    """System, Python, packages and the time it took."""
    for run in subject.runs:
        where = run.environment
        packages = listed([f"{name(one)} {name(version)}" for one, version in where.packages.items()], 20)
        text = f"{name(where.platform)}, Python {name(where.python)}" + (f"; {packages}" if packages else "")
        took = f" It took {duration(run.seconds)}." if run.seconds else ""
        yield Line(text=f"{text}.{took}", run=subject.name(run))


def instructions(subject: Subject) -> Iterator[Line]:
    """What a README would tell its reader to type, and what that needs."""
    for run in subject.runs:
        if run.command:
            needs = f"It needs Holdfast {name(run.environment.holdfast)} and Python {name(run.environment.python)}."
            yield Line(text=f"To repeat it: `{_command(run)}`. {needs}", run=subject.name(run))


def one_command(subject: Subject) -> Iterator[Line]:
    """The command and the seed that give the same record again."""
    for run in subject.runs:
        if run.command:
            text = f"One command, seed {run.seed}: `{_command(run)}`."
            yield Line(text=text, run=subject.name(run))


def transformations(subject: Subject) -> Iterator[Line]:
    """What happened to the data on the way to the score."""
    for run, found in subject.scores():
        model = name(found.model)
        text = {
            STAND_IN: f"No step of the authors was run: the score is that of a stand-in ({model}) on the data as read.",
            "own-model": f"{model} was refitted on training rows for each score, with the steps that it contains.",
            "predictions": "Predictions were given; what was done to the data before them was not seen.",
        }.get(found.source)
        if text:
            yield Line(text=text, run=subject.name(run))


def stand_ins(subject: Subject) -> Iterator[Line]:
    """Whether the score is that of a stand-in: then what is said of the model is not about the authors' one."""
    if list(subject.scores()) and all(found.source == STAND_IN for _, found in subject.scores()):
        text = (
            "No model was given (--model, --predictions): what is said of the model and its score is about "
            "Holdfast's stand-in."
        )
        yield Line(text=text)


def models(subject: Subject) -> Iterator[Line]:
    """The models that were scored, and whose they are."""
    for run, found in subject.scores():
        whose = {
            STAND_IN: "Holdfast's stand-in, not the authors' model",
            "own-model": "the authors' model, fitted by Holdfast",
            "predictions": "known by its predictions only",
        }.get(found.source, "")
        model = name(found.model) if found.model else "A model"
        yield Line(text=f"{model}{': ' + whose if whose else ''}.", run=subject.name(run))


def compared(subject: Subject) -> Iterator[Line]:
    """The models whose predictions were compared, the best first, with their scores."""
    for run in subject.runs:
        scores = run.config.get("models")
        if run.kind == "compare" and isinstance(scores, dict):
            shown = [f"{name(str(one))} {number(value)}" for one, value in scores.items() if _is_number(value)]
            text = f"Compared by {name(str(run.config.get('metric') or 'score'))}: {listed(shown, 12)}."
            yield Line(text=text, run=subject.name(run))


def evaluation(subject: Subject) -> Iterator[Line]:
    """How rows were divided and on which the score was computed."""
    for run in subject.runs:
        for note in dict.fromkeys(note for one in run.inputs for note in one.notes if "split" in note):
            yield Line(text=f"{sentence(note[0].upper() + note[1:])}.", run=subject.name(run))
        column = [name(one.name) for one in run.columns if one.role == "split"]
        named = list(dict.fromkeys(name(one.split) for one in run.inputs if one.split))
        if named:
            yield Line(text=f"The split was given as files: {listed(named)}.", run=subject.name(run))
        elif column and not any("split" in note for one in run.inputs for note in one.notes):
            yield Line(text=f"The split stands in the column {column[0]}.", run=subject.name(run))
    for run, found in subject.scores():
        text = f"Fitted on {found.n_train:,} rows, scored on {found.n_test:,} rows of the {name(found.split)} part."
        if not found.n_train:
            text = f"Scored on {found.n_test:,} rows of the {name(found.split)} part."
        yield Line(text=text, run=subject.name(run))


def selection(subject: Subject) -> Iterator[Line]:
    """How many models were judged on the test rows."""
    for run, found in subject.scores():
        if found.source == STAND_IN:
            text = "One stand-in model was scored; none was chosen among several."
            yield Line(text=text, run=subject.name(run))


def tuning(subject: Subject) -> Iterator[Line]:
    """What is known about hyperparameters."""
    for run, found in subject.scores():
        if found.source == STAND_IN:
            text = f"The stand-in ({name(found.model)}) has fixed settings; nothing was tuned."
            yield Line(text=text, run=subject.name(run))
        elif found.source == "own-model":
            text = "The model was fitted with the settings it came with; how they were found is not in the record."
            yield Line(text=text, tone="silent", run=subject.name(run))


def metric(subject: Subject) -> Iterator[Line]:
    """The metric, and which way is better."""
    for run, found in subject.scores():
        way = "higher is better" if found.higher_is_better else "lower is better"
        words = f": {sentence(found.metric_title)}" if found.metric_title else ""
        chosen = "" if run.config.get("metric") else " It is the default for this outcome; nobody named one (--metric)."
        yield Line(text=f"{metric_of(found)}{words}; {way}.{chosen}", run=subject.name(run))


def uncertainty(subject: Subject) -> Iterator[Line]:
    """The claimed and the honest score with their intervals."""
    for run, found in subject.scores():
        yield Line(text=_scores(found), run=subject.name(run))


def inflation(subject: Subject) -> Iterator[Line]:
    """How much of the score goes away with what leaks."""
    for run, found in subject.scores():
        if found.inflation is not None and found.inflation.low > 0:
            size = f"{score(found.inflation.value)} ({span(found.inflation)})"
            text = f"The {metric_of(found)} is too good by {size}: so much goes when what leaks is taken away."
            yield Line(text=text, tone="bad", run=subject.name(run))


def tests(subject: Subject) -> Iterator[Line]:
    """How many statistical statements there are, and what error they allow themselves together."""
    for run in subject.runs:
        if run.alpha:
            text = (
                f"All statistical checks together allow themselves {number(run.alpha)} false findings on clean data; "
                "each corrects for its own comparisons and puts the size of an effect before its p-value."
            )
            yield Line(text=text, run=subject.name(run))
        tested = [
            (finding.check, one)
            for finding in run.findings
            for one in finding.evidence
            if isinstance(one, Measure) and one.p_value is not None
        ]
        for check, one in tested[:4]:
            text = f"{name(check)}: {sentence(one.name)}, p {_p(one.p_value or 0.0)}."
            yield Line(text=text, run=subject.name(run), checks=(check,))


def limits(subject: Subject) -> Iterator[Line]:
    """What stands against the score, and what could not be looked at."""
    for run in subject.runs:
        worst = [one for one in run.findings if one.severity is Severity.ERROR]
        if run.count(Severity.ERROR) or run.count(Severity.WARNING):
            counts = [(len(worst), "error"), (run.count(Severity.WARNING), "warning")]
            said = " and ".join(plural(count, noun) for count, noun in counts if count)
            first = f" The first: {stopped(run.findings[0].message)}"
            verb = "stands" if sum(count for count, _ in counts) == 1 else "stand"
            yield Line(text=f"{said} {verb} against the score.{first}", tone="bad", run=subject.name(run))
        elif any(one.status is Status.PASSED for one in run.results):
            yield Line(text="No error and no warning stands against the score.", tone="good", run=subject.name(run))
        unseen = [name(one.check) for one in run.results if one.status in {Status.SKIPPED, Status.CRASHED}]
        if unseen:
            text = f"{plural(len(unseen), 'check')} could not look: {listed(unseen, 12)}."
            some = len(unseen) < len(run.results)
            yield Line(text=text, tone="doubt" if some else "silent", run=subject.name(run))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scores(found: HonestScore) -> str:
    assert found.claimed is not None
    level = f"{found.claimed.level:.0%}"
    claimed = f"{metric_of(found)} {score(found.claimed.value)} ({level} interval {span(found.claimed)}) as claimed"
    if found.honest is None:
        return f"{claimed}."
    return f"{claimed}, {score(found.honest.value)} ({span(found.honest)}) when what leaks is taken away."


def _command(run: Run) -> str:
    return sentence(shlex.join(["holdfast", *run.command])).replace("`", "'")


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"
