"""Screening: what can be said about who or what made records, and how sure that is."""
