"""Content hashes, tagged with their algorithm (`b2:`) so that a future change is detectable."""

import hashlib
import json
from pathlib import Path

PREFIX = "b2:"
_BYTES = 16  # 128 bits: no accidental collision among any number of records that fits on earth
_BLOCK = 1 << 20


def hasher() -> hashlib.blake2b:
    """Return a fresh BLAKE2b of the width used everywhere."""
    return hashlib.blake2b(digest_size=_BYTES)


def tagged(state: hashlib.blake2b) -> str:
    """Return the digest of `state` with the algorithm's tag."""
    return PREFIX + state.hexdigest()


def canonical_json(value: object) -> str:
    """Return JSON that is equal for equal values: sorted keys, no spaces, no escapes beyond the standard."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=True)


def digest_json(value: object) -> str:
    """Return the content hash of a JSON-like value."""
    state = hasher()
    state.update(canonical_json(value).encode("utf-8", "surrogatepass"))
    return tagged(state)


def digest_file(path: Path) -> str:
    """Return the content hash of a file, read in blocks. Raises OSError."""
    state = hasher()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return tagged(state)
