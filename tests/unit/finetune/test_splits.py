"""Which rows a model learns from: whole groups, copies on one side, and enough of each."""

import csv
import random

import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.progress import Silent
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.splits import in_splits, members
from holdfast.finetune.tables.preparing import loaded as table_loaded
from holdfast.finetune.verb import loaded


@pytest.fixture
def authors(tmp_path):
    rng = random.Random(0)
    with (tmp_path / "texts.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label", "author"])
        for text, label in small_models.texts(200, seed=1):
            out.writerow([text, label, f"a{rng.randrange(40)}"])
    return tmp_path / "texts.csv"


@pytest.mark.parametrize("table", [False, True])
def test_whole_groups_are_on_one_side_where_the_recipe_names_them(authors, table):
    recipe = Recipe(model="boosting" if table else "enc", data=str(authors), label="label", group="author")
    if table:
        dataset, _, note = table_loaded(recipe, Silent())
    else:
        dataset, _, note = in_splits(recipe, lambda data: loaded(data, recipe, Silent()), Silent())
    sides = {name: set(dataset.values("author").take(rows).to_pylist()) for name, rows in members(dataset).items()}
    assert set(sides) == {"train", "valid", "test"}
    assert sum(map(len, sides.values())) == len(set.union(*sides.values())) == 40
    assert "intervals are over rows" in note
    assert dataset["author"].role == "group"


def test_a_group_that_is_named_as_an_input_stays_a_group(authors):
    recipe = Recipe(model="boosting", data=str(authors), label="label", group="author", inputs=("text", "author"))
    assert table_loaded(recipe, Silent())[0]["author"].role == "group"


def test_too_few_rows_are_counted_by_side(tmp_path):
    (tmp_path / "few.csv").write_text("a,y\n" + "".join(f"{at},{at % 2}\n" for at in range(20)))
    recipe = Recipe(model="boosting", data=str(tmp_path / "few.csv"), label="y")
    with pytest.raises(BadInput, match=r"wanted at least 8 rows each .*it has .* train"):
        table_loaded(recipe, Silent())


def test_near_copies_are_on_one_side_of_a_split_that_is_made_here(tmp_path):
    rng = random.Random(3)
    words = [f"w{at}" for at in range(3000)]
    with (tmp_path / "texts.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        for at in range(150):
            said = rng.choices(words, k=20)
            out.writerow([" ".join([*said, f"o{at}"]), at % 2])
            out.writerow([" ".join([f"n{at}", *said]), at % 2])  # the same words but for one
    recipe = Recipe(model="enc", data=str(tmp_path / "texts.csv"), label="label")
    dataset, _, _ = in_splits(recipe, lambda data: loaded(data, recipe, Silent()), Silent())
    texts = dataset.values("text").to_pylist()
    first = {name: {texts[row].split()[5] + texts[row].split()[6] for row in rows if texts[row][0] == "n"}
             | {texts[row].split()[4] + texts[row].split()[5] for row in rows if texts[row][0] == "w"}
             for name, rows in members(dataset).items()}  # fmt: skip
    assert sum(map(len, first.values())) == len(set.union(*first.values())) == 150
    assert min(map(len, first.values())) >= 10


def test_rows_that_all_hang_together_are_still_split(tmp_path):
    """Noise of a hundredth around a line: each row is near the next, so a family would hold them all."""
    with (tmp_path / "line.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["a", "b", "c", "y"])
        for at in range(400):
            out.writerow([at / 100, at / 100 + 1, at / 100 + 2, at % 2])
    recipe = Recipe(model="boosting", data=str(tmp_path / "line.csv"), label="y")
    dataset, _, _ = table_loaded(recipe, Silent())
    assert {name: len(rows) for name, rows in members(dataset).items()} == {"train": 272, "valid": 48, "test": 80}
