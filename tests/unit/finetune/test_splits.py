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
        dataset, _, note = in_splits(recipe, lambda data: loaded(data, recipe, Silent()))
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
