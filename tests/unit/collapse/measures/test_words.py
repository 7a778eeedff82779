import numpy as np
import pytest

from holdfast.collapse.measures.words import Tokenised, found, together, tokenised, words_of
from holdfast.collapse.samples import Texts
from holdfast.core.errors import BadInput, NotApplicable


def read(text):
    words = found([text])
    return [words.vocabulary[code] for code in words.codes]


def test_a_word_is_a_run_of_letters_digits_and_apostrophes():
    assert read("Don't stop, 3 cats!") == ["don't", "stop", ",", "3", "cats", "!"]


def test_scripts_without_spaces_are_read_character_by_character():
    assert read("你好 world") == ["你", "好", "world"]


def test_runs_stay_within_documents():
    words = found(["a b c", "b c", "c"])
    grams, document = words.ngrams(2)
    assert document.tolist() == [0, 0, 1]
    assert grams[1] == grams[2] != grams[0]  # "b c" twice, "a b" once


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_runs_are_told_apart_as_tuples_are(length):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["a", "b", "c"], size=n)) for n in (0, 1, 2, 9, 30, 3)]
    grams, document = found(texts).ngrams(length)
    expected = [
        (i, tuple(text.split()[j : j + length]))
        for i, text in enumerate(texts)
        for j in range(len(text.split()) - length + 1)
    ]
    assert document.tolist() == [i for i, _ in expected]
    number = {}
    for gram, (_, run) in zip(grams.tolist(), expected, strict=True):
        assert number.setdefault(run, gram) == gram
    assert len(set(number.values())) == len(number)


def test_parts_are_what_reading_them_again_gives():
    texts = ["one two", "", "two three four", "one"]
    rows = np.array([2, 0, 1])
    part = tokenised(Texts(texts)).texts.take(rows)
    again = found([texts[i] for i in rows])
    assert list(part) == [texts[i] for i in rows]
    assert [part.words.vocabulary[c] for c in part.words.codes] == [again.vocabulary[c] for c in again.codes]
    assert part.words.starts.tolist() == again.starts.tolist()
    for length in (1, 2, 3):
        ours, theirs = part.words.ngrams(length), again.ngrams(length)
        assert ours[1].tolist() == theirs[1].tolist()
        assert len(set(ours[0])) == len(set(theirs[0]))


def test_two_samples_share_a_vocabulary():
    some, real = together(Texts(["a b new"]), Texts(["b c a"]))
    assert [some.vocabulary[code] for code in some.codes] == ["a", "b", "new"]
    assert [real.vocabulary[code] for code in real.codes] == ["b", "c", "a"]
    assert some.vocabulary is real.vocabulary


def test_what_was_read_is_not_read_again():
    sample = tokenised(Texts(["a b"]))
    assert isinstance(sample.texts, Tokenised)
    assert tokenised(sample) is sample


def test_documents_without_words_have_nothing_to_measure():
    with pytest.raises(NotApplicable, match="no words"):
        words_of(Texts(["", "  "]))


def test_something_that_is_no_text_is_refused():
    with pytest.raises(BadInput, match="NoneType"):
        words_of(Texts(["a", None]))
