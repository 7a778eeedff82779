"""The tutorials: what they say is typed, in their order, and prints what they say that it prints."""

import pytest

import console_pages
import small_models

# CI runs the commands of these two on the guide's page as well: the demonstration, repair, code audit and probe.
ON_THE_GUIDE = tuple(pytest.param(page, marks=pytest.mark.slow) for page in ("score", "pipeline"))
PAGES = (*ON_THE_GUIDE, "review", "corpus", "generations")
# The tutorial's own model has 22 million weights. A tiny one shows that the commands work; guards that train again are
# those of every task, and tested with them.
SHORT = ("--set", "epochs=0.1", "--set", "evaluations=1", "--set", "options.scratch.off=true", "--set",
         "options.sensitivity.off=true", "--set", "options.need.off=true")  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_comes_to_what_it_says(page, in_fork, tmp_path):
    found = console_pages.follow(f"tutorials/{page}.md", in_fork, tmp_path)
    assert len(found) >= 2


def test_the_tutorial_about_tuning_stops_at_the_gate_and_trains_after_mending(in_fork, tmp_path):
    small_models.encoder(tmp_path / "models" / "minilm")
    found = console_pages.follow(
        "tutorials/finetune.md",
        in_fork,
        tmp_path,
        lambda words: [*words, *SHORT] if words[1:2] == ["finetune"] else words,
    )
    stopped, trained = (found[f"holdfast finetune {rest}"] for rest in
                        ("models/minilm labels.csv --label library", "recipe.toml"))  # fmt: skip
    assert stopped[0] == 1
    assert "test examples" in trained[1]


def test_pages_that_show_no_commands_show_no_prompt():
    for page in ("index", "measured", "tutorials/index", "explanation/pitfalls", "explanation/finetuning",
                 "explanation/statistics"):  # fmt: skip
        assert "\n$ " not in console_pages.read(f"{page}.md"), page
