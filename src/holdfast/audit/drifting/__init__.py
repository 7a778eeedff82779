"""Drift between versions of data, and over time: what moved, by how much, and how sure that is."""
