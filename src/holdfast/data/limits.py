"""Limits on what a file may hold, so that hostile or broken input cannot fill memory or disk."""

import shutil
import tempfile
from pathlib import Path

IN_MEMORY_BYTES = 512 << 20  # tables above this are kept in a memory-mapped file
PASSING_BYTES = 64 << 20  # the same, for tables that are only passed on, block by block
BLOCK_ROWS = 1 << 16  # rows that are judged, converted and written at once
MOST_COLUMNS = 100_000  # a wider table is a transposed one, or broken
MOST_FILES = 100_000  # parts in one folder

# Real tables shrink by 3 to 30 times, a column of one value by 1,000 times; what grows further is not data.
_LARGEST_GROWTH = 200
_ALWAYS_ALLOWED = 1 << 30  # bytes that anything may become, however small it is on disk
_SHARE_OF_DISK = 0.5


def most_bytes(stored: int) -> int:
    """Return how many bytes the content of a file of `stored` bytes may have, unpacked."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return int(min(max(_ALWAYS_ALLOWED, stored * _LARGEST_GROWTH), free * _SHARE_OF_DISK))


def size_of(path: Path) -> int:
    """Return the size of a file; 0 where the system cannot say."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
