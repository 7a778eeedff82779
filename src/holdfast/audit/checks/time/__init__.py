"""Checks for splits, features and baselines that ignore the order of rows in time."""
