"""Where the bytes behind the values of an image column are: files of a folder, or cells of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

ABSENT = "absent:"  # begins the value of an image whose file is not there; the name of the file follows


@dataclass(frozen=True)
class Media:
    """Bytes by content hash. Files are opened when they are asked for; bytes of a table stay where Arrow keeps them.

    A value of an image column is the hash of the image's bytes, so that equal images are equal values.
    """

    places: Mapping[str, Path | pa.Buffer | bytes] = field(default_factory=dict, repr=False)

    def __contains__(self, value: object) -> bool:
        """Return whether there are bytes for a value."""
        return value in self.places

    def __len__(self) -> int:
        return len(self.places)

    def read(self, value: str) -> bytes | memoryview:
        """Return the bytes behind a value. Raises OSError when they cannot be read, also where there are none."""
        place = self.places.get(value)
        if place is None:
            raise FileNotFoundError(value.removeprefix(ABSENT))
        if isinstance(place, Path):
            return place.read_bytes()
        return memoryview(place)

    def joined(self, other: "Media") -> "Media":
        """Return the images of both."""
        return Media({**self.places, **other.places})
