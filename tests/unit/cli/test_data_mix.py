import json

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from holdfast.cli.data_mix import mix
from holdfast.core.errors import BadInput
from mixtures import corpus

DIET = """\
source = "corpus.parquet"
records = 200
shares.synthetic.at_most = 0.3
human = { minimum = "planner", rarest = 0.05, horizon = 5 }
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pq.write_table(corpus(500).table, "corpus.parquet")
    (tmp_path / "diet.toml").write_text(DIET)
    return tmp_path


def said(*arguments):
    done = CliRunner().invoke(mix, [*arguments], catch_exceptions=False, standalone_mode=False)
    return done.return_value, done.stdout


def test_it_says_what_it_did_and_what_to_type_next(here):
    code, text = said("diet.toml")
    assert code == 0
    assert "wrote 200 records of corpus.parquet" in text
    assert "Next: holdfast audit diet" in text
    assert "the planner: " in text
    assert (here / "diet" / "_mix.json").is_file()


def test_a_dry_run_shows_numbers_and_writes_nothing(here):
    code, text = said("diet.toml", "--dry-run", "--set", "caps.generator=20")
    assert code == 0
    assert "at most 20" in text
    assert all(len(line) <= 80 for line in text.splitlines() if not line.startswith("  "))
    assert not (here / "diet").exists()


@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_json_is_json(here, dry):
    code, text = said("diet.toml", "--format", "json", *dry)
    assert code == 0
    assert json.loads(text)["records"] == 200


def test_checking_exits_with_one_where_the_policy_is_broken(here):
    assert said("diet.toml")[0] == 0
    assert said("diet.toml", "--check", "diet")[0] == 0
    code, text = said("diet.toml", "--check", "corpus.parquet", "--format", "json")
    assert code == 1
    found = json.loads(text)
    assert found["kind"] == "data"
    assert found["says"] == "The training set breaks its policy in 1 place."


def test_a_format_that_a_mix_has_not_is_refused(here):
    with pytest.raises(BadInput, match="wanted text or json"):
        said("diet.toml", "--format", "html")
    with pytest.raises(BadInput, match="No such file"):
        said("nothing.toml")
