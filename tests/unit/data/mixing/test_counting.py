import numpy as np
import pyarrow as pa
import pytest

from holdfast.data.mixing.counting import counted
from mixtures import corpus, dataset, policy


def test_every_record_counts_once():
    stock = counted(policy(), corpus(400).table)
    assert stock.rows == 400
    assert stock.synthetic == sum(stock.cells.values())


def test_too_little_evidence_makes_a_record_unknown_and_unknown_counts_as_synthetic():
    table = dataset(
        {"_origin": ["human"] * 6, "_evidence": ["signed", "reviewed", "declared", "dated", "inferred", None]}
    )
    stock = counted(policy(human={"evidence": "declared"}), table.table)
    assert (stock.people, stock.synthetic, stock.assumed) == (3, 3, 3)
    assert stock.doubtful == {"dated": 1, "inferred": 1, "none": 1}


@pytest.mark.parametrize(("unknown", "rows"), [("synthetic", 0), ("own", 3), ("exclude", 0)])
def test_unknown_records_count_as_the_policy_says(unknown, rows):
    stock = counted(policy(unknown=unknown), dataset({"_origin": ["unknown", None, "Human"]}).table)
    assert stock.unknown == rows
    assert stock.synthetic == (3 if unknown == "synthetic" else 0)
    assert stock.left_out == ({"of unknown origin": 3} if unknown == "exclude" else {})


def test_excluded_records_are_counted_by_reason_once():
    table = dataset(
        {
            "_origin": ["human"] * 5,
            "_evidence": ["declared"] * 5,
            "_source": ["web", "web", "books", None, "books"],
            "_licence": ["MIT", "GPL", "GPL", None, "MIT"],
        }
    )
    stock = counted(policy(without={"sources": ["web"], "licences": ["GPL"]}), table.table)
    assert stock.left_out == {"from an excluded source": 2, "under an excluded licence": 1}
    assert stock.people == 2


def test_data_without_provenance_are_unknown():
    assert counted(policy(), pa.table({"a": [1, 2]})).assumed == 2


def test_generators_without_a_name_count_as_one_and_odd_generations_as_not_known():
    table = dataset(
        {
            "_origin": ["synthetic"] * 5,
            "_generator": [None, "", "m", "m", "m"],
            "_generation": [1, -7, 2, None, 10**15],
        }
    )
    assert counted(policy(), table.table).cells == {("", -1): 1, ("", 1): 1, ("m", -1): 2, ("m", 2): 1}


def test_words_in_place_of_generations_are_not_known():
    table = pa.table({"_origin": ["synthetic"], "_generation": ["first"]})
    assert counted(policy(), table).cells == {("", -1): 1}


def test_cells_do_not_depend_on_the_order_of_rows():
    data = corpus(300)
    order = np.random.default_rng(1).permutation(300)
    one, other = (counted(policy(), table) for table in (data.table, data.take(order).table))
    assert list(one.cells.items()) == list(other.cells.items())
