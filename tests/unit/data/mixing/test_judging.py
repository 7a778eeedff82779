import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.mixing.choosing import mix
from holdfast.data.mixing.judging import breaks, refusal
from holdfast.data.mixing.writing import taken
from mixtures import corpus, dataset, policy


def keys(data, **said):
    return [one.key for one in breaks(data, policy(**said))]


def test_a_mix_keeps_its_policy():
    said = {"records": 200, "shares": {"human": 0.5, "human-verified": {"at_least": 0.1}}, "caps": {"generation": 0.2}}
    assert refusal(taken(mix(policy(**said), dataset=corpus(500))), policy(**said)) is None


def test_each_limit_that_is_broken_is_named_with_its_number():
    data = corpus(500)
    assert keys(data, shares={"human": {"at_least": 0.9}}) == ["shares.human"]
    assert keys(data, shares={"synthetic": {"at_most": 0.1}}) == ["shares.synthetic"]
    assert keys(data, human={"minimum": 499}) == ["human.minimum"]
    assert keys(data, human={"verified": 400}) == ["human.verified"]
    assert set(keys(data, caps={"generator": 10})) == {"caps.generator"}
    assert keys(data, unknown="exclude") == ["unknown"]
    assert keys(data, weights=0.5) == ["weights"]
    assert keys(data, without={"generators": ["m1"]}) == ["without"]


def test_rows_of_a_capped_generator_are_named():
    data = corpus(500)
    found = next(one for one in breaks(data, policy(caps={"generator": 10})) if "m2" in one.says)
    assert found.rows.tolist() == np.flatnonzero(np.array(data.table.column("_generator").to_pylist()) == "m2").tolist()


def test_only_training_rows_count():
    columns = {"_origin": ["human"] * 8 + ["synthetic"] * 2, "_evidence": ["declared"] * 10}
    data = dataset({**columns, "split": ["train"] * 8 + ["test"] * 2}).with_roles({"split": "split"})
    assert refusal(data, policy(shares={"synthetic": 0.0})) is None


def test_nothing_known_is_nothing_kept():
    said = refusal(dataset({"a": [1, 2, 3]}), policy(human={"minimum": 2}))
    assert "0 of 3 are records by people (0.0%), at least 2 are wanted" in said


def test_records_of_the_test_data_and_their_children(tmp_path):
    from holdfast.data.mixing.source import with_names

    columns = {"text": ["a", "b", "c"], "_origin": ["human"] * 3, "_evidence": ["declared"] * 3}
    names = with_names(dataset(columns)).table.column("_record").to_pylist()
    (tmp_path / "test.csv").write_text("text\na\n")
    data = dataset({**columns, "_parents": [None, names[0], None]})
    found = breaks(data, policy(test=str(tmp_path / "test.csv")))
    assert [(one.key, one.rows.tolist()) for one in found] == [("test", [0]), ("test", [1])]


def test_a_policy_that_names_the_planner_is_no_judge_yet():
    with pytest.raises(BadInput, match="where a number is needed"):
        refusal(corpus(10), policy(human={"minimum": "planner", "rarest": 0.1}))


def test_no_training_rows():
    with pytest.raises(BadInput, match="no training rows"):
        refusal(corpus(10).take(np.array([], np.int64)), policy())
