"""Checks by experiment: the person's own code is run on data that were changed (`holdfast probe`)."""
