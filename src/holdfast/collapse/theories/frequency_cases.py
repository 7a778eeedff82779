"""Experiments in which theories of frequencies are checked: few, so that one simulation serves many theories."""

from collections.abc import Mapping
from typing import Any

Case = Mapping[str, Any]

FEW: Case = {
    "learner": "categorical", "samples": 12, "generations": 10, "options": {"types": 15},
    "regimes": ["replace", "accumulate", "accumulate-subsample", "fixed-real", "fresh-real", "golden"],
}  # fmt: skip
CONTEXTS: Case = {
    "learner": "contexts", "samples": 36, "generations": 6, "regimes": ["replace", "fresh-real"],
    "options": {"contexts": 3, "types": 5, "context_exponent": 0.5},
}  # fmt: skip
MANY: Case = {
    "learner": "categorical", "samples": 1000, "generations": 10, "options": {"types": 400, "exponent": 1.1},
    "regimes": ["replace", "fixed-real", "accumulate-subsample", "golden"], "replicates": 1000,
}  # fmt: skip
MANY_CONTEXTS: Case = {
    "learner": "contexts", "samples": 1000, "generations": 10, "options": {"contexts": 2, "types": 200},
    "regimes": ["replace", "fixed-real"], "replicates": 1000,
}  # fmt: skip
COMMON: Case = {
    "learner": "categorical", "samples": 1000, "generations": 6, "options": {"types": 8, "exponent": 0.7},
    "regimes": ["replace", "fixed-real"], "replicates": 4000,
}  # fmt: skip
COMMON_CONTEXTS: Case = {
    "learner": "contexts", "samples": 1000, "generations": 6, "options": {"contexts": 2, "types": 8, "exponent": 0.7},
    "regimes": ["replace", "fixed-real"], "replicates": 4000,
}  # fmt: skip
ZIPF: Case = {
    "learner": "categorical", "samples": 300, "generations": 40, "options": {"types": 2000, "exponent": 2.0},
    "regimes": ["replace"], "replicates": 1000,
}  # fmt: skip
ZIPF_CONTEXTS: Case = {
    "learner": "contexts", "samples": 600, "generations": 40, "regimes": ["replace"], "replicates": 500,
    "options": {"contexts": 2, "types": 2000, "exponent": 2.0},
}  # fmt: skip


def with_little_real(
    learner: str, samples: int, options: Mapping[str, Any], *, every: str, share: float = 0.1, replicates: int = 4000
) -> Case:
    """Return the case of few real items beside many of the model before, new in every generation or drawn once."""
    feeds = [
        {"name": "real", "of": "real", "share": share, "every": every},
        {"name": "model", "of": "model", "share": 1 - share},
    ]
    return {
        "learner": learner, "samples": samples, "generations": 50, "options": options, "regimes": [],
        "regime": {f"little-real-{every}": {"feeds": feeds}}, "replicates": replicates,
    }  # fmt: skip
