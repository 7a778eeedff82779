import pyarrow as pa
import pytest

from holdfast.data.inference import describe
from holdfast.data.roles import guessed, spelled


def role(name, values, told=()):
    dataset, notes = guessed(describe("t", pa.table({name: pa.array(values)})), told)
    assert bool(notes) == (dataset[name].role != "feature")
    return dataset[name].role


SHUFFLED = [(i * 37) % 101 + 500 for i in range(50)]


@pytest.mark.parametrize(
    "name", ["id", "ID", "customerID", "patient_id", "uuid", "Unnamed: 0", "row number", "user_key"]
)
def test_a_column_of_different_values_that_is_called_an_id_is_one(name):
    assert role(name, SHUFFLED) == "id"
    assert role(name, [f"k{value}" for value in SHUFFLED]) == "id"


@pytest.mark.parametrize("name", ["humid", "paid", "rapid", "age", "grid", "price"])
def test_names_that_only_end_alike_are_no_ids(name):
    assert role(name, SHUFFLED) == "feature"


def test_repeated_missing_or_broken_values_are_no_ids():
    assert role("id", [*SHUFFLED[:-1], SHUFFLED[0]]) == "feature"
    assert role("id", [*SHUFFLED[:-1], None]) == "feature"
    assert role("id", [value + 0.5 for value in SHUFFLED]) == "feature"


def test_a_column_that_counts_the_rows_is_an_id_whatever_its_name():
    assert role("instant", list(range(1, 51))) == "id"
    assert role("instant", list(range(50))) == "id"
    assert role("instant", list(range(2, 52))) == "feature"
    assert role("instant", list(range(5))) == "feature"  # that few rows do so by chance


def test_times():
    when = [f"2020-01-{day:02}" for day in range(1, 29)]
    times = pa.array(when).cast(pa.timestamp("us"))
    assert role("when", times) == "time"
    assert role("date_of_birth", times) == "feature"
    dataset, _ = guessed(describe("t", pa.table({"a": times, "b": times})), [])
    assert [column.role for column in dataset.columns] == ["time", "feature"]


def test_what_a_person_said_is_not_guessed_at():
    assert role("id", SHUFFLED, told=["id"]) == "feature"


@pytest.mark.parametrize(
    ("given", "seen"), [("TRAINING", "train"), ("hold-out", "test"), ("Val", "valid"), ("2019", "2019")]
)
def test_spellings_of_splits(given, seen):
    assert spelled(given) == seen
