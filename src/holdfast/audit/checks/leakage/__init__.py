"""Checks for leakage: columns, rows and groups that reveal what will not be known at prediction time."""
