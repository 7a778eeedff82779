"""Small records that tests of several parts need."""

from datetime import UTC, datetime

from holdfast.core.record import CheckResult, Environment, Run, Status


def make_run(run_id="20260101-000000-aaaa", **more):
    """Return a run with the least in it."""
    environment = Environment(holdfast="0", python="3", platform="x")
    return Run(id=run_id, started=datetime(2026, 1, 1, tzinfo=UTC), environment=environment, **more)


def make_result(name, **more):
    """Return a result that passed."""
    return CheckResult(**{"check": name, "title": "T", "family": "f", "status": Status.PASSED, **more})
