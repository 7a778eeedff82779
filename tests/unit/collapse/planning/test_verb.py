"""A plan as a record."""

from holdfast.collapse.planning import Wishes
from holdfast.collapse.planning.verb import run_plan
from holdfast.core.finding import Examples, Series
from holdfast.core.store import RunStore


def _plan(**wishes):
    return run_plan(Wishes(**wishes))[0]


def test_the_answer_is_one_sentence_with_what_binds():
    run = _plan(rarest=1e-4, keep_variance=0.95, synthetic=100_000)
    assert run.kind == "collapse"
    assert run.says.startswith("11,762 new real items a generation, beside 100,000 synthetic ones")
    assert "a type of probability 0.0001" in run.says
    assert run.sections[0].says[0].startswith("What binds: P(absent) = exp(−p Mᵣ A(α))")


def test_sections_hold_tables_and_pictures():
    run = _plan(rarest=1e-3, keep_variance=0.95, synthetic=1000, horizon=10, real_cost=1.0, verified_cost=0.1)
    titles = [one.title for one in run.sections]
    assert titles == [
        "New real items in every generation", "Other ways to train", "Cheapest mix", "How the need depends on the mix",
    ]  # fmt: skip
    tables = [one for part in run.sections for one in part.evidence if isinstance(one, Examples)]
    assert all(len(row) == len(table.columns) for table in tables for row in table.cells)
    asked = {row[0]: row[1] for row in tables[0].cells}
    assert len(asked) == 2
    assert str(max(asked.values())) in run.says.replace(",", "")
    pictures = [one for part in run.sections for one in part.evidence if isinstance(one, Series)]
    assert len(pictures) == 2
    assert all(len(one.x) == len(one.y) == len(one.group) for one in pictures)


def test_what_is_not_reachable_is_said_with_its_reason():
    assert "no finite number" in _plan(keep_variance=1.0).says
    assert "--synthetic" in _plan(rarest=1e-4, sharpening=1.25).says
    assert "no finite number" in _plan(shrink=0.5, shrink_chance=0.0, horizon=5).says
    short = _plan(rarest=1e-4, synthetic=100_000, real_at_most=5000)
    assert short.says.startswith("Not reachable with 5,000")
    reached = short.sections[0].evidence[-1]
    assert reached.cells[0][-1] is False


def test_wishes_without_a_law_in_a_mix_point_to_a_schedule():
    run = _plan(shrink=0.1, horizon=20)
    assert run.says.startswith("2,631 items a generation hold it over 20 generations")


def test_a_plan_is_kept(tmp_path):
    home = RunStore(tmp_path)
    run, found = run_plan(Wishes(risk=1e-3, horizon=1), store=home)
    assert home.load(run.id).says == run.says
    assert found.real == 1000
    assert "over 1 generation; what asks for most is a squared error" in run.says
