import pytest

from holdfast.core.errors import BadInput
from holdfast.data.mixing.choosing import mix
from mixtures import corpus, policy


def told(**said):
    with pytest.raises(BadInput) as error:
        mix(policy(**said), dataset=corpus(400))
    return str(error.value)


def stock():
    made = mix(policy(), dataset=corpus(400)).stock
    return made.people, made.verified, made.synthetic


def test_what_was_wanted_what_there_is_and_by_how_much():
    people, verified, _ = stock()
    said = told(records=390, shares={"human": 0.5})
    assert f"shares.human = 0.5: it wants 195 records by people, and there are {people}: {195 - people} too few" in said
    assert f"({verified} of them verified)" in said


def test_each_change_that_is_offered_works():
    import re

    said = told(records=390, shares={"human": 0.5})
    fewer, share = re.search(r"records = ([\d,]+); or shares.human.at_least = (0\.\d+)", said).groups()
    assert len(mix(policy(records=int(fewer), shares={"human": 0.5}), dataset=corpus(400))) == int(fewer)
    assert len(mix(policy(records=390, shares={"human": {"at_least": float(share)}}), dataset=corpus(400))) == 390


def test_more_records_are_offered_where_a_number_does_not_fit_into_the_mix():
    said = told(records=50, human={"minimum": 50}, shares={"synthetic": {"at_least": 0.5}})
    assert "all that is to be there at least makes 75 records, 25 more than the 50" in said
    assert "records = 100" in said


def test_a_lower_rung_of_evidence_is_offered():
    said = told(records=300, human={"evidence": "reviewed", "minimum": 100})
    people, *_ = stock()
    assert f"{people} that say people with evidence 'declared' only" in said
    assert f'human.evidence = "declared", if that is enough for you: {people} more records by people' in said


def test_caps_are_loosened_as_little_as_will_do():
    said = told(records=400, caps={"generator": 40})
    least = int(said.partition("caps.generator = ")[2].partition(".")[0])
    assert len(mix(policy(records=400, caps={"generator": least}), dataset=corpus(400))) == 400
    with pytest.raises(BadInput):
        mix(policy(records=400, caps={"generator": least - 1}), dataset=corpus(400))


def test_it_says_so_where_nothing_would_do():
    assert "No single change of a number would do" in told(records=500, human={"verified": 300})
