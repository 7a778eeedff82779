"""Why a model that looks good will fail in practice: audits of data, splits, code and scores.

    import holdfast
    run = holdfast.audit(train, test, label="y")

Nothing heavy is imported until it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from holdfast.core.version import __version__

if TYPE_CHECKING:
    from holdfast.audit.honest.scorer import HonestScorer
    from holdfast.audit.settings import AuditSettings
    from holdfast.audit.verb import audit
    from holdfast.core.dataset import Dataset
    from holdfast.core.errors import BadInput, HoldfastError
    from holdfast.core.finding import Finding
    from holdfast.core.record import Run
    from holdfast.core.store import RunStore
    from holdfast.data.loading import load
    from holdfast.report.charts import charts
    from holdfast.report.render import render

__all__ = [
    "AuditSettings",
    "BadInput",
    "Dataset",
    "Finding",
    "HoldfastError",
    "HonestScorer",
    "Run",
    "RunStore",
    "__version__",
    "audit",
    "charts",
    "load",
    "render",
]

_HOMES = {
    "AuditSettings": "holdfast.audit.settings",
    "BadInput": "holdfast.core.errors",
    "Dataset": "holdfast.core.dataset",
    "Finding": "holdfast.core.finding",
    "HoldfastError": "holdfast.core.errors",
    "HonestScorer": "holdfast.audit.honest.scorer",
    "Run": "holdfast.core.record",
    "RunStore": "holdfast.core.store",
    "charts": "holdfast.report.charts",
    "load": "holdfast.data.loading",
    "render": "holdfast.report.render",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "audit":  # the part itself; calling it runs its verb
        return importlib.import_module("holdfast.audit")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'holdfast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
