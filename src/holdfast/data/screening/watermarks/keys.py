"""Keys of marks: files of 32 random bytes that only their owner can read; records name a key by a short hash."""

import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.core.durable import settle
from holdfast.core.errors import BadInput
from holdfast.data.screening.watermarks.prf import Pair

BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A secret. It is never shown: not by `repr`, not in a record; `id` names it and cannot be turned back."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != BYTES:
            raise BadInput(f"a key has {BYTES} bytes, got {len(self.secret)}")

    @property
    def id(self) -> str:
        """Eight hex digits that tell keys apart."""
        return hashlib.blake2b(self.secret, digest_size=4, person=b"holdfast-key-id").hexdigest()

    def pair(self, purpose: str) -> Pair:
        """Return 128 bits for one purpose; those of two purposes have nothing to do with each other."""
        drawn = hashlib.blake2b(purpose.encode(), digest_size=16, key=self.secret).digest()
        return int.from_bytes(drawn[:8], "little"), int.from_bytes(drawn[8:], "little")


def new_key(path: Path) -> Key:
    """Write a new key to a file that only its owner can read, and return it. Raises BadInput; nothing is replaced."""
    key = Key(secrets.token_bytes(BYTES))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(f"{path} is there already, and a key is never replaced: texts marked with it need it") from None
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(file, "wb") as handle:
            handle.write(key.secret)
            settle(handle)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from error
    return key


def read_key(path: Path) -> Key:
    """Return the key in a file. Raises BadInput for what is no key, or a key that others on the machine can read."""
    try:
        if not path.exists():
            raise BadInput(f"no key file {path}. Make one: holdfast data mark key {path}")
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size != BYTES:
            got = f"{state.st_size:,} bytes" if stat.S_ISREG(state.st_mode) else "no plain file"
            raise BadInput(f"a key file holds {BYTES} random bytes; {path} is {got}")
        if os.name == "posix" and state.st_mode & 0o077:
            raise BadInput(f"others can read the key {path} (mode {state.st_mode & 0o777:o}). Try: chmod 600 {path}")
        return Key(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot read the key {path}: {error.strerror or error}") from error
