"""Alarms that may be looked at after every generation: lost tails, drift, and both for streams without an end."""
