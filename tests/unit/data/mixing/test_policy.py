import pytest

from holdfast.core.errors import BadInput
from holdfast.data.mixing.policy import PLANNER, read_policy
from mixtures import policy


def test_a_number_is_an_exact_share():
    bound = policy(shares={"human": 0.5}).shares["human"]
    assert (bound.low, bound.high) == (0.5, 0.5)


def test_all_errors_are_told_at_once_with_file_line_and_key(tmp_path):
    file = tmp_path / "diet.toml"
    file.write_text('source = "c"\nrecords = -1\ncaps.generator = "x"\nshares.human = "half"\nunknwon = 1\n')
    with pytest.raises(BadInput) as told:
        read_policy(file)
    said = str(told.value)
    for part in (
        "diet.toml:2 records",
        "diet.toml:3 caps.generator",
        "diet.toml:4 shares.human",
        "Did you mean 'unknown'",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"shares": {"human": 0.7, "synthetic": 0.7}}, "more than 1"),
        ({"shares": {"human": 0.5, "synthetic": 0.3}}, "0.8 of all records are allowed at most"),
        ({"shares": {"human": {"at_least": 0.6, "at_most": 0.4}}}, "at_least 0.6 is more than at_most 0.4"),
        ({"shares": {"human": {"exactly": 0.6, "at_most": 0.7}}}, "one of them is enough"),
        ({"shares": {"unknown": 0.1}}, 'with unknown = "own" it is a share'),
        ({"shares": {"human-verified": 0.6, "human": {"at_most": 0.5}}}, "human-verified is part of human"),
        ({"human": {"minimum": "planner"}}, "not what must be kept"),
        ({"human": {"rarest": 0.01}}, "which nobody asks"),
        ({"human": {"minimum": "plan"}}, 'wanted a number of records or "planner"'),
        ({"records": 10, "human": {"verified": 11}}, "more than the 10 records"),
        ({"caps": {"generation": 2.5}}, "a number of records has no point"),
        ({"weights": "gold"}, 'wanted a share or "golden"'),
        ({"source": ()}, "source"),
        ({"records": float("nan")}, "records"),
    ],
)
def test_what_makes_no_sense_is_refused(said, why):
    with pytest.raises(BadInput, match=why):
        policy(**said)


def test_a_settled_policy_asks_nobody_and_keeps_the_rest():
    asked = policy(human={"minimum": PLANNER, "verified": 5, "evidence": "dated", "rarest": 0.01}, seed=3)
    settled = asked.settled(70)
    assert (settled.human.minimum, settled.human.verified, settled.human.evidence) == (70, 5, "dated")
    assert not settled.human.planned
    assert settled.seed == 3


def test_the_digest_follows_from_what_is_said():
    assert policy(seed=0).digest == policy().digest != policy(seed=1).digest


def test_a_key_is_set_over_the_file(tmp_path):
    file = tmp_path / "diet.toml"
    file.write_text('source = "c"\n')
    assert read_policy(file, ["shares.human.at_least=0.25"]).shares["human"].at_least == 0.25
