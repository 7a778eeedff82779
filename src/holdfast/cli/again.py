"""Doing a recorded run's beginning again: its call, its data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.audit.code import CodeFile
from holdfast.audit.settings import AuditSettings
from holdfast.core.dataset import Dataset, Source
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress
from holdfast.core.record import Run


def call_of(run: Run) -> tuple[tuple[Path, ...], dict[str, Any]]:
    """Return the files and flags that a run was called with. Raises BadInput for a run started from Python."""
    from holdfast.cli.audit import audit

    if run.kind != "audit":
        raise BadInput(
            f"run {run.id} is a {run.kind} run; only an audit is resumed or repaired. Start it again instead"
        )
    if not run.command:
        raise BadInput(f"run {run.id} was started from Python, which knows its data; the command line does not")
    flags = dict(audit.make_context("audit", list(run.command[1:])).params)
    for name in ("store", "resume", "form", "out"):
        flags.pop(name)
    return tuple(flags.pop("files")), flags


def reopened(run: Run, progress: Progress | None = None) -> Dataset:
    """Return the data set of a run, read again from where its command said. Raises BadInput when it has changed."""
    from holdfast.audit.verb import open_data
    from holdfast.cli.audit import inputs_of, settings_of

    if run.kind == "finetune":
        return _tuned_on(run, progress)
    files, flags = call_of(run)
    if not files and not flags["named"]:
        raise BadInput(f"run {run.id} looked at code only; there are no data to repair")
    settings = settings_of(flags)
    dataset = open_data(inputs_of(files, flags["named"]), settings, progress)
    refuse_changed(run, settings, data=dataset.sources)
    return dataset


def _tuned_on(run: Run, progress: Progress | None) -> Dataset:
    """Return the data of a fine-tuning, split as it was."""
    from holdfast.core.config import checked
    from holdfast.core.progress import Silent
    from holdfast.finetune.recipe import Recipe
    from holdfast.finetune.splits import with_validation
    from holdfast.finetune.verb import loaded

    recipe = checked(Recipe, run.config)
    return with_validation(loaded(recipe.data, recipe, progress or Silent()), recipe.seed)[0]


def refuse_changed(run: Run, settings: AuditSettings, **inputs: Sequence[Source | CodeFile]) -> None:
    """Raise BadInput when settings or inputs are not those of the run; `data` and `code` are compared where given."""
    for kind, sources in inputs.items():
        before = [(item.name, item.digest) for item in run.inputs if item.kind == kind]
        if before != [(item.name, item.digest) for item in sources]:
            raise BadInput(f"the {kind} of run {run.id} has changed since: start a new audit")
    if run.config != settings.model_dump(mode="json", exclude_defaults=True):
        raise BadInput(f"the settings of run {run.id} have changed since (holdfast.toml?): start a new audit")
