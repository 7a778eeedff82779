"""Checks for training and test data that do not come from one distribution."""
