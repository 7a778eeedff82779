"""Checks of values that cannot be right: impossible, constant, damaged, mixed, in other units, twice."""
