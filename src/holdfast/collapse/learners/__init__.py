"""Learners: what is fitted and sampled, one a file."""
