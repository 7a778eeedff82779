"""The short form of the look-ahead benchmark: one series, everything planted in it."""


def test_planted_look_ahead_is_found_and_clean_versions_are_silent(benchmark):
    lookahead = benchmark("detection/lookahead.py")
    series = {"walk": lookahead.made_here(3)["walk 3"][:1_500]}
    assert lookahead.failures(lookahead.campaign(series)) == []
