"""What texts and tables say of their own origin: front matter, and columns that generators fill."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.core.dataset import Dataset
from holdfast.core.text import one_line
from holdfast.data.origin import NAMES
from holdfast.data.screening.tags.generators import SOURCE_TYPES
from holdfast.data.screening.tags.reading import Claim
from holdfast.data.screening.tags.xmp import VOCABULARY

_LONGEST = 4096  # characters of front matter
_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_ -]{0,40}):[ \t]{0,9}[\"']?([^\"'\n]{0,200})")
# Columns and keys that are filled with the name of a generator by those who write them.
_SURE = {"generator", "generatedby", "generatormodel", "generationmodel", "syntheticmodel", "modelgeneratedby"}
# Columns that may be about anything (a car has a model): only names of language models count in them.
_MAYBE = {"model", "modelname", "modelid", "sourcemodel", "responsemodel", "source", "author", "engine", "createdby"}
_FLAGS = {"aigenerated", "isaigenerated", "synthetic", "issynthetic", "machinegenerated", "isgenerated"}
_YES = {"true", "yes", "1", "1.0", "ai", "machine", "synthetic"}
_FAMILIES = (
    r"(?i)\b(gpt-?[234]|gpt-[0-9a-z.]+|chatgpt|text-davinci|o[134]-(?:mini|preview)|claude|llama|mistral|mixtral|gemini|"
    r"gemma|palm-?2|qwen|deepseek|phi-[1-4]|falcon-[0-9]|bloom[z-]|opt-[0-9]|vicuna|alpaca-[0-9]|command-r|grok-[0-9]|"
    r"nemotron|olmo|yi-[0-9]|glm-[0-9]|kimi|gpt-neo|gpt-j|pythia|t5|stablelm|granite-[0-9]|jamba)"
)


def of_table(dataset: Dataset, texts: str | None = None) -> list[Claim | None]:
    """Return for each row what its columns say of its origin, or the front matter of its text; None for nothing."""
    claims: list[Claim | None] = [None] * len(dataset)
    for column in dataset.columns:
        name = re.sub(r"[^a-z]", "", column.name.lower())
        if column.name in NAMES or column.kind == "image" or name not in _SURE | _MAYBE | _FLAGS:
            continue
        values = pc.cast(dataset.values(column.name), pa.large_string(), safe=False)
        told = _told(values, name)
        for row in np.flatnonzero(told).tolist():
            value = values[row].as_py()
            generator = "" if name in _FLAGS else one_line(value.strip(), 200)
            old = claims[row]
            if old is None or (generator and not old.generator):
                claims[row] = Claim("synthetic", "declared", generator, f"column {one_line(column.name, 60)}")
    if texts is not None:
        _front(dataset, texts, claims)
    return claims


def _told(values: pa.ChunkedArray, name: str) -> np.ndarray:
    trimmed = pc.utf8_trim_whitespace(pc.fill_null(values, ""))
    if name in _FLAGS:
        found = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(sorted(_YES), pa.large_string()))
    elif name in _SURE:
        nobody = pa.array(["", "human", "none", "null", "nan", "n/a", "-", "person", "people"], pa.large_string())
        found = pc.invert(pc.is_in(pc.utf8_lower(trimmed), value_set=nobody))
    else:
        found = pc.match_substring_regex(pc.utf8_slice_codeunits(trimmed, 0, 200), _FAMILIES)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _front(dataset: Dataset, column: str, claims: list[Claim | None]) -> None:
    values = dataset.values(column)
    begun = pc.fill_null(pc.starts_with(values, "---"), False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    for row in np.flatnonzero(begun).tolist():
        claim = front_matter(values[row].as_py())
        if claim is not None and claims[row] is None:
            claims[row] = claim


def front_matter(text: str) -> Claim | None:
    """Return what the front matter of a text says (lines `key: value` between two lines `---`); None for nothing."""
    head = text[:_LONGEST].split("\n")
    if head[0].strip() != "---":
        return None
    end = next((at for at, line in enumerate(head[1:], 1) if line.strip() == "---"), 0)
    said = {}
    for line in head[1:end]:
        if found := _LINE.match(line):
            said[re.sub(r"[^a-z]", "", found[1].lower())] = found[2].strip()
    kind = said.get("digitalsourcetype", "").removeprefix(VOCABULARY)
    generator = next((said[key] for key in said if key in _SURE and said[key]), "")
    generator = generator or next((said[key] for key in said if key in _MAYBE and re.search(_FAMILIES, said[key])), "")
    if kind in SOURCE_TYPES:
        made = SOURCE_TYPES[kind]
        return Claim(made, "declared", generator if made == "synthetic" else "", f"front matter: {kind}")
    if generator or any(said.get(flag, "").lower() in _YES for flag in _FLAGS):
        return Claim("synthetic", "declared", one_line(generator, 200), "front matter")
    return None
