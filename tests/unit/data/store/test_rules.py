import datetime as dt

import pyarrow as pa
import pytest

from holdfast.core.config import checked
from holdfast.core.dataset import Source
from holdfast.core.errors import BadInput
from holdfast.data.inference import describe
from holdfast.data.store import Store
from holdfast.data.store.rules import Rules, ruled


def rules(**said):
    return checked(Rules, said)


def origins(dataset, **said):
    done, notes = ruled(dataset, rules(**said))
    return done.table.column("_origin").to_pylist(), list(notes)


MIXED = describe("mixed", pa.table({"text": ["a", "b", "c", "d"], "model": ["me", "gpt", None, "who"]}))


def test_nothing_is_guessed():
    found, notes = origins(MIXED)
    assert found == ["unknown"] * 4
    assert notes == ["4 unknown: no rule speaks of them"]


def test_a_column_says_who_and_other_values_stay_unknown():
    found, notes = origins(MIXED, origin_column="model", origin_value={"human": ["me"], "synthetic": ["gpt"]})
    assert found == ["human", "synthetic", "unknown", "unknown"]
    assert notes[0] == "1 human, 1 synthetic: column model; other values: who"


def test_one_origin_for_all_counts_after_a_column():
    found, _ = origins(MIXED, origin="human", origin_column="model", origin_value={"synthetic": ["gpt", "who"]})
    assert found == ["human", "synthetic", "human", "synthetic"]


def test_what_the_data_say_stands():
    table = MIXED.table.append_column("_origin", pa.array(["synthetic", None, "unknown", None]))
    found, notes = origins(describe("m", table), origin="human")
    assert found == ["synthetic", "human", "human", "human"]
    assert notes[0] == "1 say their origin themselves"


def test_what_is_older_than_generators_was_made_by_people_and_that_is_dated():
    days = [dt.date(2020, 5, 1), dt.date(2022, 11, 30), None]
    done, _ = ruled(describe("d", pa.table({"x": [1, 2, 3], "day": days})),
                    rules(made_column="day", human_before="2022-11-30"))  # fmt: skip
    assert done.table.column("_origin").to_pylist() == ["human", "unknown", "unknown"]
    assert done.table.column("_evidence").to_pylist() == ["dated", None, None]
    assert done.table.column("_made").null_count == 1
    years = describe("y", pa.table({"year": [1999, 2024]}))
    assert origins(years, made_column="year", human_before=dt.date(2020, 1, 1))[0] == ["human", "unknown"]


def test_folders_and_files_say_who():
    files = describe("f", pa.table({"file": ["x/real/1.txt", "fake/2.txt", "3.txt"]}))
    assert origins(files, origin_folder={"real": "human", "fake": "synthetic"})[0] == ["human", "synthetic", "unknown"]
    from dataclasses import replace

    parts = replace(MIXED, sources=(Source("wiki-1.csv", 0, 3), Source("made.csv", 3, 4)))
    assert origins(parts, origin_source={"wiki*": "human"})[0] == ["human"] * 3 + ["unknown"]


def test_a_generator_is_named_for_what_is_synthetic_only():
    said = {"origin_column": "model", "origin_value": {"human": ["me"], "synthetic": ["gpt"]}}
    done, _ = ruled(MIXED, rules(**said, generator_column="model", generation=2, licence="MIT"))
    assert done.table.column("_generator").to_pylist() == [None, "gpt", None, None]
    assert done.table.column("_generation").to_pylist() == [None, 2, None, None]
    assert done.table.column("_licence").to_pylist() == ["MIT"] * 4


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"origin": "robot"}, "origin: got 'robot'"),
        ({"origin_column": "model"}, "needs origin_value"),
        ({"origin_value": {"human": ["a"]}}, "needs origin_column"),
        ({"human_before": "2020-01-01"}, "needs made_column"),
        ({"origin_column": "m", "origin_value": {"human": ["a"], "synthetic": ["a"]}}, "gives a two origins"),
        ({"orgin": "human"}, "Did you mean 'origin'"),
        ({"generation": 0}, "wanted 1 or more"),
    ],
)
def test_rules_that_cannot_be_are_refused(said, says):
    with pytest.raises(BadInput, match=says):
        rules(**said)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"origin_column": "modl", "origin_value": {"human": ["a"]}}, "Did you mean 'model'"),
        ({"origin_folder": {"real": "human"}}, "no column 'file'"),
        ({"made_column": "text", "human_before": "2020-01-01"}, "holds no times"),
        ({"parents_column": "model"}, "--id-column"),
    ],
)
def test_rules_that_do_not_fit_the_data_are_refused(said, says):
    with pytest.raises(BadInput, match=says):
        ruled(MIXED, rules(**said))


# ---- parents and generations

FAMILY = {"id": ["a", "b", "c", "d"], "from": [None, "a", "b a", "c"], "who": ["me", "m", "m", "m"]}
KNOWN = {"origin_column": "who", "origin_value": {"human": ["me"], "synthetic": ["m"]}, "parents_column": "from"}


def test_generations_follow_from_parents_here_and_in_the_store(tmp_path):
    store = Store.create(tmp_path / "corpus")
    version = store.add(describe("f", pa.table(FAMILY)), rules=rules(**KNOWN, id_column="id"))
    table = store.read().table
    names = dict(zip(table.column("id").to_pylist(), table.column("_record").to_pylist(), strict=True))
    assert table.column("_generation").to_pylist() == [None, 1, 2, 3]
    assert table.column("_parents").to_pylist() == [None, names["a"], f"{names['b']} {names['a']}", names["c"]]
    assert version.origins["synthetic"] == 3
    more = {"id": ["e", "f", "b"], "from": ["d", "e", "a"], "who": ["m", "m", "m"]}
    assert store.add(describe("g", pa.table(more)), rules=rules(**KNOWN, id_column="id")).present == 1
    assert store.read().table.column("_generation").to_pylist()[-2:] == [4, 5]
    assert store.verify(records=True).faults == ()


def test_the_generation_of_a_child_of_unknown_parents_is_not_known(tmp_path):
    store = Store.create(tmp_path / "corpus")
    family = {"id": ["a", "b"], "from": [None, "a"], "who": ["?", "m"]}
    store.add(describe("f", pa.table(family)), rules=rules(**KNOWN, id_column="id"))
    assert "_generation" not in store.version().names


@pytest.mark.parametrize(
    ("family", "says"),
    [
        ({"id": ["a", "b"], "from": ["b", "a"], "who": ["m", "m"]}, "from each other"),
        ({"id": ["a"], "from": ["a"], "who": ["m"]}, "among their own parents: 1 .in row 1"),
        ({"id": ["a"], "from": ["z"], "who": ["m"]}, "'z', are ids of no record"),
        (
            {"id": ["a", "a", "b"], "from": [None, None, "a"], "who": ["me", "m", "m"]},
            "several records have the id 'a'",
        ),
    ],
)
def test_parents_that_cannot_be_are_refused(tmp_path, family, says):
    store = Store.create(tmp_path / "corpus")
    with pytest.raises(BadInput, match=says):
        store.add(describe("f", pa.table(family)), rules=rules(**KNOWN, id_column="id"))


def test_a_generation_below_that_of_the_parents_is_refused_and_a_higher_one_stands(tmp_path):
    store = Store.create(tmp_path / "corpus")
    store.add(describe("f", pa.table(FAMILY)), rules=rules(**KNOWN, id_column="id"))
    last = store.read().table.column("_record").to_pylist()[-1]
    child = {"x": [1], "_origin": ["synthetic"], "_parents": [last], "_generation": [3]}
    with pytest.raises(BadInput, match=r"not above that of their parents: 1 \(in row 1\)"):
        store.add(describe("c", pa.table(child)))
    store.add(describe("c", pa.table({**child, "_generation": [7]})))
    assert store.read().table.column("_generation").to_pylist()[-1] == 7


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"_origin": ["robot"]}, "'robot' in row 1; wanted human"),
        ({"_origin": ["human"], "_generator": ["m"]}, "naming a generator: 1"),
        ({"_origin": ["human"], "_generation": [2]}, "generation above 0"),
        ({"_origin": ["synthetic"], "_generation": [0]}, "generation 0"),
        ({"_generation": [-1]}, "'-1'"),
        ({"_generation": ["x"]}, "wanted int64"),
        ({"_parents": ["no name"]}, "wanted names of records"),
        ({"_record": ["mine"]}, "give it another name"),
        ({"_made": ["yesterday"]}, "wanted timestamp"),
    ],
)
def test_columns_that_begin_like_provenance_and_are_not_are_refused(tmp_path, said, says):
    store = Store.create(tmp_path / "corpus")
    with pytest.raises(BadInput, match=says):
        store.add(describe("p", pa.table({"x": [1], **said})))


def test_parents_keep_pointing_at_their_records_when_another_store_names_them_anew(tmp_path):
    one, other = Store.create(tmp_path / "one"), Store.create(tmp_path / "other")
    one.add(describe("f", pa.table(FAMILY)), rules=rules(**KNOWN, id_column="id"))
    old = one.read().table.column("_record")
    one.attach("score", pa.table({"_record": old, "s": [1, 2, 3, 4]}))
    other.add(one.read())  # there the score is a part of the records, so that they have other names
    table = other.read().table
    names = dict(zip(table.column("id").to_pylist(), table.column("_record").to_pylist(), strict=True))
    assert names["a"] != old[0].as_py()
    assert table.column("_parents").to_pylist() == [None, names["a"], f"{names['b']} {names['a']}", names["c"]]
    assert table.column("_generation").to_pylist() == [None, 1, 2, 3]
    assert other.verify(records=True).faults == ()


def test_what_is_said_of_records_that_are_there_is_taken_over_only_when_told(tmp_path):
    store = Store.create(tmp_path / "corpus")
    store.add(MIXED)
    left = store.add(MIXED, rules=rules(origin="human"))
    assert (left.number, left.present) == (1, 4)
    assert left.notes[-1].endswith("4 human here and unknown there")
    with pytest.raises(BadInput, match="needs a message"):
        store.add(MIXED, rules=rules(origin="human"), amend=True)
    done = store.add(MIXED, "ann wrote them", rules=rules(origin="human", licence="MIT"), amend=True)
    assert (done.number, done.changed, done.origins["human"]) == (2, 4, 4)
    assert store.read().table.column("_licence").to_pylist() == ["MIT"] * 4
    assert store.add(MIXED, "again", amend=True).number == 2  # nothing known is nothing said
    assert store.verify(records=True).faults == ()
