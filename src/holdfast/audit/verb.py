"""The verb: one audit, from whatever a person gives (files, frames, code, a model) to its record."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.audit import catalogue
from holdfast.audit.code import Code, read_code
from holdfast.audit.facts.conduct.ledger import ledger_of
from holdfast.audit.honest import score_of_audit
from holdfast.audit.metrics import metric_called
from holdfast.audit.outcome import split_records
from holdfast.audit.recording import subject_fields
from holdfast.audit.roots import ROOTS
from holdfast.audit.runner import Facts, closure, refuse_unknown_options, run_checks
from holdfast.audit.settings import AuditSettings
from holdfast.audit.suppression import with_suppressions
from holdfast.audit.threads import libraries
from holdfast.core.config import checked
from holdfast.core.dataset import Dataset, Kind, Role
from holdfast.core.errors import BadInput, unknown
from holdfast.core.index import runs_on
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore, new_id


def audit(
    train: Any = None,
    test: Any = None,
    /,
    *,
    splits: Mapping[str, Any] | None = None,
    code: Code | Path | str | Sequence[Path | str] | None = None,
    model: Any = None,
    predictions: Any = None,
    settings: AuditSettings | None = None,
    facts: Mapping[str, Any] | None = None,
    store: RunStore | Path | str | None = None,
    progress: Progress | None = None,
    baseline: Run | None = None,
    **wanted: Any,
) -> Run:
    """Return the record of an audit.

    Args:
        train: path, or anything that exports Arrow (pandas, polars, pyarrow, DuckDB), an array, features and label as a
            pair `(X, y)`, or a Dataset. Without `test` it is the whole data: a split column in it is used, or one is
            made (see `splitter`). None if only code is audited.
        test: the test split, likewise.
        splits: further splits by name, such as `{"valid": frame}`.
        code: scripts, notebooks or folders of them, which are parsed and never run.
        model: an unfitted scikit-learn-compatible estimator; it is cloned and fitted.
        predictions: path or table with one prediction for each test row.
        settings: all settings at once; keywords over it.
        facts: any fact by name, taken instead of being derived, such as `{"groups": …}`.
        store: where to keep the run; nothing is written without it.
        progress: a listener, see `holdfast.core.progress`; a progress line in notebooks, else silence, without one.
        baseline: an earlier run, whose findings are not shown again.
        **wanted: any setting by name: `label="y"`, `time="date"`, `group=["patient"]`, `metric="accuracy"`, …
            `splitter` also takes what splits as scikit-learn's splitters do; its last fold is audited.

    Raises:
        BadInput: a path, column or setting is wrong.

    """
    given_splitter = wanted.pop("splitter") if not isinstance(wanted.get("splitter"), str | None) else None
    settings = combined(settings, wanted)
    dataset = _dataset(train, test, splits, settings, given_splitter, progress)
    if dataset is None and code is None:
        raise BadInput("nothing to audit: give data, or code=, or both")
    given = given_facts(dataset, settings, model, predictions, facts)
    if code is not None:
        given["code"] = code if isinstance(code, Code) else read_code(code)
    home = RunStore(Path(store)) if isinstance(store, str | Path) else store
    return audit_dataset(dataset, settings, given=given, store=home, progress=progress, baseline=baseline)


def audit_dataset(
    dataset: Dataset | None,
    settings: AuditSettings | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    baseline: Run | None = None,
    resume: Run | None = None,
    run_id: str | None = None,
) -> Run:
    """Return the record of an audit of `dataset`; with a `store`, every result is kept as soon as it is there.

    `given` holds facts by name, taken instead of being derived; without a data set, those are what is audited, such
    as `code`. `baseline` hides what an earlier run had found.
    `resume` is an interrupted run of the same data and settings, whose results are taken over.
    `run_id` names the run; a new one otherwise.
    """
    settings = settings or AuditSettings()
    started = time.perf_counter()
    options = {**settings.facts, **settings.checks}
    options["labels"] = {"task": settings.task, **settings.facts.get("labels", {})}
    refuse_unknown_options(options)
    if settings.metric is not None:
        metric_called(settings.metric)  # a misspelt name is told now, not after all checks
    code: Code | None = (given or {}).get("code")
    about = subject_fields(dataset, code)
    digest = about.get("test_digest", "")
    roots: dict[str, Any] = {"streams": Streams(settings.seed), "progress": listening(progress)}
    if dataset is not None:
        roots["dataset"] = dataset
    if store is not None and digest:
        roots["ledger"] = ledger_of(runs_on(store, digest), digest, besides=resume.id if resume else "")
    facts = Facts({**roots, **(given or {})}, options)
    name = resume.id if resume else run_id or new_id()
    run = begun("audit", command=command, settings=settings, id=name, splits=split_records(facts), **about)
    chosen = catalogue.selected(settings.select, settings.ignore)
    if dataset is None:  # checks of data would only say that there is none
        chosen = tuple(item for item in chosen if "dataset" not in closure(item.needs))
    elif any("encoding" in closure(item.needs) for item in chosen):
        libraries()  # models will be fitted
    done = {result.check: result for result in resume.results} if resume else {}
    with recorded(run, store, started) as going:
        facts.listen(going.listening(listening(progress)))
        results = run_checks(
            chosen,
            facts,
            options=options,
            done=done,
            keep=("encoding",) if settings.honest.enabled else (),  # the score asks again; it leads to the images too
            on_result=going.result,
        )
        comments = code.allowed if code is not None else ()
        results = tuple(with_suppressions(result, settings.suppress, baseline, comments) for result in results)
        honest = None
        if dataset is not None and settings.honest.enabled:
            honest = score_of_audit(dataset, settings, results, facts)
        return going.finish(results=results, honest=honest)


def _dataset(
    train: Any, test: Any, splits: Mapping[str, Any] | None, settings: AuditSettings, splitter: Any,
    progress: Progress | None,
) -> Dataset | None:  # fmt: skip
    if isinstance(train, Dataset):
        if test is not None or splits or splitter is not None:
            raise BadInput("a Dataset already holds its splits: give it alone")
        return train
    if train is None and test is None and not splits:
        return None
    return open_data(inputs_of(train, test, splits), settings, progress, splitter)


def combined(settings: AuditSettings | None, wanted: Mapping[str, Any]) -> AuditSettings:
    """Return `settings` with some replaced; a single name stands for a list of one. Raises BadInput."""
    if not isinstance(wanted.get("label"), str | None):
        raise BadInput("label is the name of a column; an array of labels goes with its features, as a pair: (X, y)")
    lists = {name for name, field in AuditSettings.model_fields.items() if field.annotation == tuple[str, ...]}
    values = {k: (v,) if k in lists and isinstance(v, str) else v for k, v in wanted.items()}
    base = settings.model_dump(exclude_unset=True) if settings else {}
    return checked(AuditSettings, {**base, **values}, table="audit")


def inputs_of(train: Any, test: Any, splits: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the inputs by split; `all` is the name of one that is not split."""
    if test is None and not splits:
        return {"all": train}
    named = {"train": train} | ({"test": test} if test is not None else {}) | dict(splits or {})
    return named


def open_data(
    inputs: Mapping[str, Any], settings: AuditSettings, progress: Progress | None = None, splitter: Any = None
) -> Dataset:
    """Return the data set that the inputs and settings describe; `splitter` is an object. Raises BadInput."""
    from holdfast.data.loading import load

    kinds: dict[str, Kind] = dict(settings.kinds)
    return load(
        inputs,
        roles=roles_of(settings),
        kinds=kinds,
        split_column=settings.split_column,
        splitter=settings.splitter if splitter is None else splitter,
        test_share=settings.test_share,
        seed=settings.seed,
        groups=settings.group,
        progress=progress,
    )


def roles_of(settings: AuditSettings) -> dict[str, Role]:
    """Return the roles that the settings give to columns. Raises BadInput when a column gets two."""
    wanted: dict[Role, tuple[str | None, ...]] = {
        "ignore": settings.ignore_columns,
        "group": settings.group,
        "id": settings.id,
        "time": (settings.time,),
        "label": (settings.label,),
    }
    roles: dict[str, Role] = {}
    for role, names in wanted.items():
        for name in filter(None, names):
            if roles.get(name, role) != role:
                raise BadInput(f"column {name!r} cannot be both {roles[name]} and {role}")
            roles[name] = role
    return roles


def given_facts(
    dataset: Dataset | None, settings: AuditSettings, model: Any, predictions: Any, facts: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the facts that are given, not derived. Raises BadInput for a name that is no fact."""
    from holdfast.audit.facts.learning.embedding import model_folder
    from holdfast.audit.facts.learning.vectors import Vectors
    from holdfast.audit.facts.learning.vectors import given as given_vectors

    given = dict(facts or {})
    for name in given:
        if name not in catalogue.facts() and name not in ROOTS:
            raise unknown("fact", name, [*catalogue.facts(), *ROOTS])
    if dataset is not None and not isinstance(given.get("vectors"), Vectors | None):
        given["vectors"] = given_vectors(dataset, given["vectors"])
    if "vectors" not in given and settings.facts.get("vectors", {}).get("model"):
        model_folder(str(settings.facts["vectors"]["model"]))  # a wrong folder is told now, not after all checks
    model = settings.model if model is None else model
    predictions = settings.predictions if predictions is None else predictions
    if model is not None:
        from holdfast.audit.models import load_estimator

        given["estimator"] = load_estimator(model) if isinstance(model, str) else model
    if predictions is not None:
        if dataset is None:
            raise BadInput("predictions were given without the data that they are about")
        from holdfast.audit.predictions_file import read_predictions

        given["predictions"] = read_predictions(predictions, dataset)
    if settings.metric is not None:
        given["metric_wanted"] = settings.metric
    return given
