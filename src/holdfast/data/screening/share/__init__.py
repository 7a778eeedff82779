"""The share of machine text in a corpus, with an interval, or the reason why it cannot be estimated."""
