"""Generations of models that learn from what models made: the laboratory, the theories, the alarm, the planner.

    from holdfast.collapse import Experiment, plan, run_experiment
    run, curves = run_experiment(Experiment(learner="gaussian", samples=100, generations=200))
    plan(keep_variance=0.95, rarest=1e-4, synthetic=100_000).real

Nothing is imported until it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.collapse.lab.experiment import Experiment
    from holdfast.collapse.lab.verb import run_experiment
    from holdfast.collapse.planning.planner import plan
    from holdfast.collapse.regimes import Feed, Regime

__all__ = ["Experiment", "Feed", "Regime", "plan", "run_experiment"]

_HOMES = {
    "Experiment": "holdfast.collapse.lab.experiment",
    "Feed": "holdfast.collapse.regimes",
    "Regime": "holdfast.collapse.regimes",
    "plan": "holdfast.collapse.planning.planner",
    "run_experiment": "holdfast.collapse.lab.verb",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'holdfast.collapse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
