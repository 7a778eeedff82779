"""The page on forgetting names what there is, and its recipe is one."""

import re
import tomllib
from pathlib import Path

from holdfast.core.config import checked
from holdfast.finetune import catalogue
from holdfast.finetune.methods import replay
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.tuning import INTERPOLATE

PAGE = (Path(__file__).parents[3] / "docs" / "finetune-forgetting.md").read_text("utf-8")


def test_the_recipe_on_the_page_is_a_recipe():
    recipe = checked(Recipe, tomllib.loads(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]))
    assert set(recipe.keep) <= {*catalogue.methods(), INTERPOLATE}
    checked(replay.Options, recipe.of("replay"))


def test_the_page_names_every_method_and_every_way_to_adapt():
    for name in (*catalogue.methods(), INTERPOLATE, *catalogue.adaptations()):
        assert f"`{name}`" in PAGE
