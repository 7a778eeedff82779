"""Croissant: a JSON-LD description of the data, with Responsible-AI fields and PROV, beside one Parquet file.

Specification 1.1 and the RAI vocabulary 1.0 (mlcommons.org/croissant), with the PROV ontology as 1.1 takes in others
(www.w3.org/TR/prov-o): of the data as a whole, and of each record, by what the columns of provenance mean. What is said
is counted from the data; what nobody said is not made up.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from holdfast.core.dataset import Column
from holdfast.core.text import visible
from holdfast.data.exporting.cells import with_bytes
from holdfast.data.exporting.form import Form, Options
from holdfast.data.exporting.formats.parquet import write_parts
from holdfast.data.exporting.provenance import UNKNOWN, Provenance, provenance
from holdfast.data.exporting.subject import Subject
from holdfast.data.origin import BY_NAME, GENERATOR, LICENCE, MADE, PARENTS, RECORD, SOURCE

DESCRIPTION = "croissant.json"
CONFORMS = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_TERMS = (
    ("citeAs", "column", "conformsTo", "containedIn", "extract", "field", "fileProperty", "fileObject", "fileSet"),
    ("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    ("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
    ("equivalentProperty",),
)
_MEANT = {  # what columns of provenance say of a record, which is an entity
    RECORD: "sc:identifier",
    GENERATOR: "prov:wasAttributedTo",
    PARENTS: "prov:wasDerivedFrom",
    SOURCE: "prov:hadPrimarySource",
    MADE: "prov:generatedAtTime",
    LICENCE: "sc:license",
}
_NAMED = 20  # values of a column that are named one by one


def write(subject: Subject, folder: Path, options: Options) -> Path:
    """Write data/part-00000.parquet and croissant.json."""
    (folder / "data").mkdir()
    schema, blocks = with_bytes(subject)
    path = write_parts(folder / "data", schema, blocks, max(1, len(subject.dataset)))[0]
    content = json.dumps(described(subject, schema, path, options.known), ensure_ascii=False, indent=1)
    (folder / DESCRIPTION).write_text(content + "\n", "utf-8", "replace")
    return path


def described(subject: Subject, schema: pa.Schema, path: Path, known: Sequence[str] = ()) -> dict[str, Any]:
    """Return the JSON-LD document that describes a Parquet file; `known` is what an audit found."""
    found = provenance(subject.dataset)
    name = path.name
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    licences = [value for value, _ in found.by["licence"] if value != UNKNOWN]
    document: dict[str, Any] = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": _plain(subject.dataset.name) or "data",
        "description": f"{found.says}.",
        "conformsTo": list(CONFORMS),
        "datePublished": datetime.now(UTC).date().isoformat(),
        "version": "1.0.0",
        **_responsible(found, known),
        **_derivation(found),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": f"data/{name}",
                "contentSize": f"{path.stat().st_size} B",
                "encodingFormat": "application/x-parquet",
                "sha256": state.hexdigest(),
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "records",
                "name": "records",
                "description": f"{found.rows:,} records",
                **({"dataType": "prov:Entity"} if set(_MEANT) & set(schema.names) else {}),
                "field": [
                    _field(column, schema, name, subject) for column in subject.columns if column.name in schema.names
                ],
            }
        ],
    }
    if licences:
        document["license"] = licences
    return document


def _field(column: Column, schema: pa.Schema, file: str, subject: Subject) -> dict[str, Any]:
    number = [one.name for one in subject.columns].index(column.name)
    said = BY_NAME[column.name].says if column.name in BY_NAME else f"{column.kind}, used as {column.role}"
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"records/{number}",
        "name": _plain(column.name) or f"column {number + 1}",
        "description": said,
        "dataType": _type(column, schema.field(column.name).type),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column.name}},
    }
    if column.name in _MEANT:
        field["equivalentProperty"] = _MEANT[column.name]
    if column.kind == "image":
        field["source"]["transform"] = {"jsonPath": "bytes"}
    if pa.types.is_fixed_size_list(schema.field(column.name).type):
        field["repeated"] = True
    return field


def _type(column: Column, kind: pa.DataType) -> str:
    if column.kind == "image":
        return "sc:ImageObject"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind) or pa.types.is_fixed_size_list(kind):
        return "sc:Float"
    return "sc:Date" if pa.types.is_timestamp(kind) else "sc:Text"


def _responsible(found: Provenance, known: Sequence[str]) -> dict[str, Any]:
    """Return the Responsible-AI fields that the provenance of the records answers."""
    told = {aspect: "; ".join(f"{value}: {n:,}" for value, n in each[:_NAMED]) for aspect, each in found.by.items()}
    types = {"human": "Direct measurement", "human-verified": "Manual Human Curator", "synthetic": "Machine Generated"}
    fields: dict[str, Any] = {
        "rai:dataCollection": f"Origin of records: {told['origin']}. How it is known: {told['evidence']}. "
        f"Taken from: {told['source']}.",
        "rai:dataLimitations": " ".join(
            [_limits(found), *(f"Found by an audit: {visible(one, 600)}." for one in known[:50])]
        ),
    }
    kinds = [types[name] for name, n in found.by["origin"] if n and name in {"human-verified", "synthetic"}]
    if kinds:
        fields["rai:dataCollectionType"] = kinds
    if found.share("origin", "synthetic") > 0:
        fields["rai:machineAnnotationTools"] = [value for value, _ in found.by["generator"] if value != UNKNOWN]
        fields["rai:dataManipulationProtocol"] = f"Generators: {told['generator']}. Generations: {told['generation']}."
    if found.verified:
        fields["rai:dataAnnotationProtocol"] = f"{found.verified:,} records were checked by somebody."
    if found.made:
        fields["rai:dataCollectionTimeframe"] = [one.replace(" ", "T") for one in found.made]
    return {name: value for name, value in fields.items() if value}


def _derivation(found: Provenance) -> dict[str, Any]:
    """Return in words of PROV where the data as a whole come from: sources, models that made records, and when."""
    sources, models = (
        [value for value, _ in found.by[name][:_NAMED] if value != UNKNOWN] for name in ("source", "generator")
    )
    agents = [{"@type": "prov:SoftwareAgent", "name": visible(one, 200)} for one in models]
    activity: dict[str, Any] = {"@type": "prov:Activity"}
    if found.made:
        times = (f"{one.replace(' ', 'T')}Z" for one in found.made)
        activity |= dict(zip(("prov:startedAtTime", "prov:endedAtTime"), times, strict=True))
    if agents:
        activity["prov:wasAssociatedWith"] = agents
    fields = {
        "prov:wasDerivedFrom": [visible(one, 600) for one in sources],
        "prov:wasAttributedTo": agents,
        "prov:wasGeneratedBy": activity if len(activity) > 1 else None,
    }
    return {name: value for name, value in fields.items() if value}


def _limits(found: Provenance) -> str:
    unknown = found.share("origin", UNKNOWN)
    said = (
        f"The origin of {100 * unknown:.1f}% of the records is unknown."
        if unknown
        else "The origin of every record is said."
    )
    licence = dict(found.by["licence"]).get(UNKNOWN, 0)
    return f"{said} The licence of {licence:,} of {found.rows:,} records is unknown."


def _context() -> dict[str, Any]:
    context: dict[str, Any] = {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "prov": "http://www.w3.org/ns/prov#",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
    }
    terms = {term: f"cr:{term}" for group in _TERMS for term in group}
    return {**context, **terms, "conformsTo": "dct:conformsTo"}


def _plain(text: str) -> str:
    """Return a name without what is not seen."""
    return visible(text, 200).replace("/", "_").strip()


EXPORT_FORMAT = Form("croissant", "Croissant JSON-LD with Responsible-AI fields and PROV, and Parquet", write)
