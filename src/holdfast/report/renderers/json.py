"""The record itself, for machines."""

from holdfast.core.record import Run

SUFFIX = ".json"


def render(run: Run) -> str:
    """Return the record as JSON, one key a line."""
    return run.model_dump_json(by_alias=True, indent=2) + "\n"
