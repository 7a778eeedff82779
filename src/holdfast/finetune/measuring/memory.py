"""Memory that this process holds, and its peak since it was last forgotten, as Linux tells them; None elsewhere."""

import re
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def held() -> int | None:
    """Return the bytes of this process that are in memory now."""
    return _read("VmRSS")


def peak() -> int | None:
    """Return the most bytes that were in memory since `forget_peak`."""
    return _read("VmHWM")


def forget_peak() -> None:
    """Begin the peak anew: `5` in clear_refs (proc(5)). Where that is not allowed, the peak is that of the process."""
    try:
        _FORGET.write_text("5")
    except OSError:
        return


def _read(name: str) -> int | None:
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text("ascii", "replace"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
