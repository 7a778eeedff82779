"""The record itself, for machines: what `holdfast` reads back."""

from holdfast.core.record import Run
from holdfast.report.ascii_json import ascii_json

SUFFIX = ".json"


def render(run: Run) -> str:
    """Return the record as JSON, one key a line."""
    return ascii_json(run.model_dump(mode="python", by_alias=True))
