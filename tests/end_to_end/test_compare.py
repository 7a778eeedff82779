"""`holdfast compare` as a new user would try it."""

import json

import numpy as np
import pytest


@pytest.fixture
def predictions(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.5
    for name, share in (("forest", 0.9), ("line", 0.7)):
        said = np.where(rng.random(300) < share, truth, ~truth)
        lines = [
            f"r{i},{'yes' if t else 'no'},{'yes' if s else 'no'}"
            for i, (t, s) in enumerate(zip(truth, said, strict=True))
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["key,y,pred", *lines]) + "\n")
    return tmp_path


def test_two_files_are_compared_shown_and_counted(holdfast, predictions):
    done = holdfast("compare", "forest.csv", "line.csv", "--label", "y", "--id", "key")
    assert done.returncode == 0, done.stderr
    assert "forest (accuracy" in done.stdout
    assert "McNemar" in done.stdout
    assert "label-noise: not estimable" in done.stdout
    again = holdfast("compare", "forest.csv", "line.csv", "--label", "y", "--id", "key", "--format", "sarif")
    assert json.loads(again.stdout)["runs"][0]["results"]
    [listed] = json.loads(holdfast("runs", "--test-sets", "--format", "json").stdout)
    assert (listed["runs"], listed["models"]) == (2, 2)
    assert "forest" in holdfast("runs", "--test-sets").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("forest.csv", "--label", "y"), "holds one model"),
        (("forest.csv", "line.csv", "--label", "z"), "no column 'z'"),
        (("forest.csv", "gone.csv", "--label", "y"), "no file gone.csv"),
        ((), "no predictions given"),
    ],
)
def test_mistakes_are_one_paragraph(holdfast, predictions, arguments, said):
    done = holdfast("compare", *(arguments or ("--label", "y")))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
