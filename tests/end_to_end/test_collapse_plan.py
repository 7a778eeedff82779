"""`holdfast collapse plan` and `forecast` as a new user would try them; few, as each starts an interpreter."""

import json


def test_a_plan_in_words_and_numbers(holdfast, tmp_path):
    done = holdfast("collapse", "plan", "--rarest", "1e-4", "--temperature", "0.8", "--synthetic", "100000")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("46,052 new real items")
    (tmp_path / "wishes.toml").write_text("keep_variance = 0.99\nsynthetic = 100000000\n")
    done = holdfast("collapse", "plan", "wishes.toml", "--format", "json")
    told = json.loads(done.stdout)
    assert told["sections"][0]["evidence"][0]["cells"][0][1] == 50


def test_a_mistake_is_one_paragraph(holdfast):
    for arguments, said in (
        ((), "nothing is said to hold"),
        (("--keep-variance", "1.5"), "wanted 1 or less"),
        (("--temperature", "0", "--risk", "1"), "above 0"),
        (("--risk", "0.1", "--set", "hrizon=3"), "Did you mean 'horizon'?"),
    ):
        done = holdfast("collapse", "plan", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    done = holdfast("collapse", "forecast", "nothing.txt", "a.txt")
    assert done.returncode == 2
    assert "no file or folder" in done.stderr
