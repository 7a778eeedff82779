import numpy as np

from holdfast.audit.probe.comparing import Noise, moved, noise_of, trail
from holdfast.audit.probe.pipeline import Answer, Event

ROWS = np.array([10, 11, 12, 13])
BASE = Answer(ROWS, ("p",), (np.array([0.1, 0.2, 0.3, 1.0]),))


def said(values, rows=ROWS, **others):
    return Answer(np.array(rows), ("p",), (np.array(values),), **others)


def test_rows_are_matched_by_number_not_by_place():
    other = said([1.0, 0.3, 0.2, 0.1], rows=ROWS[::-1])
    assert not moved(BASE, other, ROWS)


def test_what_moves_is_named_with_its_size():
    found = moved(BASE, said([0.1, 0.25, 0.3, 1.0]), ROWS)
    assert found.rows.tolist() == [11]
    assert found.judged == 4
    assert abs(found.largest - 0.05) < 1e-12
    assert not moved(BASE, said([0.1, 0.25, 0.3, 1.0]), ROWS[2:])


def test_rows_that_are_no_longer_answered_have_moved():
    assert moved(BASE, said([0.1, 0.2], rows=[10, 11]), ROWS).rows.tolist() == [12, 13]


def test_rounding_is_allowed_where_the_number_of_rows_differs():
    other = said([0.1 + 1e-8, 0.2, 0.3, 1.0])
    assert moved(BASE, other, ROWS)
    assert not moved(BASE, other, ROWS, resized=True)


def test_answers_in_32_bits_are_compared_coarsely():
    coarse = Answer(ROWS, ("p",), BASE.columns, exact=False)
    assert not moved(coarse, said([0.1 + 1e-5, 0.2, 0.3, 1.0], exact=False), ROWS)


def test_missing_answers_equal_missing_answers_only():
    gaps = said([np.nan, 0.2, 0.3, 1.0])
    assert not moved(gaps, said([np.nan, 0.2, 0.3, 1.0]), ROWS)
    assert moved(gaps, said([0.1, 0.2, 0.3, 1.0]), ROWS).rows.tolist() == [10]


def test_noise_hides_what_is_no_larger_than_a_few_times_itself():
    noise = noise_of([BASE, said([0.1, 0.21, 0.3, 1.0])])
    assert abs(noise.largest - 0.01) < 1e-12
    assert not moved(BASE, said([0.1, 0.2, 0.34, 1.0]), ROWS, noise)
    assert moved(BASE, said([0.1, 0.2, 0.4, 1.0]), ROWS, noise).rows.tolist() == [12]


def test_classes_are_compared_as_they_are_written():
    words = Answer(ROWS, ("p",), (np.array(["a", "b", "a", "b"], dtype=object),))
    other = Answer(ROWS, ("p",), (np.array(["a", "b", "b", "b"], dtype=object),))
    assert moved(words, other, ROWS).rows.tolist() == [12]
    assert not moved(words, other, ROWS, resized=True), "one class may stand at a tie"
    assert not moved(words, other, ROWS, Noise((1.0,)))


def test_other_columns_move_every_row():
    found = moved(BASE, Answer(ROWS, ("p", "q"), (BASE.columns[0], BASE.columns[0])), ROWS)
    assert len(found.rows) == 4
    assert found.shape == "1 output columns became 2"


def watched(*events):
    return Answer(ROWS, events=tuple(Event("f.py", *event) for event in events))


def test_a_trail_begins_at_the_first_value_that_no_equal_call_held():
    base = watched((3, "x", "a", "test", 9, "1"), (4, "x", "a", "train", 9, "2"), (5, "Scaler", "mean_", "fit", 9, "3"))
    other = watched(
        (3, "x", "a", "test", 9, "1"), (4, "x", "a", "train", 9, "7"), (5, "Scaler", "mean_", "fit", 9, "8")
    )
    found = trail(base, other, ())
    assert (found.first.line, found.training.line) == (4, 4)
    assert found.fits == ("Scaler.mean_",)


def test_what_is_fitted_to_the_test_rows_alone_is_no_training():
    base, other = (watched((5, "Scaler", "mean_", "fit", 4, digest)) for digest in "12")
    found = trail(base, other, {4})
    assert found.first.line == 5
    assert found.training is None


def test_an_object_is_named_where_only_the_answer_differs_else():
    base = watched((3, "best", "", "object", 0, "1"), (4, "what it returns", "", "test", 4, "2"))
    other = watched((3, "best", "", "object", 0, "5"), (4, "what it returns", "", "test", 4, "6"))
    assert trail(base, other, ()).first.line == 3
