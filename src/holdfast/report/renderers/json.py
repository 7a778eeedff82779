"""The record itself, for machines: what `holdfast` reads back, and valid JSON for every other reader."""

import json
import math
from typing import Any

from holdfast.core.record import Run

SUFFIX = ".json"


def render(run: Run) -> str:
    """Return the record as JSON in ASCII; NaN and infinities, which JSON does not know, as strings."""
    record = _legal(run.model_dump(mode="python", by_alias=True))
    return json.dumps(record, indent=2, allow_nan=False, default=_plain) + "\n"


def _legal(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _legal(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_legal(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
