"""JSON that a run reads back after a kill, with a seal: a flipped bit often leaves JSON, which says something else."""

import json
from pathlib import Path
from typing import Any

from holdfast.core.durable import write_whole
from holdfast.core.hashing import digest_json

_SEAL, _CONTENT = "seal", "content"


def write_sealed(path: Path, content: Any) -> None:
    """Write a value of JSON with the hash of what it says, whole or not at all. Raises OSError."""
    content = json.loads(json.dumps(content))  # as it will be read: keys are texts, tuples are lists
    write_whole(path, json.dumps({_SEAL: digest_json(content), _CONTENT: content}).encode())


def read_sealed(path: Path) -> Any:
    """Return the value in a file. Raises OSError, and ValueError where it is not what was written."""
    found = json.loads(path.read_bytes())
    if not isinstance(found, dict) or found.get(_SEAL) != digest_json(found.get(_CONTENT)):
        raise ValueError(f"{path.name} is not what was written")
    return found[_CONTENT]
