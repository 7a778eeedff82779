"""Shapes of graphs are recognised from what is fed, whatever a regime is called."""

import pytest

from holdfast.collapse.definitions import Setting
from holdfast.collapse.engines.structure import Mix, kept, kept_in_equal_batches, mixed
from holdfast.collapse.graph import graph
from holdfast.collapse.lab.experiment import made_learner
from holdfast.collapse.regimes import PRESETS, Feed, Regime, Rule, Verifier
from holdfast.core.errors import NotApplicable


def setting(regime: Regime, samples: int = 20, generations: int = 5) -> Setting:
    return Setting(made_learner("gaussian", {})[1], regime, graph(regime, samples, generations), samples, generations)


def mine(*feeds: dict[str, object], **more: object) -> Setting:
    named = tuple(Feed.model_validate({"name": f"feed {i}", **feed}) for i, feed in enumerate(feeds))
    return setting(Regime.model_validate({"name": "replace", "feeds": named, **more}))


def test_keeping_everything_is_seen_under_another_name() -> None:
    found = mine({"of": "model", "keep": "all", "growth": 2.0})
    assert kept(found).tolist() == [20, 40, 80, 160, 320]
    assert kept_in_equal_batches(setting(PRESETS["accumulate"])) == 20
    assert kept_in_equal_batches(setting(PRESETS["accumulate-subsample"]), subsample=True) == 20
    with pytest.raises(NotApplicable, match="one size"):
        kept_in_equal_batches(found)


@pytest.mark.parametrize(
    "feeds",
    [
        [{"of": "model"}],
        [{"of": "model", "keep": "all", "lag": 2}],
        [{"of": "model", "keep": "all", "rule": Rule(temperature=0.5)}],
        [{"of": "model", "keep": "all", "verifier": Verifier(share=0.5)}],
        [{"of": "model", "keep": "all"}, {"of": "real"}],
        [{"of": "real", "keep": "all"}],
    ],
)
def test_what_is_not_keeping_everything_is_told_from_it(feeds: list[dict[str, object]]) -> None:
    with pytest.raises(NotApplicable):
        kept(mine(*feeds))


def test_a_choice_is_told_from_everything() -> None:
    with pytest.raises(NotApplicable, match="not from a choice"):
        kept(setting(PRESETS["accumulate-subsample"]))
    with pytest.raises(NotApplicable, match="a choice of what was kept"):
        kept(setting(PRESETS["accumulate"]), subsample=True)


def test_mixes_are_counted_with_what_an_ideal_verifier_passes() -> None:
    assert mixed(setting(PRESETS["fresh-real"]), fresh=True) == Mix(10, 10, 0.5)
    assert mixed(setting(PRESETS["verified"]), fresh=True) == Mix(15, 5, 0.75)
    assert mixed(setting(PRESETS["fixed-real"]), fresh=False) == Mix(10, 10, 0.5)
    golden = mixed(setting(PRESETS["golden"]), fresh=True)
    assert (golden.real, golden.synthetic, golden.pooled) == (10, 10, False)
    assert golden.share == pytest.approx(0.618, abs=1e-3)
    assert mixed(mine({"of": "model", "verifier": Verifier(share=0.2)}), fresh=True) == Mix(4, 16, 0.2)


def test_widened_items_are_let_in_only_where_asked() -> None:
    hot = mine({"of": "real"}, {"of": "model", "rule": Rule(temperature=2)})
    assert mixed(hot, fresh=True, plain=False) == Mix(20, 20, 0.5)
    with pytest.raises(NotApplicable, match="as it is"):
        mixed(hot, fresh=True)


@pytest.mark.parametrize(
    ("found", "fresh"),
    [
        (setting(PRESETS["fixed-real"]), True),
        (setting(PRESETS["fresh-real"]), False),
        (setting(PRESETS["replace"]), True),
        (setting(PRESETS["accumulate"]), True),
        (setting(PRESETS["verified-biased"]), True),
        (setting(PRESETS["fresh-real"], generations=1), True),
        (mine({"of": "real"}, {"of": "model", "growth": 1.5}), True),
        (mine({"of": "real"}, {"of": "model", "lag": 2}), True),
        (mine({"of": "real"}, {"of": "model"}, subsample=True), True),
        (
            mine(
                {"of": "real", "weight": 0.5}, {"of": "real", "size": 5, "weight": 0.2}, {"of": "model", "weight": 0.3}
            ),
            True,
        ),
    ],
)
def test_what_is_no_steady_mix_is_said(found: Setting, fresh: bool) -> None:
    with pytest.raises(NotApplicable):
        mixed(found, fresh=fresh)
