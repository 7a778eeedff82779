"""The verb: data into a new folder, whole or not at all, with where they come from beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.core.dataset import Dataset
from holdfast.core.durable import building
from holdfast.core.errors import BadInput, HoldfastError
from holdfast.core.progress import Progress, listening, track
from holdfast.core.showing import shows
from holdfast.data.exporting.form import Options, form_named
from holdfast.data.exporting.provenance import Provenance, as_json, as_markdown, provenance
from holdfast.data.exporting.subject import Subject

PEOPLE, MACHINES = "PROVENANCE.md", "provenance.json"


@shows("holdfast.data.exporting.telling:shown")
@dataclass(frozen=True)
class Exported:
    """What was written: the folder, the place in it that loaders are given, and what should be said."""

    folder: Path
    place: Path
    provenance: Provenance
    notes: tuple[str, ...]


def export(
    dataset: Dataset,
    to: Path,
    form: str,
    *,
    options: Options | None = None,
    address: str = "",
    version: str = "",
    progress: Progress | None = None,
) -> Exported:
    """Write a data set into a new folder in a format, with PROVENANCE.md and provenance.json beside it.

    `address` and `version` say in them what was exported. The folder appears under its name when all of it is written.
    Raises BadInput where something is there already, or where the format cannot hold the data.
    """
    chosen = form_named(form)
    if to.exists() or to.is_symlink():
        raise BadInput(f"{to} is there already; an export never writes over anything. Name a new folder")
    if not len(dataset):
        raise BadInput(f"{dataset.name} has no records to export")
    try:
        with building(to) as making:
            with track(listening(progress), f"writing {form}", total=len(dataset), unit="records") as advance:
                subject = Subject(dataset, advance=advance)
                place = chosen.write(subject, making, options or Options()).relative_to(making)
            found = provenance(dataset)
            about: dict[str, Any] = {
                "name": dataset.name,
                "exported": address,
                "version": version,
                "format": form,
                "content": dataset.digest,
            }
            (making / MACHINES).write_bytes(as_json(found, about, subject.notes))
            (making / PEOPLE).write_bytes(as_markdown(found, about, subject.notes))
    except OSError as error:
        if isinstance(error, HoldfastError):
            raise
        raise BadInput(f"cannot write {to}: {error.strerror or error}; nothing was left there") from error
    return Exported(to, to / place, found, tuple(subject.notes))
