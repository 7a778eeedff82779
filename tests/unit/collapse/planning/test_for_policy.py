import pytest

from holdfast.collapse.planning.for_policy import need, settled
from holdfast.collapse.planning.planner import plan
from holdfast.core.errors import BadInput
from holdfast.data.mixing.policy import Human, Policy


def human(**said):
    return Human(minimum="planner", **said)


@pytest.mark.parametrize(
    "said",
    [
        {"rarest": 1e-2, "horizon": 10},
        {"rarest": 1e-2},
        {"keep_variance": 0.99, "horizon": 50},
        {"rarest": 1e-2, "sharpening": 1.25},
        {"keep_variance": 0.95, "sharpening": 2.0},
    ],
)
def test_the_number_is_the_least_that_is_enough_beside_the_others(said):
    size = 3_000
    found = need(human(**said), size, 0).records

    def asked(n):
        return plan(**said, synthetic=size - n).mix.items

    assert asked(found) <= found
    assert asked(found - 1) > found - 1


def test_without_a_size_the_number_holds_for_every_size():
    wish = human(rarest=1e-2, horizon=10)
    assert need(wish, None, 10_000).records >= max(need(wish, size, 0).records for size in (600, 3_000, 10_000))
    sharp = human(rarest=1e-2, sharpening=1.25)
    assert need(sharp, None, 10_000).records >= max(need(sharp, size, 0).records for size in (1_000, 10_000))


def test_the_answer_names_what_binds_and_its_formula():
    found = need(human(rarest=1e-3, keep_variance=0.5, horizon=10), 3_000, 0)
    assert found.wish == "rarest"
    assert "P(absent)" in found.formula
    assert "1,227" in need(human(rarest=1e-3, horizon=10), 10_000, 0).says
    assert found.wishes["horizon"] == 10


def test_more_than_all_records_is_said_as_it_is():
    assert need(human(rarest=1e-4), 100, 0).records == plan(rarest=1e-4, synthetic=0).mix.items
    assert need(human(rarest=1e-4, sharpening=1.5), 100, 0).records > 100


def test_what_no_number_holds_is_refused(monkeypatch):
    from holdfast.collapse.planning import for_policy

    never = plan(rarest=0.0)
    monkeypatch.setattr(for_policy, "plan", lambda _: never)
    with pytest.raises(BadInput, match=r"the planner has no number for the policy: .*say human.minimum as a number"):
        need(human(rarest=1e-3), 100, 0)


def test_a_policy_is_settled_once():
    said = Policy(source=("c",), records=3_000, human=human(rarest=1e-2, horizon=10))
    done = settled(said)
    assert done.human.minimum == need(said.human, 3_000, 0).records
    assert settled(done) is done
