"""A forecast from files."""

import numpy as np
import pytest

from holdfast.collapse.forecasting.verb import Asked, run_forecast
from holdfast.core.errors import BadInput


def _written(path, rng, counts):
    words = np.repeat([f"w{i}x" for i in range(len(counts))], counts)
    rng.shuffle(words)
    path.write_text("\n".join(" ".join(words[i : i + 20]) for i in range(0, len(words), 20)))
    return path


@pytest.fixture
def texts(tmp_path):
    rng = np.random.default_rng(1)
    share = np.arange(1, 801.0) ** -1.0
    start = rng.multinomial(8000, share / share.sum())
    model = start / start.sum()
    real = _written(tmp_path / "real.txt", rng, start)
    generations = [_written(tmp_path / f"gen1-{k}.txt", rng, rng.multinomial(8000, model)) for k in "abcd"]
    mixed = rng.multinomial(6000, model) + rng.multinomial(2000, share / share.sum())
    suspect = _written(tmp_path / "suspect.txt", rng, mixed)
    holdout = _written(tmp_path / "holdout.txt", rng, rng.multinomial(80_000, share / share.sum()))
    return real, generations, suspect, holdout


def test_texts(texts):
    real, generations, _, _ = texts
    run, found = run_forecast(Asked(generations=30), real, generations)
    assert run.says.startswith("Of ")
    assert found.size.value == pytest.approx(8000, rel=0.2)
    assert found.at[-1] == 30
    assert [one.title for one in run.sections] == ["What will be left", "What one generation says"]
    assert len(run.sections[0].evidence[0].cells) <= 16


def test_a_suspect(texts):
    real, generations, suspect, holdout = texts
    run, _ = run_forecast(Asked(), real, generations, suspect=suspect, holdout=holdout)
    share = run.sections[-1].evidence[0]
    assert share.low < 0.75 < share.high
    assert share.high - share.low < 0.4
    with pytest.raises(BadInput, match="--holdout"):
        run_forecast(Asked(), real, generations, suspect=suspect)


def test_too_few_replicates_are_no_forecast_and_no_error(texts):
    real, generations, _, _ = texts
    run, found = run_forecast(Asked(), real, generations[:3])
    assert found is None
    assert run.says.startswith("Not estimable: 3 replicates")


def test_numbers_and_their_column(tmp_path):
    rng = np.random.default_rng(2)
    for name in ("real", "a", "b", "c", "d", "e"):
        rows = "\n".join(f"{x:.6f},{y:.6f}" for x, y in rng.standard_normal((400, 2)))
        (tmp_path / f"{name}.csv").write_text("x,y\n" + rows)
    paths = [tmp_path / f"{name}.csv" for name in "abcde"]
    _, found = run_forecast(Asked(column="y"), tmp_path / "real.csv", paths)
    assert found.lines[0].name == "variance"
    with pytest.raises(BadInput, match="--column"):
        run_forecast(Asked(), tmp_path / "real.csv", paths)
    run, found = run_forecast(Asked(column="y", regime="fresh-real"), tmp_path / "real.csv", paths)
    assert found is None
    assert "replace only" in run.says


def test_wrong_wishes(texts, tmp_path):
    real, generations, _, _ = texts
    with pytest.raises(BadInput, match="no regime"):
        run_forecast(Asked(regime="replaze"), real, generations)
    with pytest.raises(BadInput, match="at least four"):
        run_forecast(Asked(), real, [])
    with pytest.raises(BadInput, match="no file"):
        run_forecast(Asked(), tmp_path / "nothing.txt", generations)
