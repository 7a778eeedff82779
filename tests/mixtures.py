"""Tables with provenance for the tests of mixing."""

import numpy as np
import pyarrow as pa

from holdfast.core.config import checked
from holdfast.data.inference import describe
from holdfast.data.mixing.policy import Policy
from holdfast.data.roles import guessed


def corpus(n=400, seed=0, **columns):
    """Return n records: 30% human, 10% verified, 50% synthetic by m1, m2, m3 in generations 1 to 3, 10% unknown."""
    rng = np.random.default_rng(seed)
    origin = rng.choice(["human", "human-verified", "synthetic", "unknown"], n, p=[0.3, 0.1, 0.5, 0.1])
    made = origin == "synthetic"
    table = {
        "text": [f"document {i}" for i in range(n)],
        "_origin": origin,
        "_evidence": np.where(origin == "unknown", "none", "declared"),
        "_generator": np.where(made, rng.choice(["m1", "m2", "m3"], n), None),
        "_generation": np.where(made, rng.integers(1, 4, n), 0),
        **columns,
    }
    return dataset(table)


def dataset(columns):
    """Return a data set with the roles that a loader gives."""
    table = pa.table({name: pa.array(list(values)) for name, values in columns.items()})
    return guessed(describe("corpus", table), [])[0]


def policy(**said):
    return checked(Policy, {"source": "corpus", **said})
