import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.mixing.choosing import CHILD, TEST_ROW, TWICE, mix
from holdfast.data.mixing.record import Need
from holdfast.data.mixing.writing import taken
from mixtures import corpus, dataset, policy


def texts(made):
    return taken(made).table.column("text").to_pylist()


def test_the_same_records_in_the_same_order_whatever_the_order_of_the_source():
    data, said = corpus(500), policy(records=200, shares={"synthetic": {"at_most": 0.3}})
    order = np.random.default_rng(1).permutation(500)
    assert texts(mix(said, dataset=data)) == texts(mix(said, dataset=data.take(order)))


def test_another_seed_takes_others():
    data = corpus(500)
    assert texts(mix(policy(records=200), dataset=data)) != texts(mix(policy(records=200, seed=1), dataset=data))


def test_a_smaller_mix_is_part_of_a_larger_one():
    data = corpus(500)
    few, many = (set(texts(mix(policy(records=n), dataset=data))) for n in (100, 300))
    assert few < many


def test_two_policies_share_as_many_records_as_their_numbers_allow():
    data = corpus(500)
    one, other = (mix(policy(records=200, shares={"human": share}), dataset=data) for share in (0.3, 0.5))
    cells = {**one.taken.cells, **other.taken.cells}
    shared = min(one.taken.verified, other.taken.verified) + min(one.taken.human, other.taken.human)
    shared += sum(min(one.taken.cells.get(cell, 0), other.taken.cells.get(cell, 0)) for cell in cells)
    assert len(set(texts(one)) & set(texts(other))) == shared


def test_each_kind_is_taken_as_often_as_was_said():
    made = mix(policy(records=200, shares={"human": 0.5}, caps={"generator": 0.2}), dataset=corpus(500))
    table = taken(made).table
    origin = table.column("_origin").to_pylist()
    assert sum(one in {"human", "human-verified"} for one in origin) == 100
    assert all(table.column("_generator").to_pylist().count(name) <= 40 for name in ("m1", "m2", "m3"))


def test_test_rows_and_their_children_are_not_taken(tmp_path):
    columns = {"text": [f"d{i}" for i in range(10)], "_origin": ["human"] * 10, "_evidence": ["declared"] * 10}
    data = dataset(columns)
    from holdfast.data.mixing.source import with_names

    names = with_names(data).table.column("_record").to_pylist()
    parents = [None] * 10
    parents[3], parents[4] = names[0], names[3]
    (tmp_path / "test.csv").write_text("text\nd0\nd1\n")
    made = mix(policy(test=str(tmp_path / "test.csv")), dataset=dataset({**columns, "_parents": parents}))
    assert sorted(texts(made)) == ["d2", "d5", "d6", "d7", "d8", "d9"]
    assert dict(made.stock.left_out) == {TEST_ROW: 2, CHILD: 2}


def test_rows_of_another_split_than_train_are_not_taken():
    data = dataset(
        {
            "text": list("abcdef"),
            "split": ["train", "train", "test", "valid", "train", "test"],
            "_origin": ["human"] * 6,
            "_evidence": ["declared"] * 6,
        }
    ).with_roles({"split": "split"})
    assert sorted(texts(mix(policy(), dataset=data))) == ["a", "b", "e"]


def test_a_record_that_is_there_twice_is_taken_once_as_the_less_human():
    name = "0" * 31
    data = dataset(
        {
            "text": ["a", "a", "b"],
            "_record": [name + "1", name + "1", name + "2"],
            "_origin": ["human", "synthetic", "human"],
            "_evidence": ["declared"] * 3,
        }
    )
    for order in ([0, 1, 2], [1, 0, 2]):
        made = mix(policy(), dataset=data.take(np.array(order)))
        assert made.stock.left_out == {TWICE: 1}
        assert (made.taken.human, made.taken.synthetic) == (1, 1)


def test_names_that_are_no_names_are_refused():
    data = dataset({"_record": ["x", "y"], "_origin": ["human"] * 2})
    with pytest.raises(BadInput, match="32 hexadecimal digits; 2 of 2 rows"):
        mix(policy(), dataset=data)


def test_the_planner_is_asked_and_its_number_kept():
    asked = []

    def ask(human, records, most):
        asked.append((human.rarest, records, most))
        return Need(records=90, wish="rarest", formula="p", says="ninety")

    said = policy(records=200, human={"minimum": "planner", "rarest": 0.01})
    made = mix(said, ask=ask, dataset=corpus(500))
    assert asked == [(0.01, 200, 500)]
    assert made.policy.human.minimum == 90
    assert made.taken.verified + made.taken.human >= 90
    assert made.digest == said.digest
    with pytest.raises(BadInput, match="nobody is there to ask"):
        mix(said, dataset=corpus(500))


def test_weights_give_people_their_share():
    made = mix(policy(records=200, shares={"human": 0.5}, weights="golden"), dataset=corpus(500))
    table = taken(made).table
    weight = np.array(table.column("_weight"))
    human = np.isin(table.column("_origin").to_pylist(), ["human", "human-verified"])
    assert weight[human].sum() / weight.sum() == pytest.approx((5**0.5 - 1) / 2)
    assert weight.mean() == pytest.approx(1)
    assert any("rule of thumb" in note for note in made.notes)


def test_the_golden_weight_is_that_of_the_laboratory():
    from holdfast.collapse.regimes import golden_weight
    from holdfast.data.mixing.weights import golden_share

    for people, synthetic in ((1, 1), (3, 1), (10, 70)):
        assert golden_share(people, synthetic) == pytest.approx(golden_weight(people / synthetic))


def test_it_says_where_test_records_cannot_be_recognised(tmp_path):
    (tmp_path / "test.csv").write_text("text,label\ndocument 0,a\n")
    made = mix(policy(test=str(tmp_path / "test.csv")), dataset=corpus(100))
    assert any("has other columns than the source" in note for note in made.notes)
