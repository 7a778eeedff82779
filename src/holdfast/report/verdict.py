"""The verdict: what a run comes to, in one sentence, and what to do first."""

from collections.abc import Sequence

from holdfast.core.finding import Finding, Severity
from holdfast.core.record import HonestScore, Run, Status
from holdfast.report.document import Tone, Verdict
from holdfast.report.words import duration, listed, name, plural, score, sentence, span

MOST_STEPS = 3
METRICS = {  # scikit-learn's names that do not read as words
    "": "score",
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "f1_macro": "macro F1",
    "r2": "R²",
    "neg_log_loss": "log loss (negated)",
    "neg_mean_absolute_error": "mean absolute error (negated)",
    "neg_mean_squared_error": "mean squared error (negated)",
    "neg_root_mean_squared_error": "root mean squared error (negated)",
}


SUBJECTS = {"probe": "this pipeline", "compare": "these predictions", "collapse": "these generations"}


def verdict(run: Run, ordered: Sequence[Finding]) -> Verdict:
    """Return the run in one sentence, with what qualifies it and what to do next; `ordered` is what matters first."""
    tone, said = _judged(run)
    return Verdict(tone, said, tuple(_details(run)), tuple(_steps(run, ordered)))


def counted(run: Run) -> str:
    """Return the findings by severity: `3 errors, 2 warnings`."""
    counts = [(run.count(severity), severity.value) for severity in Severity]
    return ", ".join(plural(count, noun) for count, noun in counts if count)


def metric_of(honest: HonestScore) -> str:
    """Return the metric as words, `score` where it has no name."""
    return METRICS.get(honest.metric) or name(honest.metric).replace("_", " ") or "score"


def inflated(honest: HonestScore | None) -> bool:
    """Return whether the claimed score is too good, by more than chance."""
    if not honest or honest.status != "estimated" or not (honest.claimed and honest.honest and honest.inflation):
        return False
    better = honest.claimed.value - honest.honest.value
    too_good = better > 0 if honest.higher_is_better else better < 0
    return too_good and (honest.inflation.low > 0 or honest.inflation.high < 0)


def _judged(run: Run) -> tuple[Tone, str]:
    errors, honest = run.count(Severity.ERROR), run.honest
    ran = [result for result in run.results if result.status in {Status.PASSED, Status.FOUND}]
    if run.status in {"interrupted", "running", "failed"}:
        return _unfinished(run)
    if run.says:
        tone: Tone = "bad" if errors else "unsure" if run.count(Severity.WARNING) else "good"
        return tone, sentence(run.says)
    if not ran:
        return "unsure", f"No check could run on {_subject(run)}, so nothing can be said about it."
    if honest and honest.status == "estimated" and honest.claimed and honest.honest:
        return _scored(honest, errors)
    if errors:
        against = _first(run.findings, Severity.ERROR) if errors == 1 else f"{plural(errors, 'error')} stand against it"
        return "bad", f"Do not trust a score from {_subject(run)} yet: {against}."
    warnings = run.count(Severity.WARNING)
    if warnings:
        what = "is one thing" if warnings == 1 else f"are {warnings:,} things"
        return "unsure", f"No errors, but there {what} to look at before {_subject(run)} {_verb(run)} trusted."
    crashed = sum(result.status is Status.CRASHED for result in run.results)
    if crashed:
        broke = f"{plural(crashed, 'check')} crashed"
        return "unsure", f"{plural(len(ran), 'check')} found no error or warning, but {broke}, so this is no all-clear."
    else_, more = (" else", " more") if run.suppressed else ("", "")
    what = f"{plural(len(ran), 'check')} ran and found no{more} error or warning"
    return "good", f"Nothing{else_} stands against {_subject(run)}: {what}."


def _subject(run: Run) -> str:
    """Return what a run is about."""
    if run.kind in SUBJECTS:
        return SUBJECTS[run.kind]
    kinds = {source.kind for source in run.inputs}
    return "this data and code" if kinds == {"data", "code"} else "this code" if kinds == {"code"} else "this data"


def _verb(run: Run) -> str:
    return "are" if run.kind in {"compare", "collapse"} else "is"


def _scored(honest: HonestScore, errors: int) -> tuple[Tone, str]:
    assert honest.claimed is not None
    assert honest.honest is not None
    metric, claimed, real = metric_of(honest), score(honest.claimed.value), score(honest.honest.value)
    between = span(honest.honest)
    if inflated(honest):
        return "bad", f"The {metric} of {claimed} is too good to be true: the honest value is about {real} ({between})."
    if errors:
        return "unsure", (
            f"The {metric} of {claimed} holds up (honest: {real}, {between}), "
            f"but {plural(errors, 'error')} should be repaired."
        )
    if not honest.steps:
        return "good", f"The {metric} of {claimed} holds up: nothing was found that inflates it."
    return "good", f"The {metric} of {claimed} holds up: the honest value is {real} ({between})."


def _unfinished(run: Run) -> tuple[Tone, str]:
    if run.kind == "collapse" and not run.results and run.status != "failed":
        if run.status == "running":
            return "unsure", "The experiment is going on; its record is made at the end."
        return "unsure", "The experiment was stopped before its end; what was done until then is kept."
    done = plural(len(run.results), "check")
    found = f" They found {counted(run)}." if run.findings else ""
    if run.status == "failed":
        why = f" {sentence(run.notes[-1])}" if run.notes else ""
        return "bad", f"The run failed after {done}, so its silence means nothing.{why}{found}"
    if run.status == "running":
        return "unsure", f"The run is going on: {done} done so far.{found}"
    return "unsure", f"The run was stopped after {done}, so its silence about the rest means nothing.{found}"


def _first(findings: Sequence[Finding], severity: Severity) -> str:
    message = next((sentence(one.message) for one in findings if one.severity is severity), "")
    return message[:1].lower() + message[1:].rstrip(".") if message[1:2].islower() else message.rstrip(".")


def _details(run: Run) -> list[str]:
    said = []
    if run.findings and run.status == "finished":
        said.append(f"{counted(run)} in {_size(run)}.")
    crashed = sum(result.status is Status.CRASHED for result in run.results)
    if crashed:
        what = "it" if crashed == 1 else "they"
        said.append(f"{plural(crashed, 'check')} crashed; what {what} would have found is not known.")
    hidden = len(run.suppressed)
    if hidden:
        was = "was" if hidden == 1 else "were"
        said.append(f"{plural(hidden, 'finding')} {was} suppressed; the reasons stand at the end.")
    if run.honest and run.honest.status == "not-estimable" and run.honest.reason:
        said.append(f"The honest score could not be estimated: {sentence(run.honest.reason).rstrip('.')}.")
    if any(result.sampled for result in run.results):
        said.append("Some checks looked at a sample of the rows; the record says which.")
    return said


def _size(run: Run) -> str:
    """Return how much was looked at: rows, or files where there was code only."""
    if run.size:
        return sentence(run.size)
    files = sum(source.kind == "code" for source in run.inputs)
    return plural(files, "file") if files and not run.n_rows else plural(run.n_rows, "row")


def _steps(run: Run, ordered: Sequence[Finding]) -> list[str]:
    if run.status == "interrupted" and run.kind == "audit":
        return [f"Go on where it stopped: `holdfast audit --resume {run.id}`"]
    if run.status == "interrupted" and run.kind == "collapse":
        return [f"Go on where it stopped: `holdfast collapse run --resume {run.id}`"]
    steps: dict[str, dict[str, None]] = {}
    labels = {column.name for column in run.columns if column.role == "label"}  # every finding is about them
    for finding in ordered:
        if finding.fix and finding.severity is not Severity.NOTE:
            columns = steps.setdefault(sentence(finding.fix), {})
            columns.update(dict.fromkeys(one for one in _about(finding) if one not in labels))
    first = [_addressed(fix, list(columns)) for fix, columns in list(steps.items())[:MOST_STEPS]]
    if run.kind == "audit" and run.columns and not labels:
        first.insert(
            0, "Name the column that is predicted, for the checks on it and the honest score: `--label COLUMN`"
        )
    if run.kind in {"audit", "finetune"} and any(finding.remedy for finding in ordered):
        first.append(f"Write a repaired copy: `holdfast fix {run.id} --out repaired`")
    return first


def _about(finding: Finding) -> Sequence[str]:
    """Return the columns that a fix is about."""
    if finding.remedy and finding.remedy.columns:
        return finding.remedy.columns
    named = [column for place in finding.locations for column in place.columns]
    return named if len(named) == 1 else ()


def _addressed(fix: str, columns: Sequence[str]) -> str:
    """Return a fix, with the columns that it is about where it does not name them."""
    if not columns or any(name(column) in fix for column in columns):
        return fix
    return f"{listed([f'`{name(column)}`' for column in columns], 3)}: {fix}"


def subtitle(run: Run) -> str:
    """Return when, on what and how long, as one line."""
    shown = [name(source.name) for source in run.inputs]
    parts = [f"{run.started:%d %b %Y, %H:%M} UTC".lstrip("0")]
    if shown:
        parts.append(listed(shown, 3))
    columns = f" × {plural(len(run.columns), 'column')}" if run.columns else ""
    parts.append(f"{_size(run)}{columns}")
    if run.seconds:
        parts.append(duration(run.seconds))
    return " · ".join(parts)
