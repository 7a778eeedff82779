"""Learners of a person's own: their code, and the items that it reads and writes."""
