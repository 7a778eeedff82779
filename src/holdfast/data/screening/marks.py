"""Marks and tags in a data set: what was found, as a record."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, listening, track
from holdfast.core.record import CheckResult, Run, Section
from holdfast.core.recording import begun, inputs_of, recorded
from holdfast.core.store import RunStore
from holdfast.core.text import one_line
from holdfast.data.origin import ORIGIN
from holdfast.data.screening.images.scanning import scan_images
from holdfast.data.screening.tags import telling as tags
from holdfast.data.screening.tags.provenance import TagClaims, provenance, tag_claims
from holdfast.data.screening.tags.reading import Claim
from holdfast.data.screening.watermarks import telling
from holdfast.data.screening.watermarks.detecting import detect
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.settings import MarkSettings
from holdfast.data.screening.watermarks.tokens import cutter


def find_marks(
    dataset: Dataset, key: Key | None = None, settings: MarkSettings | None = None, *, column: str | None = None,
    trust: str = "", origin: str = ORIGIN, seed: int = 0, save: Path | None = None, store: RunStore | None = None,
    progress: Progress | None = None, command: Sequence[str] = (),
) -> Run:  # fmt: skip
    """Return the record of what tags say of each record, and of the mark of `key` in the texts of a column.

    Pictures are screened too where the column `origin` tells the origin of some of them (see `scan_images`).
    `trust` holds certificates in PEM whose signatures count as signed; `save` is a new Parquet or CSV file for the
    origin of the records that say something. Raises BadInput where there is neither a text nor a tag to look at.
    """
    started = time.perf_counter()
    settings, progress = settings or MarkSettings(), listening(progress)
    words: list[str] = []
    parts: list[Section] = []
    results: list[CheckResult] = []
    flagged = np.zeros(len(dataset), dtype=bool)
    if key is not None:
        name, scheme = text_column(dataset, column), settings.made()
        cut = cutter(settings.tokens)
        with track(progress, "reading marks", 2 * len(dataset), "texts") as advance:
            marks = detect(dataset.values(name), cut, scheme, key, windows=settings.windows, advance=advance)
        flagged = marks.flagged(settings.alpha / 2, scheme)
        words.append(telling.said(marks, scheme, key, settings.alpha))
        parts += telling.sections(marks, scheme, key, settings, name)
        results.append(telling.result(marks, scheme, key, settings, name))
    found = tag_claims(dataset, trust=trust, progress=progress)
    found = TagClaims(
        tuple(_with_mark(claim, key, bool(hit)) for claim, hit in zip(found.claims, flagged, strict=True)), found.unread
    )
    if key is None or any(claim.origin != "unknown" for claim in found.claims):
        words.append(tags.said(found))
        parts += tags.sections(found)
    results += tags.results(dataset, found)
    if dataset.of(kind="image") and (origin != ORIGIN or origin in dataset.table.column_names):
        dataset[origin]  # an unknown column is told with the nearest name
        parts += scan_images(dataset, origin=origin, seed=seed, progress=progress)
    if save is not None:
        saved(save, provenance(dataset, found))
    config = {"key": key.id, **settings.model_dump(mode="json", exclude_defaults=True)} if key else {}
    title = f"marks and tags in {one_line(dataset.name, 60)}"
    run = begun("data", title, command, config, n_rows=len(dataset), inputs=inputs_of(dataset))
    with recorded(run, store, started) as going:
        return going.finish(says=" ".join(words), sections=tuple(parts), results=tuple(results))


def _with_mark(claim: Claim, key: Key | None, hit: bool) -> Claim:  # noqa: FBT001 a private helper of one call
    """Return the claim, with what a mark adds to it: inferred, as a test is no signature."""
    if not hit or key is None or claim.origin == "synthetic":
        return claim
    against = claim.why if claim.origin == "human" else ""
    return replace(claim, origin="synthetic", evidence="inferred", why=f"mark of key {key.id}", against=against)


def saved(path: Path, table: pa.Table) -> None:
    """Write a table to a new Parquet or CSV file. Raises BadInput; nothing is replaced."""
    import pyarrow.csv
    import pyarrow.parquet

    writers = {".parquet": pyarrow.parquet.write_table, ".csv": pyarrow.csv.write_csv}
    if path.suffix.lower() not in writers:
        raise BadInput(f"--save wants a file that ends in .parquet or .csv, got {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            writers[path.suffix.lower()](table, file)
    except FileExistsError:
        raise BadInput(f"{path} is there already; name a new file") from None
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error


def text_column(dataset: Dataset, wanted: str | None) -> str:
    """Return the column that holds texts. Raises BadInput where there is none, or it does not hold text."""
    if wanted is not None:
        if not pa.types.is_large_string(dataset.values(wanted).type):
            raise BadInput(f"column {wanted!r} of {one_line(dataset.name, 60)} does not hold text")
        return wanted
    found = [column.name for column in dataset.of(kind="text") if not column.name.startswith("_")]
    if not found:
        listed = ", ".join(one_line(column.name, 40) for column in dataset.columns[:12])
        raise BadInput(f"no column of {one_line(dataset.name, 60)} holds texts; columns are {listed}. Name one: --text")
    return found[0]
