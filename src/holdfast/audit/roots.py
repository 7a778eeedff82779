"""The facts that are given, not derived: where each comes from, and what to say when it is not there."""

from collections.abc import Mapping
from typing import Any

from holdfast.audit.generations import Generations
from holdfast.audit.supervision import Supervision
from holdfast.audit.training import Training
from holdfast.core.dataset import Dataset
from holdfast.core.progress import Progress, Silent
from holdfast.core.random import Streams
from holdfast.data.mixing.policy import Policy

ROOTS: Mapping[str, str] = {
    "dataset": "no data given",
    "code": "no code given (--code FILE)",
    "probe": "only `holdfast probe` runs your code",
    "generations": "only `holdfast collapse` follows generations",
    "training": "only `holdfast finetune` trains",
    "supervision": "only `holdfast finetune` knows what a model learns from",
    "policy": "no policy given (--policy FILE, or a mix with its _mix.json)",
    "streams": "no random streams given",
    "progress": "no progress listener given",
    "task_wanted": "no task given",
    "estimator": "no model given (--model module:factory)",
    "metric_wanted": "no metric given (--metric NAME)",
    "predictions": "no stored predictions given (--predictions FILE)",
    "ledger": "no record of earlier runs on this test set",
}


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `given` with the roots that always exist. Raises TypeError if `dataset` is there and not a Dataset."""
    roots = {"streams": Streams(), "progress": Silent(), **given}
    if not isinstance(roots.get("dataset"), Dataset | None):
        raise TypeError(f"the fact 'dataset' must be a Dataset, got {type(roots['dataset']).__name__}")
    return roots


def missing(name: str) -> str:
    """Return why a fact is missing that was not given and that no function derives."""
    return ROOTS.get(name, f"nothing derives the fact {name!r}")


def type_of(name: str) -> Any:
    """Return the type of a root, where it is fixed."""
    return {
        "dataset": Dataset,
        "streams": Streams,
        "progress": Progress,
        "generations": Generations,
        "policy": Policy,
        "training": Training,
        "supervision": Supervision,
    }.get(name)
