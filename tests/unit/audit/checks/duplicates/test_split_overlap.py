"""How bad it is that test rows occur in the training data: told from how many chance makes equal."""

import numpy as np
import pytest

from holdfast.audit import catalogue
from holdfast.audit.cases import table
from holdfast.audit.facts.rows.collisions import Collisions
from holdfast.audit.runner import Facts, run_check
from holdfast.core.finding import Severity


@pytest.mark.parametrize(
    ("by_chance", "severity", "said"),
    [
        (0.0, Severity.ERROR, ""),
        (0.05, Severity.NOTE, "so few that chance could have made them equal"),
        (200.0, Severity.WARNING, "chance alone explains about 1 of them"),
    ],
)
def test_one_copy_is_judged_by_the_pairs_that_chance_makes(by_chance, severity, said):
    data = table(np.random.default_rng(0), n_train=90, n_test=10, copies={95: 3})
    facts = Facts({"dataset": data, "collisions": Collisions(100, by_chance, None)})
    [found] = run_check(catalogue.checks()["split-overlap"], facts).findings
    assert found.severity is severity
    assert said in found.message
    assert (found.remedy is None) == bool(said)
