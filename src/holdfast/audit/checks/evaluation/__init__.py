"""Checks of scores: the metric, the yardstick, the comparison, and how often a test set was used."""
