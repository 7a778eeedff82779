"""Everything that a person may set says what it is: the schema for editors and the reference are written from it."""

import importlib
import pkgutil

import pytest
from pydantic import BaseModel

from holdfast.collapse.catalogue import learners
from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.regimes import Feed, Regime, Rule, Verifier
from holdfast.data.mixing.policy import Bound, Caps, Human, Policy, Without
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.stopping import rules
from holdfast.finetune.tables.verb import Need

NAMED = (Recipe, Need, Experiment, Regime, Feed, Rule, Verifier, Policy, Bound, Caps, Human, Without,
         rules.Patience, rules.GeneralisationLoss, rules.ProgressQuotient, rules.Rising)  # fmt: skip
ENDINGS = ("Options", "Asked", "Settings", "Wishes")  # what records of settings are called


def found():
    """Yield the records whose fields a person may set."""
    yield from NAMED
    yield from (one.make for one in learners().values())
    for part in ("audit", "collapse", "data", "finetune"):
        place = importlib.import_module(f"holdfast.{part}").__path__
        for module in pkgutil.walk_packages(place, f"holdfast.{part}."):
            for name, one in vars(importlib.import_module(module.name)).items():
                if isinstance(one, type) and issubclass(one, BaseModel) and name.endswith(ENDINGS):
                    yield one


@pytest.fixture(scope="module")
def settings():
    return {f"{one.__module__}.{one.__name__}": one for one in found()}


def test_every_setting_is_described(settings):
    assert "holdfast.finetune.methods.replay.Options" in settings
    silent = [f"{record}.{name}" for record, one in settings.items() for name, field in one.model_fields.items()
              if not field.description]  # fmt: skip
    assert silent == []
