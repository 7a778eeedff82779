import numpy as np

from holdfast.data.screening.text.shared import unshared


def words(rng, n):
    return " ".join(f"w{i}" for i in rng.integers(50_000, size=n))


def test_a_shared_prompt_is_cut_from_both_and_makes_a_family():
    rng = np.random.default_rng(0)
    prompt = "once upon a time there was a"
    texts = [f"{prompt} {words(rng, 20)}", f"{prompt} {words(rng, 20)}", words(rng, 30)]
    found = unshared(texts)
    assert all(not text.startswith("once") for text in found.texts)
    assert found.family[0] == found.family[1] != found.family[2]
    assert found.openings == 2
    assert found.texts[2] == texts[2]


def test_a_shared_ending_is_cut_and_order_is_kept():
    rng = np.random.default_rng(1)
    bodies = [words(rng, 12) for _ in range(3)]
    found = unshared([*(f"{body} all rights reserved by nobody" for body in bodies[:2]), bodies[2]])
    assert found.texts == tuple(bodies)
    assert found.endings == 2


def test_four_words_in_common_are_chance():
    found = unshared(["it was a dark night", "it was a dark day"])
    assert found.texts == ("it was a dark night", "it was a dark day")


def test_boilerplate_in_the_middle_is_found_by_counting():
    rng = np.random.default_rng(2)
    line = "click here to read more of this story now"
    texts = [f"{words(rng, 20)} {line} {words(rng, 20)}" for _ in range(10)] + [words(rng, 40) for _ in range(10)]
    found = unshared(texts)
    assert found.boilerplate == 10
    assert not any("click here" in text for text in found.texts)
    assert any(where == "boilerplate" for where, _, _ in found.examples)


def test_short_and_single_texts_do_no_harm():
    assert unshared([""]).texts == ("",)
    assert unshared(["a b"]).texts == ("a b",)
