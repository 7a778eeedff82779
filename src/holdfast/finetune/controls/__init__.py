"""Simpler ways to the same score, one a file: what a tuned model must beat before anyone says that tuning helped."""
