"""The run in plain lines."""

from holdfast.core.record import Run

SUFFIX = ".txt"


def render(run: Run) -> str:
    """Return a line for each finding."""
    lines = [f"{f.severity:8} {f.check}: {f.message}" for f in run.findings]
    return "\n".join(lines or ["nothing found"]) + "\n"
